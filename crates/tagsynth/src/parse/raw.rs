//! Stored values, and what mediafile's `safe_cast` makes of them.

use std::borrow::Cow;

use super::number;

/// A value as a format stores it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes, to be taken for UTF-8.
    Bytes(Cow<'a, [u8]>),
    /// A whole number.
    Int(i64),
    /// A truth.
    Bool(bool),
    /// A number with a fraction.
    Float(f64),
}

impl Raw<'_> {
    /// Returns whether Python takes the value for true: it is neither empty nor zero.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::Int(number) => *number != 0,
            Self::Bool(truth) => *truth,
            Self::Float(number) => *number != 0.0,
        }
    }

    /// Returns the value as text, without bytes that are not UTF-8.
    pub(crate) fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::from(&**text),
            Self::Bytes(bytes) => match str::from_utf8(bytes) {
                Ok(text) => Cow::from(text),
                Err(_) => bytes.utf8_chunks().map(|chunk| chunk.valid()).collect(),
            },
            Self::Int(number) => Cow::from(number.to_string()),
            Self::Bool(truth) => Cow::from(if *truth { "True" } else { "False" }),
            Self::Float(number) => Cow::from(number.to_string()),
        }
    }

    /// Returns the value as a whole number, of a text the one at its start.
    pub(crate) fn to_int(&self) -> i64 {
        match self {
            Self::Int(number) => *number,
            Self::Bool(truth) => i64::from(*truth),
            #[expect(clippy::cast_possible_truncation, reason = "saturates")]
            Self::Float(number) => *number as i64,
            text => number::small(number::leading_int(&text.to_text())),
        }
    }

    /// Returns the value as a whole number of any size.
    pub(crate) fn to_whole(&self) -> f64 {
        match self {
            Self::Text(_) | Self::Bytes(_) => {
                let number: Option<f64> = number::leading_int(&self.to_text()).parse().ok();
                // Whole numbers have no negative zero; adding zero makes it a positive one.
                number.unwrap_or(0.0) + 0.0
            }
            number => number.to_float().trunc(),
        }
    }

    /// Returns the value as a number, of a text the one at its start.
    pub(crate) fn to_float(&self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "gains and peaks are small")]
            Self::Int(number) => *number as f64,
            Self::Bool(truth) => f64::from(*truth),
            Self::Float(number) => *number,
            text => number::leading_float(&text.to_text())
                .parse()
                .unwrap_or(0.0),
        }
    }

    /// Returns whether the value is true, for a text whether it is a whole number that is not zero.
    pub(crate) fn to_bool(&self) -> bool {
        match self {
            // Python leaves nothing out of bytes when it takes them for a whole number.
            Self::Bytes(bytes) if str::from_utf8(bytes).is_err() => false,
            Self::Text(_) | Self::Bytes(_) => {
                let digits = number::whole(&self.to_text());
                digits.is_some_and(|digits| digits.contains(|digit| matches!(digit, '1'..='9')))
            }
            other => other.is_true(),
        }
    }
}
