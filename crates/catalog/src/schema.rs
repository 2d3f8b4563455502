//! Which fields items and albums have, and the type of each.

mod fields;
mod plugins;

use std::collections::HashMap;

pub use fields::{FIELDS, Field, find as field};

/// A kind of row, with a table and a table of flexible attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entity {
    /// A track: `items` and `item_attributes`.
    Item,
    /// An album: `albums` and `album_attributes`.
    Album,
}

impl Entity {
    /// Returns the name of the table of fixed fields.
    pub fn table(self) -> &'static str {
        match self {
            Self::Item => "items",
            Self::Album => "albums",
        }
    }

    /// Returns the name of the table of flexible attributes.
    pub fn flex_table(self) -> &'static str {
        match self {
            Self::Item => "item_attributes",
            Self::Album => "album_attributes",
        }
    }

    /// Returns the other kind, whose types serve for names that this one does not have.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Item => Self::Album,
            Self::Album => Self::Item,
        }
    }

    /// Tells whether `name` is a column that beets gives this kind.
    ///
    /// Old databases keep columns that beets has forgotten; those are not fields.
    pub fn has(self, name: &str) -> bool {
        field(name).is_some_and(|field| field.belongs_to(self))
    }

    /// Returns the fixed fields of this kind, sorted by name.
    pub fn fields(self) -> impl Iterator<Item = &'static Field> {
        FIELDS.iter().filter(move |field| field.belongs_to(self))
    }

    /// Returns the names that beets itself computes and stores nowhere.
    ///
    /// An album's `path` is the folder of its first item.
    pub fn computed(self) -> &'static [&'static str] {
        match self {
            Self::Item => &["filesize", "has_cover_art", "singleton"],
            Self::Album => &["albumtotal", "path"],
        }
    }
}

/// How a field is stored, read and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// A flexible attribute that nobody has declared: kept as stored.
    Untyped,
    /// Text; NULL is empty.
    Text,
    /// An integer; NULL is 0.
    Int,
    /// An integer shown with at least so many characters, zeros in front.
    Padded(u8),
    /// An integer shown in thousands (`unit`), rounded down, with a suffix.
    Scaled {
        /// What one of the shown units is worth.
        unit: i64,
        /// What follows the number.
        suffix: &'static str,
    },
    /// A row's number; NULL stays null and is shown as nothing.
    Id,
    /// A number shown with so many decimals; NULL is 0.
    Float(u8),
    /// A number shown with one decimal; NULL stays null and is shown as 0.0.
    NullFloat,
    /// Seconds since the epoch, shown in the local time zone.
    Date,
    /// Seconds, shown as minutes and seconds.
    Duration,
    /// Truth, shown as `True` or `False`.
    Bool,
    /// A musical key in normal form; NULL stays null.
    Key,
    /// The path of a file; stored relative to the library's directory if beneath it.
    Path,
    /// The path of a file that need not exist, such as a cover.
    NullPath,
    /// Several texts in one column, shown with `; ` between them.
    List {
        /// What separates them in the column; `; ` is understood as well.
        delimiter: &'static str,
    },
}

impl Type {
    /// Returns the type that the `types` plugin calls `name`: int, float, bool or date.
    pub fn declared_as(name: &str) -> Option<Self> {
        Some(match name {
            "int" => Self::Int,
            "float" => Self::Float(1),
            "bool" => Self::Bool,
            "date" => Self::Date,
            _ => return None,
        })
    }

    /// Tells whether queries compare values of this type as numbers.
    pub fn is_numeric(self) -> bool {
        matches!(
            self,
            Self::Int
                | Self::Padded(_)
                | Self::Scaled { .. }
                | Self::Id
                | Self::Float(_)
                | Self::NullFloat
                | Self::Duration
        )
    }
}

/// The type of every name: fixed fields, and what plugins and users declare.
///
/// ```
/// use catalog::{Entity, Type, Types};
///
/// let mut types = Types::default();
/// types.enable("mpdstats");
/// types.declare("stars", Type::Int);
/// assert_eq!(types.of(Entity::Item, "year"), Type::Padded(4));
/// assert_eq!(types.of(Entity::Item, "last_played"), Type::Date);
/// assert_eq!(types.of(Entity::Album, "stars"), Type::Int);
/// assert_eq!(types.of(Entity::Item, "mood"), Type::Untyped);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Types {
    items: HashMap<String, Type>,
    albums: HashMap<String, Type>,
}

impl Types {
    /// Adds the types of a bundled plugin, and tells whether it declares any.
    pub fn enable(&mut self, plugin: &str) -> bool {
        let before = self.items.len() + self.albums.len();
        for &(_, name, ty) in plugins::items_of(plugin) {
            self.items.insert(name.to_owned(), ty);
        }
        for &(_, name, ty) in plugins::albums_of(plugin) {
            self.albums.insert(name.to_owned(), ty);
        }
        self.items.len() + self.albums.len() > before
    }

    /// Declares a flexible attribute of items and albums, as the `types` plugin does.
    pub fn declare(&mut self, name: &str, ty: Type) {
        self.items.insert(name.to_owned(), ty);
        self.albums.insert(name.to_owned(), ty);
    }

    /// Returns the type of `name` on `entity`; every name has one.
    pub fn of(&self, entity: Entity, name: &str) -> Type {
        self.own(entity, name)
            .or_else(|| self.own(entity.other(), name))
            .unwrap_or(Type::Untyped)
    }

    /// Returns the type of `name` on `entity` alone, if it has one.
    pub(crate) fn own(&self, entity: Entity, name: &str) -> Option<Type> {
        if let Some(field) = field(name).filter(|field| field.belongs_to(entity)) {
            return Some(field.ty);
        }
        match (entity, name) {
            (_, "data_source") => Some(Type::Text),
            (Entity::Album, "path") => Some(Type::Path),
            (Entity::Item, _) => self.items.get(name).copied(),
            (Entity::Album, _) => self.albums.get(name).copied(),
        }
    }
}
