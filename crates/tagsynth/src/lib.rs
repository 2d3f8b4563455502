//! Renders a tag set and the structure of an audio file into a plan for its retagged twin.
//!
//! ```
//! use tagsynth::{Field, Options, TagSet, Value, render};
//!
//! // STREAMINFO alone, and no audio.
//! let origin = [b"fLaC\x80\0\0\x22".as_slice(), &[0; 34]].concat();
//! let mut tags = TagSet::default();
//! tags.set(Field::Title, Value::text("Idioteque"));
//!
//! let rendering = render(&origin, b"08 Idioteque.flac", &tags, None, &Options::default())?;
//! assert!(rendering.dump(&origin, None)?.contains(r#""TITLE=Idioteque""#));
//! // The header grew by whole pages.
//! assert_eq!(rendering.plan.len(), 42 + 4096);
//! # Ok::<(), tagsynth::Error>(())
//! ```

#![allow(
    clippy::doc_markdown,
    reason = "names of formats and programs are not code"
)]

mod aiff;
mod ape;
mod apev2;
mod asf;
mod audio;
mod changes;
mod composed;
mod cover;
mod dsf;
mod dump;
mod edits;
mod ending;
mod error;
mod field;
mod flac;
mod geometry;
mod id3;
mod id3v1;
mod id3v2;
mod identity;
mod iff;
mod keys;
mod known;
mod mp3;
mod mp4;
mod ogg;
mod parse;
mod picture;
mod probe;
mod read;
mod render;
mod spell;
mod tag_set;
mod vorbis;
mod wav;

pub use audio::same_audio;
pub use composed::Composed;
pub use cover::{Cover, CoverKind};
pub use dump::annotate;
pub use ending::check_end;
pub use error::Error;
pub use field::{Field, Kind};
pub use parse::{FileTags, parse};
pub use probe::{Format, probe};
pub use render::{Options, Rendering, inspect, render};
pub use tag_set::{TagSet, Value};

#[cfg(test)]
mod tests;
