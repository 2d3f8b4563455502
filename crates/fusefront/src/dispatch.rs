//! How requests are run: at once, or where they may wait.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use fuser::{Errno, FileType, INodeNo, OpenAccMode, OpenFlags, ReplyEmpty, ReplyEntry, Request};
use rustix::fs::OFlags;
use tracing::{Span, debug_span};
use vtree::{InodeNo, Tree};

use crate::announce::Own;
use crate::answer::Shared;
use crate::attr::Attr;
use crate::errno::errno;
use crate::foreign::{Area, Place, is_foreign};
use crate::fs::Fs;
use crate::gate::{Gate, guarded};
use crate::passthrough::Passthrough;
use crate::publisher::Publisher;
use crate::scratch::Scratch;
use crate::{Error, Library, Options, Traffic};

/// Says, in the span of a request, that the kernel asks it.
fn asked() {
    tracing::trace!("asked");
}

/// Answers the kernel.
#[derive(Debug)]
pub(crate) struct Fuse<L> {
    pub(crate) shared: Arc<Shared<L>>,
    gate: Gate,
    pub(crate) own: Arc<Own>,
    /// Whether the kernel opens directories by itself when told that we cannot.
    pub(crate) opens_no_dirs: bool,
    /// Whether leaves have extended attributes.
    pub(crate) has_xattr: bool,
}

/// Opens the span of a request.
pub(crate) fn span(op: &'static str, req: &Request, ino: INodeNo) -> Span {
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
    /// Prepares to answer.
    ///
    /// # Errors
    ///
    /// [`Error::Folder`] if there is no place for what is written.
    pub(crate) fn new(tree: Arc<Tree>, library: L, options: &Options) -> Result<Self, Error> {
        let area = options.writing.as_ref().map(Area::new).transpose()?;
        let area = area.map(Arc::new);
        let fs = Fs::new(tree, library, area.clone());
        let publisher = Publisher {
            tree: fs.tree.clone(),
            held: fs.held.clone(),
            area,
            notifier: Arc::default(),
            device: Arc::default(),
            announcer: Arc::default(),
            generations: Arc::default(),
            notices: Arc::default(),
            n_changes: Arc::default(),
            #[cfg(test)]
            before_swap: crate::tests::Hook::default(),
            #[cfg(test)]
            before_answer: crate::tests::Hook::default(),
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
        Ok(Self {
            shared: Arc::new(shared),
            gate: Gate::new(options.n_threads),
            own: Arc::default(),
            opens_no_dirs: false,
            has_xattr: options.xattr,
        })
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
    pub(crate) fn at_once(&self, span: &Span, handler: impl FnOnce(&Shared<L>)) {
        guarded(|| {
            span.in_scope(|| {
                asked();
                handler(&self.shared);
            });
        });
    }

    /// Runs a handler that may wait for the origin of `ino`.
    pub(crate) fn waiting(
        &self,
        span: Span,
        ino: InodeNo,
        handler: impl FnOnce(&Shared<L>) + Send + 'static,
    ) {
        let shared = self.shared.clone();
        let pending = shared.traffic.enter();
        let group = shared.fs.known_group(ino);
        let job = move || {
            let _pending = pending;
            span.in_scope(|| {
                asked();
                handler(&shared);
            });
        };
        let shared = self.shared.clone();
        match group {
            Some(group) => self.gate.run(group, job),
            None => self.gate.run_where(move || shared.fs.group(ino), job),
        }
    }

    /// Passes the attributes of `ino` to `answer`, waiting for its origin only if need be.
    pub(crate) fn with_attr(
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
    /// Answers the making of an entry that the announcer makes.
    pub(crate) fn make(
        &self,
        op: &'static str,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        reply: ReplyEntry,
    ) {
        let span = span(op, req, parent);
        self.at_once(&span, |shared| {
            shared.entry_of(InodeNo(parent.0), name, reply);
        });
    }

    /// Answers the removal of an entry; what the announcer removes stays.
    pub(crate) fn remove(
        &self,
        op: &'static str,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        reply: ReplyEmpty,
        remove: fn(&Fs<L>, &Place) -> Result<(), Error>,
    ) {
        if self.own.sent(req) {
            return self.shared.removed(op, InodeNo(parent.0), name, reply);
        }
        let (span, parent) = (span(op, req, parent), InodeNo(parent.0));
        self.at_once(&span, |shared| {
            let place = Place::new(parent, name.as_bytes());
            let removed = place.and_then(|place| remove(&shared.fs, &place));
            shared.done(parent, removed, reply);
        });
    }

    /// Returns what is said to a change that is not made, even where files may be written.
    pub(crate) fn refused(&self, why: Error) -> Errno {
        errno(&self.shared.fs.area().err().unwrap_or(why))
    }
}

pub(crate) fn kind(ino: InodeNo) -> FileType {
    match ino.leaf() {
        Some(_) => FileType::RegularFile,
        None if is_foreign(ino) => FileType::RegularFile,
        None => FileType::Directory,
    }
}

pub(crate) fn has(flags: i32, flag: OFlags) -> bool {
    OFlags::from_bits_retain(flags.cast_unsigned()).contains(flag)
}

pub(crate) fn is_read_only(flags: OpenFlags) -> bool {
    flags.acc_mode() == OpenAccMode::O_RDONLY && !has(flags.0, OFlags::TRUNC)
}
