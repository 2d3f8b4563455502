//! Follows the library: what beets changes in it shows in the mount.
//!
//! The folders of the database and of the configuration are watched, and the database is asked once
//! a second besides, since not every filesystem tells of changes. A change is read in one go, named,
//! and published whole; whatever goes wrong on the way leaves the last good tree where it is.

mod saves;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use catalog::{AlbumId, Changes, ItemId, Pages, Revision};
use fusefront::{Heard, Library as _, Publisher};
use rustix::event::EventfdFlags;
use vtree::{LeafId, Snapshot};

use crate::background::{self, Tasks};
use crate::caught::caught;
use crate::leaf::Leaf;
use crate::library::BeetsLibrary;
use crate::naming::{self, Register, Renamed};
use crate::parallel;
use crate::source::Source;
use saves::Saves;
use watch::Watch;

/// How long to rest after following a change, as a multiple of what that took: an import changes the
/// database many times a second.
const REST: u32 = 2;
/// How much rest may be owed: one change, or a few, are followed at once.
const MOST_OWED: Duration = Duration::from_secs(5);
/// The longest rest: a database that stays locked is waited for as it is.
const LONGEST_REST: Duration = Duration::from_secs(10);
/// Of how many files that may have changed the rows are compared, one by one. Where there are more, most of
/// them did change.
const MOST_COMPARED: usize = 4096;
/// How long to wait for the thread when all is to end.
const GRACE: Duration = Duration::from_secs(1);

/// What a library is followed for.
pub(crate) struct Followed {
    pub(crate) source: Source,
    pub(crate) library: Arc<BeetsLibrary>,
    pub(crate) publisher: Publisher,
    /// What the names of the tree that is shown are made from.
    pub(crate) register: Register,
    /// The state of the database before it was read for the tree that is shown.
    pub(crate) revision: Revision,
    /// What looks at files that changed.
    pub(crate) background: Tasks,
    /// Whether a tree without files may be shown.
    pub(crate) allow_empty: bool,
}

/// Follows a library on a thread of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Follower {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// Has a library looked at now.
#[derive(Debug, Clone)]
pub(crate) struct Reloader {
    shared: Arc<Shared>,
}

/// A save through the mount, as long as it lasts.
#[derive(Debug)]
pub(crate) struct Save {
    shared: Arc<Shared>,
}

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What seems to have changed.
    Changes,
    /// The configuration and the whole library, whether or not they seem to have changed.
    Everything,
}

/// What came of a look: whether something changed, or why the last tree stays.
pub(crate) type Looked = std::result::Result<bool, String>;

/// That somebody wants the library looked at.
#[derive(Debug)]
struct Wish {
    extent: Extent,
    done: Sender<Looked>,
}

#[derive(Debug)]
struct Shared {
    wake: OwnedFd,
    is_over: AtomicBool,
    wishes: Mutex<Vec<Wish>>,
    saves: Mutex<Saves>,
}

impl Shared {
    fn wake(&self) {
        // Any number wakes; so does one that is full.
        let _ = rustix::io::write(&self.wake, &[1; 8]);
    }

    fn wishes(&self) -> MutexGuard<'_, Vec<Wish>> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn saves(&self) -> MutexGuard<'_, Saves> {
        self.saves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether there is nothing else to do than what is being done.
    fn is_free(&self) -> bool {
        !self.is_over() && self.wishes().is_empty()
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

impl Drop for Save {
    fn drop(&mut self) {
        self.shared.saves().end(Instant::now());
        self.shared.wake();
    }
}

impl Reloader {
    /// Has names wait for a save, until what is returned is dropped, and then for more; then the library is
    /// looked at.
    pub(crate) fn begin_save(&self) -> Save {
        self.shared.saves().begin(Instant::now());
        let shared = Arc::clone(&self.shared);
        Save { shared }
    }

    /// Has the library looked at; what came of it is sent when that is known, or nothing if the mount
    /// ends first.
    pub(crate) fn reload(&self, extent: Extent) -> Receiver<Looked> {
        let (done, looked) = channel();
        self.shared.wishes().push(Wish { extent, done });
        self.shared.wake();
        looked
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
            wishes: Mutex::default(),
            saves: Mutex::default(),
        });
        let mut follow = Follow::new(followed, Arc::clone(&shared));
        let thread = thread::Builder::new()
            .name("follow".to_owned())
            .spawn(move || follow.run())?;
        Ok(Self { shared, thread })
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
        // The kernel may keep it waiting for an origin that never answers; it is then left to the end of
        // the process. A panic in it was already reported.
        parallel::wait_for(&self.thread, GRACE);
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
    /// When all is rested that is owed for work.
    rested: Instant,
    /// How long telling of a tree took, since this was asked last: it waits for others, and is no work.
    telling: Duration,
    /// What went wrong last, so that it is told once.
    complaint: Option<String>,
}

impl Follow {
    fn new(followed: Followed, shared: Arc<Shared>) -> Self {
        let mut watch = Watch::default();
        if let Err(error) = watch.turn_to(&followed.source) {
            let error = format!("{error:#}");
            tracing::warn!(error, "changes are looked for once a second only");
        }
        Self {
            revision: followed.revision,
            followed,
            shared,
            watch,
            pages: Pages::default(),
            is_owed: false,
            rested: Instant::now(),
            telling: Duration::ZERO,
            complaint: None,
        }
    }

    fn run(&mut self) {
        if let Err(error) = caught(|| self.note_pages()) {
            self.complain(&error);
        }
        while !self.shared.is_over() {
            self.await_saves();
            let start = Instant::now();
            let wishes = std::mem::take(&mut *self.shared.wishes());
            let is_wanted = |wish: &Wish| wish.extent == Extent::Everything;
            self.is_owed |= wishes.iter().any(is_wanted);
            let looked = caught(|| self.look());
            match &looked {
                Ok(_) => self.recover(),
                Err(error) => self.complain(error),
            }
            for wish in wishes {
                // Whoever wanted it may not wait for it.
                let _ = wish.done.send(looked.clone());
            }
            if looked != Ok(false) {
                let telling = std::mem::take(&mut self.telling);
                self.rest_after(start.elapsed().saturating_sub(telling));
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

    /// Waits while files are being saved, unless somebody wants something.
    fn await_saves(&self) {
        while self.shared.saves().go_on(Instant::now()) && self.shared.is_free() {
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Rests after work that took so long, unless that can wait, or somebody wants something.
    fn rest_after(&mut self, work: Duration) {
        let now = Instant::now();
        self.rested = self.rested.max(now) + LONGEST_REST.min(work * REST);
        let end = self.rested.checked_sub(MOST_OWED).unwrap_or(now);
        while Instant::now() < end && self.shared.is_free() {
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn complain(&mut self, error: &str) {
        if self.complaint.as_deref() != Some(error) {
            tracing::warn!(error, "the library cannot be read; the last tree stays");
            self.complaint = Some(error.to_owned());
        }
    }

    /// Says that what went wrong last does so no more.
    fn recover(&mut self) {
        if self.complaint.take().is_some() {
            tracing::info!("the library can be read again");
        }
    }

    /// Looks whether anything changed, and publishes what did; returns whether there was anything.
    fn look(&mut self) -> Result<bool> {
        self.is_owed |= self.followed.source.is_configured_anew();
        if !self.is_owed && self.revision == self.followed.source.library.revision()? {
            return Ok(false);
        }
        if self.is_owed {
            self.begin_anew()?;
            self.is_owed = false;
            return Ok(true);
        }
        let library = &self.followed.source.library;
        let revision = library.revision()?;
        let start = Instant::now();
        let (pages, changes) = library.changes(&self.pages)?;
        tracing::debug!(
            milliseconds = start.elapsed().as_millis(),
            "looked for changes"
        );
        match changes {
            Changes::Of { items, albums } if items.is_empty() && albums.is_empty() => {}
            Changes::Of { items, albums } => self.follow(&items, &albums, start)?,
            Changes::Unknown => self.begin_again(start)?,
        }
        self.pages = pages;
        self.revision = revision;
        Ok(true)
    }

    /// Shows what comes of changes of these rows.
    fn follow(
        &mut self,
        items: &BTreeSet<ItemId>,
        albums: &BTreeSet<AlbumId>,
        start: Instant,
    ) -> Result<()> {
        let before = self.followed.publisher.snapshot();
        let source = &self.followed.source;
        let renamed = self
            .followed
            .register
            .rename(source, items, albums, &before)?;
        let Some(renamed) = renamed else {
            let of_albums = self.items_of(albums)?;
            let leaves = self.leaves(items.iter().copied().chain(of_albums), albums);
            let (snapshot, register) = self.name(source)?;
            self.publish(Some(snapshot), register, Some(&leaves), start);
            return Ok(());
        };
        let Renamed {
            register,
            snapshot,
            of_albums,
        } = renamed;
        if let Some(snapshot) = &snapshot {
            self.check(snapshot)?;
        }
        let leaves = self.leaves(items.iter().copied().chain(of_albums), albums);
        self.publish(snapshot, register, Some(&leaves), start);
        Ok(())
    }

    /// Names everything again.
    fn begin_again(&mut self, start: Instant) -> Result<()> {
        let (snapshot, register) = self.name(&self.followed.source)?;
        self.publish(Some(snapshot), register, None, start);
        Ok(())
    }

    /// Reads the configuration and the whole library again. Nothing changes unless all of that is well.
    fn begin_anew(&mut self) -> Result<()> {
        let start = Instant::now();
        let source = self.followed.source.again()?;
        let (now, before) = (source.library.path(), self.followed.source.library.path());
        if now != before {
            // What is kept of one, and the journal of its edits, is not the other's.
            bail!(
                "the configuration names another database, {}: unmount, and mount that",
                now.display()
            );
        }
        let revision = source.library.revision()?;
        let (pages, _) = source.library.changes(&self.pages)?;
        let (snapshot, register) = self.name(&source)?;
        self.followed.library.reconfigure(&source);
        if let Err(error) = self.watch.turn_to(&source) {
            tracing::debug!(
                error = format!("{error:#}"),
                "changes are looked for once a second only"
            );
        }
        self.followed.source = source;
        self.publish(Some(snapshot), register, None, start);
        self.pages = pages;
        self.revision = revision;
        Ok(())
    }

    /// Names a library for a tree that may be shown.
    fn name(&self, source: &Source) -> Result<(Snapshot, Register)> {
        let (mut snapshot, register) = naming::name_all(source)?.into_parts();
        self.check(&snapshot)?;
        snapshot.keep_times(&self.followed.publisher.snapshot());
        Ok((snapshot, register))
    }

    /// Refuses a tree without files, unless it may be shown.
    fn check(&self, snapshot: &Snapshot) -> Result<()> {
        if snapshot.n_files() > 0 {
            return Ok(());
        }
        // What has no items may be no library any more.
        self.followed.source.again()?;
        if !self.followed.allow_empty {
            bail!("no item is selected any more, and media servers forget what they no longer see");
        }
        Ok(())
    }

    /// Shows a tree, if it is another one, in which the content of these leaves may have changed; `None`
    /// stands for all.
    fn publish(
        &mut self,
        snapshot: Option<Snapshot>,
        register: Register,
        leaves: Option<&[LeafId]>,
        start: Instant,
    ) {
        let Followed {
            library, publisher, ..
        } = &self.followed;
        // Content first: whoever finds a file under its new name must not find the old tags in it.
        match leaves {
            Some(leaves) => {
                library.doubt(Some(leaves));
                library.adopt(&register.extras);
                for &leaf in leaves {
                    if leaves.len() > MOST_COMPARED || !self.is_as_before(leaf) {
                        publisher.changed(leaf);
                    }
                }
            }
            None => self.doubt_all(snapshot.as_ref(), &register),
        }
        if let Some(snapshot) = snapshot {
            let start = Instant::now();
            publisher.publish(snapshot);
            self.telling += start.elapsed();
        }
        // These go by the names of the tree.
        let playlists: Vec<LeafId> = register.extras.playlists.keys().copied().collect();
        if !playlists.is_empty() {
            library.doubt(Some(&playlists));
            for &leaf in &playlists {
                publisher.changed(leaf);
            }
        }
        if library.state().is_kept() {
            self.followed.background.add(leaves);
            self.followed.background.add(Some(&playlists));
        }
        self.followed.register = register;
        let publisher = &self.followed.publisher;
        let files = publisher.snapshot().n_files();
        let milliseconds = start.elapsed().as_millis();
        tracing::info!(files, milliseconds, "reloaded");
    }

    /// Returns whether a leaf that may have changed is, by what is kept, what was told of it: a change of a row
    /// is one of all rows on its page.
    fn is_as_before(&self, leaf: LeafId) -> bool {
        let Followed {
            library, publisher, ..
        } = &self.followed;
        let is_heard = |known| publisher.heard(leaf).is_none_or(|heard| heard.is(known));
        library.recall_leaf(leaf).is_ok_and(|holds| holds)
            && library.known_attr(leaf).is_some_and(is_heard)
    }

    /// Has everything looked at again that the kernel holds, but for what still is, by what is kept, as the
    /// kernel has heard; watchers are told in the background of what is found to be other.
    fn doubt_all(&self, snapshot: Option<&Snapshot>, register: &Register) {
        let Followed {
            library,
            publisher,
            background,
            ..
        } = &self.followed;
        let before = publisher.snapshot();
        let of_leaf = |heard: Heard| (heard.leaf(), heard);
        let mut heard: BTreeMap<_, _> = publisher.all_heard().into_iter().map(of_leaf).collect();
        library.doubt(None);
        for later in publisher.all_heard() {
            // What was heard first is what watchers know.
            heard.entry(later.leaf()).or_insert(later);
        }
        library.adopt(&register.extras);
        if library.state().is_kept()
            && let Err(error) = background::recall(library, snapshot.unwrap_or(&before))
        {
            let error = format!("{:#}", anyhow::Error::from(error));
            tracing::debug!(error, "what is kept cannot be compared");
        }
        // Playlists go by the names of the tree, and so come later.
        heard.retain(|&leaf, heard| {
            let is_same = |known| heard.is(known);
            let is_playlist = register.extras.playlists.contains_key(&leaf);
            !is_playlist && !library.known_attr(leaf).is_some_and(is_same)
        });
        for heard in heard.values() {
            publisher.doubt(heard);
        }
        if publisher.announces() {
            background.doubt(heard.into_values());
        }
    }

    /// Returns the items of albums.
    fn items_of(&self, albums: &BTreeSet<AlbumId>) -> Result<BTreeSet<ItemId>> {
        let mut items = BTreeSet::new();
        for &album in albums {
            items.extend(self.followed.source.library.items_of(album)?);
        }
        Ok(items)
    }

    /// Returns the files of items and albums in all views.
    fn leaves(
        &self,
        items: impl Iterator<Item = ItemId>,
        albums: &BTreeSet<AlbumId>,
    ) -> Vec<LeafId> {
        let items: BTreeSet<ItemId> = items.collect();
        let views = self.followed.source.views.iter();
        let leaves = views.flat_map(|view| {
            let of_items = items.iter().flat_map(|&id| Leaf::of_item(view.number, id));
            let of_albums = albums
                .iter()
                .flat_map(|&id| Leaf::of_album(view.number, id));
            of_items.chain(of_albums).map(Leaf::id)
        });
        leaves.collect()
    }
}
