//! ASCII for other characters.

/// Finds ASCII text for a character.
pub trait Transliterate: Send + Sync {
    /// Returns what stands for a character, or nothing if it has no counterpart. It is asked for
    /// characters beyond ASCII only.
    fn ascii(&self, c: char) -> &str;
}

/// Transliterates with the tables of the `deunicode` crate, as far as Unidecode goes.
///
/// They are not quite those of Python's Unidecode, which [`Unidecode`](crate::Unidecode) reads. Where
/// Unidecode 1.4 has nothing at all (emoji, most signs, rare scripts) this has nothing either.
/// Latin, Han and Hangul agree almost everywhere, Greek and Cyrillic for four characters in five;
/// Hebrew and Arabic often differ.
#[derive(Debug, Clone, Copy, Default)]
pub struct Builtin;

impl Transliterate for Builtin {
    fn ascii(&self, c: char) -> &str {
        match c {
            '¼' => " 1/4",
            '½' => " 1/2",
            '¾' => " 3/4",
            _ if is_unknown_to_unidecode(c) => "",
            _ => deunicode::deunicode_char(c).unwrap_or(""),
        }
    }
}

/// Returns whether a character is in a part of Unicode that Unidecode has hardly anything for.
fn is_unknown_to_unidecode(c: char) -> bool {
    match c {
        // Mathematical letters and digits, and letters in circles and squares.
        '\u{1d400}'..='\u{1d7ff}' | '\u{1f100}'..='\u{1f1ff}' => false,
        '\u{2200}'..='\u{23ff}' | '\u{2600}'..='\u{27ff}' | '\u{2900}'..='\u{2bff}' => true,
        _ => matches!(c, '\u{3400}'..='\u{4dff}' | '\u{a500}'..='\u{abff}' | '\u{10000}'..),
    }
}
