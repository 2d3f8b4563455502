//! Rows as numbers that differ when the rows do.
//!
//! Whoever keeps what it made of an item keeps the digest of the item's row with it, and sees by it
//! later, even after a restart, whether that still holds. A digest is of all columns of `items`, since
//! nearly all of them are written to files; attributes, which change for other reasons, are not in it.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::quality::FixedState;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Statement};

use crate::db::{prepare_if_there, raw};
use crate::item::{album_of, path_of};
use crate::scan::{Arena, Cell};
use crate::schema::Entity;
use crate::{AlbumId, Error, ItemId, Library, RawValue};

/// Of an item, what tells whether it changed, and where its file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The item.
    pub id: ItemId,
    /// What [`Item::digest`](crate::Item::digest) is.
    pub digest: u64,
    /// The number of the album that the item names; `None` is a singleton.
    pub album: Option<AlbumId>,
    /// The absolute path of the origin; empty if the database has none.
    pub path: Vec<u8>,
}

impl Library {
    /// Returns the digest of one item, if there is one of this number.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn digest(&self, id: ItemId) -> Result<Option<Digest>, Error> {
        let before = id.0.checked_sub(1).map(ItemId);
        let next = self.digests(before, 1)?.pop();
        Ok(next.filter(|digest| digest.id == id))
    }

    /// Returns the digests of up to `most` items, those with the lowest numbers beyond `after`.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn digests(&self, after: Option<ItemId>, most: u32) -> Result<Vec<Digest>, Error> {
        let after = after.map_or(i64::MIN, |id| id.0);
        let copied = self.read(|connection| Copied::read(connection, after, most))?;
        let decode = |name, cell| {
            let raw = copied.arena.load(cell).unwrap_or(RawValue::Null);
            self.schema().decode(Entity::Item, name, raw)
        };
        let rows = copied.rows.iter().map(|row| Digest {
            id: ItemId(row.id),
            digest: row.digest,
            album: album_of(&decode("album_id", row.album)),
            path: path_of(decode("path", row.path)),
        });
        Ok(rows.collect())
    }
}

/// Returns the digest of the row that a statement for `SELECT *` is at.
pub(crate) fn of_row(row: &Row<'_>) -> rusqlite::Result<u64> {
    let statement: &Statement<'_> = row.as_ref();
    let mut hasher = FixedState::default().build_hasher();
    for column in 0..statement.column_count() {
        let value = row.get_ref(column)?;
        // So that 1 is not '1'.
        std::mem::discriminant(&value.data_type()).hash(&mut hasher);
        match value {
            ValueRef::Null => {}
            ValueRef::Integer(int) => hasher.write_i64(int),
            ValueRef::Real(real) => hasher.write_u64(real.to_bits()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                hasher.write_usize(bytes.len());
                hasher.write(bytes);
            }
        }
    }
    Ok(hasher.finish())
}

/// What is taken from rows while the database is being read.
#[derive(Default)]
struct Copied {
    rows: Vec<CopiedRow>,
    arena: Arena,
}

struct CopiedRow {
    id: i64,
    digest: u64,
    album: Cell,
    path: Cell,
}

impl Copied {
    fn read(connection: &Connection, after: i64, most: u32) -> rusqlite::Result<Self> {
        let mut copied = Self::default();
        // A limit that is bound would have SQLite prepare the statement anew each time, since it may
        // decide the plan.
        let sql = "SELECT * FROM items WHERE id > ?1 ORDER BY id";
        let Some(mut statement) = prepare_if_there(connection, sql)? else {
            return Ok(copied);
        };
        let column = |name| statement.column_index(name);
        let (id, album, path) = (column("id")?, column("album_id").ok(), column("path").ok());
        let mut rows = statement.query([after])?;
        while copied.rows.len() < most as usize
            && let Some(row) = rows.next()?
        {
            copied.rows.push(CopiedRow {
                id: row.get(id)?,
                digest: of_row(row)?,
                album: copied.arena.store(cell(row, album)?),
                path: copied.arena.store(cell(row, path)?),
            });
        }
        Ok(copied)
    }
}

/// Returns a column of a row, which an old database may lack.
fn cell<'r>(row: &'r Row<'_>, column: Option<usize>) -> rusqlite::Result<RawValue<'r>> {
    match column {
        Some(column) => row.get_ref(column).map(raw),
        None => Ok(RawValue::Null),
    }
}
