//! Which items a scan is of.

use std::ops::RangeInclusive;

use crate::ItemId;

/// Ranges of numbers, in order and apart from each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemRanges {
    ranges: Vec<RangeInclusive<i64>>,
}

impl ItemRanges {
    /// Returns the ranges.
    pub(super) fn iter(&self) -> impl Iterator<Item = &RangeInclusive<i64>> {
        self.ranges.iter()
    }
}

impl FromIterator<RangeInclusive<i64>> for ItemRanges {
    /// Collects ranges in any order; those that meet become one.
    fn from_iter<I: IntoIterator<Item = RangeInclusive<i64>>>(ranges: I) -> Self {
        let mut given: Vec<_> = ranges
            .into_iter()
            .filter(|range| !range.is_empty())
            .collect();
        given.sort_unstable_by_key(|range| *range.start());
        let mut ranges: Vec<RangeInclusive<i64>> = Vec::new();
        for range in given {
            match ranges.last_mut() {
                Some(last) if *range.start() <= last.end().saturating_add(1) => {
                    *last = *last.start()..=*last.end().max(range.end());
                }
                _ => ranges.push(range),
            }
        }
        Self { ranges }
    }
}

impl FromIterator<ItemId> for ItemRanges {
    fn from_iter<I: IntoIterator<Item = ItemId>>(items: I) -> Self {
        items.into_iter().map(|item| item.0..=item.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::ItemRanges;
    use crate::ItemId;

    #[test]
    fn ranges_that_meet_become_one() {
        let ranges: ItemRanges = [7..=9, 1..=3, 4..=4, 2..=2, i64::MAX..=i64::MAX]
            .into_iter()
            .collect();
        assert_eq!(ranges.ranges, [1..=4, 7..=9, i64::MAX..=i64::MAX]);
        let ranges: ItemRanges = [5, 4, 6, 9].map(ItemId).into_iter().collect();
        assert_eq!(ranges.ranges, [4..=6, 9..=9]);
    }
}
