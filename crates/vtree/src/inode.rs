//! What the kernel holds on to.

use std::collections::hash_map::RandomState;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use crate::InodeNo;

/// The inodes on which the kernel holds lookups, each with what it was last told about it.
///
/// Each lookup that is answered adds to an inode's lookup count and each forget subtracts, so the
/// table is as large as the kernel's own cache and no larger.
#[derive(Debug)]
pub struct InodeTable<T> {
    held: DashMap<InodeNo, Held<T>, RandomState>,
}

#[derive(Debug)]
struct Held<T> {
    n_lookups: u64,
    told: T,
}

impl<T> Default for InodeTable<T> {
    fn default() -> Self {
        let held = DashMap::default();
        Self { held }
    }
}

impl<T: Copy> InodeTable<T> {
    /// Adds a lookup of `ino`; `tell` makes of what the kernel was told before what it is told now.
    pub fn add(&self, ino: InodeNo, tell: impl FnOnce(Option<T>) -> T) {
        match self.held.entry(ino) {
            Entry::Occupied(mut held) => {
                let held = held.get_mut();
                held.n_lookups += 1;
                held.told = tell(Some(held.told));
            }
            Entry::Vacant(free) => {
                let told = tell(None);
                free.insert(Held { n_lookups: 1, told });
            }
        }
    }

    /// Replaces what the kernel was told about an inode, if it holds lookups on it.
    pub fn tell(&self, ino: InodeNo, tell: impl FnOnce(T) -> T) {
        if let Some(mut held) = self.held.get_mut(&ino) {
            held.told = tell(held.told);
        }
    }

    /// Returns what the kernel was told last, if it holds lookups on `ino`.
    pub fn told(&self, ino: InodeNo) -> Option<T> {
        self.held.get(&ino).map(|held| held.told)
    }

    /// Takes back `n_lookups` lookups of `ino`.
    pub fn forget(&self, ino: InodeNo, n_lookups: u64) {
        if let Entry::Occupied(mut held) = self.held.entry(ino) {
            let left = held.get().n_lookups.saturating_sub(n_lookups);
            if left == 0 {
                held.remove();
            } else {
                held.get_mut().n_lookups = left;
            }
        }
    }

    /// Returns the inodes that the kernel holds lookups on, in no order.
    pub fn held(&self) -> Vec<InodeNo> {
        self.held.iter().map(|held| *held.key()).collect()
    }

    /// Returns how many inodes the kernel holds lookups on.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Returns whether the kernel holds no lookups.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}
