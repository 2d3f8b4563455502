//! Which rows changed between two states of a database, told by its pages.
//!
//! beets notes nowhere what it changed, and reading a million rows to compare them takes seconds. But
//! what is written to one row changes one page, or a few: so it is enough to hash all pages, which
//! takes as long as reading them, and to look whose rows are on those that differ. A page holds
//! several rows, so more are named than changed, and never fewer: where a page that differs cannot
//! be accounted for, everything may have changed.

mod btree;
mod owners;
mod reader;

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};

use self::btree::{FileHeader, u32_at};
use self::owners::{Owners, Table, Walk};
use self::reader::PageReader;
use crate::schema::Entity;
use crate::{AlbumId, Error, ItemId, Library};

/// The tables that are followed: those of rows, and those of their attributes.
const TABLES: [(Entity, bool); 4] = [
    (Entity::Item, false),
    (Entity::Item, true),
    (Entity::Album, false),
    (Entity::Album, true),
];

/// The pages of a database in one state, as hashes, and whose rows they hold.
#[derive(Debug, Clone, Default)]
pub struct Pages {
    hashes: Vec<u64>,
    owners: [Owners; TABLES.len()],
    /// Of the definitions of all tables.
    schema: i64,
}

/// Whose rows may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// Those of these items and albums, and nobody else's.
    Of {
        /// Items with a row or an attribute that may be new, gone or different.
        items: BTreeSet<ItemId>,
        /// The same of albums.
        albums: BTreeSet<AlbumId>,
    },
    /// Anyone's.
    Unknown,
}

impl Changes {
    /// Returns whether certainly nothing changed.
    pub fn are_none(&self) -> bool {
        matches!(self, Self::Of { items, albums } if items.is_empty() && albums.is_empty())
    }
}

impl Library {
    /// Notes the pages of the database, and tells what changed since `before`.
    ///
    /// Reads the whole file, in one transaction; with nothing noted before, everything may have
    /// changed.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn changes(&self, before: &Pages) -> Result<(Pages, Changes), Error> {
        self.read(|connection| {
            let now = Pages::read(connection, before)?;
            Ok(now.unwrap_or((Pages::default(), Changes::Unknown)))
        })
    }
}

impl Pages {
    /// Returns the memory that this takes, in bytes.
    pub fn heap_size(&self) -> usize {
        let owners: usize = self.owners.iter().map(Owners::heap_size).sum();
        self.hashes.capacity() * size_of::<u64>() + owners
    }

    fn read(connection: &Connection, before: &Self) -> rusqlite::Result<Option<(Self, Changes)>> {
        let Some(mut reader) = PageReader::new(connection)? else {
            return Ok(None);
        };
        let Some(header) =
            FileHeader::parse(&reader.page(1)?).filter(|header| !header.is_auto_vacuum)
        else {
            return Ok(None);
        };
        let mut now = Self {
            hashes: reader.hashes()?,
            owners: Default::default(),
            schema: connection.query_row("PRAGMA schema_version", [], |row| row.get(0))?,
        };
        let is_same =
            |number| now.hash(number).is_some() && now.hash(number) == before.hash(number);
        let mut walk = Walk {
            reader: &mut reader,
            usable: header.usable,
            is_same: &is_same,
            seen: BTreeSet::new(),
        };
        let mut owners: [Owners; TABLES.len()] = Default::default();
        for (index, (entity, flexible)) in TABLES.into_iter().enumerate() {
            let Some(table) = table(connection, entity, flexible)? else {
                continue;
            };
            match Owners::of(&table, &before.owners[index], &mut walk)? {
                Some(of_table) => owners[index] = of_table,
                None => return Ok(None),
            }
        }
        let seen = std::mem::take(&mut walk.seen);
        now.owners = owners;
        let changes = if now.schema == before.schema
            && now.accounts_for_all(before, &seen, &header, &mut reader)?
        {
            now.changes(before)
        } else {
            Changes::Unknown
        };
        Ok(Some((now, changes)))
    }

    fn hash(&self, number: u32) -> Option<u64> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.hashes.get(index).copied()
    }

    /// Tells whether every page that differs is a leaf, or leads to leaves, or holds what is no row.
    fn accounts_for_all(
        &self,
        before: &Self,
        seen: &BTreeSet<u32>,
        header: &FileHeader,
        reader: &mut PageReader<'_>,
    ) -> rusqlite::Result<bool> {
        let mut free = None;
        for number in (2..).take(self.hashes.len().saturating_sub(1)) {
            if self.hash(number) == before.hash(number)
                || seen.contains(&number)
                || before.owners.iter().any(|owners| owners.contains(number))
            {
                continue;
            }
            let page = reader.page(number)?;
            if btree::is_of_index(&page) || btree::is_of_table(&page) {
                continue;
            }
            // The end of a row that is longer than a page, which changed without its start; or free.
            let free = match &free {
                Some(free) => free,
                None => free.insert(free_pages(header, reader)?),
            };
            if !free.contains(&number) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn changes(&self, before: &Self) -> Changes {
        let is_same = |number| self.hash(number) == before.hash(number);
        let (mut items, mut albums) = (BTreeSet::new(), BTreeSet::new());
        for (index, (entity, _)) in TABLES.into_iter().enumerate() {
            let found = self.owners[index].differing(&before.owners[index], is_same);
            match entity {
                Entity::Item => items.extend(found.into_iter().map(ItemId)),
                Entity::Album => albums.extend(found.into_iter().map(AlbumId)),
            }
        }
        Changes::Of { items, albums }
    }
}

/// Finds a table; `None` if the database does not have it.
fn table(
    connection: &Connection,
    entity: Entity,
    flexible: bool,
) -> rusqlite::Result<Option<Table>> {
    let name = if flexible {
        entity.flex_table()
    } else {
        entity.table()
    };
    let sql = "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let root = statement.query_row([name], |row| row.get(0)).optional()?;
    let Some(root) = root else { return Ok(None) };
    let columns = crate::db::columns(connection, name)?;
    let column = columns.iter().position(|column| column == "entity_id");
    let column = column.filter(|_| flexible);
    Ok(Some(Table { root, column }))
}

/// Returns the pages that are free, as they list each other (§1.5).
///
/// ```text
/// +0  4  the next page of the list; 0 for none
/// +4  4  number n of pages listed here
/// +8 4n  their numbers
/// ```
fn free_pages(header: &FileHeader, reader: &mut PageReader<'_>) -> rusqlite::Result<BTreeSet<u32>> {
    let mut free = BTreeSet::new();
    let mut next = header.free;
    while next != 0 && free.insert(next) {
        let page = reader.page(next)?;
        let n = u32_at(&page, 4)
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(0);
        let listed = page.get(8..).unwrap_or_default().as_chunks::<4>().0.iter();
        free.extend(listed.take(n).map(|number| u32::from_be_bytes(*number)));
        next = u32_at(&page, 0).unwrap_or(0);
    }
    Ok(free)
}
