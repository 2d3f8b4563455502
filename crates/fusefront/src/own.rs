//! Knows the threads that answer requests, to notice a filesystem that would read through itself.
//!
//! An origin may turn out to lie inside the mount, by a symbolic link or a wrong path. Reading it
//! would wait for the very rendering that waits for it.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// The threads of one session.
#[derive(Debug, Default)]
pub(crate) struct OwnThreads {
    ids: RwLock<HashSet<u32>>,
}

thread_local! {
    static IS_KNOWN: Cell<bool> = const { Cell::new(false) };
}

impl OwnThreads {
    /// Notes that the calling thread answers requests.
    pub(crate) fn register(&self) {
        if IS_KNOWN.replace(true) {
            return;
        }
        let id = rustix::thread::gettid().as_raw_nonzero().get();
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        ids.insert(id.cast_unsigned());
    }

    /// Returns whether a request comes from one of them; `pid` is what the kernel says, which is the
    /// number of a thread (`fuse_in_header` in the kernel's `fuse.h`).
    pub(crate) fn contains(&self, pid: u32) -> bool {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        ids.contains(&pid)
    }
}
