//! Tells the kernel what changed, and nothing else.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use fuser::{INodeNo, Notifier};
use vtree::{Dir, InodeNo, InodeTable, LeafId, Name, Node, Snapshot, Tree};

use crate::LeafAttr;
use crate::announce::{Announcer, Difference, is_held};
use crate::attr::{Attr, Told};
use crate::device::Device;
use crate::foreign::{Area, Place};
use crate::fs::Outdated;
use crate::generations::Generations;
use crate::notices::{Due, Notices};

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
    pub(crate) device: Arc<OnceLock<Device>>,
    pub(crate) announcer: Arc<OnceLock<Announcer>>,
    pub(crate) generations: Arc<Generations>,
    pub(crate) notices: Arc<Notices>,
    /// How often something changed.
    pub(crate) n_changes: Arc<AtomicU64>,
    /// What a test does just before the tree is another one.
    #[cfg(test)]
    pub(crate) before_swap: crate::tests::Hook,
    /// What a test does just before a lookup is answered.
    #[cfg(test)]
    pub(crate) before_answer: crate::tests::Hook,
}

/// A directory that is not what it was.
struct Changed {
    ino: InodeNo,
    /// In what it differs, if the kernel holds it.
    difference: Option<Difference>,
}

/// What the kernel was told of a leaf at some moment.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    leaf: LeafId,
    told: Told,
}

impl Heard {
    /// Returns the leaf that it was told of.
    pub fn leaf(&self) -> LeafId {
        self.leaf
    }

    /// Returns whether it was told these attributes.
    pub fn is(&self, attr: LeafAttr) -> bool {
        Attr::of_leaf(self.leaf.into(), attr).told() == self.told
    }
}

impl Publisher {
    /// Makes `snapshot` the current one of the tree, and has the kernel look again where it differs;
    /// returns the one that was current. Watchers are told of names that went and came.
    ///
    /// A lookup or a listing that was answered from the old tree may be on its way to the kernel still.
    /// What it says of names is forgotten with the rest: the kernel holds the directory's lock until it
    /// has taken the answer in, and `inval_entry` waits for that lock. What it says of an entry's
    /// attributes is not, where the kernel does not know the entry before; see `is_since` for
    /// answers that are not given yet, and `refresh_later` for others.
    pub fn publish(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        let before = self.snapshot();
        let mut changed = changed_dirs(&before, &snapshot);
        self.compare_held(&mut changed, &before, &snapshot);
        // The deepest first, since nobody is told of a directory after it went.
        let gone = changed.iter_mut().rev();
        let gone = gone.filter_map(|dir| dir.difference.as_mut()?.gone(before.node(dir.ino)?));
        self.announce(|announcer| announcer.going(gone.collect()));
        self.begin_generations(&before, &snapshot);
        #[cfg(test)]
        self.before_swap.run();
        self.tree.publish(snapshot);
        self.count_change();
        let after = self.snapshot();
        // Some were looked up meanwhile, and their names in the old tree.
        self.compare_held(&mut changed, &before, &after);
        // If it went, so did its name in the directory that it was in.
        let there = changed
            .iter_mut()
            .filter(|dir| after.dir(dir.ino).is_some());
        let due = there.filter_map(|dir| {
            let names = std::mem::take(&mut dir.difference.as_mut()?.names);
            Some((dir.ino, names.into_iter().collect()))
        });
        self.refresh_dirs(due.collect());
        let added = changed.iter_mut();
        let added = added.filter_map(|dir| dir.difference.as_mut()?.added(after.node(dir.ino)?));
        self.announce(|announcer| announcer.came(added.collect()));
        before
    }

    /// Makes directories that come back others than those that the kernel still holds.
    fn begin_generations(&self, before: &Snapshot, after: &Snapshot) {
        let back = after.dirs().map(|node| node.ino());
        let back = back.filter(|&ino| before.dir(ino).is_none() && self.is_held(ino));
        back.for_each(|ino| self.generations.end(ino));
    }

    /// Compares those directories that the kernel holds, and that were not compared before.
    fn compare_held(&self, changed: &mut [Changed], before: &Snapshot, after: &Snapshot) {
        for Changed { ino, difference } in changed {
            if difference.is_none()
                && self.is_held(*ino)
                && let Some(old) = before.dir(*ino)
            {
                let found = Difference::between(old, after.dir(*ino));
                if let Some(area) = &self.area {
                    area.note_former(former(before, *ino, &found.names));
                }
                *difference = Some(found);
            }
        }
    }

    /// Notes that something is other than it was, before whoever holds it is told.
    fn count_change(&self) {
        self.n_changes.fetch_add(1, Ordering::AcqRel);
    }

    /// Returns how many changes there were, for [`Publisher::is_since`].
    pub(crate) fn n_changes(&self) -> u64 {
        self.n_changes.load(Ordering::Acquire)
    }

    /// Returns whether anything changed since there were so many changes.
    ///
    /// Who answers a lookup asks for their number, reads what there is to tell, counts the lookup, and
    /// then asks this. A change is made, then counted, and then told to whoever holds what it concerns. So
    /// either this sees the change, or the change sees the lookup. What is told though it is since a
    /// change must not be kept by the kernel.
    pub(crate) fn is_since(&self, n_changes: u64) -> bool {
        self.n_changes() != n_changes
    }

    /// Returns the tree that is shown.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.tree.load())
    }

    /// Returns what the kernel was told last of a leaf, if it holds that. What it is just being told else it
    /// will not keep.
    pub fn heard(&self, leaf: LeafId) -> Option<Heard> {
        self.count_change();
        self.held_as(leaf)
    }

    fn held_as(&self, leaf: LeafId) -> Option<Heard> {
        let told = self.held.told(leaf.into())?;
        Some(Heard { leaf, told })
    }

    /// Returns so of every leaf that it holds, in no order.
    pub fn all_heard(&self) -> Vec<Heard> {
        self.count_change();
        let leaves = self.held.held().into_iter().filter_map(InodeNo::leaf);
        leaves.filter_map(|leaf| self.held_as(leaf)).collect()
    }

    /// Has the kernel ask for a leaf's attributes again, since its content may have changed; to be settled
    /// when that is known.
    pub fn doubt(&self, heard: &Heard) {
        self.refresh(heard.leaf);
    }

    /// Tells watchers of a leaf if its attributes are others than the kernel had heard. If they were just
    /// found to be, the kernel is to ask for them again.
    pub fn settle(&self, heard: &Heard, were_found: bool) {
        if were_found {
            self.count_change();
            self.refresh(heard.leaf);
        }
        self.announce(|announcer| announcer.changed(heard.leaf, Some(heard.told)));
    }

    /// Has watchers told of names that came when no program could see them, if they can be seen now.
    pub(crate) fn is_back(&self) {
        self.announce(Announcer::is_back);
    }

    /// Returns whether watchers are told of anything.
    pub fn announces(&self) -> bool {
        self.announcer.get().is_some()
    }

    /// Has the kernel ask for a leaf's attributes again, since its content changed; with a modification
    /// time that moved, it drops the old content too. Whoever has the leaf open keeps that. Watchers are
    /// told if the attributes are others.
    pub fn changed(&self, leaf: LeafId) {
        self.count_change();
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
        if self.is_held(ino) && !self.inval_inode(ino, -1) {
            self.refresh_later(ino);
        }
    }

    /// Has the attributes forgotten of an inode that the kernel is given, but does not have yet: the answer
    /// to a lookup or a listing is on its way, and may be older than what it is to forget.
    fn refresh_later(&self, ino: InodeNo) {
        let snapshot = self.snapshot();
        if let Some(node) = snapshot.node(ino) {
            let entries = BTreeSet::from([ino]);
            let due = Due {
                entries,
                ..Due::default()
            };
            self.notices.add(node.parent().ino(), due);
            self.start_senders();
        }
    }

    /// Has the kernel forget names of directories, and how they are listed; returns when it has, but for
    /// directories that are locked.
    fn refresh_dirs(&self, dirs: Vec<(InodeNo, BTreeSet<Vec<u8>>)>) {
        let all: Vec<_> = dirs.iter().map(|(ino, _)| *ino).collect();
        for (ino, names) in dirs {
            let due = Due {
                is_changed: true,
                names,
                ..Due::default()
            };
            self.notices.add(ino, due);
        }
        self.start_senders();
        self.notices.wait(&all);
    }

    fn start_senders(&self) {
        for _ in 0..self.notices.enter() {
            let sender = self.clone();
            let thread = thread::Builder::new().name("notices".to_owned());
            if let Err(error) = thread.spawn(move || sender.send_due()) {
                tracing::debug!(%error, "the thread that has notices sends them");
                self.send_due();
            }
        }
    }

    fn send_due(&self) {
        while let Some((dir, due)) = self.notices.next() {
            self.send(dir, &due);
            self.notices.done(dir);
        }
    }

    fn send(&self, dir: InodeNo, due: &Due) {
        let inval_entry = |name: &[u8]| {
            let (dir, name) = (INodeNo(dir.0), OsStr::from_bytes(name));
            self.notify(|notifier| notifier.inval_entry(dir, name));
        };
        due.names.iter().for_each(|name| inval_entry(name));
        // The listing is cached like pages of a file.
        if due.is_changed && !self.inval_inode(dir, 0) && self.is_held(dir) {
            self.refresh_later(dir);
        }
        if due.entries.is_empty() {
            return;
        }
        if due.names.is_empty() {
            // No entry has this name. Looking for it takes the lock that is held by whoever waits for an answer.
            inval_entry(b".");
        }
        for &entry in &due.entries {
            // If the kernel still does not know it, it has dropped it by now.
            self.inval_inode(entry, -1);
        }
    }

    /// Has the kernel forget attributes, and content from `offset` on, nothing if that is negative; returns
    /// whether it knows the inode, as far as that is known.
    fn inval_inode(&self, ino: InodeNo, offset: i64) -> bool {
        let device = self.device.get();
        let known = device.map(|device| device.inval_inode(ino, offset));
        known.is_none_or(|known| {
            known.unwrap_or_else(|error| {
                tracing::debug!(%error, "notification refused");
                true
            })
        })
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

/// Returns the directories that differ in another tree, each after the one that it is in.
fn changed_dirs(before: &Snapshot, after: &Snapshot) -> Vec<Changed> {
    let dirs = before.dirs().filter(|node| {
        let is_same =
            |old: Dir<'_>, new: Dir<'_>| old.mtime() == new.mtime() && old.has_entries_of(&new);
        let both = node.dir().zip(after.dir(node.ino()));
        !both.is_some_and(|(old, new)| is_same(old, new))
    });
    let changed = |node: Node<'_>| Changed {
        ino: node.ino(),
        difference: None,
    };
    dirs.map(changed).collect()
}

/// Returns the leaves that had these names of a directory.
fn former<'a>(
    before: &'a Snapshot,
    dir: InodeNo,
    names: &'a [Vec<u8>],
) -> impl Iterator<Item = (Place, LeafId)> + 'a {
    names.iter().filter_map(move |name| {
        let leaf = before.lookup(dir, Name::new(name).ok()?)?.leaf()?;
        Some((Place::new(dir, name).ok()?, leaf))
    })
}
