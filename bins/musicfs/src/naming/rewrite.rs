//! The `rewrite` and `advancedrewrite` plugins: fields whose values are changed when read.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use catalog::{
    Entity, PluginQueries, Query, QueryError, Regex, RegexError, Setting, SettingValue, Type,
    TypedRow,
};
use catalog::{Value, field};

use super::rules;
use crate::source::Source;

/// How one field is rewritten.
#[derive(Debug, Default)]
pub(super) struct Rewrites {
    /// Patterns of the lower-cased value, and what replaces it; all are applied.
    simple: Vec<(Arc<Regex>, String)>,
    /// Queries and replacements, if no pattern changed the value; the first that matches wins.
    advanced: Vec<(Arc<Query>, Value)>,
}

impl Rewrites {
    /// Returns the names of the fields that the queries are about.
    pub(super) fn fields(&self) -> BTreeSet<&str> {
        self.advanced
            .iter()
            .flat_map(|(query, _)| query.fields())
            .collect()
    }

    /// Returns what a value becomes.
    pub(super) fn apply(&self, value: Value, row: &impl TypedRow) -> Result<Value, QueryError> {
        let rewritten = self.apply_simple(value.clone())?;
        if rewritten != value {
            return Ok(rewritten);
        }
        for (query, replacement) in &self.advanced {
            if query.matches(row)? {
                return Ok(replacement.clone());
            }
        }
        Ok(value)
    }

    fn apply_simple(&self, mut value: Value) -> Result<Value, RegexError> {
        for (pattern, replacement) in &self.simple {
            match &mut value {
                Value::Text(text) => rewrite(text, pattern, replacement)?,
                Value::List(texts) => {
                    for text in texts {
                        rewrite(text, pattern, replacement)?;
                    }
                }
                _ => {}
            }
        }
        Ok(value)
    }
}

fn rewrite(text: &mut String, pattern: &Regex, replacement: &str) -> Result<(), RegexError> {
    if pattern.match_start(&text.to_lowercase())? {
        replacement.clone_into(text);
    }
    Ok(())
}

/// The rewrites by field, in the order in which the fields were first named.
#[derive(Default)]
struct ByField(Vec<(String, Rewrites)>);

impl ByField {
    fn of(&mut self, name: &str) -> &mut Rewrites {
        let known = self.0.iter().position(|(field, _)| field == name);
        let at = known.unwrap_or_else(|| {
            self.0.push((name.to_owned(), Rewrites::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    fn add_simple(&mut self, key: &str, replacement: &str, section: &str) -> Result<&str> {
        let malformed = || format!("{section}: {key:?} must be a field and a regular expression");
        let key = key.trim_start();
        let (name, pattern) = key
            .split_once(char::is_whitespace)
            .with_context(malformed)?;
        check_field(name, section)?;
        let pattern = pattern.trim_start().to_lowercase();
        let regex = Arc::new(Regex::new(&pattern).with_context(|| section.to_owned())?);
        self.of(name)
            .simple
            .push((Arc::clone(&regex), replacement.to_owned()));
        let counterpart = counterpart(name, section);
        if let Some(counterpart) = counterpart {
            self.of(counterpart)
                .simple
                .push((regex, replacement.to_owned()));
        }
        Ok(counterpart.unwrap_or_default())
    }
}

fn check_field(name: &str, section: &str) -> Result<()> {
    if !Entity::Item.has(name) {
        bail!("{section}: items have no field {name}");
    }
    Ok(())
}

/// Returns the field of album artists that is rewritten like this one.
fn counterpart(name: &str, section: &str) -> Option<&'static str> {
    Some(match name {
        "artist" => "albumartist",
        "artists" if section == "advancedrewrite" => "albumartists",
        "artist_sort" if section == "advancedrewrite" => "albumartist_sort",
        "artists_sort" if section == "advancedrewrite" => "albumartists_sort",
        _ => return None,
    })
}

/// Reads the section `rewrite`.
pub(super) fn simple(source: &Source) -> Result<Vec<(String, Rewrites)>> {
    let mut rewrites = ByField::default();
    for (key, replacement) in source.config.pairs("rewrite")? {
        rewrites.add_simple(&key, &replacement, "rewrite")?;
    }
    Ok(rewrites.0)
}

/// Reads the section `advancedrewrite`.
pub(super) fn advanced(
    source: &Source,
    queries: &PluginQueries,
) -> Result<Vec<(String, Rewrites)>> {
    const SECTION: &str = "advancedrewrite";
    let mut rewrites = ByField::default();
    let Some(setting) = source.config.setting(&[SECTION])? else {
        return Ok(Vec::new());
    };
    let rules = setting
        .as_list()
        .with_context(|| malformed(setting, "a list of rules"))?;
    for rule in rules {
        let map = rule
            .as_map()
            .with_context(|| malformed(rule, "a mapping"))?;
        match (rule.get("match"), map) {
            (Some(query), _) => {
                let query = match_query(source, query, queries)?;
                add_advanced(&mut rewrites, query, rule)?;
            }
            (None, [(key, value)]) => {
                let text = |setting: &Setting| {
                    let text = setting
                        .as_text()
                        .with_context(|| malformed(setting, "text"));
                    text.map(str::to_owned)
                };
                rewrites.add_simple(&text(key)?, &text(value)?, SECTION)?;
            }
            _ => bail!(malformed(
                rule,
                "one field and pattern, or `match` and `replacements`"
            )),
        }
    }
    Ok(rewrites.0)
}

fn match_query(source: &Source, query: &Setting, queries: &PluginQueries) -> Result<Query> {
    let text = query
        .as_text()
        .with_context(|| malformed(query, "a query"))?;
    rules::parse_query(source, text, queries)
        .with_context(|| format!("{}: advancedrewrite", query.place))
}

fn add_advanced(rewrites: &mut ByField, query: Query, rule: &Setting) -> Result<()> {
    let query = Arc::new(query);
    let replacements = rule.get("replacements").and_then(Setting::as_map);
    let replacements = replacements.with_context(|| malformed(rule, "`replacements`"))?;
    for (name, replacement) in replacements {
        let name = name.as_text().with_context(|| malformed(name, "a field"))?;
        check_field(name, "advancedrewrite")?;
        let value = replacement_value(name, replacement)?;
        rewrites
            .of(name)
            .advanced
            .push((Arc::clone(&query), value.clone()));
        if let Some(counterpart) = counterpart(name, "advancedrewrite") {
            rewrites
                .of(counterpart)
                .advanced
                .push((Arc::clone(&query), value));
        }
    }
    Ok(())
}

fn replacement_value(name: &str, replacement: &Setting) -> Result<Value> {
    let is_list = field(name).is_some_and(|field| matches!(field.ty, Type::List { .. }));
    match &replacement.value {
        SettingValue::Text(text) if is_list => Ok(Value::List(vec![text.clone()])),
        SettingValue::Text(text) => Ok(Value::Text(text.clone())),
        SettingValue::List(texts) if is_list => {
            let texts = texts.iter().map(|element| {
                let text = element
                    .as_text()
                    .with_context(|| malformed(element, "text"));
                text.map(str::to_owned)
            });
            Ok(Value::List(texts.collect::<Result<_>>()?))
        }
        _ => bail!(malformed(
            replacement,
            "text, or for a field of several values a list"
        )),
    }
}

fn malformed(setting: &Setting, expected: &str) -> String {
    format!(
        "{}: advancedrewrite: expected {expected}, not {}",
        setting.place,
        setting.kind()
    )
}
