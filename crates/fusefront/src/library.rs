//! The port through which content comes from above.

use std::fs::File;
use std::sync::Arc;
use std::time::SystemTime;

use splice::Reader;
use vtree::LeafId;

use crate::{Edit, Error, Taken};

/// Knows the content of leaves.
///
/// Methods may be called from many threads at once. Those that return a `Result` may wait for an
/// origin; the others must not.
pub trait Library: Send + Sync + 'static {
    /// Returns the attributes of a leaf.
    ///
    /// The length must be the one that [`Library::open`] serves, and the modification time must move
    /// when, and only when, the bytes do. A leaf whose origin is unreachable keeps the attributes it
    /// had, if they are known.
    ///
    /// # Errors
    ///
    /// [`Error::Origin`] if they cannot be found out, [`Error::Gone`] if there is no such leaf.
    fn attr(&self, leaf: LeafId) -> Result<LeafAttr, Error>;

    /// Opens a leaf: its rendering, which stays the same for as long as it is open, and the
    /// attributes that go with it.
    ///
    /// # Errors
    ///
    /// As for [`Library::attr`].
    fn open(&self, leaf: LeafId) -> Result<(Arc<Reader>, LeafAttr), Error>;

    /// Returns the attributes of a leaf if that takes neither work nor waiting.
    ///
    /// Entries of directories whose attributes are known are listed along with them, which makes
    /// walking the tree several times faster.
    fn known_attr(&self, leaf: LeafId) -> Option<LeafAttr> {
        let _ = leaf;
        None
    }

    /// Returns a real file that has the bytes of a rendering and never changes, for the kernel to read in
    /// place of asking; `None` if there is none.
    ///
    /// Asked once for each rendering that is opened, as long as the kernel takes files, and not for those
    /// that are their origins. May wait for the origin.
    fn composed(&self, reader: &Reader) -> Option<Arc<File>> {
        let _ = reader;
        None
    }

    /// Returns an extended attribute of a leaf; `None` if it has none of this name. Asked only where
    /// [`Options::xattr`](crate::Options::xattr) is set.
    ///
    /// # Errors
    ///
    /// As for [`Library::attr`].
    fn attribute(&self, leaf: LeafId, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let _ = (leaf, name);
        Ok(None)
    }

    /// Returns the names of all extended attributes of a leaf, such as `user.mine`.
    ///
    /// # Errors
    ///
    /// As for [`Library::attr`].
    fn attributes(&self, leaf: LeafId) -> Result<Vec<&'static str>, Error> {
        let _ = leaf;
        Ok(Vec::new())
    }

    /// Returns a number for the disk, share or server that the leaf's origin is on, if that is known
    /// without waiting; [`Library::origin_group`] is asked otherwise, which by default never waits.
    ///
    /// Requests that wait for one of them can never take up all threads. When all is known to be on
    /// one, or nothing is known, a constant will do.
    fn known_group(&self, leaf: LeafId) -> Option<u64> {
        Some(self.origin_group(leaf))
    }

    /// Finds out that number. May wait where [`Library::known_group`] is given too, but for no origin.
    fn origin_group(&self, leaf: LeafId) -> u64 {
        let _ = leaf;
        0
    }

    /// Returns whether edits of a leaf are taken at all; what is opened for writing, or replaced, has
    /// to be. Must not wait.
    fn is_editable(&self, leaf: LeafId) -> bool {
        let _ = leaf;
        true
    }

    /// Takes over an edited leaf: all of it, or none; returns what is to be known of it when it is edited
    /// in turn, as [`Edit::before`]. Called when a save is complete, by the request
    /// whose answer tells the program how that went: a close, or a rename.
    ///
    /// Afterwards [`Library::open`] must serve what the edit came to, and [`Library::known_attr`] must
    /// know nothing older. The kernel is told by whoever else does the telling: doing that from here,
    /// or waiting for it, may block for ever, as [`Publisher`](crate::Publisher) says. An edit that is
    /// not taken is forgotten when this returns, so whatever is to be kept of it must be kept here.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the edit cannot be taken, whoever tries when; [`Error::Busy`] if another
    /// program was in the way for too long; [`Error::NotPermitted`], [`Error::NoSpace`] or
    /// [`Error::ReadOnly`]; [`Error::Origin`] or [`Error::Gone`] as for [`Library::open`].
    fn commit(&self, leaf: LeafId, edit: &Edit<'_>) -> Result<Taken, Error> {
        let _ = (leaf, edit);
        Err(Error::ReadOnly)
    }

    /// Returns the space that `statfs` reports.
    ///
    /// # Errors
    ///
    /// [`Error::Origin`] if it cannot be found out.
    fn space(&self) -> Result<Space, Error> {
        Ok(Space::default())
    }
}

impl<L: Library> Library for Arc<L> {
    fn attr(&self, leaf: LeafId) -> Result<LeafAttr, Error> {
        (**self).attr(leaf)
    }

    fn open(&self, leaf: LeafId) -> Result<(Arc<Reader>, LeafAttr), Error> {
        (**self).open(leaf)
    }

    fn composed(&self, reader: &Reader) -> Option<Arc<File>> {
        (**self).composed(reader)
    }

    fn known_attr(&self, leaf: LeafId) -> Option<LeafAttr> {
        (**self).known_attr(leaf)
    }

    fn attribute(&self, leaf: LeafId, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        (**self).attribute(leaf, name)
    }

    fn attributes(&self, leaf: LeafId) -> Result<Vec<&'static str>, Error> {
        (**self).attributes(leaf)
    }

    fn known_group(&self, leaf: LeafId) -> Option<u64> {
        (**self).known_group(leaf)
    }

    fn origin_group(&self, leaf: LeafId) -> u64 {
        (**self).origin_group(leaf)
    }

    fn is_editable(&self, leaf: LeafId) -> bool {
        (**self).is_editable(leaf)
    }

    fn commit(&self, leaf: LeafId, edit: &Edit<'_>) -> Result<Taken, Error> {
        (**self).commit(leaf, edit)
    }

    fn space(&self) -> Result<Space, Error> {
        (**self).space()
    }
}

/// The attributes of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafAttr {
    /// Length of the virtual file.
    pub len: u64,
    /// When its bytes changed last.
    pub mtime: SystemTime,
    /// When anything about it changed last.
    pub ctime: SystemTime,
}

/// The space of a filesystem, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Space {
    /// All of it.
    pub total: u64,
    /// What is free.
    pub free: u64,
    /// What is free for others than root.
    pub available: u64,
}
