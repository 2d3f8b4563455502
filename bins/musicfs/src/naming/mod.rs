//! Names every item of a library as beets would, and puts the names into one tree.
//!
//! The rules of `paths` choose a template for each item; the template sees the item and its album
//! through one scan of just the columns that the rules need. No origin is touched, but for beets'
//! own field `filesize`.

mod beside;
mod contents;
mod covers;
mod environment;
mod extras;
mod fields;
mod filter;
mod foreign;
mod model;
mod names;
mod options;
mod plugins;
mod regexes;
mod register;
mod rewrite;
mod rules;
mod scheme;
mod unidecode;
mod unique;
mod view;

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use vtree::Builder;

use crate::source::Source;
pub(crate) use extras::Extras;
pub use names::{Named, Names};
use register::Albums;
pub(crate) use register::{Register, Renamed};
use scheme::Scheme;

/// Names all items of a library's views.
///
/// # Errors
///
/// If the database cannot be read, if a query or a regular expression is malformed, or if a
/// template needs what only Python can compute.
pub fn name_all(source: &Source) -> Result<Names> {
    let scheme = Scheme::load(source)?;
    let start = Instant::now();
    let scan = source.library.scan(&scheme.selection)?;
    tracing::debug!(
        items = scan.n_items(),
        seconds = start.elapsed().as_secs_f32(),
        "scanned"
    );
    let models = scheme.models(&scan);
    let mut namings = scheme.namings(&models);
    let start = Instant::now();
    let mut builder = Builder::new().time(source.library_time());
    for naming in &mut namings {
        naming.insert_all(&mut |path, leaf| builder.insert(path, leaf))?;
    }
    let mut register = Register {
        moment: scheme.moment(),
        views: source.views.iter().map(|view| view.number).collect(),
        albums: Albums::of(&scan),
        told: namings
            .iter()
            .map(|naming| naming.uniques().told())
            .collect(),
        extras: Arc::default(),
    };
    tracing::debug!(seconds = start.elapsed().as_secs_f32(), "named");
    drop(namings);
    if scheme.shows_others() {
        let snapshot = builder.build()?.snapshot;
        let (snapshot, extras) = extras::add(source, &scheme, &models, snapshot)?;
        register.extras = Arc::new(extras);
        return Ok(Names::new(snapshot, register));
    }
    drop(models);
    drop(scan);
    let start = Instant::now();
    let snapshot = builder.build()?.snapshot;
    tracing::debug!(seconds = start.elapsed().as_secs_f32(), "laid out");
    Ok(Names::new(snapshot, register))
}
