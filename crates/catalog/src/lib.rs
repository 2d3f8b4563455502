//! Reads a beets library: database, configuration and queries.

mod config;
mod regex;
mod yaml;

pub use config::{
    Bucket, Config, ConfigError, PairList, PathRule, Replacement, Surroundings, The, Unique,
};
pub use regex::{Regex, RegexError};
pub use yaml::{Place, Setting, SettingValue};
