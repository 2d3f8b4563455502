//! Opens origins, and never through the mount itself.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, StatVfs};
use rustix::io::Errno;
use splice::{Origin, Pool, Stamp};

use crate::limits;
use crate::work::Work;

/// How many symbolic links a path may lead through (`MAXSYMLINKS` of Linux).
const MOST_LINKS: usize = 40;

/// Where origins are opened from.
///
/// A mount may cover the library's own directory. So that it never reads through itself, such a
/// directory is opened before the mount, and origins in it are resolved beneath the descriptor.
/// Any other path is opened as it is: a directory that is mounted later (a network share) is found.
///
/// Those that are open share a bounded number of descriptors, as the process has: one is opened again
/// by its path, in the same way, when it is read and has none.
#[derive(Debug)]
pub struct Origins {
    paths: Arc<Paths>,
    pool: Pool,
}

/// How paths lead to files.
#[derive(Debug)]
struct Paths {
    directory: PathBuf,
    /// The directory, if the mount covers it.
    covered: Option<OwnedFd>,
    /// The device number of the mount, once that is settled.
    mount: OnceLock<Option<u64>>,
    work: Work,
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

impl From<OriginError> for io::Error {
    fn from(error: OriginError) -> Self {
        match error {
            OriginError::Other(splice::Error::Io(error)) => error,
            other => Self::other(other),
        }
    }
}

impl From<io::Error> for OriginError {
    fn from(error: io::Error) -> Self {
        Self::Other(error.into())
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
        Ok(Self::with(directory, covered, OnceLock::new()))
    }

    /// Prepares for reading origins without a mount.
    pub fn unmounted(directory: &Path) -> Self {
        let mount = OnceLock::new();
        mount.get_or_init(|| None);
        Self::with(directory, None, mount)
    }

    fn with(directory: &Path, covered: Option<OwnedFd>, mount: OnceLock<Option<u64>>) -> Self {
        let paths = Paths {
            directory: directory.to_owned(),
            covered,
            mount,
            work: Work::default(),
        };
        Self {
            paths: Arc::new(paths),
            pool: Pool::new(limits::descriptors_of_origins()),
        }
    }

    /// Tells the device number of the mount, from which nothing is to be read, or that there is no
    /// mount. Until then nothing is opened, since requests may come before the mount is looked at.
    pub fn set_mount(&self, device: Option<u64>) {
        // There is one mount, and so one answer.
        let _ = self.paths.mount.set(device);
    }

    /// Returns what counts the work.
    pub fn work(&self) -> &Work {
        &self.paths.work
    }

    /// Returns the library's directory.
    pub fn directory(&self) -> &Path {
        &self.paths.directory
    }

    /// Returns the facts of the filesystem that the library's directory is on.
    ///
    /// # Errors
    ///
    /// If the directory is not there.
    pub fn filesystem(&self) -> io::Result<StatVfs> {
        Ok(match &self.paths.covered {
            Some(descriptor) => rustix::fs::fstatvfs(descriptor)?,
            None => rustix::fs::statvfs(self.directory())?,
        })
    }

    /// Opens the origin at an absolute `path` for reading. Whoever has the same file open shares it.
    ///
    /// # Errors
    ///
    /// [`OriginError::InsideMount`], else as [`Origin::open`].
    pub fn open(&self, path: &Path) -> Result<Arc<Origin>, OriginError> {
        let file = self.paths.open(path)?;
        let (paths, path) = (self.paths.clone(), Box::<Path>::from(path));
        let reopen = Arc::new(move || paths.open(&path).map_err(io::Error::from));
        Ok(self.pool.adopt(file, reopen)?)
    }

    /// Returns the identity of the origin at an absolute `path`, without opening it.
    ///
    /// # Errors
    ///
    /// As for [`Origins::open`].
    pub fn look(&self, path: &Path) -> Result<Stamp, OriginError> {
        self.paths.work.count_look();
        self.paths.walk_to(path, Walk::stamp)
    }
}

/// A path is walked folder by folder, and each is looked at before anything is looked up in it: a name
/// must not be looked up in the mount, where it may be the one that a request is just waiting for
/// (`docs/adr/0004-origins-inside-the-mount.md`).
impl Paths {
    fn open(&self, path: &Path) -> Result<File, OriginError> {
        self.work.count_open();
        self.walk_to(path, Walk::file)
    }

    /// Walks along a path, and takes the last step, from a folder to a name in it, by `take`.
    fn walk_to<T>(
        &self,
        path: &Path,
        take: fn(&Walk, &OsStr) -> Result<Found<T>, OriginError>,
    ) -> Result<T, OriginError> {
        let mut walk = match (&self.covered, path.strip_prefix(&self.directory)) {
            (Some(directory), Ok(beneath)) => self.walk(directory.try_clone()?, beneath)?,
            _ => self.walk(root()?, path)?,
        };
        let mut n_links = 0;
        loop {
            let Some(name) = walk.names.pop() else {
                return Err(splice::Error::NotRegular.into());
            };
            let found = if walk.names.is_empty() {
                take(&walk, &name)?
            } else {
                walk.folder(&name)?
            };
            match found {
                Found::Last(found) => return Ok(found),
                Found::Folder(folder) => walk.folder = self.outside(folder)?,
                Found::Link(target) => {
                    n_links += 1;
                    if n_links > MOST_LINKS {
                        return Err(Errno::LOOP.into());
                    }
                    if target.is_absolute() {
                        walk.folder = self.outside(root()?)?;
                    }
                    walk.push(&target);
                }
            }
        }
    }

    fn walk(&self, folder: OwnedFd, path: &Path) -> Result<Walk, OriginError> {
        let folder = self.outside(folder)?;
        let mut walk = Walk {
            folder,
            names: Vec::new(),
        };
        walk.push(path);
        Ok(walk)
    }

    /// Passes on a folder that is not in the mount.
    fn outside(&self, folder: OwnedFd) -> Result<OwnedFd, OriginError> {
        if *self.mount.wait() == Some(rustix::fs::fstat(&folder)?.st_dev) {
            return Err(OriginError::InsideMount);
        }
        Ok(folder)
    }
}

/// A path on the way to its file.
struct Walk {
    folder: OwnedFd,
    /// The names that are left, the next one last.
    names: Vec<OsString>,
}

/// What a name stands for: what was looked for, or something on the way there.
enum Found<T> {
    Last(T),
    Folder(OwnedFd),
    Link(PathBuf),
}

impl Walk {
    fn push(&mut self, path: &Path) {
        let names = path
            .components()
            .rev()
            .filter_map(|component| match component {
                Component::Normal(name) => Some(name.to_owned()),
                Component::ParentDir => Some(OsString::from("..")),
                Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
            });
        self.names.extend(names);
    }

    fn folder<T>(&self, name: &OsStr) -> Result<Found<T>, OriginError> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let found = rustix::fs::openat(&self.folder, name, flags, Mode::empty())?;
        let mode = rustix::fs::fstat(&found)?.st_mode;
        match FileType::from_raw_mode(mode) {
            FileType::Symlink => self.link(name),
            FileType::Directory => Ok(Found::Folder(found)),
            _ => Err(Errno::NOTDIR.into()),
        }
    }

    fn file(&self, name: &OsStr) -> Result<Found<File>, OriginError> {
        // Not blocking: opening a pipe must not wait for its writer.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.folder, name, flags, Mode::empty()) {
            Ok(file) => Ok(Found::Last(File::from(file))),
            Err(Errno::LOOP) => self.link(name),
            Err(errno) => Err(errno.into()),
        }
    }

    fn stamp(&self, name: &OsStr) -> Result<Found<Stamp>, OriginError> {
        let stat = rustix::fs::statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Symlink => self.link(name),
            FileType::RegularFile => Ok(Found::Last(stamp_of(&stat))),
            _ => Err(splice::Error::NotRegular.into()),
        }
    }

    fn link<T>(&self, name: &OsStr) -> Result<Found<T>, OriginError> {
        let target = rustix::fs::readlinkat(&self.folder, name, Vec::new())?;
        let target = OsString::from_vec(target.into_bytes());
        Ok(Found::Link(PathBuf::from(target)))
    }
}

/// Returns what [`Stamp::of`] returns for a file's metadata.
fn stamp_of(stat: &Stat) -> Stamp {
    let seconds = stat.st_mtime.saturating_mul(1_000_000_000);
    let nanoseconds = i64::try_from(stat.st_mtime_nsec).unwrap_or(0);
    Stamp {
        dev: stat.st_dev,
        ino: stat.st_ino,
        len: stat.st_size.cast_unsigned(),
        mtime: seconds.saturating_add(nanoseconds),
    }
}

fn root() -> Result<OwnedFd, OriginError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open("/", flags, Mode::empty())?)
}
