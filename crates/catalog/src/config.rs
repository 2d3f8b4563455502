//! The configuration of a beets library, found, layered and resolved as beets does.

mod error;
mod layers;
mod locate;
mod plugins;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use error::ConfigError;
use layers::{Layers, text, wrong};
pub use locate::Surroundings;
pub use plugins::{Bucket, PairList, The};

use crate::SortBy;
use crate::yaml::{Place, Setting, SettingValue};

/// What decides the names and tags of a library.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "beets has as many switches")]
pub struct Config {
    /// The directory of the configuration; relative paths start here.
    pub dir: PathBuf,
    /// The file that was read, if there is one.
    pub file: Option<PathBuf>,
    /// The database.
    pub library: PathBuf,
    /// The music directory.
    pub directory: PathBuf,
    /// The music directory as it is written, before `~` is expanded.
    pub directory_as_written: String,
    /// `paths`: rules in order of priority.
    pub paths: Vec<PathRule>,
    /// `replace`: patterns and replacements in order; an empty table is what beets calls one.
    pub replace: Vec<Replacement>,
    /// `path_sep_replace`.
    pub path_sep_replace: String,
    /// `drive_sep_replace`.
    pub drive_sep_replace: String,
    /// `asciify_paths`.
    pub asciify_paths: bool,
    /// `max_filename_length`; 0 asks the file system.
    pub max_filename_length: i64,
    /// `art_filename`: the template of a cover's name.
    pub art_filename: String,
    /// `per_disc_numbering`.
    pub per_disc_numbering: bool,
    /// `id3v23`: write ID3v2.3 tags.
    pub id3v23: bool,
    /// `time_format`.
    pub time_format: String,
    /// `format_raw_length`.
    pub format_raw_length: bool,
    /// `format_item`.
    pub format_item: String,
    /// `format_album`.
    pub format_album: String,
    /// `sort_item`: the order in which beets has items, those of an album too, where nobody asks for
    /// another. `sort_case_insensitive` is of the orders that are asked for, and has no part in it.
    pub sort_item: Vec<SortBy>,
    /// `sort_album`: keys that end in `+` or `-`.
    pub sort_album: Vec<String>,
    /// `aunique`: how `%aunique` tells albums apart.
    pub aunique: Unique,
    /// `sunique`: how `%sunique` tells singletons apart.
    pub sunique: Unique,
    /// `plugins` without `disabled_plugins`.
    pub plugins: Vec<String>,
    /// `pluginpath`: folders with plugins of the user's own.
    pub plugin_path: Vec<String>,
    layers: Layers,
}

/// A query and the template of the items that match it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRule {
    /// The query; `default` stands for every item that no other rule matches.
    pub query: String,
    /// The template.
    pub template: String,
    /// Where the rule stands.
    pub place: Place,
}

/// A pattern and what replaces its matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The regular expression.
    pub pattern: String,
    /// The replacement template.
    pub replacement: String,
    /// Where the pattern stands.
    pub place: Place,
}

/// How things with one name are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unique {
    /// Fields that make two things the same, separated by spaces.
    pub keys: String,
    /// Fields that may tell them apart, separated by spaces.
    pub disambiguators: String,
    /// Opening and closing bracket, or neither.
    pub bracket: String,
}

impl Config {
    /// Reads `file`, or else the configuration that beets would find.
    ///
    /// A given file must exist. Without one, and without a `config.yaml` in any of beets' places,
    /// the defaults hold.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the file, the place in it and the setting.
    pub fn load(file: Option<&Path>, surroundings: &Surroundings) -> Result<Self, ConfigError> {
        let file = Self::locate(file, surroundings)?;
        let dir = file.parent().unwrap_or(Path::new("/")).to_owned();
        let layers = Layers::load(&file, &dir, surroundings)?;
        Self::from_layers(layers, file, dir, surroundings)
    }

    /// Returns the file that [`Config::load`] reads; if it is not given, it need not be there.
    ///
    /// # Errors
    ///
    /// If `file` is given and not there, or no place for a configuration is known.
    pub fn locate(
        file: Option<&Path>,
        surroundings: &Surroundings,
    ) -> Result<PathBuf, ConfigError> {
        match file {
            Some(file) => existing(surroundings.resolve(file, Path::new(""))?),
            None => Ok(surroundings.config_dir()?.join("config.yaml")),
        }
    }

    fn from_layers(
        layers: Layers,
        file: PathBuf,
        dir: PathBuf,
        surroundings: &Surroundings,
    ) -> Result<Self, ConfigError> {
        let resolve = |path: &str| surroundings.resolve(Path::new(path), &dir);
        let directory_as_written = layers.text(&["directory"])?;
        Ok(Self {
            library: resolve(&layers.text(&["library"])?)?,
            directory: resolve(&directory_as_written)?,
            directory_as_written,
            paths: path_rules(&layers)?,
            replace: replacements(&layers)?,
            path_sep_replace: layers.text(&["path_sep_replace"])?,
            drive_sep_replace: layers.text(&["drive_sep_replace"])?,
            asciify_paths: layers.truthy(&["asciify_paths"])?,
            max_filename_length: layers.integer(&["max_filename_length"])?,
            art_filename: layers.text(&["art_filename"])?,
            per_disc_numbering: layers.truthy(&["per_disc_numbering"])?,
            id3v23: layers.flag(&["id3v23"])?,
            time_format: layers.text(&["time_format"])?,
            format_raw_length: layers.flag(&["format_raw_length"])?,
            format_item: layers.text(&["format_item"])?,
            format_album: layers.text(&["format_album"])?,
            sort_item: sort_keys(&layers, "sort_item")?,
            sort_album: layers.words(&["sort_album"])?,
            aunique: unique(&layers, "aunique")?,
            sunique: unique(&layers, "sunique")?,
            plugins: enabled_plugins(&layers)?,
            plugin_path: plugin_path(&layers)?,
            file: file.is_file().then_some(file),
            layers,
            dir,
        })
    }

    /// Tells whether a plugin is enabled.
    pub fn has_plugin(&self, name: &str) -> bool {
        self.plugins.iter().any(|plugin| plugin == name)
    }

    /// Returns any setting by its path of keys, such as `["musicfs", "listen"]`, as it is written.
    ///
    /// # Errors
    ///
    /// [`ConfigError::WrongType`] if a value on the way is not a mapping.
    pub fn setting(&self, keys: &[&str]) -> Result<Option<&Setting>, ConfigError> {
        self.layers.find(keys)
    }

    /// Returns the entries of a mapping, such as `["musicfs", "views"]`, from all files, in order.
    ///
    /// # Errors
    ///
    /// [`ConfigError::WrongType`] if it is not a mapping.
    pub fn entries(&self, keys: &[&str]) -> Result<Vec<(&Setting, &Setting)>, ConfigError> {
        self.layers.entries(keys)
    }
}

fn existing(file: PathBuf) -> Result<PathBuf, ConfigError> {
    match std::fs::metadata(&file) {
        Ok(metadata) if metadata.is_file() => Ok(file),
        Ok(_) => {
            let source = std::io::Error::other("not a file");
            Err(ConfigError::Unreadable { file, source })
        }
        Err(source) => Err(ConfigError::Unreadable { file, source }),
    }
}

fn path_rules(layers: &Layers) -> Result<Vec<PathRule>, ConfigError> {
    let mut rules = Vec::new();
    for (key, value) in layers.entries(&["paths"])? {
        let query = text(key, "the query of a path (a key of paths)")?;
        let template = text(value, &format!("paths.{query}"))?.to_owned();
        let query = match query {
            "comp" => "comp:true",
            "singleton" => "singleton:true",
            query => query,
        };
        rules.push(PathRule {
            query: query.to_owned(),
            template,
            place: key.place.clone(),
        });
    }
    Ok(rules)
}

/// Reads `replace`, which is taken whole from the file with the last word.
fn replacements(layers: &Layers) -> Result<Vec<Replacement>, ConfigError> {
    let setting = layers.required(&["replace"])?;
    let map = setting
        .as_map()
        .ok_or_else(|| wrong(setting, "replace", "a mapping"))?;
    let mut replacements = Vec::new();
    for (key, value) in map {
        let pattern = text(key, "a pattern (a key of replace)")?.to_owned();
        let replacement = match &value.value {
            SettingValue::Text(replacement) => replacement.clone(),
            _ if !value.is_truthy() => String::new(),
            _ => {
                return Err(wrong(
                    value,
                    &format!("replace.{pattern}"),
                    "text (put it in quotes)",
                ));
            }
        };
        replacements.push(Replacement {
            pattern,
            replacement,
            place: key.place.clone(),
        });
    }
    Ok(replacements)
}

fn unique(layers: &Layers, section: &str) -> Result<Unique, ConfigError> {
    Ok(Unique {
        keys: layers.text(&[section, "keys"])?,
        disambiguators: layers.text(&[section, "disambiguators"])?,
        bracket: layers.text(&[section, "bracket"])?,
    })
}

fn sort_keys(layers: &Layers, key: &'static str) -> Result<Vec<SortBy>, ConfigError> {
    let place = &layers.required(&[key])?.place;
    let words = layers.words(&[key])?.into_iter();
    let keys = words.map(|word| {
        SortBy::parse(&word).ok_or_else(|| ConfigError::NoSortKey {
            place: place.clone(),
            key,
            word,
        })
    });
    keys.collect()
}

fn enabled_plugins(layers: &Layers) -> Result<Vec<String>, ConfigError> {
    let disabled = layers.words(&["disabled_plugins"])?;
    let mut plugins: Vec<String> = Vec::new();
    for plugin in layers.words(&["plugins"])? {
        if !disabled.contains(&plugin) && !plugins.contains(&plugin) {
            plugins.push(plugin);
        }
    }
    Ok(plugins)
}

fn plugin_path(layers: &Layers) -> Result<Vec<String>, ConfigError> {
    let setting = layers.required(&["pluginpath"])?;
    match setting.as_text() {
        Some(path) => Ok(vec![path.to_owned()]),
        None => layers::texts(setting, "pluginpath"),
    }
}
