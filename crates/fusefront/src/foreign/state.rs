//! What names that are not the library's stand for.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use vtree::{InodeNo, LeafId, Name, Snapshot};

use super::{Entry, ForeignFile, Found, Place};

/// All that is kept of names that are not the library's.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) names: BTreeMap<Place, Held>,
    pub(super) files: HashMap<InodeNo, Kept>,
    pub(super) handles: HashMap<u64, Arc<ForeignFile>>,
    pub(super) away: HashMap<LeafId, Away>,
    /// Names that leaves had, and until when, the last ones last.
    pub(super) former: VecDeque<(Place, LeafId, Instant)>,
    pub(super) n_files: u64,
    pub(super) n_handles: u64,
}

/// What a name is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    File(InodeNo),
    Leaf(LeafId),
}

/// A file, for as long as it has a name or a handle, or the kernel knows its number.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) file: Arc<ForeignFile>,
    pub(super) is_named: bool,
    pub(super) n_handles: u64,
    pub(super) n_lookups: u64,
    /// The leaf whose content it is to become, or has become.
    pub(super) leaf: Option<LeafId>,
}

/// A leaf that was renamed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Away {
    /// Whether it is not shown under its own name.
    pub(super) is_hidden: bool,
    /// When it is shown under that name again, and under no other.
    pub(super) until: Instant,
}

impl State {
    pub(super) fn find(&self, snapshot: &Snapshot, place: &Place) -> Found {
        let name = Name::new(&place.name).ok();
        let node = name.and_then(|name| snapshot.lookup(place.dir, name));
        let home_of = node.and_then(|node| node.leaf());
        let entry = match (node, home_of) {
            (Some(node), None) => Entry::Dir(node.ino()),
            (_, Some(leaf)) if !self.is_hidden(leaf) => Entry::Leaf(leaf),
            _ => match self.names.get(place) {
                Some(Held::File(ino)) => {
                    let kept = self.files.get(ino);
                    kept.map_or(Entry::Absent, |kept| Entry::File(kept.file.clone()))
                }
                Some(&Held::Leaf(leaf)) => Entry::Leaf(leaf),
                None => Entry::Absent,
            },
        };
        Found { entry, home_of }
    }

    fn is_hidden(&self, leaf: LeafId) -> bool {
        self.away.get(&leaf).is_some_and(|away| away.is_hidden)
    }

    /// Returns whether what is kept at a place can be reached there.
    pub(super) fn is_shown(&self, snapshot: &Snapshot, place: &Place) -> bool {
        snapshot.dir(place.dir).is_some()
            && match (self.find(snapshot, place).entry, self.names.get(place)) {
                (Entry::File(file), Some(&Held::File(ino))) => file.ino == ino,
                (Entry::Leaf(leaf), Some(&Held::Leaf(kept))) => leaf == kept,
                _ => false,
            }
    }

    /// Returns whether a file is written that is to become the content of a leaf.
    pub(super) fn is_being_replaced(&self, leaf: LeafId) -> bool {
        let mut files = self.files.values();
        files.any(|kept| kept.leaf == Some(leaf) && kept.is_named && kept.file.overlay.is_open())
    }

    pub(super) fn place_of(&self, file: InodeNo) -> Option<Place> {
        let mut names = self.names.iter();
        let (place, _) = names.find(|&(_, &held)| held == Held::File(file))?;
        Some(place.clone())
    }

    pub(super) fn put(&mut self, place: Place, held: Held) {
        self.names.insert(place, held);
    }

    /// Takes a name away.
    pub(super) fn take(&mut self, place: &Place) -> Option<Held> {
        let held = self.names.remove(place)?;
        if let Held::File(ino) = held {
            self.let_go(ino, |kept| kept.is_named = false);
        }
        Some(held)
    }

    /// Takes a name away at the wish of a program, which saves nothing there any more.
    pub(super) fn give_up(&mut self, place: &Place) -> Option<Held> {
        if let Some(&Held::File(ino)) = self.names.get(place) {
            self.disown(ino);
        }
        self.take(place)
    }

    /// Notes that a file is no leaf's.
    pub(super) fn disown(&mut self, ino: InodeNo) {
        if let Some(kept) = self.files.get_mut(&ino) {
            kept.leaf = None;
        }
    }

    pub(super) fn let_go(&mut self, ino: InodeNo, change: impl FnOnce(&mut Kept)) {
        if let Some(kept) = self.files.get_mut(&ino) {
            change(kept);
            if !kept.is_named && kept.n_handles == 0 && kept.n_lookups == 0 {
                self.files.remove(&ino);
            }
        }
    }

    /// Shows a leaf under its own name again.
    pub(super) fn show(&mut self, leaf: LeafId) {
        if let Some(away) = self.away.get_mut(&leaf) {
            away.is_hidden = false;
        }
        if !self.names.values().any(|&held| held == Held::Leaf(leaf)) {
            self.away.remove(&leaf);
        }
    }

    /// Shows a leaf that lost another name under its own again, unless a file has that.
    pub(super) fn settle(&mut self, snapshot: &Snapshot, leaf: LeafId) {
        let home = Place::of(snapshot, leaf);
        if home.is_none_or(|home| !self.names.contains_key(&home)) {
            self.show(leaf);
        }
    }
}
