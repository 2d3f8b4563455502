//! Keeps the descriptors of open origins within a bound.
//!
//! An origin may be open for as long as somebody likes, and a hundred thousand may be. Where there are too
//! many descriptors, those that were not used for longest are closed, and opened again when they are
//! needed. A file that is no longer what it was by then is refused, as one that is seen to change while it
//! is open.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use crate::{Error, Origin, Stamp};

/// So many are closed at once that finding the oldest costs little: one of this many that are open.
const PART: usize = 8;

/// Opens the file of an origin once more, for reading.
pub type Reopen = Arc<dyn Fn() -> io::Result<File> + Send + Sync>;

/// Where origins share a bounded number of descriptors. Clones are the same pool.
#[derive(Debug, Clone)]
pub struct Pool {
    most: usize,
    state: Arc<Mutex<State>>,
    /// How often descriptors were used.
    clock: Arc<AtomicU64>,
}

/// A filesystem and a number that no other origin of a pool has.
type Key = (u64, u64);

#[derive(Default)]
struct State {
    /// Those that have a descriptor.
    open: BTreeMap<Key, Arc<Slot>>,
    last_number: u64,
    /// Those that anybody uses, by what they are.
    origins: HashMap<Stamp, Weak<Origin>>,
}

/// The descriptor of an origin, if it has one now.
#[derive(Debug)]
pub(crate) struct Slot {
    file: Mutex<Option<Arc<File>>>,
    /// The time of the pool's clock when it was used last.
    used: AtomicU64,
}

/// What an origin has of its pool.
pub(crate) struct Lease {
    pool: Pool,
    key: Key,
    reopen: Mutex<Reopen>,
}

impl Pool {
    /// Makes a pool of `most` descriptors; somewhat more may be in use at one moment, one for each thread
    /// that reads.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            state: Arc::default(),
            clock: Arc::default(),
        }
    }

    /// Takes over a file that is open for reading, and that `reopen` opens again whenever that is needed.
    ///
    /// All who open the same file share one origin.
    ///
    /// # Errors
    ///
    /// [`Error::NotRegular`] if it is no regular file.
    pub fn adopt(&self, file: File, reopen: Reopen) -> Result<Arc<Origin>, Error> {
        let stamp = Stamp::of_regular(&file)?;
        let shared = self.lock().origins.get(&stamp).and_then(Weak::upgrade);
        if let Some(origin) = shared {
            origin.renew(file, reopen);
            return Ok(origin);
        }
        let slot = Arc::new(Slot::new(file, self.now()));
        let mut state = self.lock();
        state.last_number += 1;
        let lease = Lease {
            pool: self.clone(),
            key: (stamp.dev, state.last_number),
            reopen: Mutex::new(reopen),
        };
        let key = lease.key;
        let origin = Arc::new(Origin::of_pool(slot.clone(), stamp, lease));
        state.origins.insert(stamp, Arc::downgrade(&origin));
        drop(state);
        self.add(key, &slot);
        Ok(origin)
    }

    /// Returns how many descriptors are open.
    pub fn n_open(&self) -> usize {
        self.lock().open.len()
    }

    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a descriptor, and closes others if there are too many.
    fn add(&self, key: Key, slot: &Arc<Slot>) {
        let (device, _) = key;
        let mut state = self.lock();
        state.open.insert(key, slot.clone());
        let is_full = state.open.len() > self.most;
        let ours = is_full.then(|| state.take_oldest(self.most, device, key));
        let has_none = ours.as_ref().is_some_and(Vec::is_empty);
        let others = has_none.then(|| state.take_oldest_elsewhere(self.most, device));
        drop(state);
        if let Some(others) = others {
            // A server that does not answer must not hold up who waits for another.
            let closer = thread::Builder::new().name("closer".to_owned());
            let _ = closer.spawn(move || drop(others));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Opens the file again.
    pub(crate) fn reopen(&self) -> io::Result<File> {
        let reopen = self.way().clone();
        reopen()
    }

    /// Returns the time of a use of the descriptor.
    pub(crate) fn now(&self) -> u64 {
        self.pool.now()
    }

    /// Counts the descriptor that `slot` is being given.
    pub(crate) fn count(&self, slot: &Arc<Slot>) {
        self.pool.add(self.key, slot);
    }

    /// Opens the file as `reopen` does from now on.
    pub(crate) fn renew(&self, reopen: Reopen) {
        *self.way() = reopen;
    }

    /// Forgets an origin that nobody uses any more.
    pub(crate) fn end(&self, origin: &Origin) {
        let mut state = self.pool.lock();
        state.open.remove(&self.key);
        let is_this = |other: &Weak<Origin>| ptr::eq(other.as_ptr(), origin);
        if state.origins.get(&origin.stamp()).is_some_and(is_this) {
            state.origins.remove(&origin.stamp());
        }
    }

    fn way(&self) -> MutexGuard<'_, Reopen> {
        self.reopen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl State {
    /// Takes the descriptors on a filesystem that were not used for longest, but that of `but`, until
    /// no more than `most` are left in all, and a few more.
    fn take_oldest(&mut self, most: usize, device: u64, but: Key) -> Vec<Arc<File>> {
        let all = self.open.range((device, 0)..=(device, u64::MAX));
        let mut all: Vec<_> = all
            .filter(|&(key, _)| *key != but)
            .map(|(key, slot)| (slot.used.load(Ordering::Relaxed), *key))
            .collect();
        all.sort_unstable();
        let wanted = all.len() / PART + self.open.len().saturating_sub(most);
        let mut taken = Vec::new();
        for (_, key) in all {
            if taken.len() == wanted {
                break;
            }
            if let Some(file) = self.open.get(&key).and_then(|slot| slot.give_up()) {
                self.open.remove(&key);
                taken.push(file);
            }
        }
        taken
    }

    /// Does so on some other filesystem.
    fn take_oldest_elsewhere(&mut self, most: usize, device: u64) -> Vec<Arc<File>> {
        let mut devices: Vec<_> = self.open.keys().map(|(device, _)| *device).collect();
        devices.dedup();
        let others = devices.into_iter().filter(|other| *other != device);
        let taken = others.map(|other| self.take_oldest(most, other, (device, 0)));
        taken
            .into_iter()
            .find(|taken| !taken.is_empty())
            .unwrap_or_default()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut state = f.debug_struct("State");
        state
            .field("n_open", &self.open.len())
            .field("n_origins", &self.origins.len())
            .finish_non_exhaustive()
    }
}

impl Slot {
    pub(crate) fn new(file: File, now: u64) -> Self {
        Self {
            file: Mutex::new(Some(Arc::new(file))),
            used: AtomicU64::new(now),
        }
    }

    /// Returns the descriptor, and has it opened by `open` first if there is none.
    pub(crate) fn get(
        &self,
        now: u64,
        open: impl FnOnce() -> Result<File, Error>,
    ) -> Result<Arc<File>, Error> {
        let mut file = self.lock();
        self.used.store(now, Ordering::Relaxed);
        if let Some(file) = &*file {
            return Ok(file.clone());
        }
        let opened = Arc::new(open()?);
        *file = Some(opened.clone());
        Ok(opened)
    }

    /// Gives the descriptor up, unless somebody is just opening it.
    fn give_up(&self) -> Option<Arc<File>> {
        self.file.try_lock().ok()?.take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<File>>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
