//! Reads a beets library: database, configuration and queries.

mod schema;
mod value;

pub use schema::{Entity, FIELDS, Field, Type, Types, field};
pub use value::{
    Formats, RawValue, Value, display_path, expand_path, mktime, norm_path, parse_float, parse_int,
    write_float,
};

#[cfg(test)]
mod tests;
