//! The names of a library's items.

use catalog::ItemId;
use vtree::{LeafId, Snapshot};

use crate::leaf::item_of;

/// A tree of named items.
#[derive(Debug)]
pub struct Names {
    snapshot: Snapshot,
}

/// An item's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its file.
    pub leaf: LeafId,
    /// The item.
    pub id: ItemId,
    /// Its path in the mount, without a leading slash.
    pub path: Vec<u8>,
    /// beets' own destination, where the path in the mount had to differ from it.
    pub destination: Option<Vec<u8>>,
}

impl Names {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self { snapshot }
    }

    /// Returns the tree.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Returns the tree.
    pub fn into_snapshot(self) -> Snapshot {
        self.snapshot
    }

    /// Returns the items by number.
    pub fn iter(&self) -> impl Iterator<Item = Named> {
        let named = |leaf: LeafId, id: ItemId, path: Vec<u8>| Named {
            leaf,
            id,
            path,
            destination: self.snapshot.wanted(leaf).map(<[u8]>::to_vec),
        };
        self.snapshot.leaves().filter_map(move |node| {
            let leaf = node.leaf()?;
            Some(named(leaf, item_of(leaf)?, node.path()))
        })
    }
}
