//! The parts of Python's text handling that beets' templates expose.

use std::fmt::Write as _;

use crate::tables;

/// The most digits Python 3.11 converts before it gives up.
const MAX_DIGITS: usize = 4300;
/// Python's message shows this many characters of the text at fault.
const SHOWN: usize = 200;

/// Returns whether `str.isspace` holds: Unicode white space and the four information separators.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// Strips what `str.strip` strips.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Returns whether `\w` matches: a letter, a number or `_`, but no combining mark.
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || c == '_'
    } else {
        within(tables::WORD, c)
    }
}

/// Returns whether `str.isalnum` holds.
pub(crate) fn is_alphanumeric(c: char) -> bool {
    c != '_' && is_word(c)
}

/// Returns whether `str.isdigit` holds, which superscripts pass.
pub(crate) fn is_digit(c: char) -> bool {
    decimal(c).is_some() || within(tables::DIGITS, c)
}

/// Returns the value of a decimal digit of any script.
pub(crate) fn decimal(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.to_digit(10).and_then(|digit| u8::try_from(digit).ok());
    }
    let point = u32::from(c);
    let run = tables::ZEROS
        .partition_point(|&zero| zero <= point)
        .checked_sub(1)?;
    u8::try_from(point - tables::ZEROS[run])
        .ok()
        .filter(|&digit| digit < 10)
}

/// Returns whether a sorted table of closed ranges holds `c`.
fn within(table: &[(u32, u32)], c: char) -> bool {
    let point = u32::from(c);
    let next = table.partition_point(|&(first, _)| first <= point);
    next > 0 && point <= table[next - 1].1
}

/// Appends the full titlecase mapping of a character.
pub(crate) fn push_title(c: char, out: &mut String) {
    match tables::TITLE.binary_search_by_key(&c, |&(from, _)| from) {
        Ok(found) => out.push_str(tables::TITLE[found].1),
        Err(_) => out.extend(c.to_uppercase()),
    }
}

/// Reads a number as `int(text)` does, saturated, or returns the text of its `ValueError`.
pub(crate) fn int(text: &str) -> Result<i64, String> {
    let invalid = || {
        format!(
            "invalid literal for int() with base 10: {}",
            repr(text, SHOWN)
        )
    };
    // Space beyond ASCII is folded to ASCII first; the separators below it are not space here.
    let is_blank = |c: char| matches!(c, '\t'..='\r' | ' ') || (!c.is_ascii() && is_space(c));
    let body = text.trim_start_matches(is_blank);
    let (negative, body) = match body.as_bytes().first() {
        Some(b'-') => (true, &body[1..]),
        Some(b'+') => (false, &body[1..]),
        _ => (false, body),
    };
    let Digits { value, count, rest } = digits(body).ok_or_else(invalid)?;
    if count > MAX_DIGITS {
        return Err(format!(
            "Exceeds the limit ({MAX_DIGITS} digits) for integer string conversion: value has \
             {count} digits; use sys.set_int_max_str_digits() to increase the limit"
        ));
    }
    if rest.trim_start_matches(is_blank).is_empty() {
        Ok(if negative { -value } else { value })
    } else {
        Err(invalid())
    }
}

/// A run of digits and what follows it.
struct Digits<'t> {
    value: i64,
    count: usize,
    rest: &'t str,
}

/// Reads digits with single underscores between them; at least one digit.
fn digits(text: &str) -> Option<Digits<'_>> {
    let (mut value, mut count, mut after_underscore) = (0_i64, 0, true);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(digit) = decimal(c) {
            value = value.saturating_mul(10).saturating_add(i64::from(digit));
            count += 1;
            after_underscore = false;
        } else if c == '_' && !after_underscore {
            after_underscore = true;
        } else {
            break;
        }
        rest = &rest[c.len_utf8()..];
    }
    (!after_underscore).then_some(Digits { value, count, rest })
}

/// Returns the first `limit` characters of `repr(text)`.
pub(crate) fn repr(text: &str, limit: usize) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars().take(limit) {
        push_escaped(c, quote, &mut out);
    }
    out.push(quote);
    if let Some((end, _)) = out.char_indices().nth(limit) {
        out.truncate(end);
    }
    out
}

fn push_escaped(c: char, quote: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\\' => out.push_str("\\\\"),
        _ if c == quote => out.extend(['\\', c]),
        ' '..='~' => out.push(c),
        _ => push_beyond_ascii(c, out),
    }
}

/// Appends a control character or one beyond ASCII, escaped unless printable.
fn push_beyond_ascii(c: char, out: &mut String) {
    let printed = match (crate::carrier::carried(c), u32::from(c)) {
        // Python holds a byte that is not UTF-8 as a lone surrogate.
        (Some(byte), _) => write!(out, "\\udc{byte:02x}"),
        (None, point @ ..=0x7f) => write!(out, "\\x{point:02x}"),
        (None, _) if !within(tables::UNPRINTABLE, c) => write!(out, "{c}"),
        (None, point @ ..=0xff) => write!(out, "\\x{point:02x}"),
        (None, point @ ..=0xffff) => write!(out, "\\u{point:04x}"),
        (None, point) => write!(out, "\\U{point:08x}"),
    };
    printed.expect("writing to a string cannot fail");
}

/// Returns the byte range of the slice `[from:to]` counted in characters, as Python counts:
/// from the end if negative, and never out of bounds.
pub(crate) fn slice(text: &str, from: Option<i64>, to: Option<i64>) -> &str {
    let (from, to) = (
        from.map_or(0, |at| offset(text, at)),
        to.map(|at| offset(text, at)),
    );
    text.get(from..to.unwrap_or(text.len())).unwrap_or("")
}

/// Returns the byte offset of a Python index.
fn offset(text: &str, index: i64) -> usize {
    let steps = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
    if index >= 0 {
        text.char_indices()
            .nth(steps)
            .map_or(text.len(), |(at, _)| at)
    } else {
        text.char_indices()
            .nth_back(steps - 1)
            .map_or(0, |(at, _)| at)
    }
}

/// Returns how many bytes of a text equal a name but for case.
pub(crate) fn prefix(name: &str, text: &str) -> Option<usize> {
    let mut chars = text.chars();
    for expected in name.chars() {
        same_letter(expected, chars.next()?).then_some(())?;
    }
    Some(text.len() - chars.as_str().len())
}

/// Returns whether two characters are equal but for case.
pub(crate) fn same_letter(one: char, other: char) -> bool {
    let fold = |c: char| c.to_lowercase().flat_map(char::to_uppercase);
    one == other || fold(one).eq(fold(other))
}
