//! The thread that does through the mount what watchers are to be told.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Timespec, Timestamps, UTIME_NOW};
use rustix::io::Errno;
use vtree::{InodeTable, LeafId, Tree};

use super::{Entry, Listing, News, Own, is_held};
use crate::attr::Told;

/// A name that is looked up to see whether the mount is still ours; whether it exists does not matter.
const PROBE: &str = ".musicfs-probe";

/// Permissions, of which the session takes no notice.
const ANY: Mode = Mode::RWXU;

/// What the thread works with.
pub(super) struct Actor {
    pub(super) mountpoint: PathBuf,
    pub(super) own: Arc<Own>,
    pub(super) tree: Arc<Tree>,
    pub(super) held: Arc<InodeTable<Told>>,
}

impl Actor {
    /// Tells what comes, until nobody can have news any more.
    pub(super) fn run(&self, news: &Receiver<News>) {
        while let Ok(first) = news.recv() {
            // Open no longer than needed, since a mount in use cannot be unmounted.
            let Some(root) = self.root() else {
                tracing::debug!("the mount is out of reach, and watchers are told nothing");
                continue;
            };
            let mut next = Some(first);
            while let Some(one) = next {
                self.tell(&root, one);
                next = news.try_recv().ok();
            }
        }
    }

    /// Opens the root of the mount. What is done beneath it must never be done to another filesystem,
    /// such as the one that was mounted on.
    fn root(&self) -> Option<OwnedFd> {
        let root = rustix::fs::open(&self.mountpoint, folder(), Mode::empty()).ok()?;
        let probe = || {
            let _ = rustix::fs::statat(&root, PROBE, AtFlags::SYMLINK_NOFOLLOW);
        };
        self.own.reaches(probe).then_some(root)
    }

    fn tell(&self, root: &OwnedFd, news: News) {
        match news {
            News::Going(listings, done) => {
                for listing in &listings {
                    each(root, listing, remove);
                }
                drop(done);
            }
            News::Came(listings) => {
                for listing in &listings {
                    each(root, listing, |dir, entry| self.make(dir, entry));
                }
            }
            News::Changed(leaf, before) => self.touch(root, leaf, before),
        }
    }

    fn make(&self, dir: &OwnedFd, entry: &Entry) -> Result<(), Errno> {
        let name = &entry.name[..];
        let made = self.own.making(|| {
            if entry.is_dir {
                rustix::fs::mkdirat(dir, name, ANY)
            } else {
                rustix::fs::mknodat(dir, name, FileType::RegularFile, ANY, 0)
            }
        });
        match made {
            // Somebody found it before it was told of.
            Ok(()) | Err(Errno::EXIST) if !entry.is_dir => write_nothing(dir, name),
            made => made,
        }
    }

    /// Touches a leaf, unless the session finds that there is nothing new about it.
    fn touch(&self, root: &OwnedFd, leaf: LeafId, before: Option<Told>) {
        let snapshot = self.tree.load();
        let Some(node) = snapshot.leaf(leaf) else {
            return;
        };
        if !is_held(&self.held, node.parent().ino()) {
            return;
        }
        let (dir, name) = (node.parent().path(), node.name());
        let Some(folder) = found(&dir, beneath(root, &dir)) else {
            return;
        };
        self.own.note(before);
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_NOW,
        };
        let times = Timestamps {
            last_access: now,
            last_modification: now,
        };
        let touched = rustix::fs::utimensat(&folder, name, &times, AtFlags::SYMLINK_NOFOLLOW);
        if touched.is_ok() {
            found(name, write_nothing(&folder, name));
        }
    }
}

fn each(root: &OwnedFd, listing: &Listing, act: impl Fn(&OwnedFd, &Entry) -> Result<(), Errno>) {
    let Some(dir) = found(&listing.dir, beneath(root, &listing.dir)) else {
        return;
    };
    for entry in &listing.entries {
        found(&entry.name, act(&dir, entry));
    }
}

/// How folders are opened: to find names in them.
fn folder() -> OFlags {
    OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

/// Opens a directory of the mount, and nothing that may be mounted in it.
fn beneath(root: &OwnedFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    let path = if path.is_empty() { b"." } else { path };
    let within = ResolveFlags::BENEATH | ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
    rustix::fs::openat2(root, path, folder(), Mode::empty(), within)
}

fn remove(dir: &OwnedFd, entry: &Entry) -> Result<(), Errno> {
    let flags = if entry.is_dir {
        AtFlags::REMOVEDIR
    } else {
        AtFlags::empty()
    };
    rustix::fs::unlinkat(dir, &entry.name[..], flags)
}

/// Opens a file for writing and closes it: what watchers take for the end of a change.
fn write_nothing(dir: &OwnedFd, name: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(dir, name, flags, Mode::empty()).map(drop)
}

/// Passes on what was done; what was not is of no consequence but for the watchers.
fn found<T>(name: &[u8], done: Result<T, Errno>) -> Option<T> {
    done.inspect_err(|error| {
        let name = Path::new(OsStr::from_bytes(name)).display();
        tracing::debug!(%name, %error, "not announced");
    })
    .ok()
}
