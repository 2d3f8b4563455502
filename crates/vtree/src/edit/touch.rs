//! The directories on the way to what changed.

use std::collections::{BTreeMap, HashSet};

use super::copy::Source;
use super::hash_of;
use crate::builder::{SEPARATOR, Wish};
use crate::{LeafId, Node, Snapshot};

/// A directory in which something changed, or below which something did.
#[derive(Debug)]
pub(super) struct Touch {
    /// Its position among the directories of the snapshot before, if it is there.
    pub(super) before: Option<u32>,
    /// The leaves that are not in it any more, or want another name.
    pub(super) gone: HashSet<LeafId>,
    /// The leaves that are in it now, or want another name.
    pub(super) come: Vec<Wish>,
    below: BTreeMap<Vec<u8>, Touch>,
    /// The state of the hash over its path.
    pub(super) hash: u64,
    /// Whether anything is left in it.
    is_left: bool,
}

impl Touch {
    pub(super) fn of(before: Option<u32>) -> Self {
        Self {
            before,
            gone: HashSet::new(),
            come: Vec::new(),
            below: BTreeMap::new(),
            hash: 0,
            is_left: true,
        }
    }

    /// Returns the directory of a node.
    pub(super) fn at_node(&mut self, before: &Snapshot, node: Node<'_>) -> &mut Self {
        if node.index == 0 {
            return self;
        }
        let parent = self.at_node(before, node.parent());
        parent.enter(before, node.name())
    }

    /// Returns the directory at a path, its components separated as a builder has them.
    pub(super) fn at_path(&mut self, before: &Snapshot, path: &[u8]) -> &mut Self {
        let names = path.split(|&byte| byte == SEPARATOR);
        // Only the path of the root splits into an empty name.
        let names = names.filter(|name| !name.is_empty());
        names.fold(self, |dir, name| dir.enter(before, name))
    }

    fn enter(&mut self, before: &Snapshot, name: &[u8]) -> &mut Self {
        if !self.below.contains_key(name) {
            let node = self.before.and_then(|slot| before.find(slot, name));
            let slot = node.and_then(|node| before.slot(before.ino_at(node)));
            self.below.insert(name.to_vec(), Self::of(slot));
        }
        self.below
            .get_mut(name)
            .expect("it was inserted if it was not there")
    }

    /// Finds out what is left, and hashes the paths; returns whether anything is left here.
    pub(super) fn settle(&mut self, before: &Snapshot, hash: u64) -> bool {
        self.hash = hash;
        let (mut n_left, mut n_touched) = (0, 0);
        for (name, dir) in &mut self.below {
            n_touched += usize::from(dir.before.is_some());
            n_left += usize::from(dir.settle(before, hash_of(hash, name)));
        }
        let had = self.before.map_or((0, 0), |slot| {
            let dir = before.dir_at(slot);
            ((dir.len - dir.n_dirs) as usize, dir.n_dirs as usize)
        });
        let n_leaves = had.0 - self.gone.len() + self.come.len();
        self.is_left = n_leaves + n_left + (had.1 - n_touched) > 0;
        self.is_left
    }

    /// Returns the directories in this one, in no order.
    pub(super) fn dirs<'a>(
        &'a self,
        before: &'a Snapshot,
    ) -> impl Iterator<Item = (&'a [u8], Source<'a>)> {
        let same = self
            .before
            .into_iter()
            .flat_map(|slot| before.dirs_in(slot));
        let same = same
            .map(|slot| (before.name_at(before.dir_at(slot).node), slot))
            .filter(|(name, _)| !self.below.contains_key(*name))
            .map(|(name, slot)| (name, Source::Same(slot)));
        let touched = self.below.iter().filter(|(_, dir)| dir.is_left);
        same.chain(touched.map(|(name, dir)| (&name[..], Source::Touched(dir))))
    }

    /// Returns the path in the snapshot before, with a slash after each component.
    pub(super) fn path(&self, before: &Snapshot) -> Vec<u8> {
        let Some(slot) = self.before else {
            return Vec::new();
        };
        let mut path = before.node_at(before.dir_at(slot).node).path();
        if !path.is_empty() {
            path.push(b'/');
        }
        path
    }
}
