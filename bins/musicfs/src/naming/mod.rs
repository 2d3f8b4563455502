//! Names every item of a library as beets would, and puts the names into one tree.
//!
//! The rules of `paths` choose a template for each item; the template sees the item and its album
//! through one scan of just the columns that the rules need. No origin is touched, but for beets'
//! own field `filesize`.

mod contents;
mod covers;
mod environment;
mod fields;
mod filter;
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
mod view;

use std::time::Instant;

use anyhow::Result;
use vtree::Builder;

use crate::source::Source;
use fields::Collector;
use model::Models;
pub use names::{Named, Names};
use plugins::Plugins;
use view::{Compiled, Naming};

/// Names all items of a library's views.
///
/// # Errors
///
/// If the database cannot be read, if a query or a regular expression is malformed, or if a
/// template needs what only Python can compute.
pub fn name_all(source: &Source) -> Result<Names> {
    let plugins = Plugins::load(source)?;
    let views = source.views.iter();
    let views = views.map(|view| Compiled::new(source, view, &plugins.queries));
    let mut views = views.collect::<Result<Vec<_>>>()?;
    let asciifies = views.iter().any(|view| view.calls("asciify"));
    let options = options::options(source, asciifies)?;
    let mut collector = Collector::new(source, &plugins);
    for view in &mut views {
        view.want(source, &mut collector, &plugins)?;
    }
    let (mut selection, fields) = collector.finish();
    for view in &mut views {
        view.bind(source, &mut selection)?;
    }
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
    let namings = views.iter();
    let mut namings: Vec<_> = namings
        .map(|view| Naming::new(source, view, &models, &options))
        .collect();
    let start = Instant::now();
    let mut builder = Builder::new().time(source.library_time());
    for naming in &mut namings {
        naming.insert_all(&mut builder)?;
    }
    tracing::debug!(seconds = start.elapsed().as_secs_f32(), "named");
    let start = Instant::now();
    let built = builder.build()?;
    tracing::debug!(seconds = start.elapsed().as_secs_f32(), "laid out");
    let numbers = source.views.iter().map(|view| view.number);
    Ok(Names::new(built.snapshot, numbers.collect()))
}
