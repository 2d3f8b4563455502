//! Translates the kernel's requests to the filesystem's and its answers to replies.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::SystemTime;

use fuser::{
    AccessFlags, BsdFileFlags, CopyFileRangeFlags, Errno, FileHandle, Filesystem, FopenFlags,
    INodeNo, IoctlFlags, KernelConfig, LockOwner, OpenFlags, PollEvents, PollFlags, PollNotifier,
    RenameFlags, ReplyAttr, ReplyBmap, ReplyCreate, ReplyData, ReplyDirectory, ReplyDirectoryPlus,
    ReplyEmpty, ReplyEntry, ReplyIoctl, ReplyLseek, ReplyOpen, ReplyPoll, ReplyStatfs, ReplyWrite,
    ReplyXattr, Request, TimeOrNow, WriteFlags,
};
use rustix::fs::FallocateFlags;
use vtree::InodeNo;

use crate::announce::{WRITING_NOTHING, open_for_nothing};
use crate::answer::{GENERATION, Progress, Shared, absent};
use crate::attr::Attr;
use crate::dispatch::{Fuse, is_read_only, kind, span};
use crate::errno::errno;
use crate::foreign::Place;
use crate::fs::{Fs, Named};
use crate::gate::guarded;
use crate::saves::process_of;
use crate::{Error, Library, handshake, later};

/// The unit in which `statfs` counts.
const STATFS_BLOCK: u32 = 4096;

/// Defines the handlers of requests that would change what cannot be changed even where files may be
/// written.
macro_rules! refused {
    ($($request:ident($($parameter:ty),*) -> $reply:ty: $why:ident;)*) => {$(
        fn $request(&self, _: &Request, $(_: $parameter,)* reply: $reply) {
            reply.error(self.refused(Error::$why));
        }
    )*};
}

impl<L: Library> Filesystem for Fuse<L> {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        self.opens_no_dirs = handshake::negotiate(config);
        match self.shared.fs.area {
            Some(_) => later::start(self.shared.clone()),
            None => Ok(()),
        }
    }

    fn lookup(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let span = span("lookup", req, parent);
        let parent = InodeNo(parent.0);
        if self.own.sent(req) {
            return self.at_once(&span, |shared| {
                shared.announced(&self.own, parent, name, reply);
            });
        }
        let n_changes = self.shared.publisher.n_changes();
        guarded(|| match self.shared.fs.find(parent, name.as_bytes()) {
            Ok(Named::Inode(ino)) => self.with_attr(span, ino, move |shared, attr| match attr {
                Ok(attr) => shared.entry(&attr, n_changes, reply),
                Err(errno) => reply.error(errno),
            }),
            Ok(Named::Nothing { is_passing: false }) => {
                reply.entry(&self.shared.lifetime, &absent(), GENERATION);
            }
            Ok(Named::Nothing { is_passing: true }) => reply.error(Errno::ENOENT),
            Err(error) => reply.error(self.shared.refusal(parent, &error)),
        });
    }

    fn forget(&self, _: &Request, ino: INodeNo, n_lookups: u64) {
        self.shared.fs.forget(InodeNo(ino.0), n_lookups);
    }

    fn getattr(&self, req: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        let span = span("getattr", req, ino);
        let is_own = self.own.sent(req);
        let answer = move |shared: &Shared<L>, attr: Result<Attr, Errno>| match attr {
            Ok(attr) if is_own => shared.permit(&attr, reply),
            Ok(attr) => {
                shared.fs.tell(&attr);
                reply.attr(&shared.lifetime_of(&attr), &attr.to_kernel(&shared.owner));
            }
            Err(errno) => reply.error(errno),
        };
        guarded(|| self.with_attr(span, InodeNo(ino.0), answer));
    }

    fn open(&self, req: &Request, ino: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        let span = span("open", req, ino);
        let ino = InodeNo(ino.0);
        if is_read_only(flags) {
            let may_wait = false;
            if let Some(opened) = self.shared.fs.open_again(ino, may_wait) {
                let answer = move |shared: &Shared<L>| shared.opened(ino, opened, false, reply);
                if self.shared.is_settled(opened) {
                    self.at_once(&span, answer);
                } else {
                    self.waiting(span, ino, answer);
                }
                return;
            }
        } else if self.own.sent(req) {
            return open_for_nothing(reply);
        } else if let Err(error) = self.shared.fs.area() {
            return reply.error(errno(&error));
        }
        let thread = req.pid();
        self.waiting(span, ino, move |shared| {
            match shared.open(ino, flags, thread) {
                Ok(opened) => shared.opened(ino, opened, !is_read_only(flags), reply),
                Err(error) => reply.error(shared.refusal(ino, &error)),
            }
        });
    }

    fn read(
        &self,
        req: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let span = span("read", req, ino);
        span.record("fh", fh.0)
            .record("offset", offset)
            .record("len", size);
        let ino = InodeNo(ino.0);
        self.waiting(span, ino, move |shared| {
            shared.read(ino, fh.0, offset, size, reply);
        });
    }

    fn flush(&self, req: &Request, ino: INodeNo, fh: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        let span = span("flush", req, ino);
        span.record("fh", fh.0);
        let (ino, thread) = (InodeNo(ino.0), req.pid());
        if self.shared.fs.area.is_none() {
            return reply.ok();
        }
        self.waiting(span, ino, move |shared| {
            let closed = shared.fs.close(fh.0, process_of(thread));
            shared.done(ino, closed, reply);
        });
    }

    fn release(
        &self,
        req: &Request,
        ino: INodeNo,
        fh: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        if fh == WRITING_NOTHING {
            return reply.ok();
        }
        let span = span("release", req, ino);
        span.record("fh", fh.0);
        let ino = InodeNo(ino.0);
        self.waiting(span, ino, move |shared| match shared.fs.release(fh.0) {
            Ok(outdated) => {
                reply.ok();
                // While it was open, it was told of as it was opened.
                if let Some(outdated) = outdated {
                    shared.publisher.is_outdated(outdated);
                }
            }
            Err(error) => reply.error(shared.refusal(ino, &error)),
        });
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        reply.ok();
    }

    fn opendir(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        if self.opens_no_dirs {
            // The kernel then opens and caches directories by itself, and asks no more.
            return reply.error(Errno::ENOSYS);
        }
        let flags = FopenFlags::FOPEN_CACHE_DIR | FopenFlags::FOPEN_KEEP_CACHE;
        reply.opened(FileHandle(0), flags);
    }

    fn readdir(
        &self,
        req: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let span = span("readdir", req, ino);
        span.record("offset", offset);
        let ino = InodeNo(ino.0);
        self.at_once(&span, |shared| {
            let listed = shared.fs.list(ino, offset, |entry| {
                let (name, ino) = (OsStr::from_bytes(entry.name), entry.ino);
                !reply.add(INodeNo(ino.0), entry.position, kind(ino), name)
            });
            match listed {
                Ok(()) => reply.ok(),
                Err(error) => reply.error(shared.refusal(ino, &error)),
            }
        });
    }

    fn readdirplus(
        &self,
        req: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectoryPlus,
    ) {
        let span = span("readdirplus", req, ino);
        span.record("offset", offset);
        let ino = InodeNo(ino.0);
        let mut listed = None;
        self.at_once(&span, |shared| {
            listed = Some(shared.list(ino, offset, false, &mut reply));
        });
        match listed {
            Some(Ok(Progress::Done)) => reply.ok(),
            Some(Ok(Progress::MustWait)) => self.waiting(span, ino, move |shared| {
                match shared.list(ino, offset, true, &mut reply) {
                    Ok(_) => reply.ok(),
                    Err(error) => reply.error(shared.refusal(ino, &error)),
                }
            }),
            Some(Err(error)) => reply.error(self.shared.refusal(ino, &error)),
            // It panicked.
            None => reply.error(Errno::EIO),
        }
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        reply.ok();
    }

    fn statfs(&self, req: &Request, ino: INodeNo, reply: ReplyStatfs) {
        let span = span("statfs", req, ino);
        self.waiting(span, InodeNo::ROOT, move |shared| match shared.fs.space() {
            Ok((space, n_inodes)) => {
                let blocks = |bytes: u64| bytes / u64::from(STATFS_BLOCK);
                let (total, free) = (blocks(space.total), blocks(space.free));
                let available = blocks(space.available);
                let name_max = 255;
                let block = STATFS_BLOCK;
                reply.statfs(total, free, available, n_inodes, 0, block, name_max, block);
            }
            Err(error) => reply.error(shared.refusal(InodeNo::ROOT, &error)),
        });
    }

    fn access(&self, req: &Request, ino: INodeNo, mask: AccessFlags, reply: ReplyEmpty) {
        // Modes are checked by the kernel (`default_permissions`), which asks nothing here.
        let span = span("access", req, ino);
        self.at_once(&span, |shared| {
            if mask.contains(AccessFlags::W_OK)
                && let Err(error) = shared.fs.area()
            {
                reply.error(errno(&error));
            } else {
                reply.ok();
            }
        });
    }

    fn lseek(
        &self,
        req: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: i64,
        whence: i32,
        reply: ReplyLseek,
    ) {
        // lseek(2); the kernel answers all others by itself.
        const SEEK_DATA: i32 = 3;
        const SEEK_HOLE: i32 = 4;
        let span = span("lseek", req, ino);
        span.record("fh", fh.0).record("offset", offset);
        self.at_once(&span, |shared| {
            let sought = match whence {
                SEEK_DATA | SEEK_HOLE => shared.fs.seek(fh.0, offset, whence == SEEK_DATA),
                _ => Err(Error::BadRequest),
            };
            match sought {
                Ok(offset) => reply.offset(offset),
                Err(error) => reply.error(shared.refusal(InodeNo(ino.0), &error)),
            }
        });
    }

    fn getxattr(&self, req: &Request, ino: INodeNo, name: &OsStr, room: u32, reply: ReplyXattr) {
        if !self.has_xattr {
            // The kernel reports EOPNOTSUPP, and asks no more.
            return reply.error(Errno::ENOSYS);
        }
        let (span, ino) = (span("getxattr", req, ino), InodeNo(ino.0));
        let name = name.as_bytes().to_vec();
        self.waiting(span, ino, move |shared| {
            shared.attribute(ino, &name, room, reply);
        });
    }

    fn listxattr(&self, req: &Request, ino: INodeNo, room: u32, reply: ReplyXattr) {
        if !self.has_xattr {
            return reply.error(Errno::ENOSYS);
        }
        let (span, ino) = (span("listxattr", req, ino), InodeNo(ino.0));
        self.waiting(span, ino, move |shared| shared.attributes(ino, room, reply));
    }

    fn setxattr(
        &self,
        req: &Request,
        ino: INodeNo,
        _: &OsStr,
        _: &[u8],
        _: i32,
        _: u32,
        reply: ReplyEmpty,
    ) {
        if !self.own.sent(req) {
            return reply.error(self.refused(Error::NotSupported));
        }
        let (span, own) = (span("setxattr", req, ino), self.own.clone());
        guarded(|| {
            self.with_attr(span, InodeNo(ino.0), move |_, attr| match attr {
                Ok(attr) if own.is_news(attr.told()) => reply.ok(),
                // So the announcer is told that there is nothing to tell.
                Ok(_) => reply.error(Errno::ECANCELED),
                Err(errno) => reply.error(errno),
            });
        });
    }

    fn ioctl(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: IoctlFlags,
        _: u32,
        _: &[u8],
        _: u32,
        reply: ReplyIoctl,
    ) {
        // Programs ask any file whether it is a terminal (`TCGETS`).
        reply.error(Errno::ENOTTY);
    }

    fn bmap(&self, _: &Request, _: INodeNo, _: u32, _: u64, reply: ReplyBmap) {
        reply.error(Errno::ENOSYS);
    }

    fn poll(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: PollNotifier,
        _: PollEvents,
        _: PollFlags,
        reply: ReplyPoll,
    ) {
        // The kernel then takes every file for ready, without asking again.
        reply.error(Errno::ENOSYS);
    }

    fn readlink(&self, _: &Request, _: INodeNo, reply: ReplyData) {
        reply.error(errno(&Error::BadRequest));
    }

    fn setattr(
        &self,
        req: &Request,
        ino: INodeNo,
        _: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        fh: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let span = span("setattr", req, ino);
        let (ino, fh) = (InodeNo(ino.0), fh.map(|fh| fh.0));
        if let Err(error) = self.shared.fs.area() {
            return reply.error(errno(&error));
        }
        self.waiting(span, ino, move |shared| {
            match shared.set_attr(ino, fh, size, (uid, gid)) {
                Ok(attr) => {
                    shared.fs.tell(&attr);
                    reply.attr(&shared.lifetime_of(&attr), &attr.to_kernel(&shared.owner));
                }
                Err(error) => reply.error(shared.refusal(ino, &error)),
            }
        });
    }

    fn write(
        &self,
        req: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let span = span("write", req, ino);
        span.record("fh", fh.0)
            .record("offset", offset)
            .record("len", data.len());
        let (ino, data) = (InodeNo(ino.0), data.to_owned());
        self.waiting(span, ino, move |shared| {
            match shared.fs.write(fh.0, offset, &data) {
                // A request holds far less than 4 GiB.
                Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
                Err(error) => reply.error(shared.refusal(ino, &error)),
            }
        });
    }

    fn fallocate(
        &self,
        req: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        len: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        let span = span("fallocate", req, ino);
        span.record("fh", fh.0)
            .record("offset", offset)
            .record("len", len);
        let ino = InodeNo(ino.0);
        let mode = FallocateFlags::from_bits_retain(mode.cast_unsigned());
        self.waiting(span, ino, move |shared| {
            let allocated = match mode {
                _ if mode == FallocateFlags::KEEP_SIZE => Ok(()),
                _ if mode.is_empty() => shared.fs.extend(fh.0, offset.saturating_add(len)),
                _ => Err(Error::NotSupported),
            };
            shared.done(ino, allocated, reply);
        });
    }

    fn create(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        _: u32,
        _: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        let span = span("create", req, parent);
        let (parent, thread) = (InodeNo(parent.0), req.pid());
        let place = Place::new(parent, name.as_bytes());
        self.waiting(span, parent, move |shared| {
            let created = place.and_then(|place| shared.create(place, flags, thread));
            match created {
                Ok((attr, opened)) => shared.created(&attr, opened, OpenFlags(flags), reply),
                Err(error) => reply.error(shared.refusal(parent, &error)),
            }
        });
    }

    fn mknod(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        if self.own.sent(req) {
            return self.make("mknod", req, parent, name, reply);
        }
        let span = span("mknod", req, parent);
        let parent = InodeNo(parent.0);
        let kind = rustix::fs::FileType::from_raw_mode(mode);
        let is_file = kind == rustix::fs::FileType::RegularFile;
        let place = Place::new(parent, name.as_bytes());
        self.at_once(&span, |shared| {
            let n_changes = shared.publisher.n_changes();
            let attr = match shared.fs.area() {
                Ok(_) if !is_file => Err(Error::NotPermitted),
                Ok(_) => place.and_then(|place| shared.make(place)),
                Err(error) => Err(error),
            };
            match attr {
                Ok(attr) => shared.entry(&attr, n_changes, reply),
                Err(error) => reply.error(shared.refusal(parent, &error)),
            }
        });
    }

    fn mkdir(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        _: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        if self.own.sent(req) {
            return self.make("mkdir", req, parent, name, reply);
        }
        reply.error(self.refused(Error::NotPermitted));
    }

    fn unlink(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.remove("unlink", req, parent, name, reply, Fs::unlink);
    }

    fn rmdir(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.remove("rmdir", req, parent, name, reply, Fs::rmdir);
    }

    fn rename(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let span = span("rename", req, parent);
        let parent = InodeNo(parent.0);
        let from = Place::new(parent, name.as_bytes());
        let to = Place::new(InodeNo(new_parent.0), new_name.as_bytes());
        self.waiting(span, parent, move |shared| {
            let done = from.and_then(|from| shared.rename(&from, to?, flags));
            shared.done(parent, done, reply);
        });
    }

    fn destroy(&mut self) {
        self.shared.fs.later.end();
    }

    refused! {
        symlink(INodeNo, &OsStr, &Path) -> ReplyEntry: NotPermitted;
        link(INodeNo, INodeNo, &OsStr) -> ReplyEntry: NotPermitted;
        copy_file_range(
            INodeNo, FileHandle, u64, INodeNo, FileHandle, u64, u64, CopyFileRangeFlags
        ) -> ReplyWrite: NotSupported;
        removexattr(INodeNo, &OsStr) -> ReplyEmpty: NotSupported;
    }
}
