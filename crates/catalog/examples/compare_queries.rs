//! Compares queries with what the real beets selected.
//!
//! `compare_queries DIR` walks the configurations that the paths oracle left in DIR, runs the
//! queries of each `queries.jsonl` through both engines, and prints what differs.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use catalog::{
    Binding, Config, Entity, Formats, Library, ParseContext, Query, Regex, Schema, Selection,
    Surroundings, Type, Types, Value,
};
use jiff::tz::TimeZone;
use serde_json::Value as Json;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let dir = PathBuf::from(
        std::env::args_os()
            .nth(1)
            .ok_or("usage: compare_queries DIR")?,
    );
    let meta: Json = serde_json::from_slice(&std::fs::read(dir.join("meta.json"))?)?;
    let variants = meta["variants"]
        .as_object()
        .ok_or("meta.json has no variants")?;
    let (mut equal, mut different) = (0, 0);
    for (name, variant) in variants {
        let folder = if name == "default" {
            dir.clone()
        } else {
            dir.join(name)
        };
        if !folder.join("queries.jsonl").is_file() {
            continue;
        }
        let zone = TimeZone::get(variant["tz"].as_str().unwrap_or("UTC"))?;
        for difference in compare(&folder, &zone, &mut equal)? {
            different += 1;
            writeln!(std::io::stdout(), "{name}: {difference}")?;
        }
    }
    writeln!(std::io::stdout(), "{equal} equal, {different} different")?;
    Ok(ExitCode::from(u8::from(different > 0)))
}

/// Runs the queries of one configuration, and returns what differs.
fn compare(
    folder: &Path,
    zone: &TimeZone,
    equal: &mut usize,
) -> Result<Vec<String>, Box<dyn Error>> {
    let config = Config::load(Some(&folder.join("config.yaml")), &Surroundings::default())?;
    let mut types = Types::default();
    for plugin in &config.plugins {
        types.enable(plugin);
    }
    for (name, ty) in config.declared_types()? {
        types.declare(&name, Type::declared_as(&ty).ok_or("unknown type")?);
    }
    let directory = config.directory.as_os_str().as_encoded_bytes().to_vec();
    let formats = Formats {
        time_format: config.time_format.clone(),
        raw_length: config.format_raw_length,
        zone: zone.clone(),
        directory: directory.clone(),
    };
    let library = Library::open(&config.library, Schema { types, formats })?;
    let context = ParseContext {
        entity: Entity::Item,
        types: &library.schema().types,
        directory: &directory,
        working_directory: b"/",
        home: None,
        now: jiff::Timestamp::now().to_zoned(zone.clone()).datetime(),
        zone: zone.clone(),
        exists: &|path| {
            use std::os::unix::ffi::OsStrExt;
            Path::new(std::ffi::OsStr::from_bytes(path)).exists()
        },
    };
    let rules = Rewrite::rules(&config)?;
    let mut differences = Vec::new();
    for line in std::fs::read_to_string(folder.join("queries.jsonl"))?.lines() {
        let record: Json = serde_json::from_str(line)?;
        match difference(&record, &library, &context, &rules)? {
            Some(difference) => differences.push(difference),
            None => *equal += 1,
        }
    }
    Ok(differences)
}

/// Runs one query, and returns what differs, if anything does.
fn difference(
    record: &Json,
    library: &Library,
    context: &ParseContext<'_>,
    rules: &[Rewrite],
) -> Result<Option<String>, Box<dyn Error>> {
    let text = record["query"].as_str().ok_or("a record has no query")?;
    let query = match Query::parse(text, context) {
        Ok(query) => query,
        Err(_) if record["error"].is_string() => return Ok(None),
        Err(error) => return Ok(Some(format!("{text:?}: refused: {error}"))),
    };
    if record["fast"].as_bool() != Some(query.is_stored()) {
        return Ok(Some(format!("{text:?}: taken to the other engine")));
    }
    let mut selection = Selection::default();
    let binding = Binding::new([&query], &mut selection, library)?;
    let rewritten: Vec<_> = rules
        .iter()
        .map(|rule| (rule, selection.item(&rule.field)))
        .collect();
    let scan = library.scan(&selection)?;
    let (mut selected, mut matched) = (Vec::new(), Vec::new());
    for item in scan.items() {
        let computed = |name: &str| {
            let rules = rewritten.iter().filter(|(rule, _)| rule.field == name);
            rules.fold(None, |value, (rule, slot)| {
                Some(rule.apply(value.or_else(|| item.value(*slot))?))
            })
        };
        let row = binding.row(item, &computed);
        match query.selects(&row) {
            Ok(selects) => selected.extend(selects.then_some(item.id().0)),
            Err(_) if record["error"].is_string() => return Ok(None),
            Err(error) => return Ok(Some(format!("{text:?}: failed: {error}"))),
        }
        matched.extend(query.matches(&row)?.then_some(item.id().0));
    }
    if record["error"].is_string() {
        return Ok(Some(format!(
            "{text:?}: accepted, but beets says {}",
            record["error"]
        )));
    }
    let expected = ids(&record["ids"]);
    let expected_match = if record["match_ids"].is_array() {
        ids(&record["match_ids"])
    } else if record["match_error"].is_string() {
        matched.clone()
    } else {
        expected.clone()
    };
    Ok(describe(text, "selects", &selected, &expected)
        .or_else(|| describe(text, "matches", &matched, &expected_match)))
}

/// A rule of the `rewrite` plugin, which changes what beets' own code sees.
struct Rewrite {
    field: String,
    pattern: Regex,
    replacement: String,
}

impl Rewrite {
    fn rules(config: &Config) -> Result<Vec<Self>, Box<dyn Error>> {
        let mut rules = Vec::new();
        if !config.has_plugin("rewrite") {
            return Ok(rules);
        }
        for (key, replacement) in config.pairs("rewrite")? {
            let (field, pattern) = key.split_once(' ').ok_or("a rule has no pattern")?;
            let fields: &[&str] = if field == "artist" {
                &["artist", "albumartist"]
            } else {
                &[field]
            };
            for field in fields {
                let pattern = Regex::new(&pattern.to_lowercase())?;
                let (field, replacement) = ((*field).to_owned(), replacement.clone());
                rules.push(Self {
                    field,
                    pattern,
                    replacement,
                });
            }
        }
        Ok(rules)
    }

    fn apply(&self, value: Value) -> Value {
        let rewrite = |text: String| match self.pattern.match_start(&text.to_lowercase()) {
            Ok(true) => self.replacement.clone(),
            _ => text,
        };
        match value {
            Value::Text(text) => Value::Text(rewrite(text)),
            Value::List(list) => Value::List(list.into_iter().map(rewrite).collect()),
            value => value,
        }
    }
}

fn ids(json: &Json) -> Vec<i64> {
    json.as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_i64)
        .collect()
}

fn describe(text: &str, verb: &str, ours: &[i64], beets: &[i64]) -> Option<String> {
    let more: Vec<_> = ours
        .iter()
        .filter(|id| !beets.contains(id))
        .take(5)
        .collect();
    let less: Vec<_> = beets
        .iter()
        .filter(|id| !ours.contains(id))
        .take(5)
        .collect();
    (ours != beets).then(|| format!("{text:?}: {verb} {more:?} but not {less:?}"))
}
