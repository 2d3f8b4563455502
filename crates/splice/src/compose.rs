//! Writes a virtual file out as a real one, which shares the origin's extents where it can.
//!
//! Filesystems that share extents do so in whole blocks, which must lie at offsets that differ by a
//! multiple of the block's size. A rendered header keeps that difference (`docs/architecture.md`,
//! geometry), so that of a file only its header, and the rest of the block that the audio starts in,
//! take space.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use crate::{Error, ReadAt, Reader, Segment};

/// The size of a block, on the filesystems that share extents.
const BLOCK: u64 = 4096;
/// How much is copied at a time.
const STEP: usize = 1 << 20;

/// Whether extents of the origin are shared or copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Shared; where the filesystem or the plan does not allow it, the file is not written.
    Required,
    /// Shared where that is possible, copied elsewhere.
    Preferred,
}

/// What was written, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Shared with the origin.
    pub shared: u64,
    /// Written.
    pub copied: u64,
}

impl Reader {
    /// Writes the virtual file to `file`, which must be empty.
    ///
    /// # Errors
    ///
    /// [`Error::NotShared`] if sharing is required and not possible; else as for [`Reader::read`],
    /// and [`Error::Io`] if `file` cannot be written.
    pub fn write_to(&self, file: &File, sharing: Sharing) -> Result<Written, Error> {
        let mut composition = Composition {
            reader: self,
            file,
            sharing,
            written: Written::default(),
            scratch: Vec::new(),
        };
        let mut at = 0;
        for segment in self.plan().segments() {
            let end = at + segment.len();
            composition.segment(segment, at..end)?;
            at = end;
        }
        self.origin().check()?;
        let written = composition.written;
        // What is smaller than a block was copied, which is no sharing if it was all there is.
        let is_extent = |segment: &Segment| matches!(segment, Segment::Extent(_));
        let has_extents = self.plan().segments().iter().any(is_extent);
        if sharing == Sharing::Required && has_extents && written.shared == 0 {
            return Err(Error::NotShared);
        }
        Ok(written)
    }
}

/// A file in the making.
struct Composition<'a> {
    reader: &'a Reader,
    file: &'a File,
    sharing: Sharing,
    written: Written,
    scratch: Vec<u8>,
}

impl Composition<'_> {
    /// Writes the bytes at `range`, which are those of `segment`.
    fn segment(&mut self, segment: &Segment, range: Range<u64>) -> Result<(), Error> {
        let extent = match (segment, self.sharing) {
            (Segment::Extent(extent), _) => extent,
            // These stand for extents, and are as long.
            (Segment::Renumbered(_), Sharing::Required) => return Err(Error::NotShared),
            _ => return self.copy(range),
        };
        let is_end = extent.end == self.reader.origin().len() && range.end == self.reader.len();
        let blocks = whole_blocks(extent, is_end);
        let is_aligned = extent.start % BLOCK == range.start % BLOCK;
        if blocks.is_empty() {
            return self.copy(range);
        }
        // Where the blocks go.
        let start = range.start + (blocks.start - extent.start);
        let end = start + (blocks.end - blocks.start);
        let shared = is_aligned && {
            self.copy(range.start..start)?;
            self.reader.origin().share(&blocks, self.file, start)?
        };
        match (shared, self.sharing) {
            (true, _) => {
                self.written.shared += end - start;
                self.copy(end..range.end)
            }
            (false, Sharing::Required) => Err(Error::NotShared),
            (false, Sharing::Preferred) if is_aligned => self.copy(start..range.end),
            (false, Sharing::Preferred) => self.copy(range),
        }
    }

    fn copy(&mut self, range: Range<u64>) -> Result<(), Error> {
        let mut at = range.start;
        while at < range.end {
            let len = usize::try_from(range.end - at).map_or(STEP, |left| left.min(STEP));
            let bytes = self.reader.read(at, len, &mut self.scratch)?;
            self.file.write_all_at(bytes, at)?;
            at += len as u64;
        }
        self.written.copied += range.end - range.start;
        Ok(())
    }
}

/// Returns the whole blocks of an extent; the last one may be a part if both files end with it.
fn whole_blocks(extent: &Range<u64>, is_end: bool) -> Range<u64> {
    let start = extent.start.next_multiple_of(BLOCK);
    let end = if is_end {
        extent.end
    } else {
        extent.end / BLOCK * BLOCK
    };
    start..end.max(start)
}
