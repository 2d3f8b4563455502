//! The selected fields of a whole library, read at once and kept compactly.
//!
//! A snapshot of names needs a few fields of every item. They are read in one short transaction
//! and evaluated afterwards, so that beets can write meanwhile. A cell takes eight bytes, and its
//! text only what the text is long; albums are held once, not once per item.

mod cells;
mod ranges;
mod read;
mod selection;

use std::sync::Arc;

use crate::item::album_of;
use crate::schema::{Entity, Type};
use crate::{AlbumId, Formats, ItemId, RawValue, Schema, Value};
use cells::Table;
pub(crate) use cells::{Arena, Cell};
pub use ranges::ItemRanges;
pub use selection::{Selection, Slot};

/// The selected fields of all items and albums, as they were at one moment.
///
/// ```
/// # fn main() -> Result<(), catalog::Error> {
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests-data/library.db");
/// use catalog::{Library, Schema, Selection};
///
/// let library = Library::open(path.as_ref(), Schema::default())?;
/// let mut selection = Selection::default();
/// let title = selection.item("title");
/// let album = selection.album("album");
/// let scan = library.scan(&selection)?;
/// for item in scan.items() {
///     let mut name = String::new();
///     if let Some(row) = item.album() {
///         row.show(album, &mut name);
///     }
///     name.push('/');
///     item.show(title, &mut name);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Scan {
    items: Table,
    albums: Arc<Table>,
    schema: Arc<Schema>,
}

impl Scan {
    /// Returns the number of items.
    pub fn n_items(&self) -> usize {
        self.items.len()
    }

    /// Returns the number of albums.
    pub fn n_albums(&self) -> usize {
        self.albums.len()
    }

    /// Returns all items, by number.
    pub fn items(&self) -> impl ExactSizeIterator<Item = ItemRow<'_>> + Clone {
        (0..self.items.len()).map(|index| self.item_row(index))
    }

    /// Returns all albums, by number.
    pub fn albums(&self) -> impl ExactSizeIterator<Item = AlbumRow<'_>> + Clone {
        (0..self.albums.len()).map(|index| self.album_row(index))
    }

    /// Returns the item with this number.
    pub fn item(&self, id: ItemId) -> Option<ItemRow<'_>> {
        Some(self.item_row(self.items.index_of(id.0)?))
    }

    /// Returns the album with this number.
    pub fn album(&self, id: AlbumId) -> Option<AlbumRow<'_>> {
        Some(self.album_row(self.albums.index_of(id.0)?))
    }

    /// Returns about how many bytes of memory the scan takes.
    pub fn heap_size(&self) -> usize {
        self.items.heap_size() + self.albums.heap_size()
    }

    fn item_row(&self, index: usize) -> ItemRow<'_> {
        ItemRow {
            scan: self,
            row: Row {
                table: &self.items,
                index,
                formats: &self.schema.formats,
            },
        }
    }

    fn album_row(&self, index: usize) -> AlbumRow<'_> {
        AlbumRow {
            row: Row {
                table: &self.albums,
                index,
                formats: &self.schema.formats,
            },
        }
    }
}

/// A row of either kind.
#[derive(Debug, Clone, Copy)]
struct Row<'a> {
    table: &'a Table,
    index: usize,
    formats: &'a Formats,
}

impl<'a> Row<'a> {
    fn value(self, slot: Slot) -> Option<Value> {
        Some(
            self.formats
                .decode(self.table.type_of(slot), self.raw(slot)?),
        )
    }

    fn show(self, slot: Slot, out: &mut String) -> bool {
        let raw = self.raw(slot);
        if let Some(raw) = raw {
            self.formats.show_raw(self.table.type_of(slot), raw, out);
        }
        raw.is_some()
    }

    fn raw(self, slot: Slot) -> Option<RawValue<'a>> {
        self.table.raw(self.index, slot)
    }
}

/// An item of a scan.
#[derive(Debug, Clone, Copy)]
pub struct ItemRow<'a> {
    scan: &'a Scan,
    row: Row<'a>,
}

/// An album of a scan.
#[derive(Debug, Clone, Copy)]
pub struct AlbumRow<'a> {
    row: Row<'a>,
}

impl<'a> ItemRow<'a> {
    /// Returns the item's number.
    pub fn id(self) -> ItemId {
        ItemId(self.row.table.id(self.row.index))
    }

    /// Returns the number of the album that the item names, whether or not there is one.
    ///
    /// `None` is a singleton.
    pub fn album_id(self) -> Option<AlbumId> {
        album_of(&self.row.value(Selection::ALBUM_ID)?)
    }

    /// Returns the item's album, if there is one.
    pub fn album(self) -> Option<AlbumRow<'a>> {
        // beets takes 0 for no album, even if there is one.
        let id = self.album_id().filter(|id| id.0 != 0)?;
        self.scan.album(id)
    }

    /// Returns a selected cell; `None` if the item has no such attribute.
    ///
    /// Fixed fields are there always. In databases older than a field it is null.
    pub fn raw(self, slot: Slot) -> Option<RawValue<'a>> {
        self.row.raw(slot)
    }

    /// Returns a selected field's value; `None` if the item has no such attribute.
    pub fn value(self, slot: Slot) -> Option<Value> {
        self.row.value(slot)
    }

    /// Appends a selected field as templates show it, and tells whether the item has it.
    pub fn show(self, slot: Slot, out: &mut String) -> bool {
        self.row.show(slot, out)
    }
}

impl<'a> AlbumRow<'a> {
    /// Returns the album's number.
    pub fn id(self) -> AlbumId {
        AlbumId(self.row.table.id(self.row.index))
    }

    /// Returns the album's position among all albums of the scan.
    pub fn index(self) -> usize {
        self.row.index
    }

    /// Returns a selected cell; `None` if the album has no such attribute.
    pub fn raw(self, slot: Slot) -> Option<RawValue<'a>> {
        self.row.raw(slot)
    }

    /// Returns a selected field's value; `None` if the album has no such attribute.
    pub fn value(self, slot: Slot) -> Option<Value> {
        self.row.value(slot)
    }

    /// Appends a selected field as templates show it, and tells whether the album has it.
    pub fn show(self, slot: Slot, out: &mut String) -> bool {
        self.row.show(slot, out)
    }
}

/// Returns the types of the selected names, in the order of their slots.
fn types_of(schema: &Schema, entity: Entity, names: &[String]) -> Vec<Type> {
    names
        .iter()
        .map(|name| schema.type_of(entity, name))
        .collect()
}
