//! Reads a beets library: database, configuration and queries.

mod regex;

pub use regex::{Regex, RegexError};
