//! beets' settings that decide names, in the form in which `pathfmt` takes them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use catalog::{Config, Regex, Replacement};
use pathfmt::{Options, Replace, Replacements, name_limit};

use super::regexes::Substitution;
use super::unidecode;
use crate::source::Source;

/// beets' own `replace`.
const DEFAULT_REPLACE: &[(&str, &str)] = &[
    (r"[<>:\?\*\|]", "_"),
    ("\\\"", "_"),
    (r"[\\/]", "_"),
    (r"^\.", "_"),
    (r"\.$", "_"),
    (r"[\x00-\x1f]", "_"),
    ("^-", "_"),
    (r"\s+$", ""),
    (r"^\s+", ""),
];

/// Returns the options of a library. `asciifies` tells whether a template calls `%asciify`.
pub(super) fn options(source: &Source, asciifies: bool) -> Result<Options> {
    let config = &source.config;
    let transliterate = if asciifies || config.asciify_paths {
        unidecode::tables(source)?
    } else {
        Options::default().transliterate
    };
    Ok(Options {
        path_sep_replace: config.path_sep_replace.clone(),
        drive_sep_replace: config.drive_sep_replace.clone(),
        time_format: config.time_format.clone(),
        time_zone: source.library.schema().formats.zone.clone(),
        asciify_paths: config.asciify_paths,
        transliterate,
        replacements: replacements(&config.replace)?,
        max_filename_length: longest_name(config),
    })
}

/// Returns the replacements, natively if they are beets' own.
fn replacements(table: &[Replacement]) -> Result<Replacements> {
    let pairs = table
        .iter()
        .map(|row| (row.pattern.as_str(), row.replacement.as_str()));
    if pairs.eq(DEFAULT_REPLACE.iter().copied()) {
        return Ok(Replacements::Default);
    }
    let rules = table.iter().map(|row| {
        let place = || format!("{}: replace", row.place);
        let regex = Regex::new(&row.pattern).with_context(place)?;
        let rule = Substitution::new(regex, &row.replacement).with_context(place)?;
        Ok(Arc::new(rule) as Arc<dyn Replace>)
    });
    let rules = rules.collect::<Result<Vec<_>>>()?;
    Ok(if rules.is_empty() {
        Replacements::Fallback
    } else {
        Replacements::Custom(rules)
    })
}

/// Returns the longest name of a component. beets asks the file system of the directory as it is
/// written, without expanding `~`.
fn longest_name(config: &Config) -> i64 {
    let directory = Path::new(&config.directory_as_written);
    let filesystem = rustix::fs::statvfs(directory)
        .ok()
        .map(|facts| facts.f_namemax);
    name_limit(config.max_filename_length, filesystem)
}

#[cfg(test)]
mod tests {
    use catalog::{Config, Surroundings};
    use pathfmt::Replacements;

    use super::replacements;

    #[test]
    fn replacements_of_beets_itself_run_natively() {
        let nowhere = Surroundings {
            home: Some("/nonexistent".into()),
            working_directory: "/".into(),
            ..Surroundings::default()
        };
        let config = Config::load(None, &nowhere).expect("the defaults are a configuration");
        let table = replacements(&config.replace).expect("the defaults are patterns");
        assert!(matches!(table, Replacements::Default), "{table:?}");
        let reversed: Vec<_> = config.replace.iter().rev().cloned().collect();
        let table = replacements(&reversed).expect("the defaults are patterns");
        assert!(matches!(table, Replacements::Custom(_)), "{table:?}");
        let table = replacements(&[]).expect("there is nothing to fail");
        assert!(matches!(table, Replacements::Fallback), "{table:?}");
    }
}
