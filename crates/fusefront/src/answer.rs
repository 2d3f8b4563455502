//! Answers that take some thought; any thread can give them.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use fuser::{
    Errno, FileAttr, FileHandle, FileType, FopenFlags, Generation, INodeNo, Notifier, ReplyData,
    ReplyDirectoryPlus, ReplyEntry, ReplyOpen,
};
use vtree::{InodeNo, Name};

use crate::attr::{Attr, Owner};
use crate::fs::{Fs, Opened};
use crate::passthrough::Passthrough;
use crate::publisher::Publisher;
use crate::scratch::Scratch;
use crate::{Error, Library, Traffic};

/// The generation of a file, whose number is never used again for other content; see [`Generations`](crate::generations::Generations).
pub(crate) const GENERATION: Generation = Generation(0);

/// What requests that wait for an origin need too.
#[derive(Debug)]
pub(crate) struct Shared<L> {
    pub(crate) fs: Fs<L>,
    pub(crate) owner: Owner,
    pub(crate) lifetime: Duration,
    pub(crate) scratch: Scratch,
    pub(crate) passthrough: Passthrough,
    pub(crate) publisher: Publisher,
    pub(crate) traffic: Arc<Traffic>,
}

impl<L: Library> Shared<L> {
    pub(crate) fn refusal(&self, ino: InodeNo, error: &Error) -> Errno {
        self.fs.complaints.choose(error, ino, &self.fs.tree)
    }

    /// Answers a lookup, which the kernel then holds, with what was read since there were so many changes.
    pub(crate) fn entry(&self, attr: &Attr, n_changes: u64, reply: ReplyEntry) {
        self.fs.hold(attr);
        let lifetime = self.lifetime_since(attr, n_changes);
        let generation = self.publisher.generations.of(attr.ino);
        #[cfg(test)]
        self.publisher.before_answer.run();
        reply.entry(&lifetime, &attr.to_kernel(&self.owner), generation);
    }

    /// Returns how long the kernel may keep attributes, and the name that they were asked by.
    pub(crate) fn lifetime_of(&self, attr: &Attr) -> Duration {
        if attr.is_passing {
            Duration::ZERO
        } else {
            self.lifetime
        }
    }

    /// Returns so for attributes that were read since there were so many changes, once the lookup counts:
    /// if there are more by now, the kernel has to ask again.
    fn lifetime_since(&self, attr: &Attr, n_changes: u64) -> Duration {
        if self.publisher.is_since(n_changes) {
            Duration::ZERO
        } else {
            self.lifetime_of(attr)
        }
    }

    /// Returns whether answering an open takes no waiting for what the kernel is to read.
    pub(crate) fn is_settled(&self, opened: Opened) -> bool {
        let handle = self.fs.handle(opened.fh);
        self.fs.area.is_some() || handle.is_ok_and(|handle| handle.pinned.backing.get().is_some())
    }

    /// Answers an open.
    pub(crate) fn opened(&self, ino: InodeNo, opened: Opened, is_to_write: bool, reply: ReplyOpen) {
        let fh = FileHandle(opened.fh);
        let flags = self.open_flags(ino, opened, is_to_write);
        // A file that the kernel reads by itself cannot be written otherwise at the same time.
        if self.fs.area.is_none()
            && let Ok(handle) = self.fs.handle(opened.fh)
        {
            let (library, pinned) = (&self.fs.library, &handle.pinned);
            let (backing, reader) = (&pinned.backing, &pinned.reader);
            let backing = self.passthrough.backing(backing, reader, library, &reply);
            if let Some(backing) = backing {
                return reply.opened_passthrough(fh, FopenFlags::FOPEN_NOFLUSH, backing);
            }
        }
        reply.opened(fh, flags);
    }

    /// Returns how the kernel is to use a handle.
    ///
    /// Where the kernel knows another content than the handle serves, it drops the pages that it has
    /// cached, which it does at each open without `KEEP_CACHE`, and asks for the size again, which
    /// takes a notification. That one touches no page, so sending it from here blocks nobody.
    pub(crate) fn open_flags(&self, ino: InodeNo, opened: Opened, is_to_write: bool) -> FopenFlags {
        let mut flags = FopenFlags::empty();
        if !is_to_write {
            // Nobody has to be told of a close that saves nothing.
            flags |= FopenFlags::FOPEN_NOFLUSH;
        }
        if opened.is_as_told {
            flags |= FopenFlags::FOPEN_KEEP_CACHE;
        } else if self.notify(|notifier| notifier.inval_inode(INodeNo(ino.0), -1, 0)) {
            self.fs.drops_pages(ino, opened.fh);
        } else {
            flags |= FopenFlags::FOPEN_DIRECT_IO;
        }
        flags
    }

    /// Adds entries with their attributes to a listing, up to the first that an origin would have to be
    /// waited for. With `may_wait`, the very first is waited for: to list more takes another request, which the
    /// kernel may not make for attributes.
    pub(crate) fn list(
        &self,
        ino: InodeNo,
        offset: u64,
        may_wait: bool,
        reply: &mut ReplyDirectoryPlus,
    ) -> Result<Progress, Error> {
        let mut progress = Progress::Done;
        let mut n_added = 0;
        let n_changes = self.publisher.n_changes();
        self.fs.list(ino, offset, |entry| {
            let may_wait = may_wait && n_added == 0;
            let Some((attr, holds)) = self.fs.listed_attr(&entry, may_wait) else {
                progress = if n_added == 0 {
                    Progress::MustWait
                } else {
                    Progress::Done
                };
                return false;
            };
            // Of the directory itself and its parent, the kernel takes no lookup.
            let is_held = Name::new(entry.name).is_ok();
            if is_held {
                self.fs.count(attr.ino);
            }
            let lifetime = if holds {
                self.lifetime_since(&attr, n_changes)
            } else {
                Duration::ZERO
            };
            let (number, name) = (INodeNo(entry.ino.0), OsStr::from_bytes(entry.name));
            let kernel_attr = attr.to_kernel(&self.owner);
            let at = entry.position;
            let generation = self.publisher.generations.of(entry.ino);
            let is_full = reply.add(number, at, name, &lifetime, &kernel_attr, generation);
            if is_held && is_full {
                self.fs.forget(attr.ino, 1);
            } else if is_held {
                self.fs.tell(&attr);
            }
            n_added += 1;
            !is_full
        })?;
        Ok(progress)
    }

    pub(crate) fn notify(&self, send: impl FnOnce(&Notifier) -> io::Result<()>) -> bool {
        match self.publisher.notifier.get().map(send) {
            Some(Ok(())) => true,
            Some(Err(error)) => {
                tracing::debug!(%error, "notification refused");
                false
            }
            None => false,
        }
    }

    pub(crate) fn read(&self, ino: InodeNo, fh: u64, offset: u64, len: u32, reply: ReplyData) {
        let file = match self.fs.file(fh) {
            Ok(file) => file,
            Err(error) => return reply.error(self.refusal(ino, &error)),
        };
        self.scratch
            .with(|scratch| match file.read(offset, len, scratch) {
                Ok(bytes) => {
                    self.traffic.count_read(bytes.len());
                    reply.data(bytes);
                }
                Err(error) => reply.error(self.refusal(ino, &error)),
            });
    }
}

/// How far a listing got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// As far as there was room, or as could be got at once; the kernel will ask for the rest.
    Done,
    /// Nowhere, since an origin has to be waited for.
    MustWait,
}

/// Returns the answer that there is no such entry, which the kernel keeps like any other.
pub(crate) fn absent() -> FileAttr {
    FileAttr {
        ino: INodeNo(0),
        size: 0,
        blocks: 0,
        atime: UNIX_EPOCH,
        mtime: UNIX_EPOCH,
        ctime: UNIX_EPOCH,
        crtime: UNIX_EPOCH,
        kind: FileType::RegularFile,
        perm: 0,
        nlink: 0,
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: 0,
        flags: 0,
    }
}
