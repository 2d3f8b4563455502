//! What enabled plugins add to templates.
//!
//! Plugins that are pure data are done here. Names that only Python can compute are known, so that
//! a template that uses one is refused instead of giving wrong names.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use catalog::{Entity, PluginQueries, Regex, SettingValue};
use pathfmt::plugins::{AlbumTypes, Alpha, Article, Bucket, Substitute, The};
use pathfmt::{Failure, Replace};

use super::foreign;
use super::regexes::{Expression, Substitution};
use super::rewrite::{self, Rewrites};
use super::unidecode;
use crate::source::Source;

/// A field that a plugin computes.
#[derive(Debug)]
pub(super) enum PluginField {
    Rewritten(Arc<Rewrites>),
    Refused(String),
    AlbumTypes,
    WithoutFeatured,
    Missing,
}

/// What the enabled plugins add.
#[derive(Debug, Default)]
pub(super) struct Plugins {
    the: Option<The>,
    bucket: Option<Bucket>,
    substitute: Option<Substitute>,
    pub(super) album_types: AlbumTypes,
    /// Further words of `ftintitle` that announce a featured artist.
    pub(super) featured_words: Vec<String>,
    item_fields: HashMap<String, PluginField>,
    album_fields: HashMap<String, PluginField>,
    /// What plugins add to the language of queries.
    pub(super) queries: PluginQueries,
    /// Plugins that may add any name, since they are not beets' own.
    pub(super) foreign: Vec<String>,
    has_titlecase: bool,
}

impl Plugins {
    /// Reads the settings of the enabled plugins, in the order in which beets loads them.
    pub(super) fn load(source: &Source) -> Result<Self> {
        let config = &source.config;
        let mut plugins = Self {
            queries: queries(source)?,
            foreign: foreign::plugins(config),
            ..Self::default()
        };
        for plugin in &config.plugins {
            match plugin.as_str() {
                "the" => plugins.the = Some(the(source)?),
                "bucket" => plugins.bucket = Some(bucket(source)?),
                "substitute" => plugins.substitute = Some(substitute(source)?),
                "albumtypes" => plugins.load_album_types(source)?,
                "ftintitle" => plugins.load_featured_words(source)?,
                "missing" => plugins.add(Entity::Album, "missing", PluginField::Missing),
                "rewrite" => plugins.add_rewrites(rewrite::simple(source)?)?,
                "advancedrewrite" => {
                    plugins.add_rewrites(rewrite::advanced(source, &plugins.queries)?)?;
                }
                "inline" => plugins.load_inline(source)?,
                "titlecase" => plugins.has_titlecase = true,
                _ => {}
            }
        }
        Ok(plugins)
    }

    /// Returns the field that a plugin gives to rows of this kind.
    pub(super) fn field(&self, entity: Entity, name: &str) -> Option<&PluginField> {
        match entity {
            Entity::Item => self.item_fields.get(name),
            Entity::Album => self.album_fields.get(name),
        }
    }

    /// Returns the names of all fields that plugins compute.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.item_fields
            .keys()
            .chain(self.album_fields.keys())
            .map(String::as_str)
    }

    /// Returns how fields are rewritten, by their names.
    pub(super) fn rewrites(&self) -> BTreeMap<&str, &Rewrites> {
        let fields = self.item_fields.iter().chain(&self.album_fields);
        let rewritten = fields.filter_map(|(name, field)| match field {
            PluginField::Rewritten(rewrites) => Some((name.as_str(), &**rewrites)),
            _ => None,
        });
        rewritten.collect()
    }

    /// Returns whether a plugin has a function of this name.
    pub(super) fn has_function(&self, name: &str) -> bool {
        match name {
            "the" => self.the.is_some(),
            "bucket" => self.bucket.is_some(),
            "substitute" => self.substitute.is_some(),
            "titlecase" => self.has_titlecase,
            _ => false,
        }
    }

    /// Calls a plugin's function.
    pub(super) fn call(
        &self,
        function: &str,
        arguments: &[&str],
        out: &mut String,
    ) -> Result<(), Failure> {
        match (function, &self.the, &self.bucket, &self.substitute) {
            ("the", Some(the), ..) => the.call(arguments, out),
            ("bucket", _, Some(bucket), _) => bucket.call(arguments, out),
            ("substitute", _, _, Some(substitute)) => substitute.call(arguments, out),
            _ => {
                let reason = format!("the plugin {function} is Python code");
                Err(Failure::Refused(reason))
            }
        }
    }

    fn add(&mut self, entity: Entity, name: &str, field: PluginField) {
        let fields = match entity {
            Entity::Item => &mut self.item_fields,
            Entity::Album => &mut self.album_fields,
        };
        fields.insert(name.to_owned(), field);
    }

    fn add_rewrites(&mut self, rewrites: Vec<(String, Rewrites)>) -> Result<()> {
        for (name, rewrites) in rewrites {
            if self.item_fields.contains_key(&name) {
                bail!("two plugins compute the field {name}; beets refuses that as well");
            }
            let rewrites = Arc::new(rewrites);
            if Entity::Album.has(&name) {
                self.add(
                    Entity::Album,
                    &name,
                    PluginField::Rewritten(Arc::clone(&rewrites)),
                );
            }
            self.add(Entity::Item, &name, PluginField::Rewritten(rewrites));
        }
        Ok(())
    }

    fn load_inline(&mut self, source: &Source) -> Result<()> {
        let sections = [
            (Entity::Item, "item_fields"),
            (Entity::Item, "pathfields"),
            (Entity::Album, "album_fields"),
        ];
        for (entity, section) in sections {
            for (name, _) in source.config.pairs(section)? {
                let reason = format!("{section}.{name} is Python code (plugin inline)");
                self.add(entity, &name, PluginField::Refused(reason));
            }
        }
        Ok(())
    }

    fn load_album_types(&mut self, source: &Source) -> Result<()> {
        let config = &source.config;
        self.add(Entity::Album, "atypes", PluginField::AlbumTypes);
        if let Some(pairs) = config.pair_list(&["albumtypes", "types"])? {
            let shown = pairs.into_iter();
            self.album_types.types = shown
                .map(|(name, shown)| (name, shown.unwrap_or_default()))
                .collect();
        }
        if let Some(words) = words(source, &["albumtypes", "ignore_va"])? {
            self.album_types.ignore_va = words;
        }
        let bracket = config.setting(&["albumtypes", "bracket"])?;
        if let Some(bracket) = bracket.and_then(catalog::Setting::as_text) {
            bracket.clone_into(&mut self.album_types.bracket);
        }
        Ok(())
    }

    fn load_featured_words(&mut self, source: &Source) -> Result<()> {
        self.add(
            Entity::Album,
            "album_artist_no_feat",
            PluginField::WithoutFeatured,
        );
        self.featured_words = words(source, &["ftintitle", "custom_words"])?.unwrap_or_default();
        Ok(())
    }
}

/// Reads a list of texts, or the words of one text.
fn words(source: &Source, keys: &[&str]) -> Result<Option<Vec<String>>> {
    let Some(setting) = source.config.setting(keys)? else {
        return Ok(None);
    };
    Ok(match &setting.value {
        SettingValue::Text(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
        SettingValue::List(list) => Some(
            list.iter()
                .filter_map(|element| element.as_text().map(str::to_owned))
                .collect(),
        ),
        _ => None,
    })
}

/// Returns what the plugins add to the language of queries.
fn queries(source: &Source) -> Result<PluginQueries> {
    let mut queries = source.config.plugin_queries()?;
    if queries.bareasc.is_some() {
        queries.to_ascii = Some(unidecode::to_ascii(source)?);
    }
    Ok(queries)
}

fn the(source: &Source) -> Result<The> {
    let settings = source.config.the()?;
    let mut articles = Vec::new();
    articles.extend(settings.the.then_some(Article::The));
    articles.extend(settings.a.then_some(Article::A));
    for pattern in &settings.patterns {
        let regex = Regex::ignoring_case(pattern).context("the.patterns")?;
        articles.push(Article::Pattern(Arc::new(Expression::new(regex))));
    }
    Ok(The {
        articles,
        strip: settings.strip,
        format: settings.format,
    })
}

fn bucket(source: &Source) -> Result<Bucket> {
    let settings = source.config.bucket()?;
    let patterns: HashMap<&str, &str> = settings
        .alpha_regex
        .iter()
        .map(|(name, regex)| (name.as_str(), regex.as_str()))
        .collect();
    let alpha = settings
        .alpha
        .iter()
        .map(|name| match patterns.get(name.as_str()) {
            Some(pattern) => {
                let regex = Regex::ignoring_case(pattern).context("bucket.bucket_alpha_regex")?;
                Ok(Alpha::Pattern(
                    name.clone(),
                    Arc::new(Expression::new(regex)),
                ))
            }
            None => Ok(Alpha::Range(name.clone())),
        });
    let alpha = alpha.collect::<Result<Vec<_>>>()?;
    let years: Vec<&str> = settings.years.iter().map(String::as_str).collect();
    let this_year = i64::from(jiff::Zoned::now().year());
    Bucket::new(&years, alpha, settings.extrapolate, this_year).context("bucket")
}

fn substitute(source: &Source) -> Result<Substitute> {
    let rules = source
        .config
        .pairs("substitute")?
        .into_iter()
        .map(|(pattern, replacement)| {
            let regex = Regex::ignoring_case(&pattern).context("substitute")?;
            let rule = Substitution::new(regex, &replacement).context("substitute")?;
            Ok(Arc::new(rule) as Arc<dyn Replace>)
        });
    Ok(Substitute {
        rules: rules.collect::<Result<_>>()?,
    })
}
