//! Composes rendered files as real ones, for the kernel to read by itself.
//!
//! On a filesystem that shares extents a file costs its header. It is made without a name (`O_TMPFILE`):
//! nobody sees it, no folder changes, and it is gone with the last who has it open, whatever ends this
//! program. The last ones are kept open, so that a file is composed once for many opens.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use rustix::fs::{Mode, OFlags};
use splice::{Reader, Sharing, Stamp};

use crate::origins::Origins;
use crate::{fingerprint, limits};

/// The bytes that headers of composed files may take on the disk while nobody has them open.
const MOST_BYTES: u64 = 256 << 20;
/// What a file takes beside what is written to it: an inode, and the rest of a block.
const OVERHEAD: u64 = 4096;

/// Composes files on one filesystem.
#[derive(Debug)]
pub(crate) struct Composer {
    /// Any folder of it.
    folder: OwnedFd,
    path: PathBuf,
    files: Cache<Key, Composed, ByBytes>,
    origins: Arc<Origins>,
    was_logged: AtomicBool,
}

/// What a file was composed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    origin: Stamp,
    /// See [`fingerprint::of_content`].
    content: u64,
}

/// A file, or that there can be none.
#[derive(Debug, Clone)]
struct Composed {
    file: Option<Arc<File>>,
    n_copied: u64,
}

#[derive(Debug, Clone)]
struct ByBytes {
    /// What a file counts at least, so that there are not too many.
    least: u64,
}

impl Composed {
    const IMPOSSIBLE: Self = Self {
        file: None,
        n_copied: 0,
    };
}

impl Weighter<Key, Composed> for ByBytes {
    fn weight(&self, _key: &Key, composed: &Composed) -> u64 {
        match composed.file {
            Some(_) => (composed.n_copied + OVERHEAD).max(self.least),
            None => OVERHEAD,
        }
    }
}

impl Composer {
    /// Composes on the filesystem of `folder`; where it cannot be opened, says why.
    pub(crate) fn open(folder: &Path, origins: &Arc<Origins>) -> Option<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(folder, flags, Mode::empty());
        let opened = opened.inspect_err(|error| {
            let folder = folder.display();
            tracing::warn!(%folder, %error, "no files are composed");
        });
        let most = limits::descriptors_of_composed();
        let least = MOST_BYTES.div_ceil(most.max(1) as u64);
        Some(Self {
            folder: opened.ok()?,
            path: folder.to_owned(),
            files: Cache::with_weighter(most, MOST_BYTES, ByBytes { least }),
            origins: origins.clone(),
            was_logged: AtomicBool::new(false),
        })
    }

    /// Returns a file with the bytes of a rendering; `None` if there can be none.
    pub(crate) fn file(&self, reader: &Reader) -> Option<Arc<File>> {
        let origin = reader.origin().stamp();
        let insert = reader.insert().map(|insert| insert.stamp());
        let content = fingerprint::of_content(reader.plan(), origin, insert);
        let compose = || match self.compose(reader) {
            // It will never be otherwise.
            Err(error @ splice::Error::NotShared) => {
                self.say(&error);
                Ok(Composed::IMPOSSIBLE)
            }
            composed => composed,
        };
        let made = self
            .files
            .get_or_insert_with(&Key { origin, content }, compose);
        made.inspect_err(|error| self.say(error)).ok()?.file
    }

    fn compose(&self, reader: &Reader) -> Result<Composed, splice::Error> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = rustix::fs::openat(&self.folder, ".", flags, mode).map_err(io::Error::from)?;
        let file = File::from(file);
        let written = reader.write_to(&file, Sharing::Required)?;
        self.origins.work().count_composed();
        Ok(Composed {
            file: Some(Arc::new(file)),
            n_copied: written.copied,
        })
    }

    /// Says once why a file is not composed; others may be.
    fn say(&self, error: &splice::Error) {
        if !self.was_logged.swap(true, Ordering::Relaxed) {
            let folder = self.path.display();
            let error = std::error::Error::source(error)
                .map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
            tracing::info!(%folder, error, "a file is served, not composed for the kernel to read");
        }
    }
}
