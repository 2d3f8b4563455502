//! Tells the kernel what changed, and nothing else.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, OnceLock};

use fuser::{INodeNo, Notifier};
use vtree::{Dir, InodeNo, InodeTable, LeafId, Node, Snapshot, Tree};

use crate::attr::Told;

/// Publishes changes, and has the kernel forget what it has cached of them.
///
/// Not to be used by a [`crate::Library`] that is answering a request: the kernel may have to wait for
/// that answer first.
#[derive(Debug, Clone)]
pub struct Publisher {
    pub(crate) tree: Arc<Tree>,
    pub(crate) held: Arc<InodeTable<Told>>,
    pub(crate) notifier: Arc<OnceLock<Notifier>>,
}

impl Publisher {
    /// Makes `snapshot` the current one of the tree, and has the kernel look again where it differs;
    /// returns the one that was current.
    pub fn publish(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        let before = self.tree.publish(snapshot);
        let after = self.tree.load();
        for node in before.dirs() {
            let (Some(old), Some(new)) = (node.dir(), after.dir(node.ino())) else {
                // It went, and so did its name in the directory that it was in.
                continue;
            };
            if self.is_held(node.ino()) {
                self.refresh_dir(node.ino(), old, new);
            }
        }
        before
    }

    /// Returns the tree that is shown.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.tree.load())
    }

    /// Does what [`Publisher::changed`] does for every leaf that the kernel holds.
    pub fn all_changed(&self) {
        let held = self.held.held();
        let leaves = held.into_iter().filter_map(InodeNo::leaf);
        leaves.for_each(|leaf| self.changed(leaf));
    }

    /// Has the kernel ask for a leaf's attributes again, since its content changed; with a modification
    /// time that moved, it drops the old content too. Whoever has the leaf open keeps that.
    pub fn changed(&self, leaf: LeafId) {
        let ino = InodeNo::from(leaf);
        if self.is_held(ino) {
            self.notify(|notifier| notifier.inval_inode(INodeNo(ino.0), -1, 0));
        }
    }

    fn refresh_dir(&self, ino: InodeNo, old: Dir<'_>, new: Dir<'_>) {
        let parent = INodeNo(ino.0);
        let names = differing(old, new);
        for name in &names {
            let name = OsStr::from_bytes(name);
            self.notify(|notifier| notifier.inval_entry(parent, name));
        }
        if !names.is_empty() || old.mtime() != new.mtime() {
            // The listing is cached like pages of a file.
            self.notify(|notifier| notifier.inval_inode(parent, 0, 0));
        }
    }

    fn is_held(&self, ino: InodeNo) -> bool {
        ino == InodeNo::ROOT || self.held.told(ino).is_some()
    }

    fn notify(&self, send: impl FnOnce(&Notifier) -> io::Result<()>) {
        if let Some(Err(error)) = self.notifier.get().map(send) {
            tracing::debug!(%error, "notification refused");
        }
    }
}

/// Returns the names that mean something else in `new` than in `old`, or are in one of them only.
fn differing<'s>(old: Dir<'s>, new: Dir<'s>) -> Vec<&'s [u8]> {
    let (mut old, mut new) = (old.children().peekable(), new.children().peekable());
    let mut names = Vec::new();
    loop {
        let name = match (old.peek(), new.peek()) {
            (None, None) => return names,
            (Some(one), None) | (None, Some(one)) => one.name(),
            (Some(a), Some(b)) => a.name().min(b.name()),
        };
        let of_name = |node: &Node<'_>| node.name() == name;
        let was = old.next_if(of_name).map(|node| node.ino());
        let is = new.next_if(of_name).map(|node| node.ino());
        if was != is {
            names.push(name);
        }
    }
}
