//! Follows the library: what beets changes in it shows in the mount.
//!
//! The folders of the database and of the configuration are watched, and the database is asked once
//! a second besides, since not every filesystem tells of changes. A change is read in one go, named,
//! and published whole; whatever goes wrong on the way leaves the last good tree where it is.

use std::collections::BTreeSet;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use catalog::{Changes, Pages, Revision};
use fusefront::Publisher;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use vtree::LeafId;

use crate::background::Tasks;
use crate::library::BeetsLibrary;
use crate::naming::{self, leaf_of};
use crate::source::Source;

/// How often the database is asked whether it changed, where nothing tells.
const INTERVAL: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};
/// How long to rest after following a change, as a multiple of what that took: an import changes the
/// database many times a second.
const REST: u32 = 2;

/// What a library is followed for.
pub(crate) struct Followed {
    pub(crate) source: Source,
    pub(crate) library: Arc<BeetsLibrary>,
    pub(crate) publisher: Publisher,
    /// The state of the database before it was read for the tree that is shown.
    pub(crate) revision: Revision,
    /// What looks at files that changed, if anything is kept of them.
    pub(crate) background: Option<Tasks>,
    /// Whether a tree without files may be shown.
    pub(crate) allow_empty: bool,
}

/// Follows a library on a thread of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Follower {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Has a library read again, whether or not it seems to have changed.
#[derive(Debug, Clone)]
pub(crate) struct Reloader {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    wake: OwnedFd,
    is_over: AtomicBool,
    is_forced: AtomicBool,
}

impl Shared {
    fn wake(&self) {
        // Any number wakes; so does one that is full.
        let _ = rustix::io::write(&self.wake, &[1; 8]);
    }
}

impl Reloader {
    /// Reads the library again.
    pub(crate) fn reload(&self) {
        self.shared.is_forced.store(true, Ordering::Release);
        self.shared.wake();
    }
}

impl Follower {
    /// Starts to follow a library whose tree was just published.
    ///
    /// # Errors
    ///
    /// If the system has no means to wait by.
    pub(crate) fn start(followed: Followed) -> Result<Self> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let shared = Arc::new(Shared {
            wake: rustix::event::eventfd(0, flags)?,
            is_over: AtomicBool::new(false),
            is_forced: AtomicBool::new(false),
        });
        let mut follow = Follow::new(followed, Arc::clone(&shared))?;
        let thread = thread::Builder::new()
            .name("follow".to_owned())
            .spawn(move || follow.run())?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Returns what has the library read again.
    pub(crate) fn reloader(&self) -> Reloader {
        Reloader {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        self.shared.wake();
        if let Some(thread) = self.thread.take() {
            // A panic in it was already reported.
            let _ = thread.join();
        }
    }
}

/// The state of the thread that follows.
struct Follow {
    followed: Followed,
    shared: Arc<Shared>,
    watch: Watch,
    pages: Pages,
    /// What the tree that is shown was made from.
    revision: Revision,
    /// Whether everything is to be read again, which may have failed before.
    is_owed: bool,
    /// What went wrong last, so that it is told once.
    complaint: Option<String>,
}

impl Follow {
    fn new(followed: Followed, shared: Arc<Shared>) -> Result<Self> {
        let watch = Watch::new(&followed.source)?;
        Ok(Self {
            revision: followed.revision,
            followed,
            shared,
            watch,
            pages: Pages::default(),
            is_owed: false,
            complaint: None,
        })
    }

    fn run(&mut self) {
        if let Err(error) = self.note_pages() {
            self.complain(&error);
        }
        while !self.shared.is_over.load(Ordering::Acquire) {
            let start = Instant::now();
            self.is_owed |= self.shared.is_forced.swap(false, Ordering::AcqRel);
            match self.look() {
                Ok(false) => {}
                Ok(true) => {
                    self.complaint = None;
                    self.rest(start.elapsed() * REST);
                }
                Err(error) => self.complain(&error),
            }
            self.watch.wait(&self.shared.wake);
        }
    }

    /// Notes the pages of the database, if it still is what the tree was made from.
    fn note_pages(&mut self) -> Result<()> {
        let library = &self.followed.source.library;
        let (pages, _) = library.changes(&Pages::default())?;
        if library.revision()? == self.revision {
            self.pages = pages;
        }
        Ok(())
    }

    /// Sleeps, unless it is over.
    fn rest(&self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end && !self.shared.is_over.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn complain(&mut self, error: &anyhow::Error) {
        let error = format!("{error:#}");
        if self.complaint.as_ref() != Some(&error) {
            tracing::warn!(error, "the library cannot be read; the last tree stays");
            self.complaint = Some(error);
        }
    }

    /// Looks whether anything changed, and publishes what did; returns whether there was anything.
    fn look(&mut self) -> Result<bool> {
        self.is_owed |= self.followed.source.is_configured_anew();
        if !self.is_owed && self.revision == self.followed.source.library.revision()? {
            return Ok(false);
        }
        if self.is_owed {
            self.followed.source = self.followed.source.again()?;
            self.watch = Watch::new(&self.followed.source)?;
            self.followed.library.reconfigure(&self.followed.source)?;
        }
        let revision = self.followed.source.library.revision()?;
        let (pages, mut changes) = self.followed.source.library.changes(&self.pages)?;
        if self.is_owed {
            changes = Changes::Unknown;
        }
        if !changes.are_none() {
            self.publish(&changes)?;
        }
        self.pages = pages;
        self.revision = revision;
        self.is_owed = false;
        Ok(true)
    }

    fn publish(&self, changes: &Changes) -> Result<()> {
        let start = Instant::now();
        let names = naming::name_all(&self.followed.source)?;
        let mut snapshot = names.into_snapshot();
        if snapshot.n_files() == 0 && !self.followed.allow_empty {
            bail!("no item is selected any more, and media servers forget what they no longer see");
        }
        let publisher = &self.followed.publisher;
        snapshot.keep_times(&publisher.snapshot());
        let files = snapshot.n_files();
        // Content first: whoever finds a file under its new name must not find the old tags in it.
        let leaves = self.leaves(changes)?;
        self.followed.library.doubt(leaves.as_deref());
        match &leaves {
            Some(leaves) => leaves.iter().for_each(|&leaf| publisher.changed(leaf)),
            None => publisher.all_changed(),
        }
        publisher.publish(snapshot);
        if let Some(background) = &self.followed.background {
            background.add(leaves.as_deref());
        }
        let milliseconds = start.elapsed().as_millis();
        tracing::info!(files, milliseconds, "reloaded");
        Ok(())
    }

    /// Returns the leaves whose content may have changed; `None` for all.
    fn leaves(&self, changes: &Changes) -> Result<Option<Vec<LeafId>>> {
        let Changes::Of { items, albums } = changes else {
            return Ok(None);
        };
        let mut items = items.clone();
        for &album in albums {
            items.extend(self.followed.source.library.items_of(album)?);
        }
        Ok(Some(items.into_iter().map(leaf_of).collect()))
    }
}

/// The folders in which something may happen to the library.
struct Watch {
    events: OwnedFd,
}

impl Watch {
    fn new(source: &Source) -> Result<Self> {
        let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
            .context("cannot watch folders")?;
        let wanted = WatchFlags::MODIFY
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::CREATE
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::DELETE;
        let files = [source.configuration(), source.library.path()];
        let folders: BTreeSet<&Path> = files.into_iter().filter_map(Path::parent).collect();
        for folder in folders {
            // A folder that cannot be watched is looked at once a second all the same.
            if let Err(error) = inotify::add_watch(&events, folder, wanted) {
                tracing::debug!(folder = %folder.display(), %error, "cannot be watched");
            }
        }
        Ok(Self { events })
    }

    /// Waits until something happened, or for a second.
    fn wait(&self, wake: &OwnedFd) {
        let mut ready = [
            PollFd::new(&self.events, PollFlags::IN),
            PollFd::new(wake, PollFlags::IN),
        ];
        match rustix::event::poll(&mut ready, Some(&INTERVAL)) {
            Ok(_) | Err(Errno::INTR) => {}
            // Waiting must not become spinning.
            Err(_) => thread::sleep(Duration::from_secs(1)),
        }
        let mut count = [0; 8];
        let _ = rustix::io::read(wake, &mut count);
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(&self.events, &mut buffer);
        while events.next().is_ok() {}
    }
}
