//! Names the items of one view.

use anyhow::{Result, anyhow, bail};
use catalog::{AlbumRow, ItemRow, PluginQueries, Query, RawValue, Selection, Slot, Value};
use pathfmt::{Destination, Extension, Namer, Options, Template};
use vtree::LeafId;

use super::contents::HEARD_BY;
use super::covers::{AlbumNames, Cover, CoverRule, Covers};
use super::environment::ItemEnvironment;
use super::fields::Collector;
use super::filter::Filter;
use super::model::Models;
use super::plugins::Plugins;
use super::rules::{Rules, want_of};
use super::unique::{Uniques, defaults};
use crate::leaf::Leaf;
use crate::source::Source;
use crate::views::{Sidecar, View};

/// A view, and what decides its names.
pub(super) struct Compiled<'v> {
    view: &'v View,
    rules: Rules,
    filters: Vec<Filter>,
    /// What names covers, if they are shown.
    covers: Option<CoverRule>,
    artpath: Option<Slot>,
    playlists: Vec<Playlist<'v>>,
    /// What names the playlists of albums.
    playlist_name: Template,
}

/// A playlist of the configuration.
pub(super) struct Playlist<'v> {
    pub(super) name: &'v str,
    /// The items that are in it.
    pub(super) filter: Filter,
}

/// The name of an album's playlist.
const PLAYLIST_NAME: &str = "%if{$album,$album,album}";

impl<'v> Compiled<'v> {
    pub(super) fn new(source: &Source, view: &'v View, queries: &PluginQueries) -> Result<Self> {
        Ok(Self {
            view,
            rules: Rules::load(source, view, queries)?,
            filters: Vec::new(),
            covers: None,
            artpath: None,
            playlists: Vec::new(),
            playlist_name: Template::parse(PLAYLIST_NAME)
                .map_err(|error| anyhow!("{}", error.render(PLAYLIST_NAME)))?,
        })
    }

    /// Returns whether any template calls a function.
    pub(super) fn calls(&self, function: &str) -> bool {
        let covers = self.covers.iter();
        self.rules.call(function) || covers.into_iter().any(|rule| rule.calls(function))
    }

    /// Wants the fields that names and selection depend on.
    pub(super) fn want(
        &mut self,
        source: &Source,
        fields: &mut Collector<'_>,
        plugins: &Plugins,
    ) -> Result<()> {
        self.rules.want(source, fields, plugins)?;
        let queries = self.view.queries.iter();
        let filters = queries.map(|query| Filter::new(source, query, &plugins.queries, fields));
        self.filters = filters.collect::<Result<_>>()?;
        let sidecars = self.view.sidecars;
        if sidecars.shows(Sidecar::Cover) || sidecars.shows(Sidecar::Passthrough) {
            self.artpath = Some(fields.want_album_column("artpath"));
        }
        if let Some(artpath) = self.artpath
            && sidecars.shows(Sidecar::Cover)
        {
            let rule = CoverRule::new(source, artpath)?;
            rule.want(source, fields)?;
            self.covers = Some(rule);
        }
        let playlists = self.view.playlists.iter().map(|(name, query)| {
            let filter = Filter::new(source, query, &plugins.queries, fields)?;
            Ok(Playlist { name, filter })
        });
        self.playlists = playlists.collect::<Result<_>>()?;
        if sidecars.shows(Sidecar::Playlist) {
            want_of(&self.playlist_name, source, fields)?;
            HEARD_BY.iter().try_for_each(|name| fields.want(name))?;
        }
        if self.shows_others() {
            fields.want_order()?;
        }
        Ok(())
    }

    /// Returns the queries that choose templates, and items.
    pub(super) fn queries(&self) -> impl Iterator<Item = &Query> {
        let filters = self.filters.iter().map(Filter::query);
        self.rules.queries().chain(filters)
    }

    /// Returns whether it shows files that go by the names of others, or are of no one item or album.
    pub(super) fn shows_others(&self) -> bool {
        let others = [Sidecar::Lyrics, Sidecar::Playlist, Sidecar::Passthrough];
        let mut others = others.into_iter();
        !self.playlists.is_empty() || others.any(|other| self.view.sidecars.shows(other))
    }

    pub(super) fn view(&self) -> &'v View {
        self.view
    }

    /// Returns the column with the paths of albums' pictures, if any are looked for.
    pub(super) fn artpath(&self) -> Option<Slot> {
        self.artpath
    }

    /// Has the database's comparisons done in its queries.
    pub(super) fn bind(&mut self, source: &Source, selection: &mut Selection) -> Result<()> {
        let of_playlists = self
            .playlists
            .iter_mut()
            .map(|playlist| &mut playlist.filter);
        let mut filters = self.filters.iter_mut().chain(of_playlists);
        filters.try_for_each(|filter| filter.bind(source, selection))
    }
}

/// What naming one item of a view after the other needs.
pub(super) struct Naming<'n> {
    compiled: &'n Compiled<'n>,
    models: &'n Models<'n>,
    uniques: Uniques<'n>,
    namer: Namer<'n>,
}

impl<'n> Naming<'n> {
    pub(super) fn new(
        source: &Source,
        compiled: &'n Compiled<'n>,
        models: &'n Models<'n>,
        options: &'n Options,
    ) -> Self {
        let config = &source.config;
        let (aunique, sunique) = (defaults(&config.aunique), defaults(&config.sunique));
        Self {
            compiled,
            models,
            uniques: Uniques::new(models, options, aunique, sunique),
            namer: Namer::new(options),
        }
    }

    /// Returns what tells albums, and singletons, apart.
    pub(super) fn uniques(&self) -> &Uniques<'n> {
        &self.uniques
    }

    /// Passes the path and leaf of all items of the view, and of what lies beside them, to `insert`.
    pub(super) fn insert_all(&mut self, insert: &mut dyn FnMut(&[u8], LeafId)) -> Result<()> {
        let mut covers = Covers::default();
        for item in self.models.scan.items() {
            let leaf = Leaf::item(self.compiled.view.number, item.id());
            if !leaf.is_in_range() {
                bail!("item {} has a number that no file can have", item.id().0);
            }
            if self.selects(item)? {
                let destination = self.destination(item)?;
                let path = self.compiled.view.within(destination.as_bytes());
                if self.compiled.covers.is_some() {
                    covers.note(item, &path);
                }
                insert(&path, leaf.id());
            }
        }
        // After all items: in each folder, names go to whoever comes first.
        for cover in self.covers(covers)? {
            insert(&cover.path, cover.leaf.id());
        }
        Ok(())
    }

    pub(super) fn view(&self) -> &'n View {
        self.compiled.view
    }

    /// Returns the playlists of the configuration.
    pub(super) fn playlists(&self) -> &'n [Playlist<'n>] {
        &self.compiled.playlists
    }

    /// Returns the name of an album's playlist.
    pub(super) fn playlist_name(&mut self, album: AlbumRow<'_>) -> Result<Vec<u8>> {
        let mut names = AlbumNames {
            models: self.models,
            uniques: &self.uniques,
            namer: &mut self.namer,
        };
        names.name(
            "the playlist",
            &self.compiled.playlist_name,
            album,
            b".x.m3u8",
        )
    }

    fn covers(&mut self, covers: Covers) -> Result<Vec<Cover>> {
        let Some(rule) = &self.compiled.covers else {
            return Ok(Vec::new());
        };
        let mut names = AlbumNames {
            models: self.models,
            uniques: &self.uniques,
            namer: &mut self.namer,
        };
        covers.finish(rule, self.compiled.view.number, self.models, &mut names)
    }

    fn selects(&self, item: ItemRow<'_>) -> Result<bool> {
        for filter in &self.compiled.filters {
            if !filter.selects(self.models, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn destination(&mut self, item: ItemRow<'_>) -> Result<Destination> {
        let rule = self.compiled.rules.choose(self.models, item)?;
        let environment = ItemEnvironment::new(self.models, &self.uniques, item);
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
