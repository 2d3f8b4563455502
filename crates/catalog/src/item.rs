//! One item with all its fields.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use crate::db::{Schema, columns};
use crate::record::Record;
use crate::schema::Entity;
use crate::{AlbumId, RawValue, Value};

/// The number of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub i64);

/// A track, with every column and flexible attribute of its row.
#[derive(Debug)]
pub struct Item {
    record: Record,
}

impl Item {
    /// Returns the item's number.
    pub fn id(&self) -> ItemId {
        ItemId(self.record.id())
    }

    /// Returns the number of the album that the item names; `None` is a singleton.
    pub fn album_id(&self) -> Option<AlbumId> {
        album_of(&self.get("album_id"))
    }

    /// Returns the absolute path of the origin; empty if the database has none.
    pub fn path(&self) -> Vec<u8> {
        path_of(self.get("path"))
    }

    /// Returns a number that differs, but for one chance in 2⁶⁴, when a column of the row does; see
    /// [`Library::digests`](crate::Library::digests). Another version of this program may give
    /// another number.
    pub fn digest(&self) -> u64 {
        self.record.digest()
    }

    /// Returns a field's value; null if the item has no such field.
    ///
    /// The album's fields are not the item's: see [`Library::album`](crate::Library::album).
    pub fn get(&self, name: &str) -> Value {
        self.record.get(name)
    }

    /// Returns a field's value if it is text, borrowed where it can be.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.record.text(name)
    }

    /// Returns a field's value if it is a list of texts, borrowed where they can be.
    pub fn texts(&self, name: &str) -> Option<Vec<Cow<'_, str>>> {
        self.record.texts(name)
    }

    /// Returns a field as stored; `None` if the item has no such field.
    pub fn raw(&self, name: &str) -> Option<RawValue<'_>> {
        self.record.raw(name)
    }

    /// Appends a field as templates show it, and tells whether the item has it.
    pub fn show(&self, name: &str, out: &mut String) -> bool {
        self.record.show(name, out)
    }

    /// Returns the flexible attributes, as stored.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, RawValue<'_>)> {
        self.record.attributes()
    }

    pub(crate) fn read(
        connection: &Connection,
        id: ItemId,
        schema: &Arc<Schema>,
    ) -> rusqlite::Result<Option<Self>> {
        let record = Record::read(connection, Entity::Item, id.0, schema)?;
        Ok(record.map(|record| Self { record }))
    }

    pub(crate) fn read_by_path(
        connection: &Connection,
        path: &[u8],
        schema: &Arc<Schema>,
    ) -> rusqlite::Result<Option<Self>> {
        if !columns(connection, Entity::Item.table())?
            .iter()
            .any(|column| column == "path")
        {
            return Ok(None);
        }
        // The column may hold text or a blob, and a path in its relative or absolute form.
        let sql = "SELECT id FROM items WHERE CAST(path AS BLOB) IN (?1, ?2) ORDER BY id LIMIT 1";
        let mut statement = connection.prepare_cached(sql)?;
        let relative = relative_to(&schema.formats.directory, path).unwrap_or(path);
        let id = statement
            .query_row([path, relative], |row| row.get(0))
            .optional()?;
        match id {
            Some(id) => Self::read(connection, ItemId(id), schema),
            None => Ok(None),
        }
    }
}

/// Returns the number of an album that a value is.
pub(crate) fn album_of(value: &Value) -> Option<AlbumId> {
    match value {
        Value::Int(id) => Some(AlbumId(*id)),
        // No album can have a number beyond 64 bits.
        Value::BigInt(_) => Some(AlbumId(0)),
        _ => None,
    }
}

/// Returns the path that a value is; empty if it is none.
pub(crate) fn path_of(value: Value) -> Vec<u8> {
    match value {
        Value::Bytes(path) => path,
        _ => Vec::new(),
    }
}

/// Returns the part of `path` beneath `directory`.
fn relative_to<'a>(directory: &[u8], path: &'a [u8]) -> Option<&'a [u8]> {
    let below = path.strip_prefix(directory)?;
    if directory.ends_with(b"/") {
        Some(below)
    } else {
        below.strip_prefix(b"/")
    }
}
