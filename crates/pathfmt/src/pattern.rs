//! What a regular expression has to do for naming. The caller brings the engine.

use std::borrow::Cow;

/// A regular expression with its replacement, as in `re.sub`.
pub trait Replace: Send + Sync {
    /// Returns a text with every match replaced.
    fn replace<'t>(&self, text: &'t str) -> Cow<'t, str>;
}

/// A regular expression that ignores case, as plugins use it.
pub trait Pattern: Send + Sync {
    /// Returns whether the text matches from its start, as `re.match`.
    fn matches_start(&self, text: &str) -> bool;

    /// Returns the first element of `re.findall`: the match, or its group if it has just one.
    ///
    /// # Errors
    ///
    /// Returns Python's message if that element is no text, as with several groups.
    fn first<'t>(&self, text: &'t str) -> Result<Option<&'t str>, String>;

    /// Returns a text without its matches.
    fn remove<'t>(&self, text: &'t str) -> Cow<'t, str>;
}
