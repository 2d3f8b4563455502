//! The only place where an errno is chosen, and a failure is logged.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
    about: Mutex<About>,
}

#[derive(Debug, Default)]
struct About {
    inodes: HashSet<InodeNo>,
    /// When the first of them was.
    since: Option<Instant>,
    /// Whether it was said that there are too many.
    is_said: bool,
}

/// What a failure is to those who read the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Novelty {
    /// To be told.
    New,
    /// The first of those that are not told, since too many were.
    TooMany,
    /// Told, or one too many.
    Known,
}

impl Complaints {
    /// More failures than this within [`Complaints::A_WHILE`] have one cause, which has been told often enough.
    pub(crate) const MOST: usize = 1024;
    pub(crate) const A_WHILE: Duration = Duration::from_hours(1);

    /// Chooses the errno for `error`, and logs it if it is a new failure of `ino`.
    pub(crate) fn choose(&self, error: &Error, ino: InodeNo, tree: &Tree) -> Errno {
        let chosen = errno(error);
        let novelty = if error.is_failure() {
            self.note(ino, Instant::now())
        } else {
            Novelty::Known
        };
        match novelty {
            Novelty::New => {
                let path = tree.load().path(ino).unwrap_or_default();
                let path = String::from_utf8_lossy(&path);
                tracing::warn!(ino = ino.0, %path, error = error.chain(), "file cannot be served");
            }
            Novelty::TooMany => {
                let (n_files, error) = (Self::MOST, error.chain());
                tracing::warn!(
                    n_files,
                    error,
                    "more files cannot be served; named after an hour"
                );
            }
            Novelty::Known => {
                tracing::debug!(ino = ino.0, errno = chosen.code(), "request refused");
            }
        }
        chosen
    }

    /// Notes that `ino` is well, so that its next failure is new.
    pub(crate) fn settle(&self, ino: InodeNo) {
        let mut about = self.lock();
        if !about.inodes.is_empty() {
            about.inodes.remove(&ino);
        }
    }

    /// Notes that `ino` failed. Many a file that failed is never looked at again, and so never known to be
    /// well: all are forgotten after a while, when there is no room for others.
    pub(crate) fn note(&self, ino: InodeNo, now: Instant) -> Novelty {
        let mut about = self.lock();
        if about.inodes.contains(&ino) {
            return Novelty::Known;
        }
        if about.inodes.len() >= Self::MOST {
            let is_recent = |since| now.saturating_duration_since(since) < Self::A_WHILE;
            if about.since.is_some_and(is_recent) {
                let is_said = std::mem::replace(&mut about.is_said, true);
                return if is_said {
                    Novelty::Known
                } else {
                    Novelty::TooMany
                };
            }
            about.inodes.clear();
        }
        if about.inodes.is_empty() {
            about.since = Some(now);
            about.is_said = false;
        }
        about.inodes.insert(ino);
        Novelty::New
    }

    fn lock(&self) -> MutexGuard<'_, About> {
        self.about.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
