//! The rows that the leaves of a table speak of.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::btree::{Cell, TablePage};
use super::reader::PageReader;

/// Deeper than any tree of `SQLite` can be.
const MOST_LEVELS: usize = 20;

/// Leaves by their numbers, each with the numbers of the items or albums that its rows are of.
///
/// The numbers are sorted, and coded as distances, so that those of a large library take little memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Owners {
    leaves: BTreeMap<u32, Box<[u8]>>,
}

/// A table whose rows are followed.
pub(super) struct Table {
    pub(super) root: u32,
    /// The column that tells whose the row is; the row's own number if there is none.
    pub(super) column: Option<usize>,
}

/// What a walk needs to know of the database.
pub(super) struct Walk<'a, 'c> {
    pub(super) reader: &'a mut PageReader<'c>,
    pub(super) usable: usize,
    /// Tells whether a page is what it was when the owners of before were noted.
    pub(super) is_same: &'a dyn Fn(u32) -> bool,
    /// Pages that the walk has accounted for, beside leaves that are what they were.
    pub(super) seen: BTreeSet<u32>,
}

impl Owners {
    /// Walks a table; leaves that are what they were are not read again.
    ///
    /// `None` if the tree is not as trees are.
    pub(super) fn of(
        table: &Table,
        before: &Self,
        walk: &mut Walk<'_, '_>,
    ) -> rusqlite::Result<Option<Self>> {
        let mut owners = Self::default();
        let done = owners.visit(table, table.root, MOST_LEVELS, before, walk)?;
        Ok(done.map(|()| owners))
    }

    fn visit(
        &mut self,
        table: &Table,
        number: u32,
        levels: usize,
        before: &Self,
        walk: &mut Walk<'_, '_>,
    ) -> rusqlite::Result<Option<()>> {
        if let Some(owners) = before.leaves.get(&number)
            && (walk.is_same)(number)
        {
            self.leaves.insert(number, owners.clone());
            return Ok(Some(()));
        }
        if levels == 0 || !walk.seen.insert(number) {
            return Ok(None);
        }
        let page = walk.reader.page(number)?;
        match TablePage::parse(number, &page, walk.usable) {
            None => return Ok(None),
            Some(TablePage::Leaf(cells)) => {
                let Some(owners) = owners_of(&cells, table.column) else {
                    return Ok(None);
                };
                self.leaves.insert(number, owners);
                for cell in &cells {
                    walk.follow(cell)?;
                }
            }
            Some(TablePage::Inside(children)) => {
                for child in children {
                    if self
                        .visit(table, child, levels - 1, before, walk)?
                        .is_none()
                    {
                        return Ok(None);
                    }
                }
            }
        }
        Ok(Some(()))
    }

    /// Returns whose rows are in leaves that came, went or changed.
    pub(super) fn differing(&self, before: &Self, is_same: impl Fn(u32) -> bool) -> BTreeSet<i64> {
        let mut found = BTreeSet::new();
        let old = before.leaves.iter();
        let gone =
            old.filter(|(number, _)| !self.leaves.contains_key(number) || !is_same(**number));
        let new = self.leaves.iter();
        let come =
            new.filter(|(number, _)| !before.leaves.contains_key(number) || !is_same(**number));
        for (_, owners) in gone.chain(come) {
            decode(owners, |owner| {
                found.insert(owner);
            });
        }
        found
    }

    /// Returns about what the numbers take, in bytes.
    pub(super) fn heap_size(&self) -> usize {
        let leaves = self.leaves.values();
        leaves
            .map(|owners| owners.len() + size_of::<(u32, Box<[u8]>)>())
            .sum()
    }

    pub(super) fn contains(&self, leaf: u32) -> bool {
        self.leaves.contains_key(&leaf)
    }
}

impl Walk<'_, '_> {
    /// Accounts for the pages that hold the end of a row.
    fn follow(&mut self, cell: &Cell<'_>) -> rusqlite::Result<()> {
        let mut next = cell.overflow.unwrap_or(0);
        while next != 0 && self.seen.insert(next) {
            let page = self.reader.page(next)?;
            next = super::btree::u32_at(&page, 0).unwrap_or(0);
        }
        Ok(())
    }
}

/// Returns whose rows these are; `None` if a row does not say it where it can be read.
fn owners_of(cells: &[Cell<'_>], column: Option<usize>) -> Option<Box<[u8]>> {
    let owners = cells.iter().map(|cell| match column {
        Some(column) => cell.int(column),
        None => Some(cell.key),
    });
    let owners: BTreeSet<i64> = owners.collect::<Option<_>>()?;
    let mut bytes = Vec::new();
    let mut last = 0_i64;
    for owner in owners {
        let mut distance = owner.wrapping_sub(last).cast_unsigned();
        last = owner;
        while distance >= 0x80 {
            bytes.push(distance.to_le_bytes()[0] | 0x80);
            distance >>= 7;
        }
        bytes.push(distance.to_le_bytes()[0]);
    }
    Some(bytes.into())
}

fn decode(bytes: &[u8], mut each: impl FnMut(i64)) {
    let (mut last, mut distance, mut shift) = (0_i64, 0_u64, 0);
    for byte in bytes {
        distance |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            last = last.wrapping_add(distance.cast_signed());
            each(last);
            (distance, shift) = (0, 0);
        }
    }
}
