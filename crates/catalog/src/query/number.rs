//! Terms about numbers and durations.

use std::cmp::Ordering;

use crate::{RawValue, Value, parse_float, parse_int};

/// A number in a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

/// A point, or a range whose ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Interval {
    Point(Number),
    Range(Option<Number>, Option<Number>),
}

impl Number {
    /// Compares with a value of a model; `None` if Python cannot.
    pub(super) fn compare_value(self, value: &Value) -> Option<Ordering> {
        match value {
            Value::Bool(truth) => Self::Int(i64::from(*truth)).compare(self),
            Value::Int(number) => Self::Int(*number).compare(self),
            Value::Float(number) => Self::Float(*number).compare(self),
            Value::BigInt(_) => value
                .as_f64()
                .and_then(|number| Self::Float(number).compare(self)),
            Value::Null | Value::Text(_) | Value::Bytes(_) | Value::List(_) => None,
        }
    }

    /// Compares with a cell as the database does: numbers before text before blobs.
    pub(super) fn compare_cell(self, cell: RawValue<'_>) -> Option<Ordering> {
        match cell {
            RawValue::Null => None,
            RawValue::Int(number) => Self::Int(number).compare(self),
            RawValue::Real(number) => Self::Float(number).compare(self),
            // Not even NaN compares, since the database takes it for NULL.
            RawValue::Text(_) | RawValue::Blob(_) => (!self.is_nan()).then_some(Ordering::Greater),
        }
    }

    fn is_nan(self) -> bool {
        matches!(self, Self::Float(number) if number.is_nan())
    }

    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(two)) => Some(one.cmp(&two)),
            (Self::Float(one), Self::Float(two)) => one.partial_cmp(&two),
            (Self::Int(one), Self::Float(two)) => compare_exactly(one, two),
            (Self::Float(one), Self::Int(two)) => compare_exactly(two, one).map(Ordering::reverse),
        }
    }
}

/// Compares without rounding the integer.
fn compare_exactly(int: i64, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if float < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to fit above")]
    let whole = float.trunc() as i64;
    let fraction = float - float.trunc();
    Some(int.cmp(&whole).then(0.0_f64.partial_cmp(&fraction)?))
}

impl Interval {
    /// Parses `n`, `a..b`, `a..`, `..b` or nothing.
    pub(super) fn parse(term: &str) -> Result<Self, String> {
        Self::split(term, |text| {
            let number = parse_int(text).or_else(|| parse_float(text).map(Value::Float));
            number_of(number)
                .ok_or_else(|| format!("{text:?} is not a number (such as 1999, or 1990..1999)"))
        })
    }

    /// Parses the same of durations, which may be written as `M:SS`.
    pub(super) fn parse_duration(term: &str) -> Result<Self, String> {
        Self::split(term, |text| {
            let seconds = minutes(text).or_else(|| parse_float(text));
            seconds
                .map(Number::Float)
                .ok_or_else(|| format!("{text:?} is not a duration (such as 3:30, or 210)"))
        })
    }

    fn split(term: &str, convert: impl Fn(&str) -> Result<Number, String>) -> Result<Self, String> {
        let convert = |text: &str| match text {
            "" => Ok(None),
            text => convert(text).map(Some),
        };
        Ok(match term.split_once("..") {
            Some((low, high)) => Self::Range(convert(low)?, convert(high)?),
            None => convert(term)?.map_or(Self::Range(None, None), Self::Point),
        })
    }

    /// Tells whether a value lies inside; text is read as a number first.
    pub(super) fn contains(self, value: &Value) -> bool {
        let read;
        let value = match value {
            Value::Text(text) if text.is_empty() => &Value::Null,
            Value::Text(text) => {
                read = parse_int(text).or_else(|| parse_float(text).map(Value::Float));
                match &read {
                    Some(read) => read,
                    None => return false,
                }
            }
            value => value,
        };
        match self {
            Self::Point(point) => point.compare_value(value) == Some(Ordering::Equal),
            Self::Range(None, None) => true,
            Self::Range(low, high) => {
                let is_number = value.as_f64().is_some();
                // A comparison with NaN is false to Python, and so excludes nothing.
                let below = low.and_then(|low| low.compare_value(value)) == Some(Ordering::Less);
                let above =
                    high.and_then(|high| high.compare_value(value)) == Some(Ordering::Greater);
                is_number && !below && !above
            }
        }
    }

    /// Tells whether a cell lies inside; `None` is SQL's NULL.
    pub(super) fn contains_cell(self, cell: RawValue<'_>) -> Option<bool> {
        let holds =
            |number: Number, wanted: fn(Ordering) -> bool| number.compare_cell(cell).map(wanted);
        match self {
            Self::Point(point) => holds(point, Ordering::is_eq),
            Self::Range(None, None) => Some(true),
            Self::Range(Some(low), None) => holds(low, Ordering::is_ge),
            Self::Range(None, Some(high)) => holds(high, Ordering::is_le),
            Self::Range(Some(low), Some(high)) => {
                super::stored::and(holds(low, Ordering::is_ge), holds(high, Ordering::is_le))
            }
        }
    }
}

fn number_of(value: Option<Value>) -> Option<Number> {
    match value? {
        Value::Int(number) => Some(Number::Int(number)),
        Value::Float(number) => Some(Number::Float(number)),
        value => value.as_f64().map(Number::Float),
    }
}

/// Reads `M:SS`.
fn minutes(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.split_once(':')?;
    let is_digits = |text: &str| !text.is_empty() && text.chars().all(char::is_numeric);
    let valid = is_digits(minutes)
        && is_digits(seconds)
        && seconds.chars().count() == 2
        && matches!(seconds.chars().next(), Some('0'..='5'));
    let whole = |text| parse_int(text).and_then(|value| value.as_f64());
    if valid {
        Some(whole(minutes)? * 60.0 + whole(seconds)?)
    } else {
        None
    }
}
