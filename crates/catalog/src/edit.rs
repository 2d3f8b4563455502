//! The one way in which a library is written to: a short transaction that sets columns of rows.
//!
//! Everything else in this crate opens the database for reading only. Here a connection of its own is
//! opened for each transaction, which takes the right to write at its start, waits for others no longer
//! than beets does, and changes nothing unless all of it succeeds. Values are stored as beets' models
//! store them.

use std::cmp::Ordering;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, Transaction, TransactionBehavior};

use crate::db::{columns, quoted};
use crate::schema::{Entity, Type};
use crate::{Album, AlbumId, Error, Item, ItemId, Library, RawValue, SortBy, Value};

/// A transaction that may change rows.
#[derive(Debug)]
pub struct Edit<'a> {
    connection: &'a Connection,
    library: &'a Library,
}

impl Library {
    /// Returns the fixed fields of items that this database has no columns for, sorted by name: those that
    /// beets adds when it opens a database of an older version.
    ///
    /// # Errors
    ///
    /// Those of [`Library::open`].
    pub fn lacking(&self) -> Result<Vec<&'static str>, Error> {
        let known = self.read(|connection| columns(connection, Entity::Item.table()))?;
        let names = Entity::Item.fields().map(|field| field.name);
        Ok(names
            .filter(|&name| !known.iter().any(|column| column == name))
            .collect())
    }

    /// Changes rows in one transaction, which is durable when this returns.
    ///
    /// Whatever `edit` did is undone if it fails. Nobody else can write to the database meanwhile, so
    /// that it must be quick.
    ///
    /// # Errors
    ///
    /// What `edit` gives; [`Error::Busy`] if others kept the database locked for 5 s in all, or as long as
    /// [`Library::with_patience`] says, [`Error::ReadOnly`] if it may not be written to, and those of
    /// [`Library::open`].
    pub fn edit<T, E: From<Error>>(
        &self,
        edit: impl FnOnce(&Edit<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transact(edit, |transaction, most| {
            transaction.busy_timeout(most)?;
            transaction.commit()
        })
    }

    /// Does what [`Library::edit`] does, and takes it back, so that nobody else ever sees it.
    ///
    /// # Errors
    ///
    /// Those of [`Library::edit`].
    pub fn rehearse<T, E: From<Error>>(
        &self,
        edit: impl FnOnce(&Edit<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transact(edit, |transaction, _| transaction.rollback())
    }

    fn transact<T, E: From<Error>>(
        &self,
        edit: impl FnOnce(&Edit<'_>) -> Result<T, E>,
        end: impl FnOnce(Transaction<'_>, Duration) -> rusqlite::Result<()>,
    ) -> Result<T, E> {
        let explain = |error| E::from(self.explain(error));
        let own = self.patience().with_an_end(1);
        let patience = own.as_ref().unwrap_or(self.patience());
        let connection = patience.spend(|most| self.connect_for_writing(most));
        let mut connection = connection.map_err(explain)?;
        let begun = &mut connection;
        let transaction = patience.spend(move |most| {
            begun.busy_timeout(most)?;
            begun.transaction_with_behavior(TransactionBehavior::Immediate)
        });
        let transaction = transaction.map_err(explain)?;
        let done = edit(&Edit {
            connection: &transaction,
            library: self,
        })?;
        let ended = patience.spend(|most| end(transaction, most));
        ended.map_err(explain)?;
        Ok(done)
    }

    fn connect_for_writing(&self, most: Duration) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.path(), flags)?;
        connection.busy_timeout(most)?;
        // What a program was told is saved must outlive a loss of power.
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(connection)
    }
}

impl Edit<'_> {
    /// Returns the item with this number as it is now.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn item(&self, id: ItemId) -> Result<Option<Item>, Error> {
        self.explained(Item::read(self.connection, id, self.library.schema()))
    }

    /// Returns the album with this number as it is now.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn album(&self, id: AlbumId) -> Result<Option<Album>, Error> {
        self.explained(Album::read(self.connection, id, self.library.schema()))
    }

    /// Returns the numbers of the items of an album, sorted as beets sorts them.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn items_of(&self, album: AlbumId, sort: &[SortBy]) -> Result<Vec<ItemId>, Error> {
        self.explained(self.read_items_of(album, sort))
    }

    /// Stores the value of a column as beets' models do.
    ///
    /// # Errors
    ///
    /// [`Error::NoColumn`] if this database is too old to have the column, [`Error::NoRow`] if the row
    /// is gone, and if the database cannot be written to.
    pub fn set(&self, entity: Entity, id: i64, name: &str, value: &Value) -> Result<(), Error> {
        let ty = self.library.schema().type_of(entity, name);
        self.store(entity, id, name, &Stored(ty, value))
    }

    /// Stores a column as it is given, as where it gets back what it was.
    ///
    /// # Errors
    ///
    /// As for [`Edit::set`].
    pub fn set_raw(
        &self,
        entity: Entity,
        id: i64,
        name: &str,
        value: RawValue<'_>,
    ) -> Result<(), Error> {
        let value = match value {
            RawValue::Null => ValueRef::Null,
            RawValue::Int(int) => ValueRef::Integer(int),
            RawValue::Real(real) => ValueRef::Real(real),
            RawValue::Text(text) => ValueRef::Text(text),
            RawValue::Blob(blob) => ValueRef::Blob(blob),
        };
        self.store(entity, id, name, &ToSqlOutput::Borrowed(value))
    }

    fn store(&self, entity: Entity, id: i64, name: &str, value: &dyn ToSql) -> Result<(), Error> {
        let table = entity.table();
        let known = self.explained(columns(self.connection, table))?;
        if !known.iter().any(|column| column == name) {
            return Err(Error::NoColumn {
                path: self.library.path().to_owned(),
                table,
                column: name.to_owned(),
            });
        }
        let sql = format!("UPDATE {table} SET {} = ?1 WHERE id = ?2", quoted(name));
        let set = self.connection.prepare_cached(&sql);
        let n_rows = set.and_then(|mut set| set.execute((value, id)));
        match self.explained(n_rows)? {
            0 => Err(Error::NoRow {
                path: self.library.path().to_owned(),
                table,
                id,
            }),
            _ => Ok(()),
        }
    }

    fn read_items_of(&self, album: AlbumId, sort: &[SortBy]) -> rusqlite::Result<Vec<ItemId>> {
        let known = columns(self.connection, Entity::Item.table())?;
        // As beets does: the database sorts by the columns behind the last key that is none, and what comes
        // before is sorted by as values.
        let is_column = |key: &SortBy| known.contains(&key.field);
        let n_slow = sort.iter().rposition(|key| !is_column(key));
        let (slow, fast) = sort.split_at(n_slow.map_or(0, |last| last + 1));
        let mut keys: Vec<String> = fast.iter().map(|key| key.sql(&known)).collect();
        keys.push("id".to_owned());
        let keys = keys.join(", ");
        let sql = format!("SELECT id FROM items WHERE album_id = ?1 ORDER BY {keys}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let ids = statement.query_map([album.0], |row| row.get(0).map(ItemId))?;
        let ids: Vec<_> = ids.collect::<Result<_, _>>()?;
        if slow.is_empty() {
            return Ok(ids);
        }
        let mut items = Vec::new();
        for id in ids {
            items.extend(Item::read(self.connection, id, self.library.schema())?);
        }
        items.sort_by(|one, two| {
            let orders = slow.iter().map(|key| key.compare(one, two));
            orders.fold(Ordering::Equal, Ordering::then)
        });
        Ok(items.iter().map(Item::id).collect())
    }

    fn explained<T>(&self, result: rusqlite::Result<T>) -> Result<T, Error> {
        result.map_err(|error| self.library.explain(error))
    }
}

/// A value of a type, as its column holds it.
struct Stored<'a>(Type, &'a Value);

impl ToSql for Stored<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let Self(ty, value) = *self;
        Ok(match (value, ty) {
            (Value::Null, _) => ToSqlOutput::Borrowed(ValueRef::Null),
            (Value::Bool(truth), _) => ToSqlOutput::from(*truth),
            (Value::Int(int), _) => ToSqlOutput::from(*int),
            (Value::Float(float), _) => ToSqlOutput::from(*float),
            (Value::BigInt(text), _) => ToSqlOutput::from(&**text),
            (Value::Text(text), _) => ToSqlOutput::from(text.as_str()),
            (Value::Bytes(bytes), _) => ToSqlOutput::from(bytes.as_slice()),
            (Value::List(texts), Type::List { delimiter }) => {
                ToSqlOutput::from(texts.join(delimiter))
            }
            (Value::List(texts), _) => ToSqlOutput::from(texts.join("; ")),
        })
    }
}
