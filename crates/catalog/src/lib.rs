//! Reads a beets library: database, configuration and queries.

mod album;
mod db;
mod error;
mod item;
mod record;
mod scan;
mod schema;
mod value;

pub use album::{Album, AlbumId};
pub use db::{Library, Revision, Schema};
pub use error::{BoxedError, Error};
pub use item::{Item, ItemId};
pub use scan::{AlbumRow, ItemRow, Scan, Selection, Slot};
pub use schema::{Entity, FIELDS, Field, Type, Types, field};
pub use value::{
    Formats, RawValue, Value, display_path, expand_path, mktime, norm_path, parse_float, parse_int,
    write_float,
};

#[cfg(test)]
mod tests;
