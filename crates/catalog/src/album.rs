//! One album with all its fields.

use std::sync::Arc;

use rusqlite::Connection;

use crate::db::Schema;
use crate::record::Record;
use crate::schema::Entity;
use crate::{RawValue, Value};

/// The number of an album.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlbumId(pub i64);

/// An album, with every column and flexible attribute of its row.
#[derive(Debug)]
pub struct Album {
    record: Record,
}

impl Album {
    /// Returns the album's number.
    pub fn id(&self) -> AlbumId {
        AlbumId(self.record.id())
    }

    /// Returns the absolute path of the cover, if there is one.
    pub fn artpath(&self) -> Option<Vec<u8>> {
        match self.get("artpath") {
            Value::Bytes(path) if !path.is_empty() => Some(path),
            _ => None,
        }
    }

    /// Returns a field's value; null if the album has no such field.
    pub fn get(&self, name: &str) -> Value {
        self.record.get(name)
    }

    /// Returns a field as stored; `None` if the album has no such field.
    pub fn raw(&self, name: &str) -> Option<RawValue<'_>> {
        self.record.raw(name)
    }

    /// Appends a field as templates show it, and tells whether the album has it.
    pub fn show(&self, name: &str, out: &mut String) -> bool {
        self.record.show(name, out)
    }

    /// Returns the flexible attributes, as stored.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, RawValue<'_>)> {
        self.record.attributes()
    }

    pub(crate) fn read(
        connection: &Connection,
        id: AlbumId,
        schema: &Arc<Schema>,
    ) -> rusqlite::Result<Option<Self>> {
        let record = Record::read(connection, Entity::Album, id.0, schema)?;
        Ok(record.map(|record| Self { record }))
    }
}
