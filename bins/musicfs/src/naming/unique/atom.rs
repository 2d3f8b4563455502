//! Values reduced to what decides whether two are equal.

use catalog::{RawValue, Type, Value};
use pathfmt::Failure;

/// A value that equals another if and only if both are the same atom, unless it is
/// [`Never`](Self::Never).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Atom {
    /// Equals nothing, not even itself: SQL's NULL, Python's NaN.
    Never,
    /// Python's `None`.
    None,
    /// An integer, and every number that equals one.
    Int(i64),
    BigInt(Box<str>),
    /// The bits of any other number.
    Float(u64),
    Text(Box<[u8]>),
    Bytes(Box<[u8]>),
}

impl Atom {
    fn number(float: f64) -> Self {
        const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2^63: the first integer beyond i64
        if float.is_nan() {
            return Self::Never;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole and within the limits"
        )]
        if float.fract() == 0.0 && (-LIMIT..LIMIT).contains(&float) {
            return Self::Int(float as i64);
        }
        Self::Float(float.to_bits())
    }

    fn text(text: &str) -> Self {
        Self::Text(text.as_bytes().into())
    }

    /// Returns a cell as the database compares it.
    pub(super) fn of_cell(cell: RawValue<'_>) -> Self {
        match cell {
            RawValue::Null => Self::Never,
            RawValue::Int(int) => Self::Int(int),
            RawValue::Real(real) => Self::number(real),
            RawValue::Text(text) => Self::Text(text.into()),
            RawValue::Blob(blob) => Self::Bytes(blob.into()),
        }
    }

    /// Returns a value as the database compares it when it is the parameter at `position`.
    ///
    /// # Errors
    ///
    /// Python's message, if the database takes no such parameter.
    pub(super) fn of_parameter(value: Value, ty: Type, position: usize) -> Result<Self, Failure> {
        let message = match value {
            Value::Null => return Ok(Self::Never),
            Value::List(_) => {
                format!("Error binding parameter {position}: type 'list' is not supported")
            }
            Value::BigInt(_) => "Python int too large to convert to SQLite INTEGER".to_owned(),
            value => return Ok(Self::of_key(value, ty)),
        };
        Err(Failure::Message(message))
    }

    /// Returns a value as Python compares the values of a key.
    ///
    /// beets looks a path up as text, which no path equals; nor is a list an element of itself.
    pub(super) fn of_key(value: Value, ty: Type) -> Self {
        match (value, ty) {
            (Value::List(_), _) | (_, Type::Path | Type::NullPath) => Self::Never,
            (value, _) => Self::of_value(value).unwrap_or(Self::Never),
        }
    }

    /// Returns a value as an element of a set.
    ///
    /// # Errors
    ///
    /// Python's message, if it cannot be one.
    pub(super) fn of_value(value: Value) -> Result<Self, Failure> {
        Ok(match value {
            Value::Null => Self::None,
            Value::Bool(truth) => Self::Int(i64::from(truth)),
            Value::Int(int) => Self::Int(int),
            Value::BigInt(digits) => Self::BigInt(digits),
            Value::Float(float) => Self::number(float),
            Value::Text(text) => Self::text(&text),
            Value::Bytes(bytes) => Self::Bytes(bytes.into()),
            Value::List(_) => return Err(Failure::Message("unhashable type: 'list'".to_owned())),
        })
    }
}
