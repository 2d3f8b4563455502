//! Opens origins, also those that the mount itself covers.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, StatVfs};
use splice::Origin;

/// Where origins are opened from.
///
/// A mount may cover the library's own directory. So that it never reads through itself, such a
/// directory is opened before the mount, and origins in it are resolved beneath the descriptor.
/// Any other path is opened as it is: a directory that is mounted later (a network share) is found.
#[derive(Debug)]
pub struct Origins {
    directory: PathBuf,
    /// The directory, if the mount covers it.
    covered: Option<OwnedFd>,
}

impl Origins {
    /// Prepares for a mount at `mountpoint` (absolute, free of symbolic links) that may cover
    /// `directory`, the library's.
    ///
    /// # Errors
    ///
    /// If the directory will be covered and cannot be opened.
    pub fn new(directory: &Path, mountpoint: &Path) -> io::Result<Self> {
        let is_covered = directory.canonicalize().is_ok_and(|real| real.starts_with(mountpoint));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = || rustix::fs::open(directory, flags, Mode::empty());
        let covered = is_covered.then(open).transpose()?;
        Ok(Self { directory: directory.to_owned(), covered })
    }

    /// Returns the library's directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the facts of the filesystem that the library's directory is on.
    ///
    /// # Errors
    ///
    /// If the directory is not there.
    pub fn filesystem(&self) -> io::Result<StatVfs> {
        Ok(match &self.covered {
            Some(descriptor) => rustix::fs::fstatvfs(descriptor)?,
            None => rustix::fs::statvfs(&self.directory)?,
        })
    }

    /// Opens the origin at an absolute `path` for reading.
    ///
    /// # Errors
    ///
    /// As [`Origin::open`].
    pub fn open(&self, path: &Path) -> Result<Origin, splice::Error> {
        let Some(descriptor) = &self.covered else { return Origin::open(path) };
        let Ok(beneath) = path.strip_prefix(&self.directory) else { return Origin::open(path) };
        // Not blocking: opening a pipe must not wait for its writer.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(descriptor, beneath, flags, Mode::empty())
            .map_err(io::Error::from)?;
        Origin::from_file(File::from(file))
    }
}
