//! Which fields a scan reads.

use crate::schema::Entity;

/// The place of a selected field in every row of a scan.
///
/// Slots of items mean nothing to albums, nor do those of another selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(pub(super) usize);

/// The fields that a scan reads: columns and flexible attributes, of items and of albums.
#[derive(Debug, Clone)]
pub struct Selection {
    items: Vec<String>,
    albums: Vec<String>,
}

impl Default for Selection {
    /// Selects nothing but what joins items to albums.
    fn default() -> Self {
        Self {
            items: vec!["album_id".to_owned()],
            albums: Vec::new(),
        }
    }
}

impl Selection {
    /// Every selection has the link from item to album.
    pub(super) const ALBUM_ID: Slot = Slot(0);

    /// Adds a field of items, and returns its place; a name that is no column is an attribute.
    pub fn item(&mut self, name: &str) -> Slot {
        add(&mut self.items, name)
    }

    /// Adds a field of albums, and returns its place; a name that is no column is an attribute.
    pub fn album(&mut self, name: &str) -> Slot {
        add(&mut self.albums, name)
    }

    /// Adds a field of items or of albums.
    pub fn add(&mut self, entity: Entity, name: &str) -> Slot {
        match entity {
            Entity::Item => self.item(name),
            Entity::Album => self.album(name),
        }
    }

    /// Returns the selected names of `entity`, in the order of their slots.
    pub fn names(&self, entity: Entity) -> &[String] {
        match entity {
            Entity::Item => &self.items,
            Entity::Album => &self.albums,
        }
    }
}

fn add(names: &mut Vec<String>, name: &str) -> Slot {
    let found = names.iter().position(|known| known == name);
    Slot(found.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    }))
}
