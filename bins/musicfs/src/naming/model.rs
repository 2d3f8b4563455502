//! Items and albums as beets' models show them: every field by name, wherever it comes from.

use std::cell::{Cell, RefCell};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use catalog::{AlbumRow, Entity, Formats, ItemRow, RawValue, Scan, Schema, Slot};
use catalog::{Type, TypedRow, Value};
use pathfmt::Failure;
use pathfmt::plugins::without_featured;

use super::contents::Contents;
use super::fields::{Computed, Field, Fields, Getter};
use super::plugins::Plugins;

/// How deeply rewritten fields may depend on one another; beets dies of a circle.
const MAX_REWRITES: u32 = 8;

/// A row of either kind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Row<'a> {
    Item(ItemRow<'a>),
    Album(AlbumRow<'a>),
}

impl<'a> Row<'a> {
    pub(super) fn entity(self) -> Entity {
        match self {
            Self::Item(_) => Entity::Item,
            Self::Album(_) => Entity::Album,
        }
    }

    fn raw(self, slot: Slot) -> Option<RawValue<'a>> {
        match self {
            Self::Item(row) => row.raw(slot),
            Self::Album(row) => row.raw(slot),
        }
    }

    fn value(self, slot: Slot) -> Option<Value> {
        match self {
            Self::Item(row) => row.value(slot),
            Self::Album(row) => row.value(slot),
        }
    }

    fn show(self, slot: Slot, out: &mut String) -> bool {
        match self {
            Self::Item(row) => row.show(slot, out),
            Self::Album(row) => row.show(slot, out),
        }
    }
}

/// A scan, and what gives its rows their fields.
#[derive(Debug)]
pub(super) struct Models<'a> {
    pub(super) scan: &'a Scan,
    pub(super) fields: &'a Fields,
    pub(super) plugins: &'a Plugins,
    pub(super) schema: &'a Schema,
    pub(super) formats: &'a Formats,
    pub(super) per_disc_numbering: bool,
    pub(super) contents: Contents,
    depth: Cell<u32>,
}

impl<'a> Models<'a> {
    pub(super) fn new(
        scan: &'a Scan,
        fields: &'a Fields,
        plugins: &'a Plugins,
        schema: &'a Schema,
        per_disc_numbering: bool,
    ) -> Self {
        let formats = &schema.formats;
        let (contents, depth) = (Contents::default(), Cell::new(0));
        Self {
            scan,
            fields,
            plugins,
            schema,
            formats,
            per_disc_numbering,
            contents,
            depth,
        }
    }

    /// Returns the type of a field.
    pub(super) fn type_of(&self, entity: Entity, name: &str) -> Type {
        self.schema.type_of(entity, name)
    }

    /// Returns a value by name; `None` if the row has no such field. The case of an attribute's
    /// name does not matter, if none has it exactly.
    pub(super) fn get(&self, row: Row<'_>, name: &str) -> Result<Option<Value>, Failure> {
        let Some(field) = self.fields.of(row.entity(), name) else {
            return Ok(None);
        };
        match &field.getter {
            Getter::Attribute { exact, others } => {
                let mut slots = exact.iter().chain(others);
                Ok(slots.find_map(|&slot| row.value(slot)))
            }
            _ => self.value(row, field),
        }
    }

    /// Returns a value by name, of the item or else of its album.
    pub(super) fn get_of_item(
        &self,
        item: ItemRow<'_>,
        name: &str,
    ) -> Result<Option<Value>, Failure> {
        if let Some(value) = self.get(Row::Item(item), name)? {
            return Ok(Some(value));
        }
        match item.album() {
            Some(album) => self.get(Row::Album(album), name),
            None => Ok(None),
        }
    }

    /// Returns a column as the database has it; `None` if rows of this kind have no such column.
    pub(super) fn stored<'r>(&self, row: Row<'r>, column: &str) -> Option<RawValue<'r>> {
        match self.fields.of(row.entity(), column)?.getter {
            Getter::Column(slot) | Getter::Rewritten { slot, .. } => row.raw(slot),
            _ => None,
        }
    }

    /// Appends a field as templates show it, and returns whether the row has it.
    pub(super) fn show(
        &self,
        row: Row<'_>,
        field: &Field,
        out: &mut String,
    ) -> Result<bool, Failure> {
        match &field.getter {
            Getter::Column(slot)
            | Getter::Attribute {
                exact: Some(slot), ..
            } => Ok(row.show(*slot, out)),
            Getter::Attribute { exact: None, .. } => Ok(false),
            _ => {
                let value = self.value(row, field)?.unwrap_or(Value::Null);
                self.formats.show(field.ty, &value, out);
                Ok(true)
            }
        }
    }

    fn value(&self, row: Row<'_>, field: &Field) -> Result<Option<Value>, Failure> {
        match &field.getter {
            Getter::Column(slot) => Ok(row.value(*slot)),
            Getter::Attribute { exact, .. } => Ok(exact.and_then(|slot| row.value(slot))),
            Getter::Refused(reason) => Err(Failure::Refused(reason.clone())),
            Getter::Computed(computed) => self.compute(row, computed).map(Some),
            Getter::Rewritten { slot, rewrites } => {
                let stored = row.value(*slot).unwrap_or(Value::Null);
                self.depth.set(self.depth.get() + 1);
                let rewritten = if self.depth.get() > MAX_REWRITES {
                    Err(Failure::Refused(
                        "its rewriting depends on itself".to_owned(),
                    ))
                } else {
                    let typed = TypedModel::new(self, row);
                    let rewritten = rewrites.apply(stored, &typed);
                    typed.check(rewritten)
                };
                self.depth.set(self.depth.get() - 1);
                rewritten.map(Some)
            }
        }
    }

    fn compute(&self, row: Row<'_>, computed: &Computed) -> Result<Value, Failure> {
        match (row, computed) {
            (Row::Item(item), Computed::Singleton) => Ok(Value::Bool(item.album_id().is_none())),
            (Row::Item(item), Computed::FileSize { path }) => Ok(file_size(item.value(*path))),
            (Row::Album(album), Computed::AlbumPath { path }) => self.album_path(album, *path),
            (
                Row::Album(album),
                Computed::AlbumTotal {
                    disctotal,
                    disc,
                    tracktotal,
                },
            ) => self
                .total(album, *disctotal, *disc, *tracktotal)
                .map(Value::Int),
            (
                Row::Album(album),
                Computed::Missing {
                    disctotal,
                    disc,
                    tracktotal,
                },
            ) => {
                let total = self.total(album, *disctotal, *disc, *tracktotal)?;
                let here = i64::try_from(self.items(album).len()).unwrap_or(i64::MAX);
                Ok(Value::Text(total.saturating_sub(here).to_string()))
            }
            (_, Computed::AlbumTypes) => {
                let types = match self.get(row, "albumtypes")? {
                    Some(Value::List(types)) => types,
                    _ => Vec::new(),
                };
                let types: Vec<&str> = types.iter().map(String::as_str).collect();
                let artist = self.text(row, "mb_albumartistid")?;
                let mut out = String::new();
                self.plugins.album_types.show(&types, &artist, &mut out);
                Ok(Value::Text(out))
            }
            (_, Computed::WithoutFeatured) => {
                let words = self.plugins.featured_words.iter();
                let words: Vec<&str> = words.map(String::as_str).collect();
                let artist = self.text(row, "albumartist")?;
                Ok(Value::Text(without_featured(&artist, &words)))
            }
            // A field is computed for its own kind of row only.
            _ => Ok(Value::Null),
        }
    }

    fn text(&self, row: Row<'_>, name: &str) -> Result<String, Failure> {
        match self.get(row, name)? {
            Some(Value::Text(text)) => Ok(text),
            _ => Ok(String::new()),
        }
    }

    fn items(&self, album: AlbumRow<'_>) -> impl ExactSizeIterator<Item = ItemRow<'_>> {
        self.contents.of(album.id(), self)
    }

    fn album_path(&self, album: AlbumRow<'_>, path: Slot) -> Result<Value, Failure> {
        let Some(first) = self.items(album).next() else {
            let message = format!("empty album for album id {}", album.id().0);
            return Err(Failure::Message(message));
        };
        let path = match first.value(path) {
            Some(Value::Bytes(path)) => path,
            _ => Vec::new(),
        };
        let parent = path
            .iter()
            .rposition(|&byte| byte == b'/')
            .map_or(0, |at| at.max(1));
        Ok(Value::Bytes(path[..parent].to_vec()))
    }

    /// Returns how many tracks the album has, by what its items say.
    fn total(
        &self,
        album: AlbumRow<'_>,
        disctotal: Slot,
        disc: Slot,
        tracktotal: Slot,
    ) -> Result<i64, Failure> {
        let n_discs = int(Row::Album(album), disctotal);
        if n_discs == 1 || !self.per_disc_numbering {
            let first = self.items(album).next();
            let empty =
                || Failure::Message(Contents::nothing_at_first(&self.fields.sort).to_owned());
            return first
                .map(|item| int(Row::Item(item), tracktotal))
                .ok_or_else(empty);
        }
        let (mut discs, mut total) = (Vec::new(), 0_i64);
        for item in self.items(album) {
            let number = int(Row::Item(item), disc);
            if discs.contains(&number) {
                continue;
            }
            total = total.saturating_add(int(Row::Item(item), tracktotal));
            discs.push(number);
            if i64::try_from(discs.len()) == Ok(n_discs) {
                break;
            }
        }
        Ok(total)
    }
}

/// Returns whether the row has a field of exactly its name.
pub(super) fn has(row: Row<'_>, field: &Field) -> bool {
    match field.getter {
        Getter::Attribute { exact, .. } => exact.is_some_and(|slot| row.raw(slot).is_some()),
        _ => true,
    }
}

fn int(row: Row<'_>, slot: Slot) -> i64 {
    match row.value(slot) {
        Some(Value::Int(int)) => int,
        _ => 0,
    }
}

/// Returns the size of a file, 0 if it is not there: what beets' `filesize` is.
fn file_size(path: Option<Value>) -> Value {
    let size = match path {
        Some(Value::Bytes(path)) => {
            let path = Path::new(std::ffi::OsStr::from_bytes(&path));
            path.metadata().map_or(0, |metadata| metadata.len())
        }
        _ => 0,
    };
    Value::Int(i64::try_from(size).unwrap_or(i64::MAX))
}

/// A row as queries see it.
pub(super) struct TypedModel<'m, 'a> {
    models: &'m Models<'a>,
    row: Row<'m>,
    /// The first field that could not be computed.
    failure: RefCell<Option<Failure>>,
}

impl<'m, 'a> TypedModel<'m, 'a> {
    pub(super) fn new(models: &'m Models<'a>, row: Row<'m>) -> Self {
        Self {
            models,
            row,
            failure: RefCell::new(None),
        }
    }

    /// Returns what a query gave for this row, unless a field of it failed.
    pub(super) fn check<T>(&self, result: Result<T, catalog::QueryError>) -> Result<T, Failure> {
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => result.map_err(|error| Failure::Refused(error.to_string())),
        }
    }
}

impl TypedRow for TypedModel<'_, '_> {
    fn typed(&self, name: &str) -> Option<Value> {
        let value = match self.row {
            Row::Item(item) => self.models.get_of_item(item, name),
            Row::Album(_) => self.models.get(self.row, name),
        };
        value.unwrap_or_else(|failure| {
            self.failure.borrow_mut().get_or_insert(failure);
            None
        })
    }

    fn has(&self, name: &str) -> bool {
        let Some(pair) = self.models.fields.get(name) else {
            return false;
        };
        let has = |row, field: &Option<Field>| field.as_ref().is_some_and(|field| has(row, field));
        match self.row {
            Row::Album(_) => has(self.row, &pair.album),
            Row::Item(item) => {
                let in_album = |album| has(Row::Album(album), &pair.album);
                has(self.row, &pair.item) || item.album().is_some_and(in_album)
            }
        }
    }
}
