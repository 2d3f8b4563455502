//! The rules that choose an item's template, and what they need to know of the library.

use std::os::unix::ffi::OsStrExt;

use anyhow::{Context, Result, anyhow};
use catalog::{Entity, ItemRow, ParseContext, PluginQueries, Query};
use pathfmt::{Diagnostic, Failure, Problem, Template, UniqueDefaults};

use super::fields::Collector;
use super::model::{Models, Row, TypedModel};
use super::plugins::Plugins;
use super::unique::{compared_name, defaults};
use crate::source::Source;
use crate::views::View;

/// A template and the items that it names.
#[derive(Debug)]
pub(super) struct Rule {
    /// What the user calls the rule.
    pub(super) name: String,
    /// The items that it names; those that no other rule names if there is none.
    query: Option<Query>,
    pub(super) template: Template,
}

/// The rules in order of priority, and the one for all other items.
#[derive(Debug)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    default: usize,
}

impl Rules {
    /// Compiles the rules of the configuration, or a view's one template in place of them.
    pub(super) fn load(source: &Source, view: &View, queries: &PluginQueries) -> Result<Self> {
        if let Some(path) = &view.path {
            let rule = Rule::new(path.place.clone(), None, &path.text)?;
            return Ok(Self {
                rules: vec![rule],
                default: 0,
            });
        }
        let mut rules = Vec::new();
        let mut default = None;
        for rule in &source.config.paths {
            let name = format!("{}: paths: {}", rule.place, rule.query);
            let query = if rule.query == "default" {
                default.get_or_insert(rules.len());
                None
            } else {
                Some(parse_query(source, &rule.query, queries).with_context(|| name.clone())?)
            };
            rules.push(Rule::new(name, query, &rule.template)?);
        }
        let default = default.context("paths: there is no rule `default`")?;
        Ok(Self { rules, default })
    }

    /// Returns the rule that names an item.
    pub(super) fn choose(&self, models: &Models<'_>, item: ItemRow<'_>) -> Result<&Rule> {
        for rule in &self.rules {
            let Some(query) = &rule.query else { continue };
            let row = TypedModel::new(models, Row::Item(item));
            let matches = query.matches(&row);
            if row
                .check(matches)
                .map_err(|failure| rule.failed(item, &failure))?
            {
                return Ok(rule);
            }
        }
        Ok(&self.rules[self.default])
    }

    /// Returns the queries of the rules.
    pub(super) fn queries(&self) -> impl Iterator<Item = &Query> {
        self.rules.iter().filter_map(|rule| rule.query.as_ref())
    }

    /// Returns whether any template may need text in ASCII.
    pub(super) fn call(&self, function: &str) -> bool {
        self.rules
            .iter()
            .any(|rule| rule.template.calls().any(|(name, _)| name == function))
    }

    /// Wants the fields that the rules are about, and says what is odd about the templates.
    pub(super) fn want(
        &self,
        source: &Source,
        fields: &mut Collector<'_>,
        plugins: &Plugins,
    ) -> Result<()> {
        for rule in &self.rules {
            if let Some(query) = &rule.query {
                query
                    .fields()
                    .into_iter()
                    .try_for_each(|name| fields.want(name))?;
            }
            want_of(&rule.template, source, fields)?;
            rule.warn(source, fields, plugins)?;
        }
        Ok(())
    }
}

impl Rule {
    fn new(name: String, query: Option<Query>, template: &str) -> Result<Self> {
        let template = Template::parse(template)
            .map_err(|error| anyhow!("{name}: {}", error.render(template).trim_end()))?;
        Ok(Self {
            name,
            query,
            template,
        })
    }

    /// Logs what beets takes literally. A name that may be a foreign plugin's is an error, since
    /// taking it literally would be a guess.
    fn warn(&self, source: &Source, fields: &Collector<'_>, plugins: &Plugins) -> Result<()> {
        for diagnostic in self.template.diagnostics() {
            source.warn_once(format!("{}: {}", self.name, self.render(diagnostic)));
        }
        let provided = |name: &str| plugins.has_function(name);
        let mut unknown = self.template.unknown_calls(provided);
        for (name, span) in self.template.symbols() {
            if !fields.knows(name) {
                unknown.push(Diagnostic {
                    span,
                    problem: Problem::UnknownField,
                });
            }
        }
        for diagnostic in &unknown {
            let rendered = self.render(diagnostic);
            if let [first, ..] = plugins.foreign.as_slice() {
                return Err(anyhow!(
                    "{}: {rendered}\nthe plugin {first} is not one of beets' own and may know this \
                     name; use --path-format to name files by a template without it",
                    self.name,
                ));
            }
            source.warn_once(format!("{}: {rendered}", self.name));
        }
        Ok(())
    }

    fn render(&self, diagnostic: &Diagnostic) -> String {
        diagnostic
            .render(self.template.source())
            .trim_end()
            .to_owned()
    }

    /// Returns the error of an item that this rule cannot name.
    pub(super) fn refused(&self, item: ItemRow<'_>, error: &pathfmt::Error) -> anyhow::Error {
        let rendered = error.render(self.template.source());
        anyhow!(
            "{}: item {}: {}\nuse --path-format to name files by another template",
            self.name,
            item.id().0,
            rendered.trim_end(),
        )
    }

    fn failed(&self, item: ItemRow<'_>, failure: &Failure) -> anyhow::Error {
        let (Failure::Message(reason) | Failure::Refused(reason)) = failure;
        anyhow!(
            "{}: item {}: the query cannot be evaluated: {reason}",
            self.name,
            item.id().0
        )
    }
}

/// Wants the fields that a template is about.
pub(super) fn want_of(
    template: &Template,
    source: &Source,
    fields: &mut Collector<'_>,
) -> Result<()> {
    let mut names: Vec<String> = template
        .symbols()
        .map(|(name, _)| name.to_owned())
        .collect();
    for arguments in template.literal_arguments("ifdef") {
        match arguments.into_iter().next() {
            Some(Some(name)) => names.push(name),
            _ => fields.want_everything()?,
        }
    }
    for name in &names {
        fields.want(name)?;
        match name.as_str() {
            "artist" => fields.want("albumartist")?,
            "albumartist" => fields.want("artist")?,
            _ => {}
        }
    }
    let config = &source.config;
    want_unique(
        template,
        Entity::Album,
        "aunique",
        &defaults(&config.aunique),
        fields,
    )?;
    want_unique(
        template,
        Entity::Item,
        "sunique",
        &defaults(&config.sunique),
        fields,
    )
}

/// Wants the keys and disambiguators of each call of `%aunique` or `%sunique`.
fn want_unique(
    template: &Template,
    entity: Entity,
    function: &str,
    defaults: &UniqueDefaults,
    fields: &mut Collector<'_>,
) -> Result<()> {
    for arguments in template.literal_arguments(function) {
        for (at, default) in [&defaults.keys, &defaults.disambiguators]
            .into_iter()
            .enumerate()
        {
            let text = match arguments.get(at) {
                Some(None) => {
                    fields.want_everything()?;
                    continue;
                }
                Some(Some(text)) if !text.is_empty() => text,
                _ => default,
            };
            for name in text.split(|c: char| c.is_whitespace() || matches!(c, '\x1c'..='\x1f')) {
                fields.want_of_both(name)?;
                fields.want_of_both(compared_name(entity, name))?;
                if matches!(name, "artist" | "albumartist") {
                    fields.want_of_both("artist")?;
                    fields.want_of_both("albumartist")?;
                }
            }
        }
    }
    Ok(())
}

/// Parses a query about items.
pub(super) fn parse_query(source: &Source, text: &str, plugins: &PluginQueries) -> Result<Query> {
    let schema = source.library.schema();
    let surroundings = &source.surroundings;
    let home = surroundings
        .home
        .as_ref()
        .map(|home| home.as_os_str().as_bytes());
    let zone = schema.formats.zone.clone();
    let context = ParseContext {
        entity: Entity::Item,
        types: &schema.types,
        directory: source.directory().as_os_str().as_bytes(),
        working_directory: surroundings.working_directory.as_os_str().as_bytes(),
        home,
        now: jiff::Zoned::now().with_time_zone(zone.clone()).datetime(),
        zone,
        plugins,
        exists: &|path| std::path::Path::new(std::ffi::OsStr::from_bytes(path)).exists(),
    };
    Query::parse(text, &context).map_err(|error| anyhow!("{}", error.render().trim_end()))
}
