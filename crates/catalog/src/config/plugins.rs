//! The settings of the plugins that musicfs does itself.

use super::layers::{text, texts, wrong};
use super::{Config, ConfigError, Setting, SettingValue};
use crate::PluginQueries;

/// Keys, with values where they have one.
pub type PairList = Vec<(String, Option<String>)>;

/// Settings of `%the`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct The {
    /// Whether `the` is moved to the end.
    pub the: bool,
    /// Whether `a` and `an` are.
    pub a: bool,
    /// The template of the result, of the rest and what was moved.
    pub format: String,
    /// Whether what matches is removed instead.
    pub strip: bool,
    /// Further patterns.
    pub patterns: Vec<String>,
}

/// Settings of `%bucket`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Spans of years.
    pub years: Vec<String>,
    /// Spans of letters.
    pub alpha: Vec<String>,
    /// Patterns by span of letters.
    pub alpha_regex: Vec<(String, String)>,
    /// Whether gaps between spans of years are filled.
    pub extrapolate: bool,
}

impl Config {
    /// Returns the types that the `types` plugin gives to fields: int, float, bool or date.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] if a type is none of these.
    pub fn declared_types(&self) -> Result<Vec<(String, String)>, ConfigError> {
        if !self.has_plugin("types") {
            return Ok(Vec::new());
        }
        let mut types = Vec::new();
        for (key, value) in self.entries(&["types"])? {
            let field = text(key, "a field (a key of types)")?;
            match value.as_text() {
                Some(name @ ("int" | "float" | "bool" | "date")) => {
                    types.push((field.to_owned(), name.to_owned()));
                }
                _ => {
                    return Err(ConfigError::Invalid {
                        place: value.place.clone(),
                        key: format!("types.{field}"),
                        reason: "the type must be int, float, bool or date".into(),
                    });
                }
            }
        }
        Ok(types)
    }

    /// Returns the settings of `%the`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::WrongType`] if one is not of its type.
    pub fn the(&self) -> Result<The, ConfigError> {
        Ok(The {
            the: self.layers.truthy(&["the", "the"])?,
            a: self.layers.truthy(&["the", "a"])?,
            format: self.layers.text(&["the", "format"])?,
            strip: self.layers.truthy(&["the", "strip"])?,
            patterns: self.layers.words(&["the", "patterns"])?,
        })
    }

    /// Returns the settings of `%bucket`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::WrongType`] if one is not of its type.
    pub fn bucket(&self) -> Result<Bucket, ConfigError> {
        let regexes = self.layers.required(&["bucket", "bucket_alpha_regex"])?;
        let key = "bucket.bucket_alpha_regex";
        let map = regexes
            .as_map()
            .ok_or_else(|| wrong(regexes, key, "a mapping"))?;
        let pairs = map.iter().map(|(span, pattern)| {
            Ok((text(span, key)?.to_owned(), text(pattern, key)?.to_owned()))
        });
        let list = |name: &str| {
            texts(
                self.layers.required(&["bucket", name])?,
                &format!("bucket.{name}"),
            )
        };
        Ok(Bucket {
            years: list("bucket_year")?,
            alpha: list("bucket_alpha")?,
            alpha_regex: pairs.collect::<Result<_, ConfigError>>()?,
            extrapolate: self.layers.truthy(&["bucket", "extrapolate"])?,
        })
    }

    /// Returns keys and texts of a section such as `rewrite`, `substitute`, `item_fields`,
    /// `album_fields` or `pathfields`, in order.
    ///
    /// # Errors
    ///
    /// [`ConfigError::WrongType`] if it is not a mapping of texts.
    pub fn pairs(&self, section: &str) -> Result<Vec<(String, String)>, ConfigError> {
        let mut pairs = Vec::new();
        for (key, value) in self.entries(&[section])? {
            let key = text(key, &format!("a key of {section}"))?.to_owned();
            let value = text(value, &format!("{section}.{key}"))?.to_owned();
            pairs.push((key, value));
        }
        Ok(pairs)
    }

    /// Returns pairs that are written as a list of single-entry mappings, of pairs, or of keys
    /// alone, such as `albumtypes.types`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::WrongType`] if an element is none of these.
    pub fn pair_list(&self, keys: &[&str]) -> Result<Option<PairList>, ConfigError> {
        let Some(setting) = self.setting(keys)? else {
            return Ok(None);
        };
        let key = keys.join(".");
        let list = setting
            .as_list()
            .ok_or_else(|| wrong(setting, &key, "a list"))?;
        let pairs = list.iter().map(|element| pair(element, &key));
        pairs.collect::<Result<_, _>>().map(Some)
    }

    /// Returns what the plugins add to the language of queries; what puts text into ASCII is not
    /// for the configuration to say.
    ///
    /// # Errors
    ///
    /// [`ConfigError::WrongType`] if one of their settings is not of its type.
    pub fn plugin_queries(&self) -> Result<PluginQueries, ConfigError> {
        let prefix = |plugin: &str| {
            let enabled = self.has_plugin(plugin);
            enabled
                .then(|| self.layers.text(&[plugin, "prefix"]))
                .transpose()
        };
        let threshold = self.fuzzy_threshold()?;
        Ok(PluginQueries {
            fuzzy: prefix("fuzzy")?.map(|prefix| (prefix, threshold)),
            bareasc: prefix("bareasc")?,
            to_ascii: None,
            playlist: self.has_plugin("playlist"),
        })
    }

    fn fuzzy_threshold(&self) -> Result<f64, ConfigError> {
        let setting = self.layers.required(&["fuzzy", "threshold"])?;
        match setting.value {
            SettingValue::Float(number) => Ok(number),
            #[expect(clippy::cast_precision_loss, reason = "thresholds are small")]
            SettingValue::Int(number) => Ok(number as f64),
            _ => Err(wrong(setting, "fuzzy.threshold", "a number")),
        }
    }
}

fn pair(element: &Setting, key: &str) -> Result<(String, Option<String>), ConfigError> {
    let (first, second) = match &element.value {
        SettingValue::Text(key) => return Ok((key.clone(), None)),
        SettingValue::Map(map) => match map.as_slice() {
            [(first, second)] => (first, second),
            _ => {
                return Err(wrong(
                    element,
                    key,
                    "a list of mappings with one entry each",
                ));
            }
        },
        SettingValue::List(list) => match list.as_slice() {
            [first, second] => (first, second),
            _ => return Err(wrong(element, key, "a list of pairs")),
        },
        _ => return Err(wrong(element, key, "a list of texts or pairs")),
    };
    Ok((
        text(first, key)?.to_owned(),
        Some(text(second, key)?.to_owned()),
    ))
}
