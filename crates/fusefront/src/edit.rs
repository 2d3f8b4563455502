//! What a save leaves behind: the edited file, for the library to commit.

use std::any::Any;
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
    before: Option<Taken>,
}

/// What a library remembers of an edit that it took, to be told when that is edited in turn.
#[derive(Clone)]
pub struct Taken(Arc<dyn Any + Send + Sync>);

impl Taken {
    /// Remembers anything.
    pub fn new(what: impl Any + Send + Sync) -> Self {
        Self(Arc::new(what))
    }

    /// Returns what is remembered, if it is of this type.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taken").finish_non_exhaustive()
    }
}

impl<'e> Edit<'e> {
    /// Makes an edit of a file that came from elsewhere.
    pub fn of(content: &'e (dyn ReadAt + Sync)) -> Self {
        Self {
            content,
            base: None,
            unchanged: Vec::new(),
            before: None,
        }
    }

    /// Says that it was made over an edit that was taken.
    #[must_use]
    pub fn after(mut self, before: Option<Taken>) -> Self {
        self.before = before;
        self
    }

    /// Returns the edit as one that was made by whoever read the rendering `base`, or an edit of that, and
    /// has none of its bytes for certain.
    pub(crate) fn based_on<'b>(&self, base: &'b Arc<Reader>, before: Option<Taken>) -> Edit<'b>
    where
        'e: 'b,
    {
        Edit {
            content: self.content,
            base: Some(base),
            unchanged: Vec::new(),
            before,
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

    /// Returns what [`Library::commit`](crate::Library::commit) gave for the edit that this one was made
    /// over: that one is what was edited then, and not [`Edit::base`].
    pub fn before(&self) -> Option<&Taken> {
        self.before.as_ref()
    }

    /// Returns the rendering that was edited in place, or that whoever edited could read meanwhile.
    ///
    /// `None` if it is not known what the library said when the editing began: then what the library
    /// says now is what was edited.
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
            .field("has_before", &self.before.is_some())
            .field("unchanged", &self.unchanged)
            .finish_non_exhaustive()
    }
}
