//! The names of a library's items.

use catalog::ItemId;
use vtree::{LeafId, Snapshot};

use super::register::Register;
use crate::leaf::{Kind, Leaf, ViewNo};

/// A tree of named items.
#[derive(Debug)]
pub struct Names {
    snapshot: Snapshot,
    register: Register,
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
    /// beets' own destination, in the folder of the view, where the path in the mount had to differ.
    pub destination: Option<Vec<u8>>,
}

impl Names {
    pub(super) fn new(snapshot: Snapshot, register: Register) -> Self {
        Self { snapshot, register }
    }

    /// Returns the tree.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Returns the tree, and what its changes are found by.
    pub(crate) fn into_parts(self) -> (Snapshot, Register) {
        (self.snapshot, self.register)
    }

    /// Returns the items of each view, by number.
    pub fn iter(&self) -> impl Iterator<Item = Named> {
        let views = self.register.views.iter();
        views.flat_map(move |&view| self.items(view))
    }

    /// Returns what lies beside items: which kind of file, and its path in the mount.
    pub fn sidecars(&self) -> impl Iterator<Item = (Kind, Vec<u8>)> {
        self.snapshot.leaves().filter_map(|node| {
            let kind = Leaf::of(node.leaf()?).kind;
            (kind != Kind::Item).then(|| (kind, node.path()))
        })
    }

    fn items(&self, view: ViewNo) -> impl Iterator<Item = Named> {
        self.snapshot.leaves().filter_map(move |node| {
            let id = node.leaf()?;
            let leaf = Leaf::of(id);
            ((leaf.view, leaf.kind) == (view, Kind::Item)).then(|| Named {
                leaf: id,
                id: ItemId(leaf.number),
                path: node.path(),
                destination: self.snapshot.wanted(id).map(<[u8]>::to_vec),
            })
        })
    }
}
