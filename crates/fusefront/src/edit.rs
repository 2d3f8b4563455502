//! What a save leaves behind: the edited file, for the library to commit.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use splice::{ReadAt, Reader};

/// An edited file, which stays as it is for as long as it is looked at.
///
/// It is read like an origin, through [`ReadAt`].
pub struct Edit<'e> {
    content: &'e (dyn ReadAt + Sync),
    base: Option<&'e Arc<Reader>>,
    unchanged: Vec<Range<u64>>,
}

impl<'e> Edit<'e> {
    /// Makes an edit of a file that came from elsewhere.
    pub fn of(content: &'e (dyn ReadAt + Sync)) -> Self {
        Self {
            content,
            base: None,
            unchanged: Vec::new(),
        }
    }

    /// Says that it was made from the rendering `base`, whose bytes it has, at the same offsets, in
    /// the ranges `unchanged`: in order, apart from each other, within both files.
    #[must_use]
    pub fn over(mut self, base: &'e Arc<Reader>, unchanged: Vec<Range<u64>>) -> Self {
        self.base = Some(base);
        self.unchanged = unchanged;
        self
    }

    /// Returns the rendering that was edited in place.
    ///
    /// `None` if all of the content came from elsewhere, or if it is not known what the library said
    /// when the editing began: then what the library says now is what was edited.
    pub fn base(&self) -> Option<&Arc<Reader>> {
        self.base
    }

    /// Returns where the edit certainly has the bytes of [`Edit::base`], at the same offsets, as
    /// half-open ranges in order; elsewhere it may have them too.
    pub fn unchanged(&self) -> &[Range<u64>] {
        &self.unchanged
    }
}

impl ReadAt for Edit<'_> {
    fn len(&self) -> u64 {
        self.content.len()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.content.read_at(buf, offset)
    }
}

impl fmt::Debug for Edit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit")
            .field("len", &self.len())
            .field("has_base", &self.base.is_some())
            .field("unchanged", &self.unchanged)
            .finish_non_exhaustive()
    }
}
