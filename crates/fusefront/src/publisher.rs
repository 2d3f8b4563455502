//! Tells the kernel what changed, and nothing else.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, OnceLock};

use fuser::{INodeNo, Notifier};
use vtree::{Dir, InodeNo, InodeTable, LeafId, Name, Snapshot, Tree};

use crate::announce::{Announcer, Difference, is_held};
use crate::attr::Told;
use crate::foreign::{Area, Place};
use crate::fs::Outdated;
use crate::generations::Generations;

/// Publishes changes, and has the kernel forget what it has cached of them.
///
/// Not to be used by a [`crate::Library`] that is answering a request: the kernel may have to wait for
/// that answer first.
#[derive(Debug, Clone)]
pub struct Publisher {
    pub(crate) tree: Arc<Tree>,
    pub(crate) held: Arc<InodeTable<Told>>,
    /// Names that are not the tree's, if files may be written.
    pub(crate) area: Option<Arc<Area>>,
    pub(crate) notifier: Arc<OnceLock<Notifier>>,
    pub(crate) announcer: Arc<OnceLock<Announcer>>,
    pub(crate) generations: Arc<Generations>,
}

impl Publisher {
    /// Makes `snapshot` the current one of the tree, and has the kernel look again where it differs;
    /// returns the one that was current. Watchers are told of names that went and came.
    pub fn publish(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        let before = self.snapshot();
        let mut differences = self.differences(&before, &snapshot);
        // The deepest first, since nobody is told of a directory after it went.
        let gone = differences.iter_mut().rev();
        let gone = gone.filter_map(|(ino, difference)| difference.gone(before.node(*ino)?));
        self.announce(|announcer| announcer.going(gone.collect()));
        if let Some(area) = &self.area {
            area.note_former(former(&before, &differences));
        }
        self.begin_generations(&before, &snapshot);
        self.tree.publish(snapshot);
        let after = self.snapshot();
        for (ino, difference) in &differences {
            // If it went, so did its name in the directory that it was in.
            if after.dir(*ino).is_some() {
                self.refresh_dir(*ino, &difference.names);
            }
        }
        let added = differences.iter_mut();
        let added = added.filter_map(|(ino, difference)| difference.added(after.node(*ino)?));
        self.announce(|announcer| announcer.came(added.collect()));
        before
    }

    /// Makes directories that come back others than those that the kernel still holds.
    fn begin_generations(&self, before: &Snapshot, after: &Snapshot) {
        let back = after.dirs().map(|node| node.ino());
        let back = back.filter(|&ino| before.dir(ino).is_none() && self.is_held(ino));
        back.for_each(|ino| self.generations.end(ino));
    }

    /// Compares the directories that the kernel holds and that are not the same, each after the one that
    /// it is in.
    fn differences(&self, before: &Snapshot, after: &Snapshot) -> Vec<(InodeNo, Difference)> {
        let held = before.dirs().filter(|node| self.is_held(node.ino()));
        let dirs = held.filter_map(|node| Some((node.ino(), node.dir()?, after.dir(node.ino()))));
        let dirs = dirs.filter(|(_, old, new)| {
            let is_same = |new: Dir<'_>| old.mtime() == new.mtime() && old.has_entries_of(&new);
            !new.is_some_and(is_same)
        });
        let compared = dirs.filter_map(|(ino, old, new)| {
            let difference = Difference::between(old, new);
            let is_newer = new.is_some_and(|new| new.mtime() != old.mtime());
            (is_newer || !difference.names.is_empty()).then_some((ino, difference))
        });
        compared.collect()
    }

    /// Returns the tree that is shown.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.tree.load())
    }

    /// Has the kernel ask again for the attributes of every leaf that it holds.
    pub fn all_changed(&self) {
        let held = self.held.held();
        let leaves = held.into_iter().filter_map(InodeNo::leaf);
        leaves.for_each(|leaf| self.refresh(leaf));
    }

    /// Has the kernel ask for a leaf's attributes again, since its content changed; with a modification
    /// time that moved, it drops the old content too. Whoever has the leaf open keeps that. Watchers are
    /// told if the attributes are others.
    pub fn changed(&self, leaf: LeafId) {
        let before = self.held.told(leaf.into());
        self.refresh(leaf);
        self.announce(|announcer| announcer.changed(leaf, before));
    }

    /// Does so for a leaf that may be another than it was while it was open. What the kernel asks for each
    /// time it need not be told to ask for: it would forget what it was answered just now.
    pub(crate) fn is_outdated(&self, outdated: Outdated) {
        let Outdated {
            leaf,
            before,
            is_passing,
        } = outdated;
        if !is_passing {
            self.refresh(leaf);
        }
        self.announce(|announcer| announcer.changed(leaf, Some(before)));
    }

    fn refresh(&self, leaf: LeafId) {
        let ino = InodeNo::from(leaf);
        if self.is_held(ino) {
            self.notify(|notifier| notifier.inval_inode(INodeNo(ino.0), -1, 0));
        }
    }

    fn refresh_dir(&self, ino: InodeNo, names: &[Vec<u8>]) {
        let parent = INodeNo(ino.0);
        for name in names {
            let name = OsStr::from_bytes(name);
            self.notify(|notifier| notifier.inval_entry(parent, name));
        }
        // The listing is cached like pages of a file.
        self.notify(|notifier| notifier.inval_inode(parent, 0, 0));
    }

    fn is_held(&self, ino: InodeNo) -> bool {
        is_held(&self.held, ino)
    }

    fn announce(&self, tell: impl FnOnce(&Announcer)) {
        if let Some(announcer) = self.announcer.get() {
            tell(announcer);
        }
    }

    fn notify(&self, send: impl FnOnce(&Notifier) -> io::Result<()>) {
        if let Some(Err(error)) = self.notifier.get().map(send) {
            tracing::debug!(%error, "notification refused");
        }
    }
}

/// Returns the names that leaves lose.
fn former(before: &Snapshot, differences: &[(InodeNo, Difference)]) -> Vec<(Place, LeafId)> {
    let names = differences.iter().flat_map(|(dir, difference)| {
        let names = difference.names.iter();
        names.map(|name| (*dir, name.as_slice()))
    });
    let former = names.filter_map(|(dir, name)| {
        let leaf = before.lookup(dir, Name::new(name).ok()?)?.leaf()?;
        Some((Place::new(dir, name).ok()?, leaf))
    });
    former.collect()
}
