//! Timestamps: `YYYY-MM-DDTHH:MM:SS` or less of it (ID3v2.4.0-structure §4).

use std::fmt::Write as _;

/// Year, month, day, hour, minute and second; only those before the first missing one are written,
/// and make two timestamps differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp([Option<i64>; 6]);

impl PartialEq for Stamp {
    fn eq(&self, other: &Self) -> bool {
        self.written().eq(other.written())
    }
}

impl Stamp {
    /// Reads a timestamp; anything between separators that is no number is missing.
    pub(crate) fn new(text: &str) -> Self {
        let mut parts = [None; 6];
        let mut rest = Some(text);
        for part in &mut parts {
            let Some(field) = rest else { break };
            let end = field.find(is_separator);
            *part = integer(&field[..end.unwrap_or(field.len())]);
            rest = end.map(|end| after_separator(&field[end..]));
        }
        Self(parts)
    }

    fn written(&self) -> impl Iterator<Item = i64> {
        self.0.iter().map_while(|&part| part)
    }

    /// Returns the year.
    pub(crate) fn year(&self) -> Option<i64> {
        self.0[0]
    }

    /// Returns the month and the day, if neither is zero or missing.
    pub(crate) fn month_and_day(&self) -> Option<(i64, i64)> {
        both(self.0[1], self.0[2])
    }

    /// Returns the hour and the minute, if neither is zero or missing.
    pub(crate) fn hour_and_minute(&self) -> Option<(i64, i64)> {
        both(self.0[3], self.0[4])
    }

    /// Returns the text, with `between` between date and time.
    pub(crate) fn text(&self, between: char) -> String {
        let mut text = String::new();
        for (index, part) in self.written().enumerate() {
            match index {
                0 => {}
                1 | 2 => text.push('-'),
                3 => text.push(between),
                _ => text.push(':'),
            }
            let width = if index == 0 { 4 } else { 2 };
            write!(text, "{part:0width$}").expect("strings take all text");
        }
        text
    }
}

fn both(first: Option<i64>, second: Option<i64>) -> Option<(i64, i64)> {
    first
        .zip(second)
        .filter(|&(first, second)| first != 0 && second != 0)
}

fn is_separator(c: char) -> bool {
    matches!(c, '-' | 'T' | ':' | '/' | '.') || c.is_whitespace()
}

/// Skips one separator: a mark, or a run of white space.
fn after_separator(text: &str) -> &str {
    let mut chars = text.chars();
    match chars.next() {
        Some(c) if c.is_whitespace() => text.trim_start(),
        _ => chars.as_str(),
    }
}

/// Reads a decimal number as Python's `int` does: white space around, a sign before, single
/// underscores between digits.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let well_formed = digits
        .split('_')
        .all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    let number: i64 = well_formed.then(|| digits.replace('_', ""))?.parse().ok()?;
    Some(if negative { -number } else { number })
}
