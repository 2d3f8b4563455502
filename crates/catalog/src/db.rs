//! A beets database, opened for reading only; `edit` has the one exception.
//!
//! beets opens the same file at any time and writes to it. Its commits fail while a reader holds
//! a lock, so every read here is one short transaction, and nothing is parsed or evaluated inside
//! one. The file is never taken for immutable, and a writer is waited for.
//!
//! A [`Library`] is shared by any number of threads: each read takes a connection from a small
//! pool, or opens one when all are busy, so that no thread ever waits for another. When the file
//! is replaced by another one, the connections to the old one are dropped.

mod patience;
mod pool;
mod revision;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection};

use crate::schema::{Entity, Type, Types};
use crate::value::{Formats, RawValue, Value};
use crate::{Album, AlbumId, Error, Item, ItemId, ItemRanges, Scan, Selection};
pub(crate) use patience::Patience;
use pool::Pool;
pub use revision::{Glimpse, Revision};

/// What decides the meaning of stored values: the type of each name, and the formats.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// The type of each name.
    pub types: Types,
    /// How values of each type are read and shown.
    pub formats: Formats,
}

impl Schema {
    /// Returns the type of `name` on `entity`.
    pub fn type_of(&self, entity: Entity, name: &str) -> Type {
        self.types.of(entity, name)
    }

    /// Reads a stored value of the field `name`.
    pub fn decode(&self, entity: Entity, name: &str, raw: RawValue<'_>) -> Value {
        self.formats.decode(self.type_of(entity, name), raw)
    }
}

/// A beets database.
///
/// ```no_run
/// use catalog::{ItemId, Library, Schema};
///
/// let library = Library::open("library.db".as_ref(), Schema::default())?;
/// if let Some(item) = library.item(ItemId(1))? {
///     println!("{:?}", item.get("title"));
/// }
/// # Ok::<(), catalog::Error>(())
/// ```
#[derive(Debug)]
pub struct Library {
    pool: Arc<Pool>,
    watches: Arc<Mutex<revision::Watches>>,
    schema: Arc<Schema>,
    patience: Patience,
}

impl Library {
    /// Opens the database at `path`, which must be there and be a beets library.
    ///
    /// # Errors
    ///
    /// If there is no such file, if it is not a beets library, or if it cannot be read.
    pub fn open(path: &Path, schema: Schema) -> Result<Self, Error> {
        let library = Self {
            pool: Arc::new(Pool::new(path)?),
            watches: Arc::default(),
            schema: Arc::new(schema),
            patience: Patience::default(),
        };
        let items = library.read(|connection| columns(connection, Entity::Item.table()))?;
        if items.is_empty() {
            return Err(Error::NotALibrary {
                path: library.path().to_owned(),
            });
        }
        Ok(library)
    }

    /// Returns the same library for work that waits no longer than `most` in all for others who have the
    /// database locked, whatever it reads and changes. Otherwise each read waits for 15 s at most.
    #[must_use]
    pub fn with_patience(&self, most: Duration) -> Self {
        Self {
            pool: Arc::clone(&self.pool),
            watches: Arc::clone(&self.watches),
            schema: Arc::clone(&self.schema),
            patience: Patience::of(most),
        }
    }

    /// Returns the database's path, absolute.
    pub fn path(&self) -> &Path {
        self.pool.path()
    }

    /// Returns what decides the meaning of stored values.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Returns which state of the database a read would see now.
    ///
    /// Ask before a scan: whatever is committed in between makes the next answer differ.
    ///
    /// # Errors
    ///
    /// If the file is gone or cannot be read.
    pub fn revision(&self) -> Result<Revision, Error> {
        revision::current(&self.pool, &self.watches)
    }

    /// Looks at the database's files from outside; `None` if it is away.
    pub fn glimpse(&self) -> Option<Glimpse> {
        revision::glimpse(&self.pool)
    }

    /// Reads the selected fields of all items and albums, in one short transaction.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn scan(&self, selection: &Selection) -> Result<Scan, Error> {
        self.read(|connection| Scan::read(connection, selection, &self.schema))
    }

    /// Reads the selected fields of all albums and of some items, in one short transaction.
    ///
    /// `then` tells from a scan of the `first` items which ones are to be read, these among them if they
    /// are, and what else it found out, which is returned too. It is run within the transaction, and
    /// again if a writer comes in between.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn scan_part<T>(
        &self,
        selection: &Selection,
        first: &ItemRanges,
        then: impl Fn(&Scan) -> (ItemRanges, T),
    ) -> Result<(Scan, T), Error> {
        self.read(|connection| Scan::read_part(connection, selection, &self.schema, first, &then))
    }

    /// Returns the item with this number, with all its fields.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn item(&self, id: ItemId) -> Result<Option<Item>, Error> {
        self.read(|connection| Item::read(connection, id, &self.schema))
    }

    /// Returns the album with this number, with all its fields.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn album(&self, id: AlbumId) -> Result<Option<Album>, Error> {
        self.read(|connection| Album::read(connection, id, &self.schema))
    }

    /// Returns the numbers of the items of an album.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn items_of(&self, album: AlbumId) -> Result<Vec<ItemId>, Error> {
        self.read(|connection| {
            let sql = "SELECT id FROM items WHERE album_id = ?1";
            let Some(mut statement) = prepare_if_there(connection, sql)? else {
                return Ok(Vec::new());
            };
            let rows = statement.query_map([album.0], |row| row.get(0).map(ItemId))?;
            rows.collect()
        })
    }

    /// Returns the item whose file is `path`, absolute and normal.
    ///
    /// Reads the whole table, since beets keeps no index of paths. Of several items with one
    /// path, the one with the lowest number is returned.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn item_by_path(&self, path: &[u8]) -> Result<Option<Item>, Error> {
        self.read(|connection| Item::read_by_path(connection, path, &self.schema))
    }

    /// Returns the columns that the table of `entity` has in this database.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn columns(&self, entity: Entity) -> Result<Vec<String>, Error> {
        self.read(|connection| columns(connection, entity.table()))
    }

    /// Runs `read` in a transaction, again if a writer came in between.
    pub(crate) fn read<T>(
        &self,
        read: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        self.pool.read(&self.patience, read)
    }

    /// Returns how long others are waited for.
    pub(crate) fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Says what an error of the database engine means for the library.
    pub(crate) fn explain(&self, error: rusqlite::Error) -> Error {
        self.pool.explain(error)
    }
}

/// Returns the names of a table's columns; none if there is no such table.
pub(crate) fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM pragma_table_info(?1)";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

/// Prepares a statement, if the database has the tables and columns that it names.
pub(crate) fn prepare_if_there<'a>(
    connection: &'a Connection,
    sql: &str,
) -> rusqlite::Result<Option<CachedStatement<'a>>> {
    match connection.prepare_cached(sql) {
        // The code of these errors says no more than that the statement is wrong.
        Err(
            rusqlite::Error::SqlInputError { msg, .. }
            | rusqlite::Error::SqliteFailure(_, Some(msg)),
        ) if msg.starts_with("no such ") => Ok(None),
        other => other.map(Some),
    }
}

/// Returns `name` as SQL spells an identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns a cell of a row, which always has a value of some class.
pub(crate) fn raw(value: ValueRef<'_>) -> RawValue<'_> {
    match value {
        ValueRef::Null => RawValue::Null,
        ValueRef::Integer(int) => RawValue::Int(int),
        ValueRef::Real(real) => RawValue::Real(real),
        ValueRef::Text(text) => RawValue::Text(text),
        ValueRef::Blob(blob) => RawValue::Blob(blob),
    }
}

/// Returns the absolute form of `path`, without looking at the disk.
fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|source| Error::Open {
        path: path.to_owned(),
        source,
    })
}
