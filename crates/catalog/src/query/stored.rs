//! Evaluates queries as the database does: three-valued logic over stored cells.
//!
//! Each test does what the SQL of beets' query of that kind does in `SQLite`: `LIKE` folds ASCII
//! only, comparisons convert by the column's affinity, NULL makes a comparison and its negation
//! false, and `regexp` is Python's search on `str(value)`.

use std::borrow::Cow;

use super::{Leaf, Node, QueryError, StoredRow, Test};
use crate::{RawValue, Type, field, write_float};

/// Returns what SQL's AND makes of two truth values.
pub(super) fn and(one: Option<bool>, two: Option<bool>) -> Option<bool> {
    match (one, two) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

impl Node {
    /// Returns the truth of the query for a row; `None` is NULL.
    pub(super) fn stored(&self, row: &impl StoredRow) -> Result<Option<bool>, QueryError> {
        match self {
            Self::True => Ok(Some(true)),
            Self::All(nodes) => {
                let mut all = Some(true);
                for node in nodes {
                    all = and(all, node.stored(row)?);
                    // The database, too, stops here, and so never sees what would fail. NULL will do,
                    // since no group of terms is negated.
                    if all != Some(true) {
                        break;
                    }
                }
                Ok(all)
            }
            // The database, too, does not look at the rest then.
            Self::Any(nodes) if nodes.iter().any(Self::is_always_true) => Ok(Some(true)),
            Self::Any(nodes) => {
                let mut none = Some(true);
                for node in nodes {
                    none = and(none, node.stored(row)?.map(|truth| !truth));
                    if none == Some(false) {
                        break;
                    }
                }
                Ok(none.map(|truth| !truth))
            }
            Self::Not(node) => Ok(node.stored(row)?.map(|truth| !truth)),
            Self::Field(leaf) => leaf.stored(row.stored(&leaf.field)),
        }
    }
}

impl Node {
    /// Tells whether beets' SQL for the node is a mere `1`.
    fn is_always_true(&self) -> bool {
        match self {
            Self::True => true,
            Self::All(nodes) => nodes.iter().all(Self::is_always_true),
            Self::Any(nodes) => nodes.iter().any(Self::is_always_true),
            Self::Not(_) | Self::Field(_) => false,
        }
    }
}

impl Leaf {
    fn stored(&self, cell: RawValue<'_>) -> Result<Option<bool>, QueryError> {
        Ok(match &self.test {
            Test::Substring(term) => like(cell, |text| contains_folded(text, term.text.as_bytes())),
            Test::Whole(term) => like(cell, |text| text.eq_ignore_ascii_case(term.text.as_bytes())),
            Test::Exact(term) => equals(cell, term, affinity(&self.field)),
            Test::Regex(regex) => {
                let text = python_text(cell).ok_or_else(|| QueryError::NotUtf8 {
                    field: self.field.clone(),
                    pattern: regex.as_str().to_owned(),
                })?;
                Some(regex.search(&text)?)
            }
            Test::Null => Some(cell == RawValue::Null),
            Test::Bool(truth) => {
                super::number::Interval::Point(super::number::Number::Int(i64::from(*truth)))
                    .contains_cell(cell)
            }
            Test::Number(interval) => interval.contains_cell(cell),
            Test::Date(interval) => interval.contains_cell(cell),
            Test::Path(path) => path.matches_cell(cell),
            Test::BareAscii(bare) => {
                let text = text(cell).ok_or_else(|| QueryError::NotText {
                    field: self.field.clone(),
                    term: bare.term.clone(),
                })?;
                Some(bare.matches_like(text))
            }
            // Such a test is about no column to beets, so the database never sees it.
            Test::Fuzzy(_) => None,
        })
    }
}

/// Evaluates a `LIKE` whose pattern has no wildcards but perhaps those around it.
///
/// beets' usual builds of `SQLite` let LIKE match no blob.
fn like(cell: RawValue<'_>, matches: impl Fn(&[u8]) -> bool) -> Option<bool> {
    match cell {
        RawValue::Null => None,
        RawValue::Blob(_) => Some(false),
        cell => Some(matches(until_nul(&sql_text(cell)))),
    }
}

pub(super) fn until_nul(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or(text)
}

fn contains_folded(text: &[u8], term: &[u8]) -> bool {
    term.is_empty()
        || text
            .windows(term.len())
            .any(|window| window.eq_ignore_ascii_case(term))
}

/// How a column converts what it is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Affinity {
    Numeric,
    Text,
    None,
}

fn affinity(column: &str) -> Affinity {
    match field(column).map(|field| field.ty) {
        Some(Type::Path | Type::NullPath) | None => Affinity::None,
        Some(Type::Bool | Type::Date) => Affinity::Numeric,
        Some(ty) if ty.is_numeric() => Affinity::Numeric,
        Some(_) => Affinity::Text,
    }
}

/// Evaluates `column = 'text'`.
fn equals(cell: RawValue<'_>, term: &str, affinity: Affinity) -> Option<bool> {
    use super::number::Number;
    match (cell, affinity) {
        (RawValue::Null, _) => None,
        (RawValue::Text(text), Affinity::Numeric) if numeric(term).is_none() => {
            Some(text == term.as_bytes())
        }
        (RawValue::Text(text), Affinity::Text | Affinity::None) => Some(text == term.as_bytes()),
        (RawValue::Int(_) | RawValue::Real(_), Affinity::Numeric) => match numeric(term) {
            Some(number) => Number::compare_cell(number, cell).map(std::cmp::Ordering::is_eq),
            None => Some(false),
        },
        _ => Some(false),
    }
}

/// Reads a number as a column of numeric affinity does; `None` leaves it text.
fn numeric(text: &str) -> Option<super::number::Number> {
    use super::number::Number;
    let is_space = |byte: char| matches!(byte, ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r');
    let text = text.trim_matches(is_space);
    if let Ok(int) = text.parse() {
        return Some(Number::Int(int));
    }
    let is_number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let float = if is_number {
        text.parse().ok()?
    } else {
        return None;
    };
    Some(Number::Float(float))
}

/// Returns the text that the database makes of a cell.
fn sql_text(cell: RawValue<'_>) -> Cow<'_, [u8]> {
    match cell {
        RawValue::Null => Cow::Borrowed(b""),
        RawValue::Int(number) => Cow::Owned(number.to_string().into_bytes()),
        RawValue::Real(number) => Cow::Owned(sql_real(number).into_bytes()),
        RawValue::Text(text) | RawValue::Blob(text) => Cow::Borrowed(text),
    }
}

/// Writes a number with 15 significant digits and at least one decimal, as `%!.15g` does.
fn sql_real(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 {
            "Inf".into()
        } else {
            "-Inf".into()
        };
    }
    let scientific = format!("{:.14e}", number.abs());
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (mut whole, mut fraction) = match exponent {
        0..=14 => {
            let (whole, fraction) = digits.split_at(exponent.unsigned_abs() as usize + 1);
            (whole.to_owned(), fraction.to_owned())
        }
        -4..=-1 => {
            let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
            ("0".to_owned(), format!("{zeros}{digits}"))
        }
        _ => (digits[..1].to_owned(), digits[1..].to_owned()),
    };
    fraction.truncate(fraction.trim_end_matches('0').len().max(1));
    if number < 0.0 {
        whole.insert(0, '-');
    }
    if (-4..=14).contains(&exponent) {
        return format!("{whole}.{fraction}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{whole}.{fraction}e{sign}{:02}", exponent.unsigned_abs())
}

/// Returns the text of a cell that is nothing else.
fn text(cell: RawValue<'_>) -> Option<&str> {
    match cell {
        RawValue::Text(text) => std::str::from_utf8(text).ok(),
        _ => None,
    }
}

/// Returns what Python's `str` makes of a cell; `None` if it is not UTF-8.
fn python_text(cell: RawValue<'_>) -> Option<Cow<'_, str>> {
    Some(match cell {
        RawValue::Null => Cow::Borrowed("None"),
        RawValue::Int(number) => Cow::Owned(number.to_string()),
        RawValue::Real(number) => {
            let mut text = String::new();
            write_float(number, &mut text);
            Cow::Owned(text)
        }
        RawValue::Text(text) | RawValue::Blob(text) => {
            Cow::Borrowed(std::str::from_utf8(text).ok()?)
        }
    })
}
