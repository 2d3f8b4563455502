//! Opens origins, and never through the mount itself.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustix::fs::{CWD, Mode, OFlags, StatVfs};
use rustix::io::Errno;
use splice::Origin;

/// How many symbolic links a path may lead through (`MAXSYMLINKS` of Linux).
const MOST_LINKS: usize = 40;

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
    /// The device number of the mount, once that is settled.
    mount: OnceLock<Option<u64>>,
}

/// Why an origin cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// Opening it would wait for the very request that opens it.
    #[error("it lies inside the mount, which cannot read through itself")]
    InsideMount,
    /// The system or the file is in the way.
    #[error(transparent)]
    Other(#[from] splice::Error),
}

impl From<Errno> for OriginError {
    fn from(errno: Errno) -> Self {
        Self::Other(io::Error::from(errno).into())
    }
}

impl Origins {
    /// Prepares for a mount at `mountpoint` (absolute, free of symbolic links) that may cover
    /// `directory`, the library's.
    ///
    /// # Errors
    ///
    /// If the directory will be covered and cannot be opened.
    pub fn new(directory: &Path, mountpoint: &Path) -> io::Result<Self> {
        let is_covered = directory
            .canonicalize()
            .is_ok_and(|real| real.starts_with(mountpoint));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = || rustix::fs::open(directory, flags, Mode::empty());
        let covered = is_covered.then(open).transpose()?;
        Ok(Self {
            directory: directory.to_owned(),
            covered,
            mount: OnceLock::new(),
        })
    }

    /// Tells the device number of the mount, from which nothing is to be read, or that there is no
    /// mount. Until then nothing is opened, since requests may come before the mount is looked at.
    pub fn set_mount(&self, device: Option<u64>) {
        // There is one mount, and so one answer.
        let _ = self.mount.set(device);
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
    /// [`OriginError::InsideMount`], else as [`Origin::open`].
    pub fn open(&self, path: &Path) -> Result<Origin, OriginError> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            match self.open_or_follow(&path)? {
                Opened::File(file) => return Ok(Origin::from_file(file)?),
                Opened::Link(target) => {
                    path.pop();
                    path.push(target);
                }
            }
        }
        Err(Errno::LOOP.into())
    }

    /// Opens a file, or reads the link that is in its place.
    ///
    /// The folder comes first and is looked at: the name itself must not be looked up in the mount,
    /// where it may be the one that a request is just waiting for.
    fn open_or_follow(&self, path: &Path) -> Result<Opened, OriginError> {
        let (base, path) = self.base_of(path);
        let name = path.file_name().unwrap_or(OsStr::new("."));
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(base, folder, flags, Mode::empty())?;
        if *self.mount.wait() == Some(rustix::fs::fstat(&folder)?.st_dev) {
            return Err(OriginError::InsideMount);
        }
        // Not blocking: opening a pipe must not wait for its writer.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&folder, name, flags, Mode::empty()) {
            Ok(file) => Ok(Opened::File(File::from(file))),
            Err(Errno::LOOP) => {
                let target = rustix::fs::readlinkat(&folder, name, Vec::new())?;
                let target = std::ffi::OsString::from_vec(target.into_bytes());
                Ok(Opened::Link(PathBuf::from(target)))
            }
            Err(errno) => Err(errno.into()),
        }
    }

    /// Returns the descriptor that a path is to be resolved from, and the path from there.
    fn base_of<'a>(&'a self, path: &'a Path) -> (BorrowedFd<'a>, &'a Path) {
        let beneath = path.strip_prefix(&self.directory);
        match (&self.covered, beneath) {
            (Some(descriptor), Ok(beneath)) => (descriptor.as_fd(), beneath),
            _ => (CWD, path),
        }
    }
}

enum Opened {
    File(File),
    Link(PathBuf),
}
