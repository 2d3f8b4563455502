//! Reads a beets library: database, configuration and queries; and changes rows of it.
//!
//! A [`Library`] is a beets database, opened for reading only. [`Library::scan`] reads the few
//! fields that names are made of, of all items and albums at once; [`Library::item`] reads
//! everything about one item, as its tags need it; [`Library::revision`] tells when to do so
//! again. [`Library::edit`] alone opens it for writing. What a stored value means, and how a
//! template shows it, follows from its [`Type`] and the configured [`Formats`], which together
//! make the [`Schema`].
//!
//! ```
//! use catalog::{Formats, ItemId, Library, Schema, Selection};
//!
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests-data/library.db");
//! let formats = Formats { directory: b"/music".to_vec(), ..Formats::default() };
//! let library = Library::open(path.as_ref(), Schema { formats, ..Schema::default() })?;
//!
//! let mut selection = Selection::default();
//! let (track, title) = (selection.item("track"), selection.item("title"));
//! let mut names = Vec::new();
//! for item in library.scan(&selection)?.items() {
//!     let mut name = String::new();
//!     item.show(track, &mut name);
//!     name.push(' ');
//!     item.show(title, &mut name);
//!     names.push(name);
//! }
//! assert_eq!(names[0], "08 Idioteque");
//!
//! let item = library.item(ItemId(1))?.expect("the library has an item 1");
//! assert_eq!(item.path(), b"/music/Radiohead/Kid A/1-08.mp3");
//! # Ok::<(), catalog::Error>(())
//! ```

mod album;
mod config;
mod db;
mod digest;
mod edit;
mod error;
mod item;
mod legacy;
mod pages;
mod query;
mod record;
mod regex;
mod scan;
mod schema;
mod shlex;
mod sort;
mod texts;
mod value;
mod yaml;

pub use album::{Album, AlbumId};
pub use config::{
    Bucket, Config, ConfigError, PairList, PathRule, Replacement, Surroundings, The, Unique,
};
pub use db::{Glimpse, Library, Revision, Schema};
pub use digest::Digest;
pub use edit::Edit;
pub use error::{BoxedError, Error};
pub use item::{Item, ItemId};
pub use pages::{Changes, Pages};
pub use query::{
    Binding, BoundRow, ParseContext, PluginQueries, Query, QueryError, StoredRow, ToAscii, TypedRow,
};
pub use regex::{Regex, RegexError};
pub use scan::{AlbumRow, ItemRanges, ItemRow, Scan, Selection, Slot};
pub use schema::{Entity, FIELDS, Field, Type, Types, field};
pub use sort::SortBy;
pub use value::{
    Formats, RawValue, Value, display_path, expand_path, mktime, norm_path, parse_float, parse_int,
    write_float,
};
pub use yaml::{Place, Setting, SettingValue};

#[cfg(test)]
mod tests;
