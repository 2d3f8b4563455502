//! The configuration that naming depends on.

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;
use unicode_normalization::UnicodeNormalization as _;

use crate::sanitize::Replacements;
use crate::transliterate::{Builtin, Transliterate};

/// beets' settings that decide names. The default is beets' own.
#[derive(Clone)]
pub struct Options {
    /// What a `/` in a value becomes (`path_sep_replace`).
    pub path_sep_replace: String,
    /// What the `:` of a drive letter in a value becomes (`drive_sep_replace`). beets takes a
    /// backslash here for a regex escape; this is literal text.
    pub drive_sep_replace: String,
    /// The format that `%time` expects (`time_format`).
    pub time_format: String,
    /// The time zone that `%time`'s `%s` and `%Z` speak of.
    pub time_zone: TimeZone,
    /// Whether whole paths are put into ASCII (`asciify_paths`).
    pub asciify_paths: bool,
    /// How ASCII is found for other characters.
    pub transliterate: Arc<dyn Transliterate>,
    /// What is replaced in path components (`replace`).
    pub replacements: Replacements,
    /// The longest component, in bytes; a negative number counts from the end. See [`name_limit`].
    pub max_filename_length: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            path_sep_replace: "_".to_owned(),
            drive_sep_replace: "_".to_owned(),
            time_format: "%Y-%m-%d %H:%M:%S".to_owned(),
            time_zone: TimeZone::UTC,
            asciify_paths: false,
            transliterate: Arc::new(Builtin),
            replacements: Replacements::Default,
            max_filename_length: name_limit(0, None),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("path_sep_replace", &self.path_sep_replace)
            .field("drive_sep_replace", &self.drive_sep_replace)
            .field("time_format", &self.time_format)
            .field("asciify_paths", &self.asciify_paths)
            .field("replacements", &self.replacements)
            .field("max_filename_length", &self.max_filename_length)
            .finish_non_exhaustive()
    }
}

/// Returns the longest component that beets allows: what is configured as `max_filename_length`, or
/// for 0 the longest name that the filesystem of `directory` takes, at most 200.
pub fn name_limit(configured: i64, filesystem: Option<u64>) -> i64 {
    const MOST: i64 = 200;
    match (configured, filesystem) {
        (0, Some(longest)) => i64::try_from(longest).unwrap_or(MOST).min(MOST),
        (0, None) => MOST,
        (configured, _) => configured,
    }
}

impl Options {
    /// Replaces what must not stand in a value within a path: first the `:` of what looks like a
    /// drive letter, then every `/`.
    pub fn clean_value(&self, value: &str) -> String {
        let mut out = value.to_owned();
        self.clean_from(0, &mut out);
        out
    }

    /// Cleans the value that a text ends with.
    pub(crate) fn clean_from(&self, start: usize, out: &mut String) {
        let value = &out.as_bytes()[start..];
        if let [letter, b':', ..] = value
            && letter.is_ascii_alphabetic()
        {
            let replaced = self.without_drives(&out[start..]);
            out.replace_range(start.., &replaced);
        }
        if out.as_bytes()[start..].contains(&b'/') {
            let replaced = out[start..].replace('/', &self.path_sep_replace);
            out.replace_range(start.., &replaced);
        }
    }

    /// Replaces every `:` that an ASCII letter stands before.
    fn without_drives(&self, value: &str) -> String {
        let mut out = String::with_capacity(value.len());
        let mut after_letter = false;
        for c in value.chars() {
            match c {
                ':' if after_letter => out.push_str(&self.drive_sep_replace),
                _ => out.push(c),
            }
            after_letter = c.is_ascii_alphabetic();
        }
        out
    }

    /// Appends a rendered path, in ASCII if so configured.
    pub(crate) fn asciify_path(&self, path: &str, out: &mut String) {
        if self.asciify_paths {
            self.asciify(path, out);
        } else {
            out.push_str(path);
        }
    }

    /// Appends text in ASCII. Separators stay, and those that a transliteration holds are replaced.
    pub(crate) fn asciify(&self, text: &str, out: &mut String) {
        if text.is_ascii() {
            return out.push_str(text);
        }
        for c in text.nfc() {
            if c.is_ascii() {
                out.push(c);
                continue;
            }
            for (at, part) in self.transliterate.ascii(c).split('/').enumerate() {
                if at > 0 {
                    out.push_str(&self.path_sep_replace);
                }
                out.push_str(part);
            }
        }
    }
}
