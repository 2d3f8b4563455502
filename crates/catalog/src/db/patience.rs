//! How long others are waited for that have the database locked.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long `SQLite` waits at once; beets waits as long for us.
const AT_ONCE: Duration = Duration::from_secs(5);

/// How long others are waited for: each time anew, or so long in all.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    left: Option<Mutex<Duration>>,
}

impl Patience {
    /// Waits so long in all.
    pub(crate) fn of(most: Duration) -> Self {
        Self {
            left: Some(Mutex::new(most)),
        }
    }

    /// Returns one that waits in all `times` as long as at once, if this has no end.
    pub(crate) fn with_an_end(&self, times: u32) -> Option<Self> {
        self.left.is_none().then(|| Self::of(AT_ONCE * times))
    }

    /// Does something that waits no longer than it is told, and counts how long that took.
    pub(crate) fn spend<T>(&self, wait: impl FnOnce(Duration) -> T) -> T {
        let start = Instant::now();
        let done = wait(self.left());
        if let Some(left) = &self.left {
            let mut left = lock(left);
            *left = left.saturating_sub(start.elapsed());
        }
        done
    }

    /// Returns how long may be waited at once.
    pub(crate) fn left(&self) -> Duration {
        let left = self.left.as_ref().map(|left| *lock(left));
        left.map_or(AT_ONCE, |left| left.min(AT_ONCE))
    }
}

fn lock(left: &Mutex<Duration>) -> MutexGuard<'_, Duration> {
    left.lock().unwrap_or_else(PoisonError::into_inner)
}
