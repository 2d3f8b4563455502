//! All that decides names but the rows: the templates, queries and fields of every view.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::Result;
use catalog::{Entity, Scan, Selection};
use pathfmt::Options;

use super::fields::{Collector, Fields};
use super::model::Models;
use super::options;
use super::plugins::Plugins;
use super::view::{Compiled, Naming};
use crate::source::Source;

/// How the items of a library are named.
pub(super) struct Scheme<'s> {
    source: &'s Source,
    plugins: Plugins,
    pub(super) views: Vec<Compiled<'s>>,
    options: Options,
    pub(super) selection: Selection,
    fields: Fields,
}

/// What of a scheme may change while the configuration stays: attributes come into use, dates are
/// counted from today, and files may be there or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    queries: String,
    selected: [BTreeSet<String>; 2],
    longest_name: i64,
}

impl<'s> Scheme<'s> {
    /// Compiles what the configuration says.
    pub(super) fn load(source: &'s Source) -> Result<Self> {
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
        Ok(Self {
            source,
            plugins,
            views,
            options,
            selection,
            fields,
        })
    }

    pub(super) fn models<'a>(&'a self, scan: &'a Scan) -> Models<'a> {
        let schema = self.source.library.schema();
        let per_disc = self.source.config.per_disc_numbering;
        Models::new(scan, &self.fields, &self.plugins, schema, per_disc)
    }

    /// Returns what names the items of each view.
    pub(super) fn namings<'a>(&'a self, models: &'a Models<'a>) -> Vec<Naming<'a>> {
        let namings = self.views.iter();
        namings
            .map(|view| Naming::new(self.source, view, models, &self.options))
            .collect()
    }

    pub(super) fn moment(&self) -> Moment {
        let mut queries = String::new();
        for view in &self.views {
            let _ = write!(queries, "{:?}", view.queries().collect::<Vec<_>>());
        }
        let _ = write!(queries, "{:?}", self.plugins.rewrites());
        let selected = [Entity::Item, Entity::Album]
            .map(|entity| self.selection.names(entity).iter().cloned().collect());
        Moment {
            queries,
            selected,
            longest_name: self.options.max_filename_length,
        }
    }

    /// Returns whether a name depends on rows of its own item and album, on other items of the album,
    /// and on other albums, and on nothing else.
    pub(super) fn is_local(&self) -> bool {
        let calls = |function| self.views.iter().any(|view| view.calls(function));
        // beets compares singletons with each other, and looks at files for their sizes.
        let needs_others = calls("sunique") || self.fields.have_file_size();
        // Albums may be compared with each other by what their items are.
        let compares_contents = calls("aunique") && self.fields.have_contents();
        !needs_others && !compares_contents && !self.shows_others()
    }

    /// Returns whether any view shows files that go by the names of others, or are of no one item or album.
    pub(super) fn shows_others(&self) -> bool {
        self.views.iter().any(Compiled::shows_others)
    }
}
