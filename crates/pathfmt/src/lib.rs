//! Compiles beets path templates and evaluates them into safe path names.
//!
//! The language, the functions and the way from text to a path are those of beets 2.14, to the
//! byte. Nothing here knows about beets' library: values come from an [`Environment`], and a map
//! will do.
//!
//! ```
//! use std::collections::HashMap;
//! use pathfmt::{Extension, Namer, Options, Template};
//!
//! let template = Template::parse("$artist/%upper{$album}/$track $title")?;
//! let song = HashMap::from([("artist", "AC/DC"), ("album", "T.N.T."), ("title", "Live Wire?")]);
//! let options = Options::default();
//! let path = Namer::new(&options).destination(&template, &song, &Extension::of(b"a.MP3"))?;
//! assert_eq!(path.as_bytes(), b"AC_DC/T.N.T_/$track Live Wire_.mp3");
//! # Ok::<(), pathfmt::Error>(())
//! ```
//!
//! An unknown field stays in the name as it was written, as in beets;
//! [`Template::diagnostics`] and [`Template::symbols`] tell about mistakes beforehand.
//!
//! # Differences from beets
//!
//! - Case mappings are those of the Unicode version of Rust's standard library; beets has those of
//!   its Python. Against Python 3.11 (Unicode 14) they differ in 110 letters, all but four of
//!   them younger than it.
//! - `strptime`'s `%Z` knows the zone names that are in force now, not those of beets' start.
//! - [`MAX_DEPTH`], [`MAX_SOURCE`] and [`MAX_OUTPUT`] bound what a template can cost.

pub use carrier::{decode_path, encode_path};
pub use destination::{Destination, Extension, Namer};
pub use diagnostic::{Diagnostic, Problem};
pub use environment::{Environment, Failure};
pub use error::{Error, Kind, Span};
pub use functions::unique::{UniqueArguments, UniqueDefaults};
pub use options::{Options, name_limit};
pub use pattern::{Pattern, Replace};
pub use sanitize::Replacements;
pub use template::Template;
pub use transliterate::{Builtin as BuiltinTransliteration, Transliterate};
pub use unidecode::Unidecode;

mod carrier;
mod destination;
mod diagnostic;
mod environment;
mod error;
mod eval;
mod functions;
mod options;
mod parse;
mod pattern;
pub mod plugins;
mod prefix;
mod python;
mod sanitize;
mod tables;
mod template;
mod time;
mod transliterate;
mod truncate;
pub mod unidecode;

/// How deeply function calls may be nested.
pub const MAX_DEPTH: usize = 200;
/// The longest template, in bytes.
pub const MAX_SOURCE: usize = 64 * 1024;
/// The longest text that an evaluation may hold, in bytes.
pub const MAX_OUTPUT: usize = 4 * 1024 * 1024;
/// How many buffers an evaluation keeps for the next.
const MAX_ARGUMENTS: usize = 16;

#[cfg(test)]
mod tests;
