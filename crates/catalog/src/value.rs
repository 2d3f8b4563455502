//! Values: what a column or an attribute means to beets, and how beets shows it.
//!
//! `SQLite` may hold any storage class in any column, so everything starts as a [`RawValue`]. A
//! [`Type`] and [`Formats`] turn that into a [`Value`] as beets' models do, and a value into the
//! text that a template sees. Where beets itself would raise, the type's null stands in: no row
//! is ever lost over one odd cell.

mod date;
mod decode;
mod number;
mod path;
mod show;

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::schema::Type;
pub use date::mktime;
pub use number::{parse_float, parse_int, write_float};
pub use path::{display_path, expand_path, norm_path};

/// A value as `SQLite` stores it, borrowed.
///
/// Text is bytes, since a database may hold text that is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RawValue<'a> {
    /// SQL NULL.
    Null,
    /// A signed integer.
    Int(i64),
    /// A floating point number, never NaN when it comes from `SQLite`.
    Real(f64),
    /// Text, supposedly UTF-8.
    Text(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
}

/// A value as beets' models hold it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: Python's `None`.
    Null,
    /// Truth, where beets made one; a stored 0 or 1 stays an [`Value::Int`].
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer beyond 64 bits, in decimal.
    BigInt(Box<str>),
    /// A floating point number.
    Float(f64),
    /// Text.
    Text(String),
    /// A path, absolute, or a blob.
    Bytes(Vec<u8>),
    /// Several texts.
    List(Vec<String>),
}

impl Value {
    /// Returns the text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the number, if this is one, as floating point.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Bool(truth) => Some(f64::from(u8::from(*truth))),
            #[expect(
                clippy::cast_precision_loss,
                reason = "Python's float() rounds as well"
            )]
            Self::Int(int) => Some(*int as f64),
            Self::BigInt(digits) => digits.parse().ok(),
            Self::Float(float) => Some(*float),
            Self::Null | Self::Text(_) | Self::Bytes(_) | Self::List(_) => None,
        }
    }

    /// Tells whether Python takes this for true.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(truth) => *truth,
            Self::Int(int) => *int != 0,
            Self::BigInt(_) => true,
            Self::Float(float) => *float != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::List(values) => !values.is_empty(),
        }
    }
}

/// The settings that decide how values are read and shown.
#[derive(Debug, Clone)]
pub struct Formats {
    /// `time_format`: how dates are shown, and read from text.
    pub time_format: String,
    /// `format_raw_length`: show durations as numbers instead of minutes and seconds.
    pub raw_length: bool,
    /// The local time zone.
    pub zone: TimeZone,
    /// `directory`: what relative paths are relative to; absolute.
    pub directory: Vec<u8>,
}

impl Default for Formats {
    /// Returns beets' defaults, in the system's time zone, with `/` as the directory.
    fn default() -> Self {
        Self {
            time_format: "%Y-%m-%d %H:%M:%S".to_owned(),
            raw_length: false,
            zone: TimeZone::system(),
            directory: b"/".to_vec(),
        }
    }
}

impl Formats {
    /// Reads a stored value as beets reads a field of type `ty`.
    ///
    /// ```
    /// use catalog::{Formats, RawValue, Type, Value};
    ///
    /// let formats = Formats::default();
    /// assert_eq!(formats.decode(Type::Int, RawValue::Text(b" 1_000 ")), Value::Int(1000));
    /// assert_eq!(formats.decode(Type::Int, RawValue::Real(2.5)), Value::Int(2));
    /// assert_eq!(formats.decode(Type::Int, RawValue::Blob(b"x")), Value::Int(0));
    /// ```
    pub fn decode(&self, ty: Type, raw: RawValue<'_>) -> Value {
        decode::decode(self, ty, raw)
    }

    /// Returns what [`Formats::decode`] gives as text, borrowed where it can be; `None` where that
    /// is no text.
    pub fn text<'a>(&self, ty: Type, raw: RawValue<'a>) -> Option<Cow<'a, str>> {
        if ty == Type::Text {
            return Some(decode::text(raw));
        }
        match self.decode(ty, raw) {
            Value::Text(text) => Some(Cow::from(text)),
            _ => None,
        }
    }

    /// Returns the texts of a list, borrowed where they can be; `None` if `ty` is no list.
    pub fn texts<'a>(&self, ty: Type, raw: RawValue<'a>) -> Option<Vec<Cow<'a, str>>> {
        match ty {
            Type::List { delimiter } => Some(decode::list(raw, delimiter)),
            _ => None,
        }
    }

    /// Appends `value` the way a template shows a field of type `ty`.
    ///
    /// Bytes of a path that are not UTF-8 become the characters U+10FF00 + byte.
    pub fn show(&self, ty: Type, value: &Value, out: &mut String) {
        show::show(self, ty, value, out);
    }

    /// Does what [`Formats::decode`] and [`Formats::show`] do together, without a value between
    /// them for the types that are common in templates.
    pub fn show_raw(&self, ty: Type, raw: RawValue<'_>, out: &mut String) {
        match (ty, raw) {
            (Type::Text | Type::Untyped, RawValue::Text(text)) => push_valid(text, out),
            _ => self.show(ty, &self.decode(ty, raw), out),
        }
    }
}

/// Appends the valid UTF-8 in `bytes` and drops the rest.
fn push_valid(bytes: &[u8], out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
    }
}

/// Returns the valid UTF-8 in `bytes` without the rest.
fn valid(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Cow::from(text);
    }
    let mut out = String::new();
    push_valid(bytes, &mut out);
    Cow::from(out)
}
