//! Evaluates queries as beets' own code does: Python's comparisons over typed values.

use unicode_normalization::UnicodeNormalization;

use super::number::{Interval, Number};
use super::{Leaf, Node, QueryError, Test, TypedRow};
use crate::{RegexError, Value, write_float};

impl Node {
    /// Returns the truth of the query for a row.
    pub(super) fn typed(&self, row: &impl TypedRow) -> Result<bool, QueryError> {
        match self {
            Self::True => Ok(true),
            Self::All(nodes) => {
                for node in nodes {
                    if !node.typed(row)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(nodes) => {
                for node in nodes {
                    if node.typed(row)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(node) => Ok(!node.typed(row)?),
            Self::Field(leaf) => leaf.typed(row),
        }
    }
}

impl Leaf {
    fn typed(&self, row: &impl TypedRow) -> Result<bool, QueryError> {
        let value = || row.typed(&self.field);
        Ok(match &self.test {
            Test::Substring(term) => any_text(value(), |text| {
                Ok(text.to_lowercase().contains(&term.lower))
            })?,
            Test::Whole(term) => any_text(value(), |text| Ok(text.to_lowercase() == term.lower))?,
            Test::Exact(term) => match value() {
                Some(Value::List(list)) => list.contains(term),
                Some(Value::Text(text)) => text == *term,
                _ => false,
            },
            Test::Regex(regex) => any_text(value(), |text| {
                regex.search(&text.nfc().collect::<String>())
            })?,
            Test::Null => matches!(value(), None | Some(Value::Null)),
            Test::Bool(truth) => {
                let point = Interval::Point(Number::Int(i64::from(*truth)));
                value()
                    .is_some_and(|value| !matches!(value, Value::Text(_)) && point.contains(&value))
            }
            Test::Number(interval) => {
                row.has(&self.field) && value().is_some_and(|value| interval.contains(&value))
            }
            Test::Date(interval) => {
                row.has(&self.field)
                    && value()
                        .and_then(|value| seconds(&value))
                        .is_some_and(|at| interval.contains(at))
            }
            Test::Fuzzy(fuzzy) => any_text(value(), |text| Ok(fuzzy.matches(text)))?,
            Test::BareAscii(bare) => any_text(value(), |text| Ok(bare.matches(text)))?,
            Test::Path(path) => path.matches(row.typed("path").as_ref()),
        })
    }
}

/// Returns what Python's `float` makes of a value.
fn seconds(value: &Value) -> Option<f64> {
    match value {
        Value::Text(text) => crate::parse_float(text),
        value => value.as_f64(),
    }
}

/// Tells whether a value, or an element of a list, passes a test of its text.
fn any_text(
    value: Option<Value>,
    passes: impl Fn(&str) -> Result<bool, RegexError>,
) -> Result<bool, RegexError> {
    let mut number = String::new();
    let text = match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Text(text)) => text,
        Some(Value::Bool(truth)) => if truth { "True" } else { "False" }.to_owned(),
        Some(Value::Int(int)) => int.to_string(),
        Some(Value::BigInt(digits)) => digits.into(),
        Some(Value::Float(float)) => {
            write_float(float, &mut number);
            number
        }
        Some(Value::Bytes(bytes)) => bytes.utf8_chunks().map(|chunk| chunk.valid()).collect(),
        Some(Value::List(list)) => {
            for text in list {
                if passes(&text)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
    };
    passes(&text)
}
