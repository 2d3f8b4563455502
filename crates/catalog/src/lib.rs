//! Reads a beets library: database, configuration and queries.

mod album;
mod config;
mod db;
mod error;
mod item;
mod record;
mod regex;
mod scan;
mod schema;
mod value;
mod yaml;

pub use album::{Album, AlbumId};
pub use config::{
    Bucket, Config, ConfigError, PairList, PathRule, Replacement, Surroundings, The, Unique,
};
pub use db::{Library, Revision, Schema};
pub use error::{BoxedError, Error};
pub use item::{Item, ItemId};
pub use regex::{Regex, RegexError};
pub use scan::{AlbumRow, ItemRow, Scan, Selection, Slot};
pub use schema::{Entity, FIELDS, Field, Type, Types, field};
pub use value::{
    Formats, RawValue, Value, display_path, expand_path, mktime, norm_path, parse_float, parse_int,
    write_float,
};
pub use yaml::{Place, Setting, SettingValue};

#[cfg(test)]
mod tests;
