//! Bytes of a virtual file in the making, and how they replace those of the origin.

use std::ops::Range;

use splice::{Plan, PlanBuilder};

use super::atom::{HEADER, LONG_HEADER, Name};
use crate::Error;

/// A run of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Held(Vec<u8>),
    Origin(Range<u64>),
    /// All of the insert, which has this length.
    Insert(u64),
    Zeros(u64),
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Origin(range) => range.end - range.start,
            Self::Insert(len) | Self::Zeros(len) => *len,
        }
    }

    fn add_to(self, builder: PlanBuilder) -> PlanBuilder {
        match self {
            Self::Held(bytes) => builder.generated(bytes),
            Self::Origin(range) => builder.extent(range),
            Self::Insert(len) => builder.insert(0..len),
            Self::Zeros(len) => builder.zeros(len),
        }
    }
}

/// Bytes, some of which are elsewhere until they are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pieces(Vec<Piece>);

impl Pieces {
    /// Returns an atom of this content.
    pub(crate) fn atom(name: Name, content: Self) -> Result<Self, Error> {
        let mut atom = Self::default();
        atom.held(&header(name, content.len())?);
        atom.append(content);
        Ok(atom)
    }

    /// Returns free space that takes `len` bytes with its header; nothing for 0.
    pub(crate) fn free(len: u64) -> Self {
        let mut free = Self::default();
        let content = len.saturating_sub(HEADER);
        match header(*b"free", content) {
            _ if len == 0 => {}
            Ok(header) => {
                free.held(&header);
                free.zeros(content);
            }
            // So much has room for a size of 64 bits.
            Err(_) => {
                free.held(b"\0\0\0\x01free");
                free.held(&len.to_be_bytes());
                free.zeros(len - LONG_HEADER);
            }
        }
        free
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(Piece::len).fold(0, u64::saturating_add)
    }

    pub(crate) fn held(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            Some(Piece::Held(held)) => held.extend_from_slice(bytes),
            _ => self.0.push(Piece::Held(bytes.to_vec())),
        }
    }

    pub(crate) fn origin(&mut self, range: Range<u64>) {
        self.0.push(Piece::Origin(range));
    }

    pub(crate) fn insert(&mut self, len: u64) {
        self.0.push(Piece::Insert(len));
    }

    fn zeros(&mut self, len: u64) {
        self.0.push(Piece::Zeros(len));
    }

    pub(crate) fn append(&mut self, other: Self) {
        for piece in other.0 {
            match piece {
                Piece::Held(bytes) => self.held(&bytes),
                piece => self.0.push(piece),
            }
        }
    }
}

/// Returns the header of an atom with a content of so many bytes.
pub(crate) fn header(name: Name, content: u64) -> Result<[u8; 8], Error> {
    let len = short_len(content.saturating_add(HEADER))?;
    let mut header = [0; 8];
    header[..4].copy_from_slice(&len.to_be_bytes());
    header[4..].copy_from_slice(&name);
    Ok(header)
}

/// Returns the length of an atom in 32 bits.
pub(crate) fn short_len(len: u64) -> Result<u32, Error> {
    u32::try_from(len).map_err(|_| Error::TooLarge {
        what: "an atom",
        len,
        limit: u32::MAX.into(),
    })
}

/// What takes the place of ranges of the origin.
#[derive(Debug, Default)]
pub(crate) struct Patches(Vec<(Range<u64>, Pieces)>);

impl Patches {
    pub(crate) fn add(&mut self, range: Range<u64>, pieces: Pieces) {
        self.0.push((range, pieces));
    }

    /// Replaces as many bytes as these.
    pub(crate) fn add_held(&mut self, start: u64, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        let end = start + bytes.len() as u64;
        self.add(start..end, Pieces(vec![Piece::Held(bytes)]));
    }

    /// Returns where the first change from `offset` on is.
    pub(crate) fn first_from(&self, offset: u64) -> Option<u64> {
        let starts = self.0.iter().map(|(range, _)| range.start);
        starts.filter(|&start| start >= offset).min()
    }

    /// Returns the origin of this length with everything replaced.
    pub(crate) fn plan(mut self, origin_len: u64) -> Result<Plan, Error> {
        self.0.sort_by_key(|(range, _)| range.start);
        let mut builder = Plan::builder();
        let mut at = 0;
        for (range, pieces) in self.0 {
            builder = builder.extent(at..range.start);
            for piece in pieces.0 {
                builder = piece.add_to(builder);
            }
            at = range.end;
        }
        Ok(builder.extent(at..origin_len).build()?)
    }
}
