//! `%lower`, `%upper`, `%capitalize`, `%title`: Python's case mappings.

use crate::python;

/// Appends text in lower case, with the final sigma where a word ends.
pub(super) fn lower(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.extend(
            text.bytes()
                .map(|byte| char::from(byte.to_ascii_lowercase())),
        );
    } else {
        out.push_str(&text.to_lowercase());
    }
}

/// Appends text in upper case.
pub(super) fn upper(text: &str, out: &mut String) {
    out.extend(text.chars().flat_map(char::to_uppercase));
}

/// Appends text with the first character in title case and the others in lower case.
pub(super) fn capitalize(text: &str, out: &mut String) {
    let Some(first) = text.chars().next() else {
        return;
    };
    python::push_title(first, out);
    if text.is_ascii() {
        return lower(&text[1..], out);
    }
    // Whether a sigma is final depends on all that stands before it, so the whole is lowered.
    let lowered = text.to_lowercase();
    let skipped: usize = first.to_lowercase().map(char::len_utf8).sum();
    out.push_str(&lowered[skipped..]);
}

/// Appends the words of a text, capitalized and joined by single spaces.
pub(super) fn title(text: &str, out: &mut String) {
    let words = text.split(python::is_space).filter(|word| !word.is_empty());
    for (at, word) in words.enumerate() {
        if at > 0 {
            out.push(' ');
        }
        capitalize(word, out);
    }
}
