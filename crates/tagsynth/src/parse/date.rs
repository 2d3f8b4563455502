//! Dates in one text.

use std::borrow::Cow;

use super::number;
use crate::Field;

/// The parts of the release date.
pub(crate) const DATE: [Field; 3] = [Field::Year, Field::Month, Field::Day];
/// The parts of the original release date.
pub(crate) const ORIGINAL_DATE: [Field; 3] = [
    Field::OriginalYear,
    Field::OriginalMonth,
    Field::OriginalDay,
];

/// Reads the parts of a date; `year` is asked to stand in for a first part that is empty.
///
/// Parts end at `-` and `/`; a time after a space or a `T` is cut off. There are no rules of calendars.
pub(crate) fn date_parts(text: &str, year: impl FnOnce() -> Option<String>) -> [Option<i64>; 3] {
    let text = without_time(text);
    let mut parts = text.split(['-', '/']);
    let first = parts.next().filter(|part| !part.is_empty());
    let first = first.map(Cow::from).or_else(|| year().map(Cow::from));
    let part = |text: Option<&str>| number::whole(text?).map(|number| number::small(&number));
    [
        part(first.as_deref()),
        part(parts.next()),
        part(parts.next()),
    ]
}

/// Cuts off a time, which only the last line has, in front of the newline at the end.
fn without_time(text: &str) -> Cow<'_, str> {
    let (body, newline) = match text.strip_suffix('\n') {
        Some(body) => (body, "\n"),
        None => (text, ""),
    };
    let line = body.rfind('\n').map_or(0, |at| at + 1);
    match body[line..].find(['T', 't', ' ']) {
        Some(at) => Cow::from(&body[..line + at]) + newline,
        None => Cow::from(text),
    }
}
