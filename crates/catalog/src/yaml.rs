//! Reads YAML as `PyYAML` does, which resolves plain scalars by the rules of YAML 1.1.
//!
//! The events come from a parser of YAML 1.2. On top of them this module resolves tags (`yes` is
//! true, `0777` is octal, `1:30` is 90), expands aliases within limits, merges `<<` keys, and lets
//! the last of equal keys win in the first one's place. As in beets' own loader, a plain scalar
//! may start with `%`.

mod build;
mod scalar;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub(crate) use build::parse;

/// Where in which file a setting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Arc<Path>,
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}:{}",
            self.file.display(),
            self.line,
            self.column
        )
    }
}

/// A value of the configuration and where it stands.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The value.
    pub value: SettingValue,
    /// Where it stands.
    pub place: Place,
}

/// A value of the configuration.
#[derive(Debug, Clone)]
pub enum SettingValue {
    /// Nothing.
    Null,
    /// Truth.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// Text.
    Text(String),
    /// What no setting of beets is: a date, bytes, or an integer beyond 64 bits.
    Other(&'static str),
    /// A list.
    List(Vec<Setting>),
    /// A mapping, in the order of the file; keys are scalars and no two are equal.
    Map(Vec<(Setting, Setting)>),
}

impl Setting {
    /// Returns what kind of value this is, with an article.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            SettingValue::Null => "nothing",
            SettingValue::Bool(_) => "a truth value",
            SettingValue::Int(_) => "an integer",
            SettingValue::Float(_) => "a number",
            SettingValue::Text(_) => "text",
            SettingValue::Other(kind) => kind,
            SettingValue::List(_) => "a list",
            SettingValue::Map(_) => "a mapping",
        }
    }

    /// Returns the text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            SettingValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            SettingValue::Bool(truth) => Some(truth),
            _ => None,
        }
    }

    /// Returns the elements, if this is a list.
    pub fn as_list(&self) -> Option<&[Setting]> {
        match &self.value {
            SettingValue::List(list) => Some(list),
            _ => None,
        }
    }

    /// Returns keys and values, if this is a mapping.
    pub fn as_map(&self) -> Option<&[(Setting, Setting)]> {
        match &self.value {
            SettingValue::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Returns the value at a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Setting> {
        let mut entries = self.as_map()?.iter();
        entries
            .find(|(name, _)| name.as_text() == Some(key))
            .map(|(_, value)| value)
    }

    /// Tells whether Python takes this for true.
    pub fn is_truthy(&self) -> bool {
        match &self.value {
            SettingValue::Null => false,
            SettingValue::Bool(truth) => *truth,
            SettingValue::Int(number) => *number != 0,
            SettingValue::Float(number) => *number != 0.0,
            SettingValue::Text(text) => !text.is_empty(),
            SettingValue::Other(_) => true,
            SettingValue::List(list) => !list.is_empty(),
            SettingValue::Map(map) => !map.is_empty(),
        }
    }

    /// Returns what makes a scalar the same key to Python, where `1`, `1.0` and `true` are equal.
    fn identity(&self) -> Option<String> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "keys of this size are not told apart"
        )]
        let number = match &self.value {
            SettingValue::Null => return Some("null".into()),
            SettingValue::Text(text) => return Some(format!("text {text}")),
            SettingValue::Bool(truth) => f64::from(u8::from(*truth)),
            SettingValue::Int(number) => *number as f64,
            SettingValue::Float(number) => *number,
            SettingValue::Other(_) | SettingValue::List(_) | SettingValue::Map(_) => return None,
        };
        Some(format!("number {number}"))
    }
}

/// Why a text is not YAML, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) place: Place,
    pub(crate) reason: String,
}
