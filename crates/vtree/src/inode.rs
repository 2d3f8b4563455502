//! What the kernel holds on to.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::{InodeNo, LeafMap};

/// The inodes on which the kernel holds lookups, each with what it was last told about it.
///
/// Each lookup that is answered adds to an inode's lookup count and each forget subtracts, so the
/// table is as large as the kernel's own cache and no larger.
#[derive(Debug)]
pub struct InodeTable<T> {
    leaves: LeafMap<Held<T>>,
    dirs: RwLock<HashMap<InodeNo, Held<T>>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Held<T> {
    told: T,
    /// Where the count ends, it stays: such an inode is held for ever.
    n_lookups: u32,
}

impl<T: Copy + Default> Default for InodeTable<T> {
    fn default() -> Self {
        Self {
            leaves: LeafMap::default(),
            dirs: RwLock::default(),
        }
    }
}

impl<T: Copy + Default> InodeTable<T> {
    /// Adds a lookup of `ino`. What the kernel was told about it stays; at first that is the default.
    pub fn add(&self, ino: InodeNo) {
        self.update(ino, |held| {
            let Held { told, n_lookups } = held.unwrap_or_default();
            let n_lookups = n_lookups.saturating_add(1);
            Some(Held { told, n_lookups })
        });
    }

    /// Replaces what the kernel was told about an inode, if it holds lookups on it.
    pub fn tell(&self, ino: InodeNo, told: T) {
        self.update(ino, |held| held.map(|held| Held { told, ..held }));
    }

    /// Returns what the kernel was told last, if it holds lookups on `ino`.
    pub fn told(&self, ino: InodeNo) -> Option<T> {
        let held = match ino.leaf() {
            Some(leaf) => self.leaves.get(leaf),
            None => self.read_dirs().get(&ino).copied(),
        };
        held.map(|held| held.told)
    }

    /// Takes back `n_lookups` lookups of `ino`.
    pub fn forget(&self, ino: InodeNo, n_lookups: u64) {
        let n_lookups = u32::try_from(n_lookups).unwrap_or(u32::MAX);
        self.update(ino, |held| {
            let mut held = held?;
            if held.n_lookups < u32::MAX {
                held.n_lookups = held.n_lookups.saturating_sub(n_lookups);
            }
            (held.n_lookups > 0).then_some(held)
        });
    }

    /// Returns the inodes that the kernel holds lookups on, in no order.
    pub fn held(&self) -> Vec<InodeNo> {
        let mut held: Vec<_> = self.read_dirs().keys().copied().collect();
        held.extend(self.leaves.keys().into_iter().map(InodeNo::from));
        held
    }

    /// Returns how many inodes the kernel holds lookups on.
    pub fn len(&self) -> usize {
        self.read_dirs().len() + self.leaves.len()
    }

    /// Returns about how many bytes of memory the table takes.
    pub fn memory(&self) -> usize {
        let room = (self.read_dirs().capacity() * 8).div_ceil(7);
        self.leaves.memory() + room * (size_of::<(InodeNo, Held<T>)>() + 1)
    }

    /// Returns whether the kernel holds no lookups.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn update(&self, ino: InodeNo, change: impl FnOnce(Option<Held<T>>) -> Option<Held<T>>) {
        if let Some(leaf) = ino.leaf() {
            self.leaves.update(leaf, change);
            return;
        }
        let mut dirs = self.write_dirs();
        match change(dirs.get(&ino).copied()) {
            Some(held) => dirs.insert(ino, held),
            None => dirs.remove(&ino),
        };
    }

    fn read_dirs(&self) -> RwLockReadGuard<'_, HashMap<InodeNo, Held<T>>> {
        self.dirs.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_dirs(&self) -> RwLockWriteGuard<'_, HashMap<InodeNo, Held<T>>> {
        self.dirs.write().unwrap_or_else(PoisonError::into_inner)
    }
}
