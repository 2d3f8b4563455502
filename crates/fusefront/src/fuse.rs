//! Translates the kernel's requests to the filesystem's and its answers to replies.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use fuser::{
    AccessFlags, BsdFileFlags, CopyFileRangeFlags, Errno, FileHandle, FileType, Filesystem,
    FopenFlags, INodeNo, IoctlFlags, KernelConfig, LockOwner, OpenAccMode, OpenFlags, RenameFlags,
    ReplyAttr, ReplyBmap, ReplyCreate, ReplyData, ReplyDirectory, ReplyDirectoryPlus, ReplyEmpty,
    ReplyEntry, ReplyIoctl, ReplyLseek, ReplyOpen, ReplyStatfs, ReplyWrite, ReplyXattr, Request,
    TimeOrNow, WriteFlags,
};
use rustix::fs::OFlags;
use tracing::{Span, debug_span};
use vtree::{InodeNo, Tree};

use crate::announce::{Own, WRITING_NOTHING, open_for_nothing};
use crate::answer::{GENERATION, Progress, Shared, absent};
use crate::attr::Attr;
use crate::errno::errno;
use crate::fs::Fs;
use crate::gate::{Gate, guarded};
use crate::passthrough::Passthrough;
use crate::publisher::Publisher;
use crate::scratch::Scratch;
use crate::{Error, Library, Options, Traffic, handshake};

/// The unit in which `statfs` counts.
const STATFS_BLOCK: u32 = 4096;

/// Answers the kernel.
#[derive(Debug)]
pub(crate) struct Fuse<L> {
    shared: Arc<Shared<L>>,
    gate: Gate,
    own: Arc<Own>,
    /// Whether the kernel opens directories by itself when told that we cannot.
    opens_no_dirs: bool,
    /// Whether leaves have extended attributes.
    has_xattr: bool,
}

/// Opens the span of a request.
fn span(op: &'static str, req: &Request, ino: INodeNo) -> Span {
    use tracing::field::Empty;
    let req = req.unique().0;
    debug_span!(
        "request",
        op,
        req,
        ino = ino.0,
        fh = Empty,
        offset = Empty,
        len = Empty
    )
}

impl<L: Library> Fuse<L> {
    pub(crate) fn new(tree: Arc<Tree>, library: L, options: &Options) -> Self {
        let fs = Fs::new(tree, library);
        let publisher = Publisher {
            tree: fs.tree.clone(),
            held: fs.held.clone(),
            notifier: Arc::default(),
            announcer: Arc::default(),
        };
        let shared = Shared {
            fs,
            publisher,
            owner: options.owner(),
            lifetime: options.lifetime,
            scratch: Scratch::default(),
            passthrough: Passthrough::default(),
            traffic: Arc::default(),
        };
        Self {
            shared: Arc::new(shared),
            gate: Gate::new(options.n_threads),
            own: Arc::default(),
            opens_no_dirs: false,
            has_xattr: options.xattr,
        }
    }

    /// Returns what tells the kernel of changes, once its notifier is set.
    pub(crate) fn publisher(&self) -> Publisher {
        self.shared.publisher.clone()
    }

    /// Returns what tells the announcer's requests from others.
    pub(crate) fn own(&self) -> Arc<Own> {
        self.own.clone()
    }

    /// Returns what counts the requests.
    pub(crate) fn traffic(&self) -> Arc<Traffic> {
        self.shared.traffic.clone()
    }

    /// Runs a handler that never waits for an origin.
    fn at_once(&self, span: &Span, handler: impl FnOnce(&Shared<L>)) {
        guarded(|| span.in_scope(|| handler(&self.shared)));
    }

    /// Runs a handler that may wait for the origin of `ino`.
    fn waiting(&self, span: Span, ino: InodeNo, handler: impl FnOnce(&Shared<L>) + Send + 'static) {
        let shared = self.shared.clone();
        let group = shared.fs.group(ino);
        let pending = shared.traffic.enter();
        self.gate.run(group, move || {
            let _pending = pending;
            span.in_scope(|| handler(&shared));
        });
    }

    /// Passes the attributes of `ino` to `answer`, waiting for its origin only if need be.
    fn with_attr(
        &self,
        span: Span,
        ino: InodeNo,
        answer: impl FnOnce(&Shared<L>, Result<Attr, Errno>) + Send + 'static,
    ) {
        match self.shared.fs.attr_at_once(ino) {
            Some(attr) => self.at_once(&span, |shared| {
                answer(shared, attr.map_err(|error| shared.refusal(ino, &error)));
            }),
            None => self.waiting(span, ino, move |shared| {
                let attr = shared.fs.attr(ino);
                answer(shared, attr.map_err(|error| shared.refusal(ino, &error)));
            }),
        }
    }
}

impl<L: Library> Fuse<L> {
    /// Answers the making of an entry.
    fn make(
        &self,
        op: &'static str,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        reply: ReplyEntry,
    ) {
        if !self.own.sent(req) {
            return reply.error(errno(&Error::ReadOnly));
        }
        let span = span(op, req, parent);
        self.at_once(&span, |shared| {
            shared.entry_of(InodeNo(parent.0), name, reply);
        });
    }

    /// Answers the removal of an entry.
    fn remove(&self, req: &Request, reply: ReplyEmpty) {
        if self.own.sent(req) {
            reply.ok();
        } else {
            reply.error(errno(&Error::ReadOnly));
        }
    }
}

fn kind(ino: InodeNo) -> FileType {
    match ino.leaf() {
        Some(_) => FileType::RegularFile,
        None => FileType::Directory,
    }
}

fn is_read_only(flags: OpenFlags) -> bool {
    let truncates = OFlags::from_bits_retain(flags.0.cast_unsigned()).contains(OFlags::TRUNC);
    flags.acc_mode() == OpenAccMode::O_RDONLY && !truncates
}

/// Defines the handlers of requests that would change something.
macro_rules! refused {
    ($($request:ident($($parameter:ty),*) -> $reply:ty;)*) => {$(
        fn $request(&self, _: &Request, $(_: $parameter,)* reply: $reply) {
            reply.error(errno(&Error::ReadOnly));
        }
    )*};
}

impl<L: Library> Filesystem for Fuse<L> {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        self.opens_no_dirs = handshake::negotiate(config);
        Ok(())
    }

    fn lookup(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let span = span("lookup", req, parent);
        let parent = InodeNo(parent.0);
        if self.own.sent(req) {
            return self.at_once(&span, |shared| {
                shared.announced(&self.own, parent, name, reply);
            });
        }
        guarded(|| match self.shared.fs.find(parent, name.as_bytes()) {
            Ok(Some(ino)) => self.with_attr(span, ino, |shared, attr| match attr {
                Ok(attr) => shared.entry(&attr, reply),
                Err(errno) => reply.error(errno),
            }),
            Ok(None) => reply.entry(&self.shared.lifetime, &absent(), GENERATION),
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
                reply.attr(&shared.lifetime, &attr.to_kernel(&shared.owner));
            }
            Err(errno) => reply.error(errno),
        };
        guarded(|| self.with_attr(span, InodeNo(ino.0), answer));
    }

    fn open(&self, req: &Request, ino: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        let span = span("open", req, ino);
        let ino = InodeNo(ino.0);
        if !is_read_only(flags) {
            if self.own.sent(req) {
                return open_for_nothing(reply);
            }
            return reply.error(errno(&Error::ReadOnly));
        }
        if let Some(opened) = self.shared.fs.open_again(ino) {
            return self.at_once(&span, |shared| shared.opened(ino, opened, reply));
        }
        self.waiting(span, ino, move |shared| match shared.fs.open(ino) {
            Ok(opened) => shared.opened(ino, opened, reply),
            Err(error) => reply.error(shared.refusal(ino, &error)),
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

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
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
                if let Some((leaf, before)) = outdated {
                    shared.publisher.differs(leaf, Some(before));
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
                let (name, ino) = (OsStr::from_bytes(entry.name), entry.node.ino());
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
        self.at_once(&span, |_| {
            if mask.contains(AccessFlags::W_OK) {
                reply.error(errno(&Error::ReadOnly));
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

    fn readlink(&self, _: &Request, _: INodeNo, reply: ReplyData) {
        reply.error(errno(&Error::BadRequest));
    }

    fn setattr(
        &self,
        req: &Request,
        ino: INodeNo,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        if !self.own.sent(req) {
            return reply.error(errno(&Error::ReadOnly));
        }
        let (span, own) = (span("setattr", req, ino), self.own.clone());
        let answer = move |shared: &Shared<L>, attr: Result<Attr, Errno>| match attr {
            Ok(attr) => shared.touched(&own, &attr, reply),
            Err(errno) => reply.error(errno),
        };
        guarded(|| self.with_attr(span, InodeNo(ino.0), answer));
    }

    fn mknod(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        _: u32,
        _: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        self.make("mknod", req, parent, name, reply);
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
        self.make("mkdir", req, parent, name, reply);
    }

    fn unlink(&self, req: &Request, _: INodeNo, _: &OsStr, reply: ReplyEmpty) {
        self.remove(req, reply);
    }

    fn rmdir(&self, req: &Request, _: INodeNo, _: &OsStr, reply: ReplyEmpty) {
        self.remove(req, reply);
    }

    refused! {
        symlink(INodeNo, &OsStr, &Path) -> ReplyEntry;
        rename(INodeNo, &OsStr, INodeNo, &OsStr, RenameFlags) -> ReplyEmpty;
        link(INodeNo, INodeNo, &OsStr) -> ReplyEntry;
        create(INodeNo, &OsStr, u32, u32, i32) -> ReplyCreate;
        write(
            INodeNo, FileHandle, u64, &[u8], WriteFlags, OpenFlags, Option<LockOwner>
        ) -> ReplyWrite;
        fallocate(INodeNo, FileHandle, u64, u64, i32) -> ReplyEmpty;
        copy_file_range(
            INodeNo, FileHandle, u64, INodeNo, FileHandle, u64, u64, CopyFileRangeFlags
        ) -> ReplyWrite;
        setxattr(INodeNo, &OsStr, &[u8], i32, u32) -> ReplyEmpty;
        removexattr(INodeNo, &OsStr) -> ReplyEmpty;
    }
}
