//! Room for what is written: unlinked files in one folder, and a bound for all of them together.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::Error;

/// Gives room to whatever is written.
#[derive(Debug)]
pub(crate) struct Spill {
    /// Opened before anything is mounted, so that it is never looked up in the mount.
    folder: OwnedFd,
    most: u64,
    used: Mutex<u64>,
    n_files: AtomicU64,
    was_full: AtomicBool,
}

impl Spill {
    /// Makes room for `most` bytes in `folder`.
    pub(crate) fn new(folder: &Path, most: u64) -> Result<Self, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(folder, flags, Mode::empty());
        let folder = opened.map_err(|errno| Error::Folder {
            folder: folder.to_owned(),
            source: errno.into(),
        })?;
        Ok(Self {
            folder,
            most,
            used: Mutex::default(),
            n_files: AtomicU64::new(0),
            was_full: AtomicBool::new(false),
        })
    }

    /// Returns how many bytes there is room for, when nothing is written.
    pub(crate) fn most(&self) -> u64 {
        self.most
    }

    /// Takes `n` bytes.
    pub(crate) fn take(&self, n: u64) -> Result<(), Error> {
        let mut used = self.lock();
        let after = used.checked_add(n).filter(|&after| after <= self.most);
        *used = after.ok_or_else(|| self.full())?;
        Ok(())
    }

    /// Returns the error of what there is no room for, however much the disk has.
    pub(crate) fn full(&self) -> Error {
        if !self.was_full.swap(true, Ordering::Relaxed) {
            let most = self.most;
            tracing::warn!(most, "more is written than is kept at once, in bytes");
        }
        Error::NoSpace
    }

    /// Gives back `n` bytes that were taken.
    pub(crate) fn give(&self, n: u64) {
        let mut used = self.lock();
        *used = used.saturating_sub(n);
    }

    /// Makes a file that has no name, and is gone when it is closed.
    pub(crate) fn file(&self) -> Result<File, Error> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        match rustix::fs::openat(&self.folder, ".", flags | OFlags::TMPFILE, mode) {
            Ok(file) => Ok(file.into()),
            // Not every filesystem has such files.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
                let n = self.n_files.fetch_add(1, Ordering::Relaxed);
                let name = format!(".musicfs-{}-{n}", std::process::id());
                let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
                let file = rustix::fs::openat(&self.folder, &name, flags, mode);
                let file = file.map_err(refusal)?;
                rustix::fs::unlinkat(&self.folder, &name, AtFlags::empty()).map_err(refusal)?;
                Ok(file.into())
            }
            Err(errno) => Err(refusal(errno)),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, u64> {
        self.used
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Returns the error of a file that cannot be written. What is wrong with its disk is logged with the request.
pub(crate) fn refusal(error: impl Into<io::Error>) -> Error {
    let error = error.into();
    match Errno::from_io_error(&error) {
        Some(Errno::NOSPC | Errno::DQUOT) => {
            tracing::warn!(%error, "there is no room for what is written");
            Error::NoSpace
        }
        _ => Error::Written(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_disk_that_is_full_has_no_room() {
        for errno in [Errno::NOSPC, Errno::DQUOT] {
            assert!(matches!(refusal(errno), Error::NoSpace), "{errno}");
        }
        for errno in [Errno::IO, Errno::ROFS, Errno::MFILE, Errno::ACCESS] {
            assert!(matches!(refusal(errno), Error::Written(_)), "{errno}");
        }
    }

    #[test]
    fn there_is_room_for_so_much_which_is_said_once() {
        let spill = Spill::new(&std::env::temp_dir(), 100).unwrap();
        spill.take(60).unwrap();
        assert!(!spill.was_full.load(Ordering::Relaxed));
        for _ in 0..2 {
            assert!(matches!(spill.take(41), Err(Error::NoSpace)));
            assert!(spill.was_full.load(Ordering::Relaxed));
        }
        spill.take(40).unwrap();
    }
}
