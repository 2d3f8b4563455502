//! One row of either kind, with its flexible attributes.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::db::{Schema, columns, prepare_if_there, raw};
use crate::scan::{Arena, Cell};
use crate::schema::{Entity, FIELDS};
use crate::{RawValue, Value};
use crate::{digest, legacy};

#[derive(Debug)]
pub(crate) struct Record {
    entity: Entity,
    id: i64,
    /// The cells of the fixed fields, in the order of [`FIELDS`].
    fixed: Vec<Cell>,
    flexible: Vec<(String, Cell)>,
    arena: Arena,
    digest: u64,
    schema: Arc<Schema>,
}

impl Record {
    /// Reads the row with this number, if there is one.
    pub(crate) fn read(
        connection: &Connection,
        entity: Entity,
        id: i64,
        schema: &Arc<Schema>,
    ) -> rusqlite::Result<Option<Self>> {
        let mut record = Self {
            entity,
            id,
            fixed: vec![Cell::NULL; FIELDS.len()],
            flexible: Vec::new(),
            arena: Arena::default(),
            digest: 0,
            schema: Arc::clone(schema),
        };
        let sql = match entity {
            Entity::Item => "SELECT * FROM items WHERE id = ?1",
            Entity::Album => "SELECT * FROM albums WHERE id = ?1",
        };
        let Some(mut statement) = prepare_if_there(connection, sql)? else {
            return Ok(None);
        };
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        record.digest = digest::of_row(row)?;
        let older = record.store_row(row)?;
        record.read_attributes(connection)?;
        for list in older {
            record.read_list(connection, list)?;
        }
        Ok(Some(record))
    }

    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    pub(crate) fn get(&self, name: &str) -> Value {
        match self.raw(name) {
            Some(raw) => self.schema.decode(self.entity, name, raw),
            None => Value::Null,
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        let ty = self.schema.type_of(self.entity, name);
        self.schema.formats.text(ty, self.raw(name)?)
    }

    pub(crate) fn texts(&self, name: &str) -> Option<Vec<Cow<'_, str>>> {
        let ty = self.schema.type_of(self.entity, name);
        self.schema.formats.texts(ty, self.raw(name)?)
    }

    pub(crate) fn raw(&self, name: &str) -> Option<RawValue<'_>> {
        self.arena.load(self.cell(name)?)
    }

    pub(crate) fn show(&self, name: &str, out: &mut String) -> bool {
        let raw = self.raw(name);
        if let Some(raw) = raw {
            let ty = self.schema.type_of(self.entity, name);
            self.schema.formats.show_raw(ty, raw, out);
        }
        raw.is_some()
    }

    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, RawValue<'_>)> {
        let known = self.flexible.iter();
        known.filter_map(|(name, cell)| Some((name.as_str(), self.arena.load(*cell)?)))
    }

    fn cell(&self, name: &str) -> Option<Cell> {
        if self.entity.has(name) {
            return self.fixed.get(field_index(name)?).copied();
        }
        let found = self.flexible.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, cell)| *cell)
    }

    /// Stores the fixed fields, and returns those that an older column may stand for.
    fn store_row(&mut self, row: &Row<'_>) -> rusqlite::Result<Vec<&'static str>> {
        let statement: &rusqlite::Statement<'_> = row.as_ref();
        let mut older = Vec::new();
        for column in 0..statement.column_count() {
            let name = statement.column_name(column)?;
            let raw = raw(row.get_ref(column)?);
            if let Some(index) = field_index(name) {
                self.fixed[index] = self.arena.store(raw);
            } else if let Some(list) = legacy::list_of(name)
                && !is_empty(raw)
            {
                older.push(list);
            }
        }
        older.retain(|list| self.raw(list).is_some_and(is_empty));
        Ok(older)
    }

    /// Reads a list from the older column that stands for it.
    fn read_list(&mut self, connection: &Connection, list: &str) -> rusqlite::Result<()> {
        let table = self.entity.table();
        let columns = columns(connection, table)?;
        let list_sql = legacy::expression(connection, self.entity, list, &columns)?;
        let sql = format!("SELECT {list_sql} FROM {table} WHERE id = ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([self.id])?;
        if let (Some(row), Some(index)) = (rows.next()?, field_index(list)) {
            self.fixed[index] = self.arena.store(raw(row.get_ref(0)?));
        }
        Ok(())
    }

    fn read_attributes(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = match self.entity {
            Entity::Item => "SELECT key, value FROM item_attributes WHERE entity_id = ?1",
            Entity::Album => "SELECT key, value FROM album_attributes WHERE entity_id = ?1",
        };
        let Some(mut statement) = prepare_if_there(connection, sql)? else {
            return Ok(());
        };
        let mut rows = statement.query([self.id])?;
        while let Some(row) = rows.next()? {
            let ValueRef::Text(key) = row.get_ref(0)? else {
                continue;
            };
            // Names that are not UTF-8 cannot be asked for.
            let Ok(key) = str::from_utf8(key) else {
                continue;
            };
            let cell = self.arena.store(raw(row.get_ref(1)?));
            self.flexible.push((key.to_owned(), cell));
        }
        Ok(())
    }
}

fn is_empty(raw: RawValue<'_>) -> bool {
    matches!(raw, RawValue::Null | RawValue::Text(b""))
}

fn field_index(name: &str) -> Option<usize> {
    FIELDS.binary_search_by_key(&name, |field| field.name).ok()
}
