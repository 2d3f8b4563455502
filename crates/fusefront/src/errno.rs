//! The only place where an errno is chosen, and a failure is logged.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use fuser::Errno;
use vtree::{InodeNo, Tree};

use crate::Error;

/// Returns what a program is told about `error`.
pub(crate) fn errno(error: &Error) -> Errno {
    match error {
        // The kernel then looks the name up again, once.
        Error::Gone => Errno::ESTALE,
        Error::NotFound => Errno::ENOENT,
        Error::Exists => Errno::EEXIST,
        Error::NotEmpty => Errno::ENOTEMPTY,
        Error::NotSupported => Errno::EOPNOTSUPP,
        Error::NotADirectory => Errno::ENOTDIR,
        Error::IsADirectory => Errno::EISDIR,
        Error::ReadOnly => Errno::EROFS,
        Error::NotPermitted => Errno::EPERM,
        Error::Busy => Errno::EBUSY,
        Error::NoSpace => Errno::ENOSPC,
        Error::NameTooLong => Errno::ENAMETOOLONG,
        Error::NoAttribute => Errno::ENODATA,
        Error::NoRoom => Errno::ERANGE,
        Error::BadHandle { .. } => Errno::EBADF,
        Error::PastEnd { .. } => Errno::ENXIO,
        Error::BadRequest | Error::BadOption { .. } => Errno::EINVAL,
        Error::Origin { .. }
        | Error::Unknown { .. }
        | Error::Read(_)
        | Error::Refused { .. }
        | Error::Written(_)
        | Error::Folder { .. }
        | Error::Mount { .. }
        | Error::Unmount { .. }
        | Error::Session { .. } => Errno::EIO,
    }
}

/// Remembers which inodes were complained about, so that each failure is logged once.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    about: Mutex<HashSet<InodeNo>>,
}

impl Complaints {
    /// More failures at once than this have one cause, which has been told often enough.
    const MOST: usize = 1024;

    /// Chooses the errno for `error`, and logs it if it is a new failure of `ino`.
    pub(crate) fn choose(&self, error: &Error, ino: InodeNo, tree: &Tree) -> Errno {
        let chosen = errno(error);
        if error.is_failure() && self.is_new(ino) {
            let path = tree.load().path(ino).unwrap_or_default();
            let path = String::from_utf8_lossy(&path);
            tracing::warn!(ino = ino.0, %path, error = error.chain(), "file cannot be served");
        } else {
            tracing::debug!(ino = ino.0, errno = chosen.code(), "request refused");
        }
        chosen
    }

    /// Notes that `ino` is well, so that its next failure is new.
    pub(crate) fn settle(&self, ino: InodeNo) {
        let mut about = self.about.lock().unwrap_or_else(PoisonError::into_inner);
        if !about.is_empty() {
            about.remove(&ino);
        }
    }

    pub(crate) fn is_new(&self, ino: InodeNo) -> bool {
        let mut about = self.about.lock().unwrap_or_else(PoisonError::into_inner);
        about.len() < Self::MOST && about.insert(ino)
    }
}
