//! Offsets in the file, and what becomes of them.

use std::ops::Range;

use super::movie::Movie;
use crate::Error;

/// What moves, and how far.
#[derive(Debug, Default)]
pub(crate) struct Move {
    /// What is gone, and so must not be pointed to.
    gone: [Range<u64>; 2],
    from: u64,
    by: u64,
}

impl Move {
    /// Moves what is behind a movie whose free space is used up.
    pub(crate) fn behind(movie: &Movie, by: u64) -> Self {
        Self {
            gone: [movie.region.clone(), movie.free.clone()],
            from: movie.end(),
            by,
        }
    }

    /// Returns where what moves starts.
    pub(crate) fn from(&self) -> u64 {
        self.from
    }

    /// Returns whether everything stays, whether or not something is gone.
    pub(crate) fn is_none(&self) -> bool {
        self.by == 0
    }

    /// Returns whether everything stays, and nothing is gone.
    pub(crate) fn is_harmless(&self) -> bool {
        self.is_none() && self.gone.iter().all(Range::is_empty)
    }

    /// Returns where an offset is after the move.
    pub(crate) fn of(&self, offset: u64) -> u64 {
        if offset < self.from {
            offset
        } else {
            offset.saturating_add(self.by)
        }
    }

    /// Moves an offset of 32 or 64 bits, big-endian.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if it points to free space that is used up, [`Error::TooLarge`] if it
    /// has too few bits.
    pub(crate) fn shift(&self, field: &mut [u8]) -> Result<(), Error> {
        if let Ok(bytes) = <[u8; 4]>::try_from(&*field) {
            let offset = self.checked(u32::from_be_bytes(bytes).into())?;
            let offset = u32::try_from(offset).map_err(|_| Error::TooLarge {
                what: "an offset of media",
                len: offset,
                limit: u32::MAX.into(),
            })?;
            field.copy_from_slice(&offset.to_be_bytes());
        } else if let Ok(bytes) = <[u8; 8]>::try_from(&*field) {
            let offset = self.checked(u64::from_be_bytes(bytes))?;
            field.copy_from_slice(&offset.to_be_bytes());
        }
        Ok(())
    }

    fn checked(&self, offset: u64) -> Result<u64, Error> {
        if self.gone.iter().any(|gone| gone.contains(&offset)) {
            return Err(Error::Malformed {
                what: "media in free space",
                offset,
            });
        }
        Ok(self.of(offset))
    }
}
