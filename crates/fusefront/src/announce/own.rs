//! Which requests come from the announcer, and what it is about to do.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use fuser::Request;

use crate::attr::Told;

/// What tells the announcer's own requests from those of others.
#[derive(Debug, Default)]
pub(crate) struct Own {
    /// The number of the thread, which the kernel gives with its requests; 0 as long as there is none.
    thread: AtomicU32,
    /// Whether a request of it came lately.
    came: AtomicBool,
    /// Whether it looks a name up in order to make it.
    makes: AtomicBool,
    /// What the kernel knew of the leaf that it touches.
    before: Mutex<Option<Told>>,
}

impl Own {
    /// Makes the requests of a thread, and no others, the announcer's own.
    pub(super) fn be(&self, thread: u32) {
        self.thread.store(thread, Ordering::Relaxed);
    }

    /// Returns whether a request comes from the announcer.
    pub(crate) fn sent(&self, req: &Request) -> bool {
        let thread = self.thread.load(Ordering::Relaxed);
        let is_own = thread != 0 && req.pid() == thread;
        if is_own {
            self.came.store(true, Ordering::Relaxed);
        }
        is_own
    }

    /// Returns whether the name that the announcer looks up has to be missing, so that it can be made.
    pub(crate) fn makes(&self) -> bool {
        self.makes.load(Ordering::Relaxed)
    }

    /// Returns whether the leaf that the announcer touches is other than the kernel knew it.
    pub(crate) fn is_news(&self, told: Told) -> bool {
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        *before != Some(told)
    }

    /// Forgets that requests of it came.
    pub(super) fn forget(&self) {
        self.came.store(false, Ordering::Relaxed);
    }

    /// Returns whether a request of it came since.
    pub(super) fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed)
    }

    /// Notes whether what it looks up next is to be made.
    pub(super) fn set_makes(&self, makes: bool) {
        self.makes.store(makes, Ordering::Relaxed);
    }

    /// Notes what the kernel knew of the leaf that is to be touched next.
    pub(super) fn note(&self, before: Option<Told>) {
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) = before;
    }
}
