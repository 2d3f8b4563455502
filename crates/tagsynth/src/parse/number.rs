//! Numbers in text, as Python finds them.
//!
//! Python also takes the decimal digits of other scripts for digits where a text is nothing but a
//! number; here they are not.

/// Returns the whole number that a text starts with, without white space; empty if it does not.
pub(super) fn leading_int(text: &str) -> &str {
    let (text, sign) = signed(text);
    let len = sign + digits(&text[sign..]);
    if len == sign { "" } else { &text[..len] }
}

/// Returns the number with or without a fraction that a text starts with; empty if it does not.
pub(super) fn leading_float(text: &str) -> &str {
    let (text, sign) = signed(text);
    let whole = digits(&text[sign..]);
    let point = sign + whole;
    if !text[point..].starts_with('.') {
        return leading_int(text);
    }
    let fraction = digits(&text[point + 1..]);
    if whole + fraction == 0 {
        return "";
    }
    &text[..point + 1 + fraction]
}

/// Returns a text that is a whole number, without the underscores and the white space around it that
/// Python's `int` allows.
pub(super) fn whole(text: &str) -> Option<String> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_digits = |part: &str| !part.is_empty() && digits(part) == part.len();
    unsigned
        .split('_')
        .all(is_digits)
        .then(|| text.replace('_', ""))
}

/// Returns the value of a whole number, and 0 for one that 63 bits and a sign cannot hold.
pub(super) fn small(number: &str) -> i64 {
    let number = number.parse().ok();
    number.filter(|&number| number != i64::MIN).unwrap_or(0)
}

/// Strips the white space of Python's `str.strip`, and returns the length of the sign after it.
fn signed(text: &str) -> (&str, usize) {
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    let text = text.trim_start_matches(is_space);
    (text, usize::from(text.starts_with(['+', '-'])))
}

/// Returns how many digits a text starts with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}
