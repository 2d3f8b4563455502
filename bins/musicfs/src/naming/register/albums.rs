//! Which album each item is in.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use catalog::{ItemRow, Scan};

/// The albums of items, by number. Those of an album mostly have consecutive numbers, so that 16 bytes
/// are enough for all of them. Of numbers that no item has, anything may be said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::naming) struct Albums {
    /// From which number on which album; 0 for none.
    runs: Vec<(i64, i64)>,
}

impl Albums {
    /// Returns the albums of all items of a scan.
    pub(in crate::naming) fn of(scan: &Scan) -> Self {
        let mut albums = Self::default();
        for item in scan.items() {
            albums.push(item.id().0, album_of(item));
        }
        albums.runs.shrink_to_fit();
        albums
    }

    /// Adds an item whose number is above all others.
    fn push(&mut self, item: i64, album: i64) {
        if self.runs.last().map_or(0, |run| run.1) != album {
            self.runs.push((item, album));
        }
    }

    /// Returns the album of an item.
    pub(super) fn album(&self, item: i64) -> i64 {
        let after = self.runs.partition_point(|run| run.0 <= item);
        after.checked_sub(1).map_or(0, |at| self.runs[at].1)
    }

    /// Says which album an item is in.
    pub(super) fn set(&mut self, item: i64, album: i64) {
        let before = self.album(item);
        if before == album {
            return;
        }
        let at = self.runs.partition_point(|run| run.0 < item);
        let starts_here = self.runs.get(at).is_some_and(|run| run.0 == item);
        let next = item.checked_add(1);
        let goes_on = next.filter(|next| {
            self.runs
                .get(at + usize::from(starts_here))
                .is_none_or(|run| run.0 != *next)
        });
        let rest = goes_on.map(|next| (next, before));
        let replaced = at..at + usize::from(starts_here);
        self.runs
            .splice(replaced, [(item, album)].into_iter().chain(rest));
    }

    /// Returns the bytes of memory that this takes.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.runs.capacity() * size_of::<(i64, i64)>()
    }

    /// Returns in which ranges the items of some albums are.
    pub(super) fn items_of(
        &self,
        albums: &BTreeSet<i64>,
    ) -> impl Iterator<Item = RangeInclusive<i64>> {
        let ends = self.runs.iter().skip(1).map(|run| run.0 - 1);
        let ranges = self.runs.iter().zip(ends.chain([i64::MAX]));
        let of_albums = ranges.filter(|(run, _)| albums.contains(&run.1));
        of_albums.map(|(run, end)| run.0..=end)
    }
}

/// Returns the number of the album that an item names; 0, which beets takes for none, if it names none.
pub(super) fn album_of(item: ItemRow<'_>) -> i64 {
    item.album_id().map_or(0, |album| album.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map(
            first in prop::collection::btree_map(-20_i64..20, 1_i64..4, 0..40),
            sets in prop::collection::vec((-25_i64..25, 1_i64..4), 0..40),
        ) {
            let mut albums = Albums::default();
            let mut map: BTreeMap<i64, i64> = BTreeMap::new();
            for (item, album) in first {
                albums.push(item, album);
                map.insert(item, album);
            }
            for (item, album) in sets {
                albums.set(item, album);
                map.insert(item, album);
            }
            for (&item, &album) in &map {
                prop_assert_eq!(albums.album(item), album);
                let ranges: Vec<_> = albums.items_of(&BTreeSet::from([album])).collect();
                prop_assert!(ranges.iter().any(|range| range.contains(&item)), "{:?}", albums);
                let other = BTreeSet::from([album + 1]);
                prop_assert!(albums.items_of(&other).all(|range| !range.contains(&item)));
            }
            prop_assert!(albums.runs.is_sorted_by(|a, b| a.0 < b.0));
        }
    }
}
