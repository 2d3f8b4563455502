//! Hands files to the kernel, which then reads them by itself: those that are their origins, and those that
//! the library has composed.
//!
//! That takes Linux 6.9, `CAP_SYS_ADMIN` outside of any user namespace, and a file whose filesystem is not
//! stacked on another. Where something is missing the file is served like any other.
//!
//! The kernel takes no two ways of reading one inode at once, so what is settled when an inode is opened
//! holds for all its handles: it is part of what is pinned.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use fuser::{BackingId, ReplyOpen};
use rustix::io::Errno;
use splice::Reader;

use crate::Library;

/// What the kernel was told of a file, if it reads one by itself.
pub(crate) type Backing = OnceLock<Option<BackingId>>;

/// Whether the kernel takes files of this session.
#[derive(Debug, Default)]
pub(crate) struct Passthrough {
    /// Set once the kernel said that it takes none.
    is_refused: AtomicBool,
    was_logged: AtomicBool,
}

impl Passthrough {
    /// Returns what the kernel reads in place of `reader`, settling at the first call whether it does.
    pub(crate) fn backing<'b>(
        &self,
        backing: &'b Backing,
        reader: &Reader,
        library: &impl Library,
        reply: &ReplyOpen,
    ) -> Option<&'b BackingId> {
        let open = || self.open(reader, library, reply);
        backing.get_or_init(open).as_ref()
    }

    fn open(
        &self,
        reader: &Reader,
        library: &impl Library,
        reply: &ReplyOpen,
    ) -> Option<BackingId> {
        if self.is_refused.load(Ordering::Relaxed) {
            return None;
        }
        // Once the kernel has it, the descriptor may be closed.
        let file = if !reader.is_origin() {
            library.composed(reader)?
        } else if reader.origin().is_far() {
            // What is far away is fetched ahead by us, which the kernel would not do.
            return None;
        } else {
            reader.origin().file().ok()?
        };
        let error = match reply.open_backing(&file) {
            Ok(backing) => return Some(backing),
            Err(error) => error,
        };
        if Errno::from_io_error(&error).is_some_and(is_of_session) {
            self.is_refused.store(true, Ordering::Relaxed);
        }
        if !self.was_logged.swap(true, Ordering::Relaxed) {
            tracing::info!(%error, "files are served, not handed to the kernel");
        }
        None
    }
}

/// Returns whether an error of `FUSE_DEV_IOC_BACKING_OPEN` says that no file will be taken: for want of
/// rights, or by a kernel that cannot. Others, such as `ELOOP` and `ENOMEM`, are of one file or moment.
fn is_of_session(errno: Errno) -> bool {
    const NEVER: [Errno; 4] = [Errno::PERM, Errno::OPNOTSUPP, Errno::NOTTY, Errno::NOSYS];
    NEVER.contains(&errno)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_will_never_be_different_ends_the_attempts() {
        for errno in [Errno::PERM, Errno::OPNOTSUPP, Errno::NOTTY, Errno::NOSYS] {
            assert!(is_of_session(errno), "{errno}");
        }
        for errno in [
            Errno::LOOP,
            Errno::NOMEM,
            Errno::NOSPC,
            Errno::IO,
            Errno::BADF,
        ] {
            assert!(!is_of_session(errno), "{errno}");
        }
    }
}
