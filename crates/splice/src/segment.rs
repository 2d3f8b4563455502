//! The parts of a plan.

use std::ops::Range;
use std::sync::Arc;

use crate::{InsertText, ogg};

/// A run of bytes of a virtual file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Segment {
    /// Bytes made for the virtual file.
    Generated(Arc<[u8]>),
    /// This many zero bytes (padding that need not be held in memory).
    Zeros(u64),
    /// Bytes of the origin, as a half-open range of its offsets.
    Extent(Range<u64>),
    /// Pages of an Ogg stream in the origin, to be numbered anew.
    Renumbered(ogg::Renumbered),
    /// Bytes of the insert: a second file, such as a picture.
    Insert(Range<u64>),
    /// Text that holds all of the insert.
    InsertText(InsertText),
}

impl Segment {
    /// Returns how many bytes of the virtual file this segment makes up.
    pub fn len(&self) -> u64 {
        match self {
            Self::Generated(bytes) => bytes.len() as u64,
            Self::Zeros(len) => *len,
            Self::Renumbered(pages) => pages.len(),
            Self::Extent(range) | Self::Insert(range) => range.end.saturating_sub(range.start),
            Self::InsertText(text) => text.len(),
        }
    }

    /// Returns whether the segment has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
