//! What the configuration decides about renderings.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use catalog::{AlbumId, Item};
use fusefront::Error;
use splice::{Origin, Plan};
use tagsynth::Cover;

use crate::source::Source;
use crate::work::Work;
use crate::{art, fingerprint, tags};

/// What the configuration decides.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) catalog: Arc<catalog::Library>,
    options: tagsynth::Options,
    /// Whether the art of albums is embedded.
    embeds_art: bool,
    /// See [`fingerprint::of_settings`].
    pub(super) fingerprint: u64,
}

impl Settings {
    pub(super) fn of(source: &Source) -> Result<Self> {
        let (options, embeds_art) = (source.rendering()?, source.embeds_art()?);
        Ok(Self {
            catalog: Arc::clone(&source.library),
            fingerprint: fingerprint::of_settings(&options, embeds_art),
            options,
            embeds_art,
        })
    }

    /// Returns where the picture is that is embedded in the files of an album's items.
    pub(super) fn art(&self, album: Option<AlbumId>) -> Result<Option<PathBuf>, Error> {
        match album {
            Some(album) if self.embeds_art => {
                art::path(&self.catalog, album).map_err(|error| self.unreadable(error))
            }
            _ => Ok(None),
        }
    }

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
        match tagsynth::render(&work.counting(origin), name, &tags, cover, &self.options) {
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

    /// Says that the database cannot be read.
    pub(super) fn unreadable(&self, error: catalog::Error) -> Error {
        Error::origin(self.catalog.path(), error)
    }
}
