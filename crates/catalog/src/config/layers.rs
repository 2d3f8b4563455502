//! The files of a configuration, one over the other, and typed access to what they say.

use std::path::Path;
use std::sync::Arc;

use super::{ConfigError, Surroundings};
use crate::yaml::{self, Place, Setting, SettingValue};

type Load<T> = Result<T, ConfigError>;

/// The files of a configuration, the one with the last word first.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    layers: Vec<Setting>,
}

impl Layers {
    /// Reads the defaults, `file` if it exists, and what `include` names.
    pub(super) fn load(file: &Path, dir: &Path, surroundings: &Surroundings) -> Load<Self> {
        let defaults: Arc<Path> = Path::new("defaults").into();
        let mut layers = Self {
            layers: vec![document(include_str!("defaults.yaml"), &defaults)?],
        };
        if file.is_file() {
            let unreadable = |source| ConfigError::Unreadable {
                file: file.to_owned(),
                source,
            };
            layers.push(file, unreadable)?;
            layers.include(dir, surroundings)?;
        }
        Ok(layers)
    }

    fn push(
        &mut self,
        file: &Path,
        unreadable: impl FnOnce(std::io::Error) -> ConfigError,
    ) -> Load<()> {
        let bytes = std::fs::read(file).map_err(unreadable)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let at = error.valid_up_to();
            let line = 1 + String::from_utf8_lossy(&bytes[..at]).matches('\n').count();
            ConfigError::NotUtf8 {
                file: file.to_owned(),
                line,
                at,
            }
        })?;
        self.layers.insert(0, document(text, &file.into())?);
        Ok(())
    }

    /// Reads the files that `include` names; the last has the last word.
    ///
    /// As in beets, the list is looked up anew for each index, so that a file's own `include`
    /// takes the place of the rest; none is read for its own sake, and no cycle can arise.
    fn include(&mut self, dir: &Path, surroundings: &Surroundings) -> Load<()> {
        let count = match self.find(&["include"])? {
            None => return Ok(()),
            Some(setting) => setting
                .as_list()
                .ok_or_else(|| wrong(setting, "include", "a list of files"))?
                .len(),
        };
        for index in 0..count {
            let Some(setting) = self.included(index) else {
                continue;
            };
            let Some(name) = setting.as_text() else {
                return Err(wrong(setting, "include", "a list of files"));
            };
            let (place, file) = (
                setting.place.clone(),
                surroundings.resolve(Path::new(name), dir)?,
            );
            let unreadable = |source| ConfigError::Include {
                place,
                file: file.clone(),
                source,
            };
            self.push(&file, unreadable)?;
        }
        Ok(())
    }

    fn included(&self, index: usize) -> Option<&Setting> {
        self.layers
            .iter()
            .find_map(|layer| layer.get("include")?.as_list()?.get(index))
    }

    /// Returns the value at a path of keys in the first file that has one.
    pub(super) fn find(&self, keys: &[&str]) -> Load<Option<&Setting>> {
        'layers: for layer in &self.layers {
            let mut setting = layer;
            for (depth, key) in keys.iter().enumerate() {
                if setting.as_map().is_none() {
                    return Err(wrong(setting, &keys[..depth].join("."), "a mapping"));
                }
                match setting.get(key) {
                    Some(value) => setting = value,
                    None => continue 'layers,
                }
            }
            return Ok(Some(setting));
        }
        Ok(None)
    }

    /// Returns the entries of a mapping from all files, each key where it is first seen.
    pub(super) fn entries(&self, keys: &[&str]) -> Load<Vec<(&Setting, &Setting)>> {
        let mut entries: Vec<(&Setting, &Setting)> = Vec::new();
        for layer in &self.layers {
            let Some(setting) = keys.iter().try_fold(layer, |setting, key| setting.get(key)) else {
                continue;
            };
            let map = setting
                .as_map()
                .ok_or_else(|| wrong(setting, &keys.join("."), "a mapping"))?;
            for (key, value) in map {
                if !entries
                    .iter()
                    .any(|(seen, _)| seen.as_text() == key.as_text())
                {
                    entries.push((key, value));
                }
            }
        }
        Ok(entries)
    }

    /// Returns a setting that has a default.
    pub(super) fn required(&self, keys: &[&str]) -> Load<&Setting> {
        let missing = || ConfigError::Invalid {
            place: Place {
                file: Path::new("defaults").into(),
                line: 1,
                column: 1,
            },
            key: keys.join("."),
            reason: "the setting is missing".into(),
        };
        self.find(keys)?.ok_or_else(missing)
    }

    pub(super) fn text(&self, keys: &[&str]) -> Load<String> {
        text(self.required(keys)?, &keys.join(".")).map(str::to_owned)
    }

    pub(super) fn truthy(&self, keys: &[&str]) -> Load<bool> {
        Ok(self.required(keys)?.is_truthy())
    }

    pub(super) fn flag(&self, keys: &[&str]) -> Load<bool> {
        let setting = self.required(keys)?;
        setting
            .as_bool()
            .ok_or_else(|| wrong(setting, &keys.join("."), "yes or no"))
    }

    pub(super) fn integer(&self, keys: &[&str]) -> Load<i64> {
        let setting = self.required(keys)?;
        match setting.value {
            SettingValue::Int(number) => Ok(number),
            SettingValue::Bool(truth) => Ok(i64::from(truth)),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "truncated as Python's int() does"
            )]
            SettingValue::Float(number) if number.is_finite() => Ok(number as i64),
            _ => Err(wrong(setting, &keys.join("."), "a number")),
        }
    }

    /// Returns a list of texts, or the words of one text.
    pub(super) fn words(&self, keys: &[&str]) -> Load<Vec<String>> {
        let setting = self.required(keys)?;
        if let Some(words) = setting.as_text() {
            return Ok(words.split_whitespace().map(str::to_owned).collect());
        }
        texts(setting, &keys.join("."))
    }
}

/// Returns a text.
pub(super) fn text<'s>(setting: &'s Setting, key: &str) -> Load<&'s str> {
    setting
        .as_text()
        .ok_or_else(|| wrong(setting, key, "text (put it in quotes)"))
}

/// Returns a list of texts.
pub(super) fn texts(setting: &Setting, key: &str) -> Load<Vec<String>> {
    let list = setting
        .as_list()
        .ok_or_else(|| wrong(setting, key, "a list of texts"))?;
    let texts = list.iter().map(|element| match element.as_text() {
        Some(text) => Ok(text.to_owned()),
        None => Err(wrong(element, key, "a list of texts (put each in quotes)")),
    });
    texts.collect()
}

/// Returns the error for a value of the wrong type.
pub(super) fn wrong(setting: &Setting, key: &str, expected: &'static str) -> ConfigError {
    let (place, found) = (setting.place.clone(), setting.kind());
    match key {
        "" => ConfigError::NotAMapping { place, found },
        _ => ConfigError::WrongType {
            place,
            key: key.into(),
            expected,
            found,
        },
    }
}

/// Parses a file into a mapping; an empty file is an empty one.
fn document(text: &str, file: &Arc<Path>) -> Load<Setting> {
    let parsed = yaml::parse(text.strip_prefix('\u{FEFF}').unwrap_or(text), file);
    let mut setting = parsed.map_err(|error| ConfigError::Malformed {
        place: error.place,
        reason: error.reason,
    })?;
    if !setting.is_truthy() {
        setting.value = SettingValue::Map(Vec::new());
    }
    match setting.as_map() {
        Some(_) => Ok(setting),
        None => Err(wrong(&setting, "", "a mapping")),
    }
}
