//! Atoms: what an MP4 file is made of, and contains more of.
//!
//! ```text
//! offset  width  field
//! 0       4      size of the atom, this header included; big-endian
//! 4       4      name
//! 8       8      size, where the first says 1
//! ```
//!
//! ISO/IEC 14496-12 §4.2. A size of 0 reaches to the end of the file, for an atom in no other.

use std::ops::Range;

use splice::ReadAt;

use crate::Error;
use crate::read::Window;

/// The name of an atom.
pub(crate) type Name = [u8; 4];

/// Width of a header, and of one with a size of 64 bits.
pub(crate) const HEADER: u64 = 8;
pub(crate) const LONG_HEADER: u64 = 16;

/// The most atoms that are read, of those that may each cost a read: more than any file has.
const MAX_ATOMS: usize = 4096;

/// How an atom states its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// In 32 bits.
    Short,
    /// In 64 bits.
    Long,
    /// Not at all.
    ToEnd,
}

/// Where an atom is.
#[derive(Debug, Clone)]
pub(crate) struct Atom {
    pub(crate) name: Name,
    /// Offset of its header.
    pub(crate) start: u64,
    /// Offset of what it contains.
    pub(crate) content: u64,
    /// Offset of its end; past the end of the file where the file was cut.
    pub(crate) end: u64,
    pub(crate) size: Size,
}

impl Atom {
    /// Reads the header at `start`; `limit` is where whatever it is in ends.
    ///
    /// Returns `None` for what can be no atom.
    pub(crate) fn read<R: ReadAt + ?Sized>(
        window: &mut Window<'_, R>,
        start: u64,
        limit: u64,
    ) -> Result<Option<Self>, Error> {
        if limit.saturating_sub(start) < HEADER {
            return Ok(None);
        }
        let [a, b, c, d, name @ ..] = window.array::<8>(start)?;
        let (len, header, size) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (limit - start, HEADER, Size::ToEnd),
            1 if limit - start < LONG_HEADER => return Ok(None),
            1 => {
                let len = u64::from_be_bytes(window.array(start + HEADER)?);
                (len, LONG_HEADER, Size::Long)
            }
            len => (len.into(), HEADER, Size::Short),
        };
        let end = start.checked_add(len).filter(|_| len >= header);
        Ok(end.map(|end| Self {
            name,
            start,
            content: start + header,
            end,
            size,
        }))
    }

    /// Returns where the content is.
    pub(crate) fn content(&self) -> Range<u64> {
        self.content..self.end
    }

    /// Returns the length of the content.
    pub(crate) fn content_len(&self) -> u64 {
        self.end - self.content
    }

    /// Returns whether what it contains has no meaning (ISO/IEC 14496-12 §8.1.2).
    pub(crate) fn is_free(&self) -> bool {
        matches!(&self.name, b"free" | b"skip")
    }
}

/// Reads atoms of an origin, and no more than so many.
#[derive(Debug)]
pub(crate) struct Scan<'a, R: ?Sized> {
    pub(crate) window: Window<'a, R>,
    atoms_left: usize,
}

impl<'a, R: ReadAt + ?Sized> Scan<'a, R> {
    pub(crate) fn new(origin: &'a R) -> Self {
        Self::over(Window::new(origin), MAX_ATOMS)
    }

    pub(crate) fn over(window: Window<'a, R>, most: usize) -> Self {
        Self {
            window,
            atoms_left: most,
        }
    }

    /// Returns the atom at `start` that is in no other; `None` at the end, and for what is none.
    pub(crate) fn top(&mut self, start: u64) -> Result<Option<Atom>, Error> {
        let limit = self.window.origin_len();
        self.spend(start)?;
        Atom::read(&mut self.window, start, limit)
    }

    /// Returns the atoms in `range`, which they must fill.
    pub(crate) fn children(&mut self, range: Range<u64>) -> Result<Vec<Atom>, Error> {
        let mut children = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let child = self.child(at, range.end)?;
            at = child.end;
            children.push(child);
        }
        Ok(children)
    }

    /// Returns the first atom of this name in `range`.
    pub(crate) fn find(&mut self, range: Range<u64>, name: Name) -> Result<Option<Atom>, Error> {
        let mut at = range.start;
        while at < range.end {
            let child = self.child(at, range.end)?;
            if child.name == name {
                return Ok(Some(child));
            }
            at = child.end;
        }
        Ok(None)
    }

    /// Returns the atom at `start` in one that ends at `limit`.
    pub(crate) fn child(&mut self, start: u64, limit: u64) -> Result<Atom, Error> {
        self.spend(start)?;
        let child = Atom::read(&mut self.window, start, limit)?;
        child
            .filter(|child| child.size != Size::ToEnd && child.end <= limit)
            .ok_or(Error::Malformed {
                what: "an atom that does not fit the one around it",
                offset: start,
            })
    }

    /// Counts a structure.
    pub(crate) fn spend(&mut self, offset: u64) -> Result<(), Error> {
        self.atoms_left = self.atoms_left.checked_sub(1).ok_or(Error::Malformed {
            what: "more atoms than any file has",
            offset,
        })?;
        Ok(())
    }
}
