//! From storage to value, as beets' types read their columns.

use std::borrow::Cow;
use std::fmt::Write;

use super::number::{digit, is_space, parse_float, parse_int, round};
use super::{Formats, RawValue, Value, date, expand_path, valid, write_float};
use crate::schema::Type;

/// Integers up to here survive beets' detour through floating point.
const MAX_EXACT: u64 = 1 << 53;

pub(super) fn decode(formats: &Formats, ty: Type, raw: RawValue<'_>) -> Value {
    match ty {
        Type::Untyped => untyped(raw),
        Type::Text => Value::Text(text(raw).into_owned()),
        Type::Int | Type::Padded(_) | Type::Scaled { .. } => integer(raw).unwrap_or(Value::Int(0)),
        Type::Id => integer(raw).unwrap_or(Value::Null),
        Type::Float(_) => number(raw, parse_float).unwrap_or(Value::Float(0.0)),
        Type::NullFloat => number(raw, parse_float).unwrap_or(Value::Null),
        Type::Date => number(raw, |text| date::parse(formats, text)).unwrap_or(Value::Float(0.0)),
        Type::Duration => number(raw, duration).unwrap_or(Value::Float(0.0)),
        Type::Bool => boolean(raw),
        Type::Key => key(raw),
        Type::Path | Type::NullPath => path(formats, raw),
        Type::List { delimiter } => {
            let texts = list(raw, delimiter).into_iter().map(Cow::into_owned);
            Value::List(texts.collect())
        }
    }
}

fn untyped(raw: RawValue<'_>) -> Value {
    match raw {
        RawValue::Null => Value::Null,
        RawValue::Int(int) => Value::Int(int),
        RawValue::Real(real) => Value::Float(real),
        RawValue::Text(text) => Value::Text(valid(text).into_owned()),
        RawValue::Blob(blob) => Value::Bytes(blob.to_vec()),
    }
}

/// Returns Python's `str()` of the value; NULL is empty.
pub(super) fn text(raw: RawValue<'_>) -> Cow<'_, str> {
    match raw {
        RawValue::Null => Cow::from(""),
        RawValue::Int(int) => Cow::from(int.to_string()),
        RawValue::Real(real) => {
            let mut out = String::new();
            write_float(real, &mut out);
            Cow::from(out)
        }
        RawValue::Text(text) => valid(text),
        RawValue::Blob(blob) => Cow::from(bytes_repr(blob)),
    }
}

/// Returns Python's spelling of a bytes object, which is what beets makes of a blob in a text
/// column.
fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    let mut out = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\'' if quote == '\'' => out.push_str("\\'"),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => write!(out, "\\x{byte:02x}").expect("writing to a string cannot fail"),
        }
    }
    out.push(quote);
    out
}

fn integer(raw: RawValue<'_>) -> Option<Value> {
    match raw {
        RawValue::Null => None,
        RawValue::Int(int) if int.unsigned_abs() <= MAX_EXACT => Some(Value::Int(int)),
        #[expect(
            clippy::cast_precision_loss,
            reason = "beets rounds through float() as well"
        )]
        RawValue::Int(int) => round(int as f64),
        RawValue::Real(real) => round(real),
        RawValue::Text(text) => parse_int(&valid(text)),
        RawValue::Blob(blob) => {
            // `float()` of bytes knows no digits but ASCII's.
            let ascii = str::from_utf8(blob).ok().filter(|text| text.is_ascii())?;
            round(parse_float(ascii)?)
        }
    }
}

/// Returns the number; numbers stay as they are and text is read by `parse`.
fn number(raw: RawValue<'_>, parse: impl Fn(&str) -> Option<f64>) -> Option<Value> {
    match raw {
        RawValue::Null => None,
        RawValue::Int(int) => Some(Value::Int(int)),
        RawValue::Real(real) => Some(Value::Float(real)),
        RawValue::Text(text) | RawValue::Blob(text) => parse(&valid(text)).map(Value::Float),
    }
}

/// Reads `M:SS`, or else a plain number.
fn duration(text: &str) -> Option<f64> {
    minutes_and_seconds(text).or_else(|| parse_float(text))
}

fn minutes_and_seconds(text: &str) -> Option<f64> {
    // Python's `$` also matches before a final newline.
    let text = text.strip_suffix('\n').unwrap_or(text);
    let (minutes, seconds) = text.split_once(':')?;
    let regular = !minutes.is_empty() && minutes.chars().all(|c| digit(c).is_some());
    let mut digits = seconds.chars();
    let tens = digits.next().filter(|tens| ('0'..='5').contains(tens))?;
    let ones = digits.next().and_then(digit)?;
    if !regular || digits.next().is_some() {
        return None;
    }
    let seconds = f64::from(tens.to_digit(10)? * 10 + ones.to_digit(10)?);
    Some(parse_int(minutes)?.as_f64()? * 60.0 + seconds)
}

fn boolean(raw: RawValue<'_>) -> Value {
    match raw {
        RawValue::Null => Value::Bool(false),
        RawValue::Text(text) => Value::Bool(is_yes(&valid(text))),
        other => untyped(other),
    }
}

fn is_yes(text: &str) -> bool {
    matches!(
        text.to_lowercase().as_str(),
        "yes" | "1" | "true" | "t" | "y"
    )
}

fn key(raw: RawValue<'_>) -> Value {
    match raw {
        RawValue::Null => Value::Null,
        RawValue::Text(text) | RawValue::Blob(text) => Value::Text(normal_key(&valid(text))),
        other => Value::Text(normal_key(&text(other))),
    }
}

/// Returns a musical key in beets' normal form, such as `C#m`.
fn normal_key(text: &str) -> String {
    let mut key = text.to_lowercase();
    for (flat, sharp) in [
        ("db", "c#"),
        ("eb", "d#"),
        ("gb", "f#"),
        ("ab", "g#"),
        ("bb", "a#"),
    ] {
        key = key.replace(flat, sharp);
    }
    key = replace_mode(&key, "minor", "m");
    key = replace_mode(&key, "major", "");
    capitalize(&key)
}

/// Replaces `mode`, and everything between it and the word before it.
fn replace_mode(key: &str, mode: &str, with: &str) -> String {
    let mut out = String::new();
    let mut rest = key;
    while let Some(at) = rest.find(mode) {
        let before = &rest[..at];
        let word =
            before.trim_end_matches(|c: char| is_space(c) || !(c.is_alphanumeric() || c == '_'));
        if word.len() < before.len() {
            out.push_str(word);
            out.push_str(with);
        } else {
            out.push_str(before);
            out.push_str(mode);
        }
        rest = &rest[at + mode.len()..];
    }
    out + rest
}

/// Returns the first letter in upper case and the rest in lower case.
fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    // Letters that are two in one have a form with only the first of them upper.
    let title = match first {
        'Ǆ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǳ' => 'ǲ',
        other => other,
    };
    if title != first {
        return format!("{title}{}", chars.as_str().to_lowercase());
    }
    let mut upper = first.to_uppercase();
    let mut out: String = upper.next().into_iter().collect();
    // `ß` becomes `Ss`: only the first of several capitals is one.
    out.extend(upper.flat_map(char::to_lowercase));
    out.push_str(&chars.as_str().to_lowercase());
    out
}

fn path(formats: &Formats, raw: RawValue<'_>) -> Value {
    match raw {
        RawValue::Text(path) | RawValue::Blob(path) => {
            Value::Bytes(expand_path(&formats.directory, path).into_owned())
        }
        RawValue::Null | RawValue::Int(_) | RawValue::Real(_) => Value::Null,
    }
}

/// Returns the texts of a list, borrowed from what is stored where that is as it should be.
pub(super) fn list<'a>(raw: RawValue<'a>, delimiter: &'static str) -> Vec<Cow<'a, str>> {
    let joined = match raw {
        RawValue::Null => Cow::from(""),
        RawValue::Text(text) | RawValue::Blob(text) => valid(text),
        other => text(other),
    };
    match joined {
        Cow::Borrowed(joined) => split(joined, delimiter).map(Cow::from).collect(),
        Cow::Owned(joined) => split(&joined, delimiter)
            .map(|text| Cow::from(text.to_owned()))
            .collect(),
    }
}

fn split<'a>(joined: &'a str, delimiter: &'a str) -> impl Iterator<Item = &'a str> {
    let delimiter = if joined.contains(delimiter) {
        delimiter
    } else {
        "; "
    };
    let n = if joined.is_empty() { 0 } else { usize::MAX };
    joined.split(delimiter).take(n)
}
