//! Tells programs that watch the mount what changed in it.
//!
//! The kernel tells watchers (inotify(7), fanotify(7)) of what is done through a filesystem, and nothing
//! of what changes behind it. So what is to be told is done through the mount, by a process of our own:
//! it removes what went, makes what came, and touches what changed. Its requests are accepted, and do
//! nothing; those of everybody else are answered as ever.
//!
//! Only what lies in directories that the kernel holds is told, since a watched directory is held.

mod actor;
mod answer;
mod hands;
mod own;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError, channel, sync_channel,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, io, path, thread};

use vtree::{Dir, InodeNo, InodeTable, LeafId, Node, Tree};

use crate::attr::Told;
use actor::Actor;
pub(crate) use answer::{WRITING_NOTHING, open_for_nothing};
pub use hands::{Hands, announce};
pub(crate) use own::Own;

/// How long a new tree waits for the old names to be told of. More may be needed only where a lookup in
/// one of the directories waits for an origin; then the names are gone already when they are told of.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long one thing may take that is done through the mount. It may wait for a lookup, and so for an origin,
/// but a disk that has to start takes less.
pub(crate) const MOST_PATIENCE: Duration = Duration::from_secs(30);
/// How many names and leaves may wait to be told of: some 10 MB.
pub(crate) const MOST_WAITING: usize = 100_000;

/// Hands over to the thread that announces.
#[derive(Clone)]
pub(crate) struct Announcer {
    news: Sender<News>,
    backlog: Arc<Backlog>,
    /// Comes to its end when that is told which was not told in time, if there is such.
    late: Arc<Mutex<Option<Receiver<()>>>>,
}

/// How much there is still to tell.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    n_waiting: AtomicUsize,
    /// Whether anything was left out since there was nothing.
    is_short: AtomicBool,
}

/// What there is to tell.
pub(crate) enum News {
    /// Names that go with the next tree; all told when the sender is dropped.
    Going(Vec<Listing>, SyncSender<()>),
    /// Names that came with the last tree.
    Came(Vec<Listing>),
    /// The content of a leaf changed, of which the kernel knew this.
    Changed(LeafId, Option<Told>),
    /// A name stands for something else now, perhaps for a leaf that was away when its name came.
    Back,
}

/// Entries of one directory that went or came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The directory, from the root.
    dir: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: Vec<u8>,
    is_dir: bool,
}

/// What differs between a directory and its successor.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    /// The names that mean something else, or nothing, or did not exist.
    pub(crate) names: Vec<Vec<u8>>,
    gone: Vec<Entry>,
    added: Vec<Entry>,
}

impl Announcer {
    /// Starts the thread, for the mount at `mountpoint`; each thing that it does may take so long.
    pub(crate) fn start(
        mountpoint: &path::Path,
        hands: &Hands,
        own: Arc<Own>,
        tree: Arc<Tree>,
        held: Arc<InodeTable<Told>>,
        patience: Duration,
    ) -> io::Result<Self> {
        let (announcer, news) = Self::new();
        let actor = Actor {
            mountpoint: mountpoint.to_owned(),
            own,
            tree,
            held,
            hands: hands.clone(),
            link: None,
            not_shown: VecDeque::new(),
            patience,
            backlog: announcer.backlog.clone(),
        };
        let thread = thread::Builder::new().name("announce".to_owned());
        thread.spawn(move || actor.run(&news))?;
        Ok(announcer)
    }

    pub(crate) fn new() -> (Self, Receiver<News>) {
        let (news, receiver) = channel();
        let announcer = Self {
            news,
            backlog: Arc::default(),
            late: Arc::default(),
        };
        (announcer, receiver)
    }

    /// Tells of names that go, before they do; of none while others still are to be told of that have gone.
    pub(crate) fn going(&self, listings: Vec<Listing>) {
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        let is_late = |wait: &Receiver<()>| wait.try_recv() == Err(TryRecvError::Empty);
        if listings.is_empty() || late.as_ref().is_some_and(is_late) {
            return;
        }
        let (done, wait): (_, Receiver<()>) = sync_channel(0);
        self.send(News::Going(listings, done));
        // Either way the time has come.
        let is_told = wait.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout);
        *late = (!is_told).then_some(wait);
    }

    /// Tells of names that came.
    pub(crate) fn came(&self, listings: Vec<Listing>) {
        if !listings.is_empty() {
            self.send(News::Came(listings));
        }
    }

    /// Tells that the content of a leaf changed, if it is not what the kernel was told before.
    pub(crate) fn changed(&self, leaf: LeafId, before: Option<Told>) {
        self.send(News::Changed(leaf, before));
    }

    /// Tells of names that came when their leaves were not shown, if they are now.
    pub(crate) fn is_back(&self) {
        self.send(News::Back);
    }

    fn send(&self, news: News) {
        if !self.backlog.add(&news) {
            return;
        }
        if self.news.send(news).is_err() {
            tracing::debug!("nothing is announced any more");
        }
    }
}

impl News {
    fn len(&self) -> usize {
        match self {
            Self::Going(listings, _) | Self::Came(listings) => {
                listings.iter().map(|listing| listing.entries.len()).sum()
            }
            Self::Changed(..) | Self::Back => 1,
        }
    }
}

impl Backlog {
    /// Counts news in; returns whether there is room for them.
    fn add(&self, news: &News) -> bool {
        let n_waiting = self.n_waiting.load(Ordering::Relaxed);
        if n_waiting > 0 && n_waiting + news.len() > MOST_WAITING {
            if !self.is_short.swap(true, Ordering::Relaxed) {
                tracing::warn!("telling watchers takes too long, and some changes are left out");
            }
            return false;
        }
        self.n_waiting.fetch_add(news.len(), Ordering::Relaxed);
        true
    }

    /// Counts news out.
    fn take(&self, news: &News) {
        let n_before = self.n_waiting.fetch_sub(news.len(), Ordering::Relaxed);
        if n_before == news.len() {
            self.is_short.store(false, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Announcer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcer").finish_non_exhaustive()
    }
}

impl Listing {
    fn of(dir: Node<'_>, entries: Vec<Entry>) -> Option<Self> {
        let dir = dir.path();
        (!entries.is_empty()).then_some(Self { dir, entries })
    }
}

impl Difference {
    /// Compares a directory with its successor, or with none.
    pub(crate) fn between(old: Dir<'_>, new: Option<Dir<'_>>) -> Self {
        let mut found = Self::default();
        let mut was = old.children().peekable();
        let mut is = new.into_iter().flat_map(|dir| dir.children()).peekable();
        loop {
            let name = match (was.peek(), is.peek()) {
                (None, None) => return found,
                (Some(one), None) | (None, Some(one)) => one.name(),
                (Some(a), Some(b)) => a.name().min(b.name()),
            };
            let of_name = |node: &Node<'_>| node.name() == name;
            let (before, after) = (was.next_if(of_name), is.next_if(of_name));
            if before.map(|node| node.ino()) != after.map(|node| node.ino()) {
                found.names.push(name.to_vec());
                found.gone.extend(before.map(Entry::of));
                found.added.extend(after.map(Entry::of));
            }
        }
    }

    /// Returns what went of a directory.
    pub(crate) fn gone(&mut self, old: Node<'_>) -> Option<Listing> {
        Listing::of(old, std::mem::take(&mut self.gone))
    }

    /// Returns what came to a directory.
    pub(crate) fn added(&mut self, new: Node<'_>) -> Option<Listing> {
        Listing::of(new, std::mem::take(&mut self.added))
    }
}

impl Entry {
    fn of(node: Node<'_>) -> Self {
        Self {
            name: node.name().to_vec(),
            is_dir: node.leaf().is_none(),
        }
    }
}

/// Returns whether the kernel holds an inode.
pub(crate) fn is_held(held: &InodeTable<Told>, ino: InodeNo) -> bool {
    ino == InodeNo::ROOT || held.told(ino).is_some()
}
