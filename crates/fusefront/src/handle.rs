//! Open files.
//!
//! The first open of an inode pins a rendering; later opens share it, and it is let go when the last
//! handle is released. So the bytes and the size of an inode cannot change while anybody has it open,
//! which the kernel's page cache, one for all handles of an inode, could not express.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use splice::{ReadAhead, Reader};
use vtree::InodeNo;

use crate::attr::{Attr, Content};
use crate::overlay::Overlay;
use crate::passthrough::Backing;
use crate::{Error, Taken};

/// A rendering that is open.
#[derive(Debug)]
pub(crate) struct Pinned {
    pub(crate) reader: Arc<Reader>,
    attr: Attr,
    pub(crate) backing: Backing,
    /// What is written over it, once somebody has it open who may write.
    pub(crate) overlay: OnceLock<Box<Overlay>>,
}

impl Pinned {
    pub(crate) fn new(reader: Arc<Reader>, attr: Attr) -> Self {
        Self {
            reader,
            attr,
            backing: Backing::default(),
            overlay: OnceLock::new(),
        }
    }

    pub(crate) fn ino(&self) -> InodeNo {
        self.attr.ino
    }

    /// Returns the attributes of what is read.
    pub(crate) fn attr(&self) -> Attr {
        match self.overlay.get().and_then(|overlay| overlay.edited()) {
            None => self.attr,
            Some((len, changed)) => Attr {
                ino: self.ino(),
                content: Content::File { len },
                mtime: changed,
                ctime: changed,
                is_passing: true,
            },
        }
    }
}

/// One open of a file.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) pinned: Arc<Pinned>,
    ahead: ReadAhead,
    /// Up to which mark of [`Distrusted`](crate::saves::Distrusted) the kernel has dropped its pages, once it
    /// has opened this.
    pub(crate) dropped: OnceLock<u64>,
}

impl Handle {
    /// Reads from the rendering that was pinned when the handle was opened.
    pub(crate) fn read<'a>(
        &'a self,
        offset: u64,
        len: u32,
        scratch: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], Error> {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if let Some(overlay) = self.pinned.overlay.get()
            && overlay.edited().is_some()
        {
            return overlay.read(offset, len, scratch);
        }
        let reader = &self.pinned.reader;
        self.ahead.note(reader, offset, len);
        Ok(reader.read(offset, len, scratch)?)
    }
}

/// All open files.
#[derive(Debug, Default)]
pub(crate) struct OpenTable {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    handles: HashMap<u64, Arc<Handle>>,
    pinned: HashMap<InodeNo, (Arc<Pinned>, usize)>,
    last_fh: u64,
}

impl OpenTable {
    /// Opens another handle of an inode that is open already.
    pub(crate) fn share(&self, ino: InodeNo) -> Option<u64> {
        // Most opens are first ones, which need no exclusive lock to find that out.
        self.attr(ino)?;
        self.write().open(ino)
    }

    /// Opens a handle: of `pinned`, unless the inode was opened meanwhile.
    pub(crate) fn pin(&self, ino: InodeNo, pinned: Pinned) -> u64 {
        let mut state = self.write();
        if let Some(fh) = state.open(ino) {
            return fh;
        }
        state.pinned.insert(ino, (Arc::new(pinned), 0));
        state.open(ino).expect("it was pinned above")
    }

    /// Returns the attributes of the rendering that is pinned for `ino`.
    pub(crate) fn attr(&self, ino: InodeNo) -> Option<Attr> {
        let state = self.read();
        state.pinned.get(&ino).map(|(pinned, _)| pinned.attr())
    }

    /// Returns the rendering that is pinned for `ino`.
    pub(crate) fn pinned(&self, ino: InodeNo) -> Option<Arc<Pinned>> {
        let state = self.read();
        state.pinned.get(&ino).map(|(pinned, _)| pinned.clone())
    }

    /// Returns how many handles of `ino` are open.
    pub(crate) fn n_handles(&self, ino: InodeNo) -> usize {
        let state = self.read();
        state
            .pinned
            .get(&ino)
            .map_or(0, |(_, n_handles)| *n_handles)
    }

    /// Returns what whoever opens `ino` reads, since it is open: the rendering, and the last save of it.
    pub(crate) fn shown(&self, ino: InodeNo) -> Option<(Arc<Reader>, Option<Taken>)> {
        let state = self.read();
        let (pinned, _) = state.pinned.get(&ino)?;
        let overlay = pinned.overlay.get();
        let taken = overlay.and_then(|overlay| overlay.taken());
        Some((pinned.reader.clone(), taken))
    }

    /// Returns an open handle.
    pub(crate) fn handle(&self, fh: u64) -> Result<Arc<Handle>, Error> {
        let handle = self.read().handles.get(&fh).cloned();
        handle.ok_or(Error::BadHandle { fh })
    }

    /// Closes a handle; returns what it served, if that is nowhere open any more.
    ///
    /// # Errors
    ///
    /// [`Error::BadHandle`].
    pub(crate) fn release(&self, fh: u64) -> Result<Option<Attr>, Error> {
        let mut state = self.write();
        let handle = state.handles.remove(&fh).ok_or(Error::BadHandle { fh })?;
        let last = state.close(handle.pinned.ino());
        // Nobody else must wait until these are closed.
        drop(state);
        drop(handle);
        Ok(last.map(|pinned| pinned.attr()))
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn open(&mut self, ino: InodeNo) -> Option<u64> {
        let (pinned, n_handles) = self.pinned.get_mut(&ino)?;
        *n_handles += 1;
        self.last_fh += 1;
        let handle = Handle {
            pinned: pinned.clone(),
            ahead: ReadAhead::default(),
            dropped: OnceLock::new(),
        };
        self.handles.insert(self.last_fh, Arc::new(handle));
        Some(self.last_fh)
    }

    /// Counts a handle less, and returns what was pinned if it was the last.
    fn close(&mut self, ino: InodeNo) -> Option<Arc<Pinned>> {
        let (_, n_handles) = self.pinned.get_mut(&ino)?;
        *n_handles -= 1;
        if *n_handles > 0 {
            return None;
        }
        self.pinned.remove(&ino).map(|(pinned, _)| pinned)
    }
}
