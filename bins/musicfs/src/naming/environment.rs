//! What a template sees of an item: beets' lookup of fields, and functions that need the library.

use std::cell::Cell;

use catalog::{AlbumRow, Entity, ItemRow, Type, Value};
use pathfmt::{Environment, Failure};

use super::fields::Pair;
use super::model::{Models, Row, has};
use super::unique::Uniques;

/// An item, as its path's template sees it.
pub(super) struct ItemEnvironment<'e> {
    models: &'e Models<'e>,
    uniques: &'e Uniques<'e>,
    item: ItemRow<'e>,
    album: Option<AlbumRow<'e>>,
    /// Whether the item itself was looked at yet, and not only its album.
    is_own: Cell<bool>,
}

impl<'e> ItemEnvironment<'e> {
    pub(super) fn new(models: &'e Models<'e>, uniques: &'e Uniques<'e>, item: ItemRow<'e>) -> Self {
        Self {
            models,
            uniques,
            item,
            album: item.album(),
            is_own: Cell::new(false),
        }
    }

    /// Returns the item, of which what is given from here on may be.
    pub(super) fn item(&self) -> ItemRow<'e> {
        self.is_own.set(true);
        self.item
    }

    /// Looks a field up; `artist` and `albumartist` stand in for each other where one is empty.
    fn field(&self, name: &str, for_path: bool, out: &mut String) -> Result<bool, Failure> {
        let start = out.len();
        let found = self.lookup(name, for_path, out)?;
        if found && out.len() == start {
            match name {
                "artist" => self.lookup("albumartist", for_path, out)?,
                "albumartist" => self.lookup("artist", for_path, out)?,
                _ => true,
            };
        }
        Ok(found)
    }

    fn lookup(&self, name: &str, for_path: bool, out: &mut String) -> Result<bool, Failure> {
        let Some(pair) = self.models.fields.get(name) else {
            return Ok(false);
        };
        let album_found = for_path && self.of_album(pair, out)?;
        Ok(album_found || self.of_item(pair, out)? || (!for_path && self.of_album(pair, out)?))
    }

    fn of_item(&self, pair: &Pair, out: &mut String) -> Result<bool, Failure> {
        match &pair.item {
            Some(field) => self.models.show(Row::Item(self.item()), field, out),
            None => Ok(false),
        }
    }

    /// Shows the album's value of a field that items take over from albums.
    fn of_album(&self, pair: &Pair, out: &mut String) -> Result<bool, Failure> {
        match (&pair.album, self.album) {
            (Some(field), Some(album)) if pair.album_first => {
                self.models.show(Row::Album(album), field, out)
            }
            _ => Ok(false),
        }
    }
}

impl Environment for ItemEnvironment<'_> {
    fn symbol(&self, name: &str, out: &mut String) -> Result<bool, Failure> {
        self.field(name, true, out)
    }

    fn defines(&self, name: &str) -> Result<bool, Failure> {
        let Some(pair) = self.models.fields.get(name) else {
            return Ok(false);
        };
        let of_item = pair
            .item
            .as_ref()
            .is_some_and(|field| has(Row::Item(self.item()), field));
        let of_album = || match (&pair.album, self.album) {
            (Some(field), Some(album)) => has(Row::Album(album), field),
            _ => false,
        };
        Ok(of_item || of_album())
    }

    fn display(&self, name: &str, out: &mut String) -> Result<(), Failure> {
        default_of(self.models, Entity::Item, name)?;
        self.field(name, false, out).map(|_| ())
    }

    fn group(&self) -> Option<u64> {
        self.album.map(|album| album.id().0.cast_unsigned())
    }

    fn is_shared(&self) -> bool {
        !self.is_own.get()
    }

    fn provides(&self, function: &str) -> bool {
        matches!(function, "aunique" | "sunique") || self.models.plugins.has_function(function)
    }

    fn call(&self, function: &str, arguments: &[&str], out: &mut String) -> Result<(), Failure> {
        match function {
            "aunique" => self.uniques.album(self.album, arguments, out),
            "sunique" => self.uniques.singleton(self, arguments, out),
            _ => self.models.plugins.call(function, arguments, out),
        }
    }
}

/// Returns what beets shows where there is no such field. It shows that even if it then finds the
/// field, and fails for fields of several values.
pub(super) fn default_of(
    models: &Models<'_>,
    entity: Entity,
    name: &str,
) -> Result<String, Failure> {
    let ty = models.type_of(entity, name);
    if matches!(ty, Type::List { .. }) {
        return Err(Failure::Message("can only join an iterable".to_owned()));
    }
    let mut shown = String::new();
    models.formats.show(ty, &Value::Null, &mut shown);
    Ok(shown)
}
