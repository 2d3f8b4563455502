//! Buffers in which replies to reads are put together.
//!
//! The one used last is used next, whichever thread it was, so that as many buffers are in use as
//! reads are under way at once, and stay in the processor's cache. One for each thread would be many
//! times that, since the kernel wakes the threads in turn.

use std::sync::{Mutex, PoisonError};

/// A buffer larger than this is given back after use.
const KEPT: usize = 1 << 20;

/// Buffers that nobody uses now.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    idle: Mutex<Vec<Vec<u8>>>,
}

impl Scratch {
    /// Lends a buffer, of whatever length and content.
    pub(crate) fn with(&self, work: impl FnOnce(&mut Vec<u8>)) {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = idle().pop().unwrap_or_default();
        work(&mut scratch);
        if scratch.capacity() <= KEPT {
            idle().push(scratch);
        }
    }
}
