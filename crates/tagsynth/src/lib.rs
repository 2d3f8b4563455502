//! Renders a tag set and the structure of an audio file into a plan for its retagged twin.

#![allow(
    clippy::doc_markdown,
    reason = "names of formats and programs are not code"
)]

mod composed;
mod error;
mod field;
mod geometry;
mod id3v1;
mod id3v2;
mod mp3;
mod probe;
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
