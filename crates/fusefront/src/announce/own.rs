//! Which requests come from the thread that announces, and what it is about to do.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use fuser::Request;

use crate::attr::Told;

/// What tells the announcer's own requests from those of others.
#[derive(Debug, Default)]
pub(crate) struct Own {
    /// The number of the thread, which the kernel gives with its requests; 0 as long as there is none.
    thread: AtomicU32,
    /// Whether a request of it came.
    came: AtomicBool,
    /// Whether it looks a name up in order to make it.
    makes: AtomicBool,
    /// What the kernel knew of the leaf that it touches.
    before: Mutex<Option<Told>>,
}

impl Own {
    /// Makes the requests of this thread, and no others, the announcer's own.
    pub(super) fn take_over(&self) {
        let thread = rustix::thread::gettid().as_raw_nonzero().get();
        self.thread.store(thread.cast_unsigned(), Ordering::Relaxed);
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

    /// Returns whether `ask` sends requests to this session.
    pub(super) fn reaches(&self, ask: impl FnOnce()) -> bool {
        self.came.store(false, Ordering::Relaxed);
        ask();
        self.came.load(Ordering::Relaxed)
    }

    /// Does what makes one entry.
    pub(super) fn making<T>(&self, work: impl FnOnce() -> T) -> T {
        self.makes.store(true, Ordering::Relaxed);
        let made = work();
        self.makes.store(false, Ordering::Relaxed);
        made
    }

    /// Notes what the kernel knew of the leaf that is to be touched next.
    pub(super) fn note(&self, before: Option<Told>) {
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) = before;
    }
}
