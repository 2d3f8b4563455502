//! A mount of one large file.

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use fusefront::{Error, LeafAttr, Library, Options, Session};
use splice::Reader;
use tempfile::TempDir;
use vtree::{Builder, LeafId, Tree};

const PATH: &str = "Radiohead/Kid A/08 Idioteque.flac";

/// A library that has one leaf.
struct OneFile<F> {
    len: u64,
    open: F,
}

impl<F: Fn() -> Arc<Reader> + Send + Sync + 'static> Library for OneFile<F> {
    fn attr(&self, _: LeafId) -> Result<LeafAttr, Error> {
        Ok(LeafAttr {
            len: self.len,
            mtime: SystemTime::UNIX_EPOCH,
            ctime: SystemTime::UNIX_EPOCH,
        })
    }

    fn open(&self, leaf: LeafId) -> Result<(Arc<Reader>, LeafAttr), Error> {
        Ok(((self.open)(), self.attr(leaf)?))
    }
}

/// A mounted file; dropping it unmounts.
#[derive(Debug)]
pub struct Mounted {
    session: Session,
    _mountpoint: TempDir,
}

impl Mounted {
    /// Mounts a file that `open` opens.
    pub fn new<F>(options: &Options, open: F) -> Self
    where
        F: Fn() -> Arc<Reader> + Send + Sync + 'static,
    {
        let len = open().len();
        let library = OneFile { len, open };
        let mountpoint = TempDir::with_prefix("musicfs-bench-").expect("a temporary folder");
        let mut builder = Builder::new();
        let leaf = LeafId::new(1).expect("a small number");
        builder.insert(PATH.as_bytes(), leaf);
        let built = builder.build().expect("one leaf is not two");
        let tree = Arc::new(Tree::new(built.snapshot));
        let session = Session::mount(tree, library, mountpoint.path(), options);
        Self {
            session: session.expect("the filesystem mounts"),
            _mountpoint: mountpoint,
        }
    }

    /// Returns the path of the virtual file.
    pub fn file(&self) -> PathBuf {
        self.session.mountpoint().join(PATH)
    }
}

/// Returns whether filesystems can be mounted here, and says loudly if not.
///
/// Where tools are required it panics, so that no benchmark is skipped unseen.
pub fn can_mount() -> bool {
    let device = OpenOptions::new().read(true).write(true).open("/dev/fuse");
    let Err(error) = device else {
        return true;
    };
    assert!(
        !fixtures::tools_required(),
        "/dev/fuse cannot be opened, and MUSICFS_REQUIRE_TOOLS=1 asks for it: {error}"
    );
    eprintln!("NOT MEASURED through a mount: /dev/fuse cannot be opened: {error}");
    false
}
