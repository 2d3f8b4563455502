//! Writes a library out as real files, which share what they can with their origins.

use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use fusefront::{LeafAttr, Library as _};
use rustix::fs::{CWD, FlockOperation, RenameFlags};
use rustix::io::Errno;
use splice::{Reader, Sharing, Written};

use crate::library::BeetsLibrary;
use crate::mount_options::Keeping;
use crate::mountpoint::resolve;
use crate::naming::Named;
use crate::origins::Origins;
use crate::source::Source;

/// How files are called that are not whole yet, with a number between.
const PARTIAL_PREFIX: &str = ".musicfs-";
const PARTIAL_SUFFIX: &str = ".partial";

/// A folder that is being filled.
#[derive(Debug)]
pub(crate) struct Materializer {
    library: BeetsLibrary,
    target: PathBuf,
    sharing: Sharing,
    /// Locked, so that no two programs fill one folder at once.
    _folder: File,
}

/// What became of an item.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Its file was written.
    Written(Written),
    /// Its file was there already, as an earlier run left it.
    AlreadyThere,
    /// Something else has its name, and was left alone.
    InTheWay,
    /// Its file could not be written.
    Failed(anyhow::Error),
}

impl Materializer {
    /// Prepares for filling `target`, which is made if it is not there. Sizes and times are those that mounts
    /// keep which are told the same by `keeping`.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made, lies in the library's own, or is being filled already; or if
    /// the configuration makes no sense.
    pub(crate) fn new(
        source: &Source,
        target: &Path,
        sharing: Sharing,
        keeping: &Keeping,
    ) -> Result<Self> {
        let shown = target.display();
        let music = source.directory();
        let real = resolve(target).with_context(|| format!("cannot resolve {shown}"))?;
        if music
            .canonicalize()
            .is_ok_and(|music| real.starts_with(music))
        {
            bail!(
                "{shown} lies in the library's own folder {}, where nothing is written; name another",
                music.display()
            );
        }
        fs::create_dir_all(&real).with_context(|| format!("cannot make the folder {shown}"))?;
        let folder = File::open(&real).with_context(|| format!("cannot open {shown}"))?;
        rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive)
            .with_context(|| format!("{shown} is being filled by another program"))?;
        remove_partial(&real)
            .with_context(|| format!("cannot remove what an earlier run began in {shown}"))?;
        let origins = Origins::unmounted(music);
        // Times are those that mounts tell, whichever comes first.
        let state = keeping.state(source.library.path())?;
        let library = BeetsLibrary::new(source, origins.into(), state);
        Ok(Self {
            library,
            target: real,
            sharing,
            _folder: folder,
        })
    }

    /// Writes the file of an item, unless something has its name.
    pub(crate) fn write(&self, named: &Named) -> Outcome {
        let path = self.target.join(OsStr::from_bytes(&named.path));
        self.try_write(named, &path).unwrap_or_else(Outcome::Failed)
    }

    fn try_write(&self, named: &Named, path: &Path) -> Result<Outcome> {
        let folder = path.parent().unwrap_or(&self.target);
        let real =
            resolve(folder).with_context(|| format!("cannot resolve {}", folder.display()))?;
        if !real.starts_with(&self.target) {
            let (folder, target) = (folder.display(), self.target.display());
            bail!("{folder} is a link that leads out of {target}, where nothing is written");
        }
        let (reader, attr) = self.library.open(named.leaf)?;
        if let Ok(there) = fs::symlink_metadata(path) {
            return Ok(if is_ours(&there, &attr) {
                Outcome::AlreadyThere
            } else {
                Outcome::InTheWay
            });
        }
        // By its leaf, since an item that is in several views has a file in each.
        let name = format!("{PARTIAL_PREFIX}{}{PARTIAL_SUFFIX}", named.leaf.get());
        let partial = self.target.join(name);
        let written = self.write_partial(&partial, &reader, &attr);
        let written = written.and_then(|written| {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            let placed =
                rustix::fs::renameat_with(CWD, &partial, CWD, path, RenameFlags::NOREPLACE);
            match placed {
                Ok(()) => Ok(Outcome::Written(written)),
                Err(Errno::EXIST) => Ok(Outcome::InTheWay),
                Err(errno) => Err(io::Error::from(errno).into()),
            }
        });
        if !matches!(written, Ok(Outcome::Written(_))) {
            // What is not whole must not stay; that it cannot be removed changes nothing.
            let _ = fs::remove_file(&partial);
        }
        written.with_context(|| format!("cannot write {}", path.display()))
    }

    fn write_partial(&self, path: &Path, reader: &Reader, attr: &LeafAttr) -> Result<Written> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        let written = reader.write_to(&file, self.sharing)?;
        file.set_times(FileTimes::new().set_modified(attr.mtime))?;
        // With its name, length and time alone on the disk it would count as there already.
        file.sync_all()?;
        Ok(written)
    }
}

impl Drop for Materializer {
    fn drop(&mut self) {
        self.library.state().flush();
    }
}

/// Removes what runs left in `folder` that were ended in the middle of a file.
fn remove_partial(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| {
            name.strip_prefix(PARTIAL_PREFIX)?
                .strip_suffix(PARTIAL_SUFFIX)
        });
        if number.is_some_and(|number| number.parse::<u64>().is_ok()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Returns whether a file is what an earlier run left: of the same length and time.
fn is_ours(there: &fs::Metadata, attr: &LeafAttr) -> bool {
    let is_near = |time: SystemTime| {
        let apart = time
            .duration_since(attr.mtime)
            .unwrap_or_else(|error| error.duration());
        apart < Duration::from_secs(1)
    };
    there.is_file() && there.len() == attr.len && there.modified().is_ok_and(is_near)
}
