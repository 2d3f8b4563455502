//! Reads ahead of a stream whose origin is far away.
//!
//! A stream keeps two reads of the kernel's in flight, and each waits for the origin. On a disk that is
//! enough; over a network the way there and back decides. So the kernel is told early what a stream
//! will need, and all that is wanted of a large read, of which it then fetches many pieces at once.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Reader;

/// How far ahead of a stream its origin is fetched.
///
/// Filesystems in user space drop what is asked of them in advance beyond some requests, nine by
/// default, and nothing is asked for twice.
const WINDOW: u64 = 1 << 20;
/// Reads of a stream may arrive in another order than they were made.
const SLACK: u64 = 1 << 20;
/// Fewer reads in a row than this are probes of a header, not a stream.
const STREAM: u64 = 3;

/// The reads of one handle.
#[derive(Debug, Default)]
pub struct ReadAhead {
    /// Where the next read of a stream would start.
    next: AtomicU64,
    /// How many reads in a row were near that.
    hits: AtomicU64,
    /// Up to where the kernel was told to fetch.
    told: AtomicU64,
}

impl ReadAhead {
    /// Notes a read of `len` bytes at `offset`, and has the kernel fetch what follows if that pays.
    pub fn note(&self, reader: &Reader, offset: u64, len: usize) {
        if reader.origin().is_far()
            && let Some(range) = self.observe(offset, len)
        {
            reader.will_need(&range);
        }
    }

    /// Notes a read, and returns what is to be fetched; nothing twice.
    pub(crate) fn observe(&self, offset: u64, len: usize) -> Option<Range<u64>> {
        let end = offset.saturating_add(len as u64);
        let next = self.next.swap(end, Ordering::Relaxed);
        if offset.abs_diff(next) > SLACK {
            self.hits.store(0, Ordering::Relaxed);
            self.told.store(0, Ordering::Relaxed);
        }
        let is_stream = self.hits.fetch_add(1, Ordering::Relaxed) + 1 >= STREAM;
        let until = end.saturating_add(if is_stream { WINDOW } else { 0 });
        let from = self.told.fetch_max(until, Ordering::Relaxed).max(offset);
        (from < until).then_some(from..until)
    }
}
