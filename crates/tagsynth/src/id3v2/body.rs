//! The bytes of a tag, wherever they are.

use std::borrow::Cow;
use std::ops::Range;

use splice::ReadAt;

use crate::Error;
use crate::read::Window;

/// How far from the first read the front window reaches.
const FRONT: u64 = 64 << 10;

/// An origin read through two windows: one stays where reading began, the other goes anywhere.
///
/// Tags are walked more than once, and a large picture may lie between their frames.
#[derive(Debug)]
pub(crate) struct Source<'a, R: ?Sized> {
    front: Window<'a, R>,
    front_start: Option<u64>,
    far: Window<'a, R>,
}

impl<'a, R: ReadAt + ?Sized> Source<'a, R> {
    /// Looks at `origin`; nothing is read yet.
    pub(crate) fn new(origin: &'a R) -> Self {
        Self {
            front: Window::new(origin),
            front_start: None,
            far: Window::new(origin),
        }
    }

    /// Returns the origin's length.
    pub(crate) fn len(&self) -> u64 {
        self.front.origin_len()
    }

    /// Returns `len` bytes at `offset`.
    pub(crate) fn get(&mut self, offset: u64, len: u64) -> Result<&[u8], Error> {
        let start = *self.front_start.get_or_insert(offset);
        let in_front = offset >= start && offset.saturating_add(len) <= start.saturating_add(FRONT);
        if in_front {
            &mut self.front
        } else {
            &mut self.far
        }
        .get(offset, len)
    }

    /// Returns `N` bytes at `offset`.
    pub(crate) fn array<const N: usize>(&mut self, offset: u64) -> Result<[u8; N], Error> {
        let bytes = self.get(offset, N as u64)?;
        Ok(bytes.try_into().expect("get returns as many as asked for"))
    }
}

/// The frames and the padding of a tag; offsets count from the first frame.
#[derive(Debug)]
pub(crate) enum Body<'s, 'a, R: ?Sized> {
    /// As the origin has them.
    Origin(&'s mut Source<'a, R>, Range<u64>),
    /// Decoded.
    Held(Cow<'s, [u8]>),
}

impl<R: ReadAt + ?Sized> Body<'_, '_, R> {
    /// Returns the length in bytes.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Origin(_, range) => range.end - range.start,
            Self::Held(bytes) => bytes.len() as u64,
        }
    }

    /// Returns the bytes of a range that lies within the length.
    pub(crate) fn get(&mut self, range: Range<u64>) -> Result<&[u8], Error> {
        match self {
            Self::Origin(source, own) => {
                source.get(own.start + range.start, range.end - range.start)
            }
            Self::Held(bytes) => {
                let index = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
                bytes
                    .get(index(range.start)..index(range.end))
                    .ok_or(Error::Truncated {
                        offset: range.start,
                        len: range.end - range.start,
                        origin_len: bytes.len() as u64,
                    })
            }
        }
    }

    /// Returns where in the origin a range is, if the bytes are as the origin has them.
    pub(crate) fn in_origin(&self, range: &Range<u64>) -> Option<Range<u64>> {
        match self {
            Self::Origin(_, own) => Some(own.start + range.start..own.start + range.end),
            Self::Held(_) => None,
        }
    }
}
