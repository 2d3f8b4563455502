//! Buffers in which replies to reads are put together.
//!
//! The one used last is used next, whichever thread it was, so that as many buffers are in use as
//! reads are under way at once, and stay in the processor's cache. One for each thread would be many
//! times that, since the kernel wakes the threads in turn.

use std::sync::{Mutex, PoisonError};

/// A buffer larger than this is given back after use. The kernel asks for no more than 1 MiB at once
/// (`fs.fuse.max_pages_limit`, 256 pages unless someone raised it), for which [`splice::Reader::read`]
/// takes a page more.
const KEPT: usize = (1 << 20) + 4096;

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use splice::{Origin, Plan, Reader};

    use super::*;

    /// Reads `len` bytes by a new buffer; returns how many bytes of buffers are kept then.
    fn kept_after(len: usize) -> usize {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(2 << 20).unwrap();
        let origin = Arc::new(Origin::open(file.path()).unwrap());
        let reader = Reader::new(Arc::new(Plan::identity(2 << 20)), origin).unwrap();
        let scratch = Scratch::default();
        for len in [len / 3, len] {
            scratch.with(|buf| assert_eq!(reader.read(0, len, buf).unwrap().len(), len));
        }
        let idle = scratch.idle.lock().unwrap();
        idle.iter().map(Vec::capacity).sum()
    }

    #[test]
    fn the_buffer_of_the_largest_request_is_used_again() {
        assert_eq!(kept_after(1 << 20), KEPT);
    }

    #[test]
    fn a_larger_one_is_given_back() {
        assert_eq!(kept_after((1 << 20) + 1), 0);
    }
}
