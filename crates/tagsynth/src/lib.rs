//! Renders a tag set and the structure of an audio file into a plan for its retagged twin.

#![allow(
    clippy::doc_markdown,
    reason = "names of formats and programs are not code"
)]

mod composed;
mod error;
mod field;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the formats that use it follow")
)]
mod geometry;
mod probe;
#[expect(dead_code, reason = "the formats that use it follow")]
mod read;
mod render;
mod tag_set;

pub use composed::Composed;
pub use error::Error;
pub use field::{Field, Kind};
pub use probe::{Format, probe};
pub use render::{Options, Rendering, render};
pub use tag_set::{TagSet, Value};

#[cfg(test)]
mod tests;
