//! What is being served, and how much was.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Counts what programs are served, so that work in the background can keep out of their way.
#[derive(Debug)]
pub struct Traffic {
    start: Instant,
    /// Requests that may wait for an origin and are not answered yet.
    n_pending: AtomicUsize,
    /// When the last of them was answered, in milliseconds from the start.
    answered: AtomicU64,
    n_reads: AtomicU64,
    n_bytes: AtomicU64,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            n_pending: AtomicUsize::new(0),
            answered: AtomicU64::new(0),
            n_reads: AtomicU64::new(0),
            n_bytes: AtomicU64::new(0),
        }
    }
}

impl Traffic {
    /// Returns whether no request has waited for an origin for as long as `quiet`.
    pub fn is_quiet_for(&self, quiet: Duration) -> bool {
        let answered = Duration::from_millis(self.answered.load(Ordering::Relaxed));
        let is_pending = self.n_pending.load(Ordering::Relaxed) > 0;
        !is_pending && self.start.elapsed() >= answered + quiet
    }

    /// Returns how many reads were answered.
    pub fn n_reads(&self) -> u64 {
        self.n_reads.load(Ordering::Relaxed)
    }

    /// Returns how many bytes those gave.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn n_pending(&self) -> usize {
        self.n_pending.load(Ordering::Relaxed)
    }

    /// Notes that a read was answered with so many bytes.
    pub(crate) fn count_read(&self, n_bytes: usize) {
        self.n_reads.fetch_add(1, Ordering::Relaxed);
        self.n_bytes.fetch_add(n_bytes as u64, Ordering::Relaxed);
    }

    /// Notes that a request came that may wait, until the returned value is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> Pending {
        self.n_pending.fetch_add(1, Ordering::Relaxed);
        Pending(self.clone())
    }
}

/// A request that is not answered yet.
#[derive(Debug)]
pub(crate) struct Pending(Arc<Traffic>);

impl Drop for Pending {
    fn drop(&mut self) {
        let now = self.0.start.elapsed().as_millis();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        self.0.answered.store(now, Ordering::Relaxed);
        self.0.n_pending.fetch_sub(1, Ordering::Relaxed);
    }
}
