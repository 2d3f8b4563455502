//! Renders a tag set and the structure of an audio file into a plan for its retagged twin.

mod field;
mod tag_set;

pub use field::{Field, Kind};
pub use tag_set::{TagSet, Value};
