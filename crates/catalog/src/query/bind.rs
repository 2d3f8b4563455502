//! Joins queries to the rows of a scan.

use std::collections::HashMap;
use std::fmt;

use rusqlite::types::ValueRef;

use super::{Query, StoredRow, TypedRow};
use crate::db::{columns, quoted};
use crate::{AlbumRow, Entity, Error, ItemRow, Library, RawValue, Selection, Slot, Value, field};

/// Where in a scan the fields of some queries are.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests-data/library.db");
/// use catalog::{Binding, Entity, Library, ParseContext, Query, Schema, Selection};
///
/// let library = Library::open(path.as_ref(), Schema::default())?;
/// let context = ParseContext {
///     entity: Entity::Item,
///     types: &library.schema().types,
///     directory: b"/music",
///     working_directory: b"/",
///     home: None,
///     now: jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0),
///     zone: jiff::tz::TimeZone::UTC,
///     exists: &|_| false,
/// };
/// let query = Query::parse("year:1990.. -mood:sad", &context)?;
/// let mut selection = Selection::default();
/// let binding = Binding::new([&query], &mut selection, &library)?;
/// let scan = library.scan(&selection)?;
/// for item in scan.items() {
///     if query.selects(&binding.row(item, &|_| None))? {
///         println!("{:?}", item.id());
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Binding {
    fields: HashMap<String, Places>,
    path: Option<Slot>,
}

/// The slots of one name.
#[derive(Debug, Default)]
struct Places {
    item: Option<Slot>,
    album: Option<Slot>,
    /// Attributes of items and of albums: the name itself first, then those in another case.
    item_attributes: Vec<Slot>,
    album_attributes: Vec<Slot>,
    /// Whether the first of them has the name itself.
    has_item_attribute: bool,
    has_album_attribute: bool,
}

impl Binding {
    /// Selects the fields of queries about items.
    ///
    /// # Errors
    ///
    /// If the names of the library's attributes cannot be read.
    pub fn new<'q>(
        queries: impl IntoIterator<Item = &'q Query>,
        selection: &mut Selection,
        library: &Library,
    ) -> Result<Self, Error> {
        let item_attributes = library.attribute_names(Entity::Item)?;
        let album_attributes = library.attribute_names(Entity::Album)?;
        let mut binding = Self::default();
        for name in queries.into_iter().flat_map(Query::fields) {
            let mut places = Places::default();
            if Entity::Item.has(name) {
                places.item = Some(selection.item(name));
            }
            if Entity::Album.has(name) {
                places.album = Some(selection.album(name));
            }
            if field(name).is_none() {
                for attribute in matching(&item_attributes, name) {
                    places.has_item_attribute |= attribute == name;
                    places.item_attributes.push(selection.item(attribute));
                }
                for attribute in matching(&album_attributes, name) {
                    places.has_album_attribute |= attribute == name;
                    places.album_attributes.push(selection.album(attribute));
                }
            }
            binding.fields.insert(name.to_owned(), places);
        }
        if binding.fields.contains_key("filesize") {
            binding.path = Some(selection.item("path"));
        }
        Ok(binding)
    }

    /// Returns a row of a scan of the selection as queries see it.
    ///
    /// `computed` gives what plugins and beets' own code compute; it goes before what is stored,
    /// in beets' own code, and the database knows nothing of it.
    pub fn row<'a>(
        &'a self,
        item: ItemRow<'a>,
        computed: &'a dyn Fn(&str) -> Option<Value>,
    ) -> BoundRow<'a> {
        BoundRow {
            binding: self,
            item,
            computed,
        }
    }
}

/// Returns the attributes whose name is this in any case, that in the same case first.
fn matching<'a>(attributes: &'a [String], name: &str) -> Vec<&'a str> {
    let found = attributes
        .iter()
        .filter(|attribute| attribute.to_lowercase() == name);
    let mut found: Vec<&str> = found.map(String::as_str).collect();
    found.sort_by_key(|&attribute| attribute != name);
    found
}

/// An item of a scan as queries see it.
#[derive(Clone, Copy)]
pub struct BoundRow<'a> {
    binding: &'a Binding,
    item: ItemRow<'a>,
    computed: &'a dyn Fn(&str) -> Option<Value>,
}

impl fmt::Debug for BoundRow<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("BoundRow")
            .field(&self.item.id())
            .finish()
    }
}

impl BoundRow<'_> {
    fn file_size(&self) -> Value {
        use std::os::unix::ffi::OsStrExt;
        let path = self.binding.path.and_then(|slot| self.item.value(slot));
        let size = match path {
            Some(Value::Bytes(path)) => {
                std::fs::metadata(std::ffi::OsStr::from_bytes(&path)).map_or(0, |data| data.len())
            }
            _ => 0,
        };
        Value::Int(i64::try_from(size).unwrap_or(i64::MAX))
    }
}

impl StoredRow for BoundRow<'_> {
    fn stored(&self, column: &str) -> RawValue<'_> {
        let Some(places) = self.binding.fields.get(column) else {
            return RawValue::Null;
        };
        let cell = match (places.item, places.album) {
            (Some(slot), _) => self.item.raw(slot),
            (None, Some(slot)) => self.item.album().and_then(|album| album.raw(slot)),
            (None, None) => None,
        };
        cell.unwrap_or(RawValue::Null)
    }
}

impl TypedRow for BoundRow<'_> {
    fn typed(&self, name: &str) -> Option<Value> {
        let computed = (self.computed)(name);
        if computed.is_some() {
            return computed;
        }
        let places = self.binding.fields.get(name)?;
        match name {
            "singleton" => return Some(Value::Bool(self.item.album_id().is_none())),
            "filesize" => return Some(self.file_size()),
            _ => {}
        }
        if let Some(slot) = places.item {
            return self.item.value(slot);
        }
        let own = places
            .item_attributes
            .iter()
            .find_map(|&slot| self.item.value(slot));
        own.or_else(|| {
            let album = self.item.album()?;
            if let Some(slot) = places.album {
                return album.value(slot);
            }
            places
                .album_attributes
                .iter()
                .find_map(|&slot| album.value(slot))
        })
    }

    fn has(&self, name: &str) -> bool {
        let Some(places) = self.binding.fields.get(name) else {
            return false;
        };
        let is_computed = Entity::Item.computed().contains(&name);
        if places.item.is_some() || is_computed || (self.computed)(name).is_some() {
            return true;
        }
        let exact = |slots: &[Slot], named: bool| slots.first().copied().filter(|_| named);
        let item_slot = exact(&places.item_attributes, places.has_item_attribute);
        if item_slot.is_some_and(|slot| self.item.raw(slot).is_some()) {
            return true;
        }
        let in_album = |album: AlbumRow<'_>| {
            let slot = exact(&places.album_attributes, places.has_album_attribute);
            places.album.is_some()
                || Entity::Album.computed().contains(&name)
                || slot.is_some_and(|slot| album.raw(slot).is_some())
        };
        self.item.album().is_some_and(in_album)
    }
}

impl Library {
    /// Returns the names of the flexible attributes that rows of `entity` have.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn attribute_names(&self, entity: Entity) -> Result<Vec<String>, Error> {
        self.read(|connection| {
            let table = entity.flex_table();
            if !columns(connection, table)?
                .iter()
                .any(|column| column == "key")
            {
                return Ok(Vec::new());
            }
            let sql = format!("SELECT DISTINCT key FROM {} ORDER BY key", quoted(table));
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            let mut names = Vec::new();
            while let Some(row) = rows.next()? {
                // Names that are not UTF-8 cannot be asked for.
                if let ValueRef::Text(name) = row.get_ref(0)?
                    && let Ok(name) = std::str::from_utf8(name)
                {
                    names.push(name.to_owned());
                }
            }
            Ok(names)
        })
    }
}
