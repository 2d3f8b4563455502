//! Names every item of a library as beets would, and puts the names into one tree.
//!
//! The rules of `paths` choose a template for each item; the template sees the item and its album
//! through one scan of just the columns that the rules need. No origin is touched, but for beets'
//! own field `filesize`.

mod contents;
mod environment;
mod fields;
mod foreign;
mod model;
mod names;
mod options;
mod plugins;
mod regexes;
mod rewrite;
mod rules;
mod unidecode;
mod unique;

use std::time::{Instant, SystemTime};

use anyhow::{Context, Result, anyhow, bail};
use catalog::{Binding, ItemRow, Query, RawValue, Selection, Slot, Value};
use pathfmt::{Destination, Extension, Failure, Namer};
use vtree::Builder;

use crate::leaf::{Leaf, ViewNo};
use crate::source::Source;
use environment::ItemEnvironment;
use fields::Collector;
use model::{Models, Row, TypedModel};
pub use names::{Named, Names};
use plugins::Plugins;
use rules::Rules;
use unique::{Uniques, defaults};

/// Names all items of a library, or those that its query selects.
///
/// # Errors
///
/// If the database cannot be read, if a query or a regular expression is malformed, or if a
/// template needs what only Python can compute.
pub fn name_all(source: &Source) -> Result<Names> {
    let plugins = Plugins::load(source)?;
    let rules = Rules::load(source, &plugins.queries)?;
    let filter = source
        .query
        .as_deref()
        .map(|query| rules::parse_query(source, query, &plugins.queries));
    let filter = filter.transpose().context("--query")?;
    let options = options::options(source, rules.call("asciify"))?;
    let mut collector = Collector::new(source, &plugins);
    rules.want(source, &mut collector, &plugins)?;
    for name in filter.iter().flat_map(Query::fields) {
        collector.want(name)?;
    }
    let (mut selection, fields) = collector.finish();
    let filter = filter
        .map(|query| Filter::new(source, query, &mut selection))
        .transpose()?;
    let start = Instant::now();
    let scan = source.library.scan(&selection)?;
    tracing::debug!(
        items = scan.n_items(),
        seconds = start.elapsed().as_secs_f32(),
        "scanned"
    );
    let schema = source.library.schema();
    let per_disc = source.config.per_disc_numbering;
    let models = Models::new(&scan, &fields, &plugins, schema, per_disc);
    let settings = &source.config;
    let (aunique, sunique) = (defaults(&settings.aunique), defaults(&settings.sunique));
    let uniques = Uniques::new(&models, &options, aunique, sunique);
    let namer = Namer::new(&options);
    Naming {
        models: &models,
        uniques: &uniques,
        rules: &rules,
        filter,
        namer,
        time: source.library_time(),
    }
    .run()
}

/// What naming one item after the other needs.
struct Naming<'n> {
    models: &'n Models<'n>,
    uniques: &'n Uniques<'n>,
    rules: &'n Rules,
    filter: Option<Filter>,
    namer: Namer<'n>,
    /// The modification time of directories.
    time: SystemTime,
}

/// The items that are asked for. As in beets, the database decides if it can.
struct Filter {
    query: Query,
    stored: Option<Binding>,
}

impl Filter {
    fn new(source: &Source, query: Query, selection: &mut Selection) -> Result<Self> {
        let binding = || Binding::new([&query], selection, &source.library);
        let stored = query.is_stored().then(binding).transpose()?;
        Ok(Self { query, stored })
    }

    fn selects(&self, models: &Models<'_>, item: ItemRow<'_>) -> Result<bool> {
        if let Some(binding) = &self.stored {
            return Ok(self.query.matches_stored(&binding.row(item, &|_| None))?);
        }
        let row = TypedModel::new(models, Row::Item(item));
        let selected = row.check(self.query.matches(&row));
        selected.map_err(|failure| {
            let (Failure::Message(reason) | Failure::Refused(reason)) = failure;
            anyhow!("--query: item {}: {reason}", item.id().0)
        })
    }
}

impl Naming<'_> {
    fn run(mut self) -> Result<Names> {
        let start = Instant::now();
        let mut builder = Builder::new().time(self.time);
        for item in self.models.scan.items() {
            let leaf = Leaf::item(ViewNo::UNNAMED, item.id());
            if !leaf.is_in_range() {
                bail!("item {} has a number that no file can have", item.id().0);
            }
            if self.selects(item)? {
                builder.insert(self.destination(item)?.as_bytes(), leaf.id());
            }
        }
        tracing::debug!(seconds = start.elapsed().as_secs_f32(), "named");
        let start = Instant::now();
        let built = builder.build()?;
        tracing::debug!(seconds = start.elapsed().as_secs_f32(), "laid out");
        Ok(Names::new(built.snapshot))
    }

    fn selects(&self, item: ItemRow<'_>) -> Result<bool> {
        self.filter
            .as_ref()
            .map_or(Ok(true), |filter| filter.selects(self.models, item))
    }

    fn destination(&mut self, item: ItemRow<'_>) -> Result<Destination> {
        let rule = self.rules.choose(self.models, item)?;
        let environment = ItemEnvironment::new(self.models, self.uniques, item);
        let extension = extension(item, self.models.fields.path);
        self.namer
            .destination(&rule.template, &environment, &extension)
            .map_err(|error| rule.refused(item, &error))
    }
}

/// Returns the extension of an item's file.
fn extension(item: ItemRow<'_>, path: Slot) -> Extension {
    match item.raw(path) {
        // A name is the same in the stored path as in the absolute one, unless it is a step.
        Some(RawValue::Text(path) | RawValue::Blob(path))
            if !path.ends_with(b".") && !path.ends_with(b"/") =>
        {
            Extension::of(path)
        }
        _ => match item.value(path) {
            Some(Value::Bytes(path)) => Extension::of(&path),
            _ => Extension::default(),
        },
    }
}
