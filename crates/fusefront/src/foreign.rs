//! Names that are not the library's: what editors write beside a file before they put it in its place,
//! and where they put the old one meanwhile.
//!
//! | entry | made by | is |
//! |---|---|---|
//! | file | `create`, `mknod` | a file of its own, until it takes the place of a leaf |
//! | leaf | `rename` of a leaf to a name that is not its own | that leaf, for a while |
//!
//! A leaf that was renamed has no entry at its own name for that while, or a file that is to become its
//! content. Where the library has a name, and its leaf was not renamed, the library's entry counts.
//!
//! A file that is made at a leaf's own name is of that leaf from then on, wherever the library moves it, and
//! so it is at a name that a leaf had until lately: whoever saves there cannot know of the move.

mod state;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use vtree::{InodeNo, LeafId, Name, Snapshot};

use crate::attr::{Attr, Content};
use crate::fs::Named;
use crate::overlay::Overlay;
use crate::spill::Spill;
use crate::{Error, Writing};
use state::{Away, Held, Kept, State};

/// The lowest inode number of a file of this module: even, beyond those of all leaves, and fit to be a
/// position in a directory.
const FIRST_INO: u64 = (1 << 62) | (1 << 61);
/// The bit that tells handles of these files from others.
const HANDLE: u64 = 1 << 63;
/// How many names are remembered that leaves had, and for how long: while whoever listed them may still save.
const MOST_FORMER: usize = 1024;
const LATELY: Duration = Duration::from_hours(1);

/// A file under a name that is not the library's.
#[derive(Debug)]
pub(crate) struct ForeignFile {
    pub(crate) ino: InodeNo,
    pub(crate) overlay: Overlay,
    created: SystemTime,
}

/// What a name stands for.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A directory of the library.
    Dir(InodeNo),
    /// A leaf, under its own name or another one.
    Leaf(LeafId),
    /// A file of this module.
    File(Arc<ForeignFile>),
    /// Nothing.
    Absent,
}

/// What there is at a place.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) entry: Entry,
    /// The leaf whose own name this is.
    pub(crate) home_of: Option<LeafId>,
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) dir: InodeNo,
    pub(crate) name: Vec<u8>,
}

/// How the entries of a directory differ from the library's.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    /// Further entries, in the order of their positions.
    pub(crate) added: Vec<Added>,
    /// Leaves that are not shown under their own names.
    pub(crate) hidden: Vec<LeafId>,
}

/// An entry that is not the library's.
#[derive(Debug)]
pub(crate) struct Added {
    pub(crate) name: Vec<u8>,
    pub(crate) ino: InodeNo,
    pub(crate) position: u64,
}

/// All names that are not the library's.
#[derive(Debug)]
pub(crate) struct Area {
    state: Mutex<State>,
    /// How many names and renamed leaves there are; mostly none, which spares everybody the lock.
    n_entries: AtomicUsize,
    pub(crate) spill: Arc<Spill>,
    most_names: usize,
    patience: Duration,
}

/// Returns whether an inode number is that of a file of this module.
pub(crate) fn is_foreign(ino: InodeNo) -> bool {
    ino.0 >= FIRST_INO && ino.0.is_multiple_of(2)
}

/// Returns whether a handle is of a file of this module.
pub(crate) fn is_foreign_handle(fh: u64) -> bool {
    fh & HANDLE != 0
}

impl ForeignFile {
    pub(crate) fn attr(&self) -> Attr {
        let edited = self.overlay.edited();
        let (len, time) = edited.unwrap_or((0, self.created));
        Attr {
            ino: self.ino,
            content: Content::File { len },
            mtime: time,
            ctime: time,
            is_passing: true,
        }
    }
}

impl Place {
    pub(crate) fn new(dir: InodeNo, name: &[u8]) -> Result<Self, Error> {
        match Name::new(name) {
            Ok(name) => Ok(Self {
                dir,
                name: name.as_bytes().to_owned(),
            }),
            Err(vtree::Error::NameTooLong { .. }) => Err(Error::NameTooLong),
            Err(_) => Err(Error::BadRequest),
        }
    }

    /// Returns where a leaf is in the library.
    pub(crate) fn of(snapshot: &Snapshot, leaf: LeafId) -> Option<Self> {
        let node = snapshot.leaf(leaf)?;
        let (dir, name) = (node.parent().ino(), node.name().to_owned());
        Some(Self { dir, name })
    }
}

impl Area {
    /// Makes an area without names.
    pub(crate) fn new(writing: &Writing) -> Result<Self, Error> {
        Ok(Self {
            state: Mutex::default(),
            n_entries: AtomicUsize::new(0),
            spill: Arc::new(Spill::new(&writing.folder, writing.most_bytes)?),
            most_names: writing.most_names,
            patience: writing.patience,
        })
    }

    /// Returns whether there is nothing here, so that all names are the library's.
    pub(crate) fn is_empty(&self) -> bool {
        self.n_entries.load(Ordering::Acquire) == 0
    }

    /// Finds what there is at a place.
    pub(crate) fn find(&self, snapshot: &Snapshot, place: &Place) -> Found {
        self.lock().find(snapshot, place)
    }

    /// Looks a name up.
    pub(crate) fn look_up(&self, snapshot: &Snapshot, dir: InodeNo, name: Name<'_>) -> Named {
        let name = name.as_bytes().to_owned();
        let found = self.find(snapshot, &Place { dir, name });
        match found.entry {
            Entry::Dir(ino) => Named::Inode(ino),
            Entry::Leaf(leaf) => Named::Inode(leaf.into()),
            Entry::File(file) => Named::Inode(file.ino),
            Entry::Absent => Named::Nothing {
                is_passing: found.home_of.is_some(),
            },
        }
    }

    /// Returns how the entries of `dir` differ from the library's.
    pub(crate) fn difference(&self, snapshot: &Snapshot, dir: InodeNo) -> Difference {
        let mut difference = Difference::default();
        if self.is_empty() {
            return difference;
        }
        let state = self.lock();
        let first = Place {
            dir,
            name: Vec::new(),
        };
        let names = state.names.range(first..);
        for (place, &held) in names.take_while(|(place, _)| place.dir == dir) {
            if !state.is_shown(snapshot, place) {
                continue;
            }
            let (ino, position) = match held {
                Held::File(ino) => (ino, ino.0),
                // The leaf may be in the same directory under its own name too.
                Held::Leaf(leaf) => (leaf.into(), InodeNo::from(leaf).0 + 1),
            };
            let name = place.name.clone();
            difference.added.push(Added {
                name,
                ino,
                position,
            });
        }
        difference.added.sort_by_key(|added| added.position);
        let hidden = state.away.iter().filter(|(_, away)| away.is_hidden);
        difference.hidden = hidden.map(|(&leaf, _)| leaf).collect();
        difference
    }

    /// Remembers names that leaves are about to lose.
    pub(crate) fn note_former(&self, names: impl IntoIterator<Item = (Place, LeafId)>) {
        let former = &mut self.lock().former;
        let now = Instant::now();
        former.extend(names.into_iter().map(|(place, leaf)| (place, leaf, now)));
        let n_over = former.len().saturating_sub(MOST_FORMER);
        former.drain(..n_over);
    }

    /// Returns the leaf that had a name until lately which is no leaf's now.
    pub(crate) fn former(&self, place: &Place) -> Option<LeafId> {
        let state = self.lock();
        let mut last = state.former.iter().rev();
        let (_, leaf, until) = last.find(|(former, ..)| former == place)?;
        (until.elapsed() < LATELY).then_some(*leaf)
    }

    /// Makes an empty file at a place where there is nothing, as the content of `leaf` if that is given.
    pub(crate) fn create(
        &self,
        snapshot: &Snapshot,
        place: Place,
        leaf: Option<LeafId>,
    ) -> Result<Arc<ForeignFile>, Error> {
        let mut state = self.lock();
        self.make_room(&mut state, snapshot)?;
        let ino = InodeNo(FIRST_INO + 2 * state.n_files);
        state.n_files += 1;
        let file = Arc::new(ForeignFile {
            ino,
            overlay: Overlay::new(self.spill.clone(), None),
            created: SystemTime::now(),
        });
        let kept = Kept {
            file: file.clone(),
            is_named: true,
            n_handles: 0,
            n_lookups: 0,
            leaf,
        };
        state.files.insert(ino, kept);
        state.put(place, Held::File(ino));
        self.count(&state);
        Ok(file)
    }

    /// Takes away the name of a file or of a leaf that was renamed; returns whether it had one there.
    pub(crate) fn unlink(&self, snapshot: &Snapshot, place: &Place) -> bool {
        let mut state = self.lock();
        let held = state.give_up(place);
        if let Some(Held::Leaf(leaf)) = held {
            state.settle(snapshot, leaf);
        }
        self.count(&state);
        held.is_some()
    }

    /// Gives a file another name; one that is there goes. Returns the leaf that had it.
    pub(crate) fn rename_file(
        &self,
        snapshot: &Snapshot,
        from: &Place,
        to: Place,
    ) -> Option<LeafId> {
        let mut state = self.lock();
        let held = state.names.remove(from)?;
        if let Held::File(ino) = held {
            state.disown(ino);
        }
        let replaced = state.give_up(&to);
        state.put(to, held);
        let leaf = match replaced {
            Some(Held::Leaf(leaf)) => {
                state.settle(snapshot, leaf);
                Some(leaf)
            }
            _ => None,
        };
        self.count(&state);
        leaf
    }

    /// Gives a leaf another name than its own, or its own again; a file that is there goes. Returns
    /// when it is given its own again at the latest.
    pub(crate) fn rename_leaf(
        &self,
        snapshot: &Snapshot,
        leaf: LeafId,
        from: &Place,
        to: Place,
    ) -> Result<Instant, Error> {
        let mut state = self.lock();
        let until = Instant::now() + self.patience;
        state.give_up(&to);
        if Place::of(snapshot, leaf).as_ref() == Some(&to) {
            state.take(from);
            state.show(leaf);
        } else {
            if state.take(from).is_none() {
                self.make_room(&mut state, snapshot)?;
            }
            state.put(to, Held::Leaf(leaf));
            let is_hidden = true;
            let away = state.away.entry(leaf).or_insert(Away { is_hidden, until });
            away.until = until;
            away.is_hidden |= Place::of(snapshot, leaf).as_ref() == Some(from);
        }
        self.count(&state);
        Ok(until)
    }

    /// Has a leaf take the place of a file that was handed over as its content, whatever came of that, and
    /// that of `replaced`; it is shown under its own name again. What is still written to the file is the
    /// leaf's too. Returns the places where something else is now.
    pub(crate) fn hand_over(
        &self,
        snapshot: &Snapshot,
        leaf: LeafId,
        file: InodeNo,
        replaced: Option<Place>,
    ) -> BTreeSet<Place> {
        let mut state = self.lock();
        if let Some(place) = &replaced {
            state.give_up(place);
        }
        if let Some(kept) = state.files.get_mut(&file) {
            kept.leaf = Some(leaf);
        }
        let places = [state.place_of(file), replaced, Place::of(snapshot, leaf)];
        let places: BTreeSet<_> = places.into_iter().flatten().collect();
        for place in &places {
            state.take(place);
        }
        state.show(leaf);
        self.count(&state);
        places
    }

    /// Gives leaves their own names back, and no others, that were away for too long by `now`. Returns the
    /// places where something else is now, and when to look again.
    pub(crate) fn expire(
        &self,
        snapshot: &Snapshot,
        now: Instant,
    ) -> (Vec<Place>, Option<Instant>) {
        let mut state = self.lock();
        let mut changed = Vec::new();
        let late = state.away.iter().filter(|(_, away)| away.until <= now);
        let late: Vec<_> = late.map(|(&leaf, _)| leaf).collect();
        for leaf in late {
            if state.is_being_replaced(leaf) {
                if let Some(away) = state.away.get_mut(&leaf) {
                    away.until = now + self.patience;
                }
                continue;
            }
            let aliases = state.names.iter();
            let aliases = aliases.filter(|&(_, &held)| held == Held::Leaf(leaf));
            let mut places: Vec<_> = aliases.map(|(place, _)| place.clone()).collect();
            places.extend(Place::of(snapshot, leaf));
            for place in &places {
                state.take(place);
            }
            state.away.remove(&leaf);
            changed.append(&mut places);
        }
        self.count(&state);
        let next = state.away.values().map(|away| away.until).min();
        (changed, next)
    }

    /// Finds a file by its number.
    pub(crate) fn file(&self, ino: InodeNo) -> Result<Arc<ForeignFile>, Error> {
        let state = self.lock();
        let kept = state.files.get(&ino).ok_or(Error::Gone)?;
        Ok(kept.file.clone())
    }

    /// Returns the leaf whose content a file becomes when it is saved.
    pub(crate) fn target(&self, ino: InodeNo) -> Option<LeafId> {
        self.lock().files.get(&ino)?.leaf
    }

    /// Opens a handle.
    pub(crate) fn open(&self, ino: InodeNo) -> Result<u64, Error> {
        let mut state = self.lock();
        let fh = HANDLE | state.n_handles;
        state.n_handles += 1;
        let kept = state.files.get_mut(&ino).ok_or(Error::Gone)?;
        kept.n_handles += 1;
        let file = kept.file.clone();
        state.handles.insert(fh, file);
        Ok(fh)
    }

    /// Returns the file that a handle is of.
    pub(crate) fn handle(&self, fh: u64) -> Result<Arc<ForeignFile>, Error> {
        let handle = self.lock().handles.get(&fh).cloned();
        handle.ok_or(Error::BadHandle { fh })
    }

    /// Closes a handle.
    pub(crate) fn release(&self, fh: u64) -> Result<(), Error> {
        let mut state = self.lock();
        let file = state.handles.remove(&fh).ok_or(Error::BadHandle { fh })?;
        state.let_go(file.ino, |kept| kept.n_handles -= 1);
        Ok(())
    }

    /// Notes that the kernel is given a lookup of a file.
    pub(crate) fn hold(&self, ino: InodeNo) {
        if let Some(kept) = self.lock().files.get_mut(&ino) {
            kept.n_lookups += 1;
        }
    }

    /// Takes back lookups of a file.
    pub(crate) fn forget(&self, ino: InodeNo, n_lookups: u64) {
        self.lock().let_go(ino, |kept| {
            kept.n_lookups = kept.n_lookups.saturating_sub(n_lookups);
        });
    }

    /// Refuses a further name if there are too many, those that nobody can reach any more left out.
    fn make_room(&self, state: &mut State, snapshot: &Snapshot) -> Result<(), Error> {
        if state.names.len() < self.most_names {
            return Ok(());
        }
        let names: Vec<_> = state.names.keys().cloned().collect();
        for place in names {
            if !state.is_shown(snapshot, &place) {
                state.take(&place);
            }
        }
        if state.names.len() < self.most_names {
            Ok(())
        } else {
            Err(Error::NoSpace)
        }
    }

    fn count(&self, state: &State) {
        let n_entries = state.names.len() + state.away.len();
        self.n_entries.store(n_entries, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
