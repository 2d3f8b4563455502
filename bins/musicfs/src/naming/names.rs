//! The names of a library's items.

use std::collections::HashMap;

use catalog::ItemId;
use vtree::{LeafId, Node, Snapshot};

/// Leaves are numbers below 2⁶¹; those from here on stand for items below zero.
const NEGATIVE: u64 = 1 << 60;

/// A tree of named items.
#[derive(Debug)]
pub struct Names {
    snapshot: Snapshot,
    /// What beets calls the items whose path differs from that.
    destinations: HashMap<ItemId, Vec<u8>>,
}

/// An item's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The item.
    pub id: ItemId,
    /// Its path in the mount, without a leading slash.
    pub path: Vec<u8>,
    /// beets' own destination, where the path in the mount had to differ from it.
    pub destination: Option<Vec<u8>>,
}

impl Names {
    pub(super) fn new(snapshot: Snapshot, destinations: HashMap<ItemId, Vec<u8>>) -> Self {
        Self {
            snapshot,
            destinations,
        }
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
        let is_negative = |node: &Node<'_>| node.leaf().is_some_and(|leaf| leaf.get() >= NEGATIVE);
        let negative = self.snapshot.leaves().filter(is_negative);
        let others = self
            .snapshot
            .leaves()
            .filter(move |node| !is_negative(node));
        negative.chain(others).filter_map(|node| {
            let id = item_of(node.leaf()?);
            let destination = self.destinations.get(&id).cloned();
            Some(Named {
                id,
                path: node.path(),
                destination,
            })
        })
    }
}

/// Returns whether an item's number can be a leaf's.
pub(super) fn is_in_range(id: ItemId) -> bool {
    item_of(leaf_of(id)) == id
}

/// Returns the leaf of an item: its own number, for all numbers that beets gives.
pub fn leaf_of(id: ItemId) -> LeafId {
    let raw = id.0.cast_unsigned() & (2 * NEGATIVE - 1);
    LeafId::new(raw).unwrap_or_else(|_| unreachable!("61 bits are below 2^61"))
}

/// Returns the item of a leaf.
pub fn item_of(leaf: LeafId) -> ItemId {
    const SHIFT: u32 = 3; // the bits of 64 that a leaf does not have
    ItemId((leaf.get() << SHIFT).cast_signed() >> SHIFT)
}

#[cfg(test)]
mod tests {
    use super::{is_in_range, item_of, leaf_of};
    use catalog::ItemId;

    #[test]
    fn leaf_has_the_number_of_its_item() {
        for id in [0, 1, 7, (1 << 60) - 1] {
            assert_eq!(leaf_of(ItemId(id)).get(), id.cast_unsigned());
            assert_eq!(item_of(leaf_of(ItemId(id))), ItemId(id));
        }
    }

    #[test]
    fn items_below_zero_have_leaves_of_their_own() {
        for id in [-1, -7, -(1 << 60)] {
            assert_eq!(item_of(leaf_of(ItemId(id))), ItemId(id));
        }
        assert!(!is_in_range(ItemId(1 << 60)));
        assert!(!is_in_range(ItemId(i64::MIN)));
    }
}
