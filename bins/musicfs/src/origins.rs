//! Opens origins, and never through the mount itself.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat, StatVfs};
use rustix::io::Errno;
use splice::{Origin, Pool, Stamp};

use crate::limits;
use crate::mounts::MountTable;
use crate::work::Work;

/// How many symbolic links a path may lead through (`MAXSYMLINKS` of Linux).
const MOST_LINKS: usize = 40;

/// How origins are opened: not blocking, since opening a pipe must not wait for its writer.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Where origins are opened from.
///
/// A mount may cover the library's own directory. So that it never reads through itself, such a
/// directory is opened before the mount, and origins in it are resolved beneath the descriptor.
/// Any other path is opened as it is: a directory that is mounted later (a network share) is found.
///
/// Those that are open share a bounded number of descriptors, as the process has: one is opened again
/// by its path, in the same way, when it is read and has none.
#[derive(Debug)]
pub(crate) struct Origins {
    paths: Arc<Paths>,
    pool: Pool,
    mounts: MountTable,
}

/// How paths lead to files.
#[derive(Debug)]
struct Paths {
    directory: PathBuf,
    /// The same, free of symbolic links, as it was at first.
    real_directory: PathBuf,
    /// The directory, if the mount covers it.
    covered: Option<Folder>,
    /// The root, once it was needed; it can never be unmounted.
    root: OnceLock<Folder>,
    /// The device number of the mount, once that is settled.
    mount: OnceLock<Option<u64>>,
    work: Work,
}

/// A folder that is open, and the device that it is on.
#[derive(Debug, Clone)]
struct Folder {
    descriptor: Arc<OwnedFd>,
    device: u64,
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
    pub(crate) fn new(directory: &Path, mountpoint: &Path) -> io::Result<Self> {
        let real = directory.canonicalize();
        let is_covered = real.as_ref().is_ok_and(|real| real.starts_with(mountpoint));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = || rustix::fs::open(directory, flags, Mode::empty());
        let covered = is_covered.then(|| Folder::new(open()?)).transpose()?;
        let real = real.unwrap_or_else(|_| directory.to_owned());
        Ok(Self::with(directory, real, covered, OnceLock::new()))
    }

    /// Prepares for reading origins without a mount.
    pub(crate) fn unmounted(directory: &Path) -> Self {
        let mount = OnceLock::new();
        mount.get_or_init(|| None);
        Self::with(directory, directory.to_owned(), None, mount)
    }

    fn with(
        directory: &Path,
        real_directory: PathBuf,
        covered: Option<Folder>,
        mount: OnceLock<Option<u64>>,
    ) -> Self {
        let paths = Paths {
            directory: directory.to_owned(),
            real_directory,
            covered,
            root: OnceLock::new(),
            mount,
            work: Work::default(),
        };
        Self {
            paths: Arc::new(paths),
            pool: Pool::new(limits::descriptors_of_origins()),
            mounts: MountTable::default(),
        }
    }

    /// Tells the device number of the mount, from which nothing is to be read, or that there is no
    /// mount. Until then nothing is opened, since requests may come before the mount is looked at.
    pub(crate) fn set_mount(&self, device: Option<u64>) {
        // There is one mount, and so one answer.
        let _ = self.paths.mount.set(device);
    }

    /// Returns what counts the work.
    pub(crate) fn work(&self) -> &Work {
        &self.paths.work
    }

    /// Returns the library's directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.paths.directory
    }

    /// Returns whether the mount covers the library's directory.
    pub(crate) fn are_covered(&self) -> bool {
        self.paths.covered.is_some()
    }

    /// Returns the device that `path` seems to be on, without waiting for it: no link beneath the
    /// library's directory is followed.
    pub(crate) fn device_of(&self, path: &Path) -> Option<u64> {
        let Paths {
            directory,
            real_directory,
            ..
        } = &*self.paths;
        match path.strip_prefix(directory) {
            Ok(beneath) => self.mounts.device_of(&real_directory.join(beneath)),
            Err(_) => self.mounts.device_of(path),
        }
    }

    /// Returns the facts of the filesystem that the library's directory is on.
    ///
    /// # Errors
    ///
    /// If the directory is not there.
    pub(crate) fn filesystem(&self) -> io::Result<StatVfs> {
        Ok(match &self.paths.covered {
            Some(folder) => rustix::fs::fstatvfs(&folder.descriptor)?,
            None => rustix::fs::statvfs(self.directory())?,
        })
    }

    /// Opens the origin at an absolute `path` for reading. Whoever has the same file open shares it.
    ///
    /// # Errors
    ///
    /// [`OriginError::InsideMount`], else as [`Origin::open`].
    pub(crate) fn open(&self, path: &Path) -> Result<Arc<Origin>, OriginError> {
        let file = self.paths.open(path)?;
        let (paths, path) = (self.paths.clone(), Box::<Path>::from(path));
        let reopen = Arc::new(move || paths.open(&path).map_err(io::Error::from));
        Ok(self.pool.adopt(file, reopen)?)
    }

    /// Returns the names of the regular files, and of links to such, in the folder at an absolute `path`.
    ///
    /// # Errors
    ///
    /// [`OriginError::InsideMount`], or if the folder cannot be read.
    pub(crate) fn files_in(&self, path: &Path) -> Result<Vec<OsString>, OriginError> {
        let mut names = match &self.paths.covered {
            Some(directory) if path == self.directory() => names_in(&directory.descriptor)?,
            _ => {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let folder = self.paths.walk_to(path, flags, Ok, Walk::last_folder)?;
                let folder = self.paths.outside(Folder::new(folder)?)?;
                names_in(&folder.descriptor)?
            }
        };
        names.retain(|(name, kind)| *kind == FileType::RegularFile || self.is_file(path, name));
        Ok(names.into_iter().map(|(name, _)| name).collect())
    }

    /// Returns whether a name in a folder leads to a regular file, as far as that can be known now.
    fn is_file(&self, folder: &Path, name: &OsStr) -> bool {
        match self.look(&folder.join(name)) {
            Ok(_) => true,
            Err(OriginError::Other(splice::Error::Io(error))) => {
                // What only cannot be reached keeps its name.
                let leads_nowhere = [Errno::NOENT, Errno::NOTDIR, Errno::LOOP];
                !Errno::from_io_error(&error).is_some_and(|errno| leads_nowhere.contains(&errno))
            }
            Err(_) => false,
        }
    }

    /// Returns the identity of the origin at an absolute `path`, without opening it.
    ///
    /// # Errors
    ///
    /// As for [`Origins::open`].
    pub(crate) fn look(&self, path: &Path) -> Result<Stamp, OriginError> {
        self.paths.look(path)
    }
}

/// A name must not be looked up in the mount, where it may be the one that a request is just waiting for
/// (`docs/adr/0004-origins-inside-the-mount.md`). So the kernel is asked to follow a path only as long as
/// it leads into no other mount; where it does, the path is walked folder by folder, and each is looked at
/// before anything is looked up in it.
impl Paths {
    fn open(&self, path: &Path) -> Result<File, OriginError> {
        self.work.count_open();
        let file = |descriptor| Ok(File::from(descriptor));
        self.walk_to(path, READ, file, Walk::file)
    }

    fn look(&self, path: &Path) -> Result<Stamp, OriginError> {
        self.work.count_look();
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let stamp = |descriptor| stamp_of(&rustix::fs::fstat(descriptor)?);
        self.walk_to(path, flags, stamp, Walk::stamp)
    }

    /// Walks along a path: at once, by `flags`, or to its last name, which `step` takes.
    fn walk_to<T>(
        &self,
        path: &Path,
        flags: OFlags,
        take: impl Fn(OwnedFd) -> Result<T, OriginError>,
        step: fn(&Walk, &OsStr) -> Result<Found<T>, OriginError>,
    ) -> Result<T, OriginError> {
        let mut walk = match (&self.covered, path.strip_prefix(&self.directory)) {
            (Some(directory), Ok(beneath)) => self.walk(directory.clone(), beneath)?,
            _ => self.walk(self.root()?, path)?,
        };
        let mut tried = None;
        let mut n_links = 0;
        loop {
            // In a mount that was just entered, the rest of the path may lie whole.
            let device = walk.folder.device;
            if tried.replace(device) != Some(device)
                && let Some(descriptor) = walk.follow(flags)?
            {
                return take(descriptor);
            }
            let Some(name) = walk.names.pop() else {
                return Err(splice::Error::NotRegular.into());
            };
            let found = if walk.names.is_empty() {
                step(&walk, &name)?
            } else {
                walk.folder(&name)?
            };
            match found {
                Found::Last(found) => return Ok(found),
                Found::Folder(folder) => walk.folder = self.outside(Folder::new(folder)?)?,
                Found::Link(target) => {
                    n_links += 1;
                    if n_links > MOST_LINKS {
                        return Err(Errno::LOOP.into());
                    }
                    if target.is_absolute() {
                        walk.folder = self.outside(self.root()?)?;
                    }
                    walk.push(&target);
                }
            }
        }
    }

    fn walk(&self, folder: Folder, path: &Path) -> Result<Walk, OriginError> {
        let mut walk = Walk {
            folder: self.outside(folder)?,
            names: Vec::new(),
        };
        walk.push(path);
        Ok(walk)
    }

    fn root(&self) -> Result<Folder, OriginError> {
        if let Some(root) = self.root.get() {
            return Ok(root.clone());
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = Folder::new(rustix::fs::open("/", flags, Mode::empty())?)?;
        Ok(self.root.get_or_init(|| root).clone())
    }

    /// Passes on a folder that is not in the mount.
    fn outside(&self, folder: Folder) -> Result<Folder, OriginError> {
        if *self.mount.wait() == Some(folder.device) {
            return Err(OriginError::InsideMount);
        }
        Ok(folder)
    }
}

impl Folder {
    fn new(descriptor: OwnedFd) -> io::Result<Self> {
        let device = rustix::fs::fstat(&descriptor)?.st_dev;
        Ok(Self {
            descriptor: Arc::new(descriptor),
            device,
        })
    }
}

/// A path on the way to its file.
struct Walk {
    folder: Folder,
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

    /// Opens what the rest of the path leads to, links included; `None` if it leads into another mount, or
    /// this kernel (before Linux 5.6) cannot tell.
    fn follow(&self, flags: OFlags) -> Result<Option<OwnedFd>, OriginError> {
        let rest: PathBuf = self.names.iter().rev().collect();
        let resolve = ResolveFlags::NO_XDEV;
        match rustix::fs::openat2(
            &self.folder.descriptor,
            &rest,
            flags,
            Mode::empty(),
            resolve,
        ) {
            Ok(descriptor) => Ok(Some(descriptor)),
            // Filters of system calls that do not know this one say `EPERM`.
            Err(Errno::XDEV | Errno::NOSYS | Errno::PERM | Errno::INVAL | Errno::AGAIN) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    fn folder<T>(&self, name: &OsStr) -> Result<Found<T>, OriginError> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let found = rustix::fs::openat(&self.folder.descriptor, name, flags, Mode::empty())?;
        let mode = rustix::fs::fstat(&found)?.st_mode;
        match FileType::from_raw_mode(mode) {
            FileType::Symlink => self.link(name),
            FileType::Directory => Ok(Found::Folder(found)),
            _ => Err(Errno::NOTDIR.into()),
        }
    }

    fn file(&self, name: &OsStr) -> Result<Found<File>, OriginError> {
        let flags = READ | OFlags::NOFOLLOW;
        match rustix::fs::openat(&self.folder.descriptor, name, flags, Mode::empty()) {
            Ok(file) => Ok(Found::Last(File::from(file))),
            Err(Errno::LOOP) => self.link(name),
            Err(errno) => Err(errno.into()),
        }
    }

    fn last_folder(&self, name: &OsStr) -> Result<Found<OwnedFd>, OriginError> {
        Ok(match self.folder(name)? {
            Found::Folder(folder) => Found::Last(folder),
            other => other,
        })
    }

    fn stamp(&self, name: &OsStr) -> Result<Found<Stamp>, OriginError> {
        let stat = rustix::fs::statat(&self.folder.descriptor, name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Symlink => self.link(name),
            _ => stamp_of(&stat).map(Found::Last),
        }
    }

    fn link<T>(&self, name: &OsStr) -> Result<Found<T>, OriginError> {
        let target = rustix::fs::readlinkat(&self.folder.descriptor, name, Vec::new())?;
        let target = OsString::from_vec(target.into_bytes());
        Ok(Found::Link(PathBuf::from(target)))
    }
}

/// Returns the names in a folder that may be of regular files, and of what kind the folder says they are: a
/// link may lead to one, and not every filesystem says.
fn names_in(folder: &OwnedFd) -> Result<Vec<(OsString, FileType)>, OriginError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::openat(folder, ".", flags, Mode::empty())?;
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::new(folder)? {
        let entry = entry?;
        let kind = entry.file_type();
        let may_be_file = matches!(
            kind,
            FileType::RegularFile | FileType::Symlink | FileType::Unknown
        );
        let name = entry.file_name().to_bytes();
        if may_be_file && !matches!(name, b"." | b"..") {
            names.push((OsString::from_vec(name.to_vec()), kind));
        }
    }
    Ok(names)
}

/// Returns what [`Stamp::of`] returns for the metadata of a regular file.
fn stamp_of(stat: &Stat) -> Result<Stamp, OriginError> {
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(splice::Error::NotRegular.into());
    }
    let seconds = stat.st_mtime.saturating_mul(1_000_000_000);
    let nanoseconds = i64::try_from(stat.st_mtime_nsec).unwrap_or(0);
    Ok(Stamp {
        dev: stat.st_dev,
        ino: stat.st_ino,
        len: stat.st_size.cast_unsigned(),
        mtime: seconds.saturating_add(nanoseconds),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// Checks that a path leads to the same file whether it is opened or looked at.
    #[track_caller]
    fn check(path: &Path) {
        let origins = Origins::unmounted(Path::new("/"));
        let file = origins.open(path).unwrap();
        assert_eq!(file.stamp(), origins.look(path).unwrap());
        assert_eq!(file.stamp(), Stamp::of(&fs::metadata(path).unwrap()));
        let counts = origins.work().counts();
        assert_eq!((counts.opens, counts.looks), (1, 1));
    }

    #[test]
    fn paths_lead_through_links_and_other_mounts() {
        let here = tempfile::tempdir().unwrap();
        // On a filesystem of its own, almost everywhere.
        let there = tempfile::tempdir_in("/dev/shm").unwrap();
        for folder in [here.path(), there.path()] {
            fs::create_dir(folder.join("folder")).unwrap();
            fs::write(folder.join("folder/file"), "content").unwrap();
            check(&folder.join("folder/file"));
            check(&folder.join("folder/../folder/./file"));
        }
        symlink("folder/file", here.path().join("relative")).unwrap();
        symlink(there.path().join("folder"), here.path().join("absolute")).unwrap();
        symlink(here.path().join("relative"), there.path().join("back")).unwrap();
        check(&here.path().join("relative"));
        check(&here.path().join("absolute/file"));
        check(&here.path().join("absolute/../back"));
    }

    #[test]
    fn what_is_no_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let origins = Origins::unmounted(Path::new("/"));
        let link = folder.path().join("link");
        symlink(&link, &link).unwrap();
        for path in [
            Path::new("/"),
            folder.path(),
            &link,
            &folder.path().join("none/file"),
        ] {
            assert!(origins.open(path).is_err(), "{}", path.display());
            assert!(origins.look(path).is_err(), "{}", path.display());
        }
    }

    #[test]
    fn files_in_a_folder_are_those_that_names_and_links_lead_to() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "content").unwrap();
        fs::create_dir(at("folder")).unwrap();
        for (target, name) in [
            ("file", "to a file"),
            ("to a file", "to a link"),
            ("folder", "to a folder"),
            ("nothing", "to nothing"),
            ("file/below", "to below a file"),
            ("in a circle", "in a circle"),
            ("/dev/null", "to a device"),
        ] {
            symlink(target, at(name)).unwrap();
        }
        let origins = Origins::unmounted(Path::new("/"));
        let mut files = origins.files_in(folder.path()).unwrap();
        files.sort();
        assert_eq!(files, ["file", "to a file", "to a link"]);
    }
}
