//! Resolves plain scalars as YAML 1.1 does.

use std::sync::OnceLock;

use super::SettingValue;
use crate::Regex;

const BOOL: &str = "yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF";
const NULL: &str = "|~|null|Null|NULL";
const INT: &str =
    "[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)";
const FLOAT: &str = r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)";
const TIMESTAMP: &str = r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?";

/// A tag of YAML's core schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Bool,
    Float,
    Int,
    Merge,
    Null,
    Timestamp,
    Value,
    Text,
    Binary,
}

/// Returns the tag that a plain scalar has by its looks.
pub(super) fn implicit(text: &str) -> Tag {
    static PATTERNS: OnceLock<Vec<(Tag, Regex)>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| {
        let all = [
            (Tag::Bool, BOOL),
            (Tag::Float, FLOAT),
            (Tag::Int, INT),
            (Tag::Null, NULL),
            (Tag::Timestamp, TIMESTAMP),
        ];
        all.into_iter()
            .filter_map(|(tag, pattern)| Some((tag, Regex::new(pattern).ok()?)))
            .collect()
    });
    match text {
        "<<" => Tag::Merge,
        "=" => Tag::Value,
        _ => {
            let found = patterns
                .iter()
                .find(|(_, regex)| regex.full_match(text) == Ok(true));
            found.map_or(Tag::Text, |(tag, _)| *tag)
        }
    }
}

/// Returns the value of a scalar under a tag.
pub(super) fn construct(tag: Tag, text: &str) -> Result<SettingValue, String> {
    match tag {
        Tag::Null => Ok(SettingValue::Null),
        Tag::Text => Ok(SettingValue::Text(text.into())),
        Tag::Bool => match text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "on" => Ok(SettingValue::Bool(true)),
            "no" | "false" | "off" => Ok(SettingValue::Bool(false)),
            _ => Err(format!("{text:?} is not a truth value")),
        },
        Tag::Int => int(text).ok_or_else(|| format!("{text:?} is not an integer")),
        Tag::Float => float(text)
            .map(SettingValue::Float)
            .ok_or_else(|| format!("{text:?} is not a number")),
        Tag::Timestamp => Ok(SettingValue::Other("a date")),
        Tag::Binary => Ok(SettingValue::Other("bytes")),
        Tag::Merge | Tag::Value => Err(format!(
            "{text:?} has a meaning of its own in YAML; put it in quotes"
        )),
    }
}

/// Splits the sign off and removes underscores.
fn signed(text: &str) -> (bool, String) {
    let text = text.replace('_', "");
    match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest.to_owned()),
        None => (false, text),
    }
}

fn int(text: &str) -> Option<SettingValue> {
    let (negative, digits) = signed(text);
    let magnitude = if let Some(binary) = digits.strip_prefix("0b") {
        radix(binary, 2)?
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        radix(hexadecimal, 16)?
    } else if digits.len() > 1 && digits.starts_with('0') {
        radix(&digits, 8)?
    } else {
        let mut parts = digits.split(':').map(|part| radix(part, 10));
        parts.try_fold(0_i128, |sum, part| {
            Some(sum.saturating_mul(60).saturating_add(part?))
        })?
    };
    let number = if negative { -magnitude } else { magnitude };
    Some(match i64::try_from(number) {
        Ok(number) => SettingValue::Int(number),
        Err(_) => SettingValue::Other("an integer beyond 64 bits"),
    })
}

/// Reads digits; more than fits is the largest number.
fn radix(digits: &str, base: u32) -> Option<i128> {
    let valid = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base));
    valid.then(|| i128::from_str_radix(digits, base).unwrap_or(i128::MAX))
}

fn float(text: &str) -> Option<f64> {
    let (negative, digits) = signed(&text.to_ascii_lowercase());
    let magnitude = match digits.as_str() {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ => {
            let mut parts = digits.split(':').map(|part| part.parse::<f64>().ok());
            parts.try_fold(0.0, |sum, part| Some(sum * 60.0 + part?))?
        }
    };
    Some(if negative { -magnitude } else { magnitude })
}
