//! Which requests come from the announcer, and what it is about to do.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fuser::Request;

use crate::attr::Told;

/// The most threads that act for the announcer: one, and those that were let go since they hang, and have not
/// ended yet.
const MOST: usize = 4;
/// No thread's number.
const NOBODY: u32 = u32::MAX;

/// What tells the announcer's own requests from those of others.
#[derive(Debug, Default)]
pub(crate) struct Own {
    /// The number of the thread, which the kernel gives with its requests; 0 as long as there is none.
    thread: AtomicU32,
    /// The numbers of all threads that act for it, or still may; 0 where there is none.
    acting: [AtomicU32; MOST],
    /// Whether a request of it came lately.
    came: AtomicBool,
    /// Whether it looks a name up in order to make it.
    makes: AtomicBool,
    /// What the kernel knew of the leaf that it touches.
    before: Mutex<Option<Told>>,
}

/// That a thread may act for the announcer, for as long as this is kept.
#[derive(Debug)]
pub(super) struct Acting {
    own: Arc<Own>,
    place: usize,
}

impl Acting {
    /// Says which thread it is.
    pub(super) fn be(&self, thread: u32) {
        self.own.acting[self.place].store(thread, Ordering::Relaxed);
        self.own.thread.store(thread, Ordering::Relaxed);
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        self.own.acting[self.place].store(0, Ordering::Relaxed);
    }
}

impl Own {
    /// Lets one more act, unless too many still may.
    pub(super) fn begin(self: &Arc<Self>) -> Option<Acting> {
        let place = self.acting.iter().position(|acting| {
            let free = acting.compare_exchange(0, NOBODY, Ordering::Relaxed, Ordering::Relaxed);
            free.is_ok()
        })?;
        let own = self.clone();
        Some(Acting { own, place })
    }

    /// Returns whether nobody acts for it.
    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        let mut acting = self.acting.iter();
        acting.all(|acting| acting.load(Ordering::Relaxed) == 0)
    }

    /// Lets whoever acts go: what may still come of it tells nothing of where the mount is.
    pub(super) fn let_go(&self) {
        self.thread.store(0, Ordering::Relaxed);
    }

    /// Returns whether a request comes from the announcer.
    pub(crate) fn sent(&self, req: &Request) -> bool {
        let thread = req.pid();
        if thread == 0 {
            return false;
        }
        if self.thread.load(Ordering::Relaxed) == thread {
            self.came.store(true, Ordering::Relaxed);
            return true;
        }
        // What hung may go on, and must do nothing then either.
        let mut acting = self.acting.iter();
        acting.any(|acting| acting.load(Ordering::Relaxed) == thread)
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
