//! What the configuration decides about renderings.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use catalog::{AlbumId, Item, SortBy};
use fusefront::Error;
use splice::{Origin, Plan};
use tagsynth::Cover;

use crate::leaf::ViewNo;
use crate::source::Source;
use crate::views::View;
use crate::work::Work;
use crate::{art, fingerprint, tags};

/// What the configuration decides.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) catalog: Arc<catalog::Library>,
    /// The order of an album's items.
    pub(super) sort: Vec<SortBy>,
    views: Arc<[(ViewNo, Rendering)]>,
}

/// How the files of a view are rendered.
#[derive(Debug)]
pub(super) struct Rendering {
    options: tagsynth::Options,
    /// Whether the art of albums is embedded.
    embeds_art: bool,
    /// See [`fingerprint::of_settings`].
    pub(super) fingerprint: u64,
}

impl Settings {
    pub(super) fn of(source: &Source) -> Self {
        let rendering = |view: &View| {
            let (options, embeds_art) = (view.rendering.clone(), view.embeds_art);
            let fingerprint = fingerprint::of_settings(&options, embeds_art);
            let rendering = Rendering {
                options,
                embeds_art,
                fingerprint,
            };
            (view.number, rendering)
        };
        Self {
            catalog: Arc::clone(&source.library),
            sort: source.config.sort_item.clone(),
            views: source.views.iter().map(rendering).collect(),
        }
    }

    /// Returns the numbers of all views.
    pub(super) fn views(&self) -> impl Iterator<Item = ViewNo> {
        self.views.iter().map(|&(view, _)| view)
    }

    /// Returns how the files of a view are rendered.
    ///
    /// # Errors
    ///
    /// [`Error::Gone`] if there is no such view any more.
    pub(super) fn rendering(&self, view: ViewNo) -> Result<&Rendering, Error> {
        let mut views = self.views.iter();
        let found = views.find(|&&(other, _)| other == view);
        found.map(|(_, rendering)| rendering).ok_or(Error::Gone)
    }

    /// Returns where the picture is that is embedded in the files of an album's items.
    pub(super) fn art(
        &self,
        rendering: &Rendering,
        album: Option<AlbumId>,
    ) -> Result<Option<PathBuf>, Error> {
        match album {
            Some(album) if rendering.embeds_art => {
                art::path(&self.catalog, album).map_err(Error::unknown)
            }
            _ => Ok(None),
        }
    }

    /// Returns the same for work that waits no longer than `most` in all for others who have the database
    /// locked.
    pub(super) fn with_patience(&self, most: Duration) -> Self {
        Self {
            catalog: Arc::new(self.catalog.with_patience(most)),
            sort: self.sort.clone(),
            views: Arc::clone(&self.views),
        }
    }
}

impl Rendering {
    /// Plans a virtual file; what cannot be rendered is served as it is.
    pub(super) fn render(
        &self,
        item: &Item,
        path: &Path,
        origin: &Origin,
        art: Option<&Origin>,
        work: &Work,
    ) -> Result<Plan, Error> {
        work.count_render();
        let tags = tags::of_item(item);
        let art = art.map(|art| work.counting(art));
        let cover = art.as_ref().map(|art| Cover::new(art)).transpose();
        let cover = cover.map_err(|error| Error::origin(path, error))?.flatten();
        let name = path.as_os_str().as_bytes();
        let origin_read = work.counting(origin);
        let attempt = |cover| tagsynth::render(&origin_read, name, &tags, cover, &self.options);
        let rendered = match (attempt(cover), cover) {
            // Nothing else that is rendered is of any size, and the tags fit without it.
            (Err(error @ tagsynth::Error::TooLarge { .. }), Some(_)) => {
                tracing::warn!(origin = %path.display(), %error, "served without the picture of its album");
                attempt(None)
            }
            (rendered, _) => rendered,
        };
        match rendered {
            Ok(rendering) => return Ok(rendering.plan),
            Err(error @ tagsynth::Error::Read { .. }) => return Err(Error::origin(path, error)),
            Err(error @ tagsynth::Error::Unsupported { .. }) => {
                tracing::debug!(origin = %path.display(), %error, "served as it is");
            }
            Err(error) => {
                tracing::warn!(origin = %path.display(), %error, "cannot be tagged, served as it is");
            }
        }
        Ok(Plan::identity(origin.stamp().len))
    }
}
