//! What lies beside items: files that are shown as they are, and texts that are made of rows.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use catalog::{AlbumId, ItemId};
use fusefront::{Error, LeafAttr};
use rustix::fs::MemfdFlags;
use splice::{Origin, Plan, Reader, Stamp};
use vtree::LeafId;

use super::BeetsLibrary;
use super::file::{Facts, time_of_database, whole_seconds};
use super::playlist;
use super::settings::Settings;
use crate::known::Told;
use crate::leaf::{Kind, Leaf};
use crate::state::Kept;
use crate::{art, fingerprint, lyrics};

/// The identity of a file that there is not.
const NO_FILE: Stamp = Stamp {
    dev: 0,
    ino: 0,
    len: 0,
    mtime: 0,
};

/// A sidecar at some moment, as the database has it.
struct Sidecar {
    leaf: LeafId,
    /// When it was read.
    epoch: u32,
    settings: Arc<Settings>,
    content: Content,
    /// A number for the content, as far as it is known without looking at a file.
    inputs: u64,
}

/// What a sidecar has in it.
enum Content {
    /// A file on disk.
    File(PathBuf),
    /// A text.
    Text(Arc<[u8]>),
}

impl BeetsLibrary {
    /// Finds out what to tell of a sidecar of which nothing is known.
    pub(super) fn find_out_sidecar(&self, leaf: LeafId) -> Result<Told, Error> {
        loop {
            let sidecar = self.sidecar(leaf)?;
            let kept = self.state.get(leaf);
            if let Some(told) = kept.and_then(|kept| self.recalled_sidecar(&sidecar, &kept)) {
                return Ok(told);
            }
            if let Some(told) = self.look_at_sidecar(&sidecar)? {
                return Ok(told);
            }
        }
    }

    /// Finds out whether what was told of a sidecar holds, looking at its file too; returns whether
    /// something else is told from now on.
    pub(crate) fn refresh_sidecar(&self, leaf: LeafId) -> Result<bool, Error> {
        let before = self.known.last(leaf);
        let told = loop {
            if let Some(told) = self.look_at_sidecar(&self.sidecar(leaf)?)? {
                break told;
            }
        };
        Ok(before.is_some_and(|before| before.attr() != told.attr()))
    }

    /// Takes what is kept of a sidecar for known if the database still has the same; no file is looked at.
    /// Returns whether it is.
    pub(crate) fn recall_sidecar(&self, leaf: LeafId) -> Result<bool, Error> {
        let Some(kept) = self.state.get(leaf) else {
            return Ok(false);
        };
        match self.sidecar(leaf) {
            Ok(sidecar) => Ok(self.recalled_sidecar(&sidecar, &kept).is_some()),
            Err(Error::Gone) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns the device that a sidecar's file seems to be on, as [`Self::device`] does.
    pub(super) fn device_of_sidecar(&self, leaf: LeafId) -> Result<Option<u64>, Error> {
        Ok(self.origins.device_of(self.sidecar(leaf)?.path()))
    }

    /// Opens a sidecar.
    pub(super) fn open_sidecar(&self, leaf: LeafId) -> Result<(Arc<Reader>, LeafAttr), Error> {
        loop {
            let sidecar = self.sidecar(leaf)?;
            let failed = |error: splice::Error| Error::origin(sidecar.path(), error);
            let (plan, origin) = match &sidecar.content {
                Content::File(path) => {
                    let origin = self.origins.open(path);
                    let origin = origin.map_err(|error| Error::origin(path, error))?;
                    (Plan::identity(origin.stamp().len), origin)
                }
                Content::Text(text) => (
                    plan_of(text).map_err(failed)?,
                    self.nothing().map_err(failed)?,
                ),
            };
            let stamp = match &sidecar.content {
                Content::File(_) => origin.stamp(),
                Content::Text(_) => NO_FILE,
            };
            if let Some(told) = self.tell_of_sidecar(&sidecar, &plan, stamp) {
                let reader = Reader::new(Arc::new(plan), origin).map_err(failed)?;
                return Ok((Arc::new(reader), told.attr()));
            }
        }
    }

    /// Looks at the file of a sidecar, if it is one; `None` if something was told of it meanwhile that
    /// was read later.
    fn look_at_sidecar(&self, sidecar: &Sidecar) -> Result<Option<Told>, Error> {
        Ok(match &sidecar.content {
            Content::File(path) => {
                let stamp = self.origins.look(path);
                let stamp = stamp.map_err(|error| Error::origin(path, error))?;
                self.tell_of_sidecar(sidecar, &Plan::identity(stamp.len), stamp)
            }
            Content::Text(text) => {
                let plan = plan_of(text).map_err(|error| Error::origin(sidecar.path(), error))?;
                self.tell_of_sidecar(sidecar, &plan, NO_FILE)
            }
        })
    }

    fn tell_of_sidecar(&self, sidecar: &Sidecar, plan: &Plan, stamp: Stamp) -> Option<Told> {
        let facts = Facts {
            leaf: sidecar.leaf,
            epoch: sidecar.epoch,
            inputs: sidecar.inputs,
            origin: stamp,
            art: None,
            len: plan.len(),
            content: fingerprint::of_content(plan, stamp, None),
        };
        self.tell(&facts, || match sidecar.content {
            Content::File(_) => whole_seconds(stamp.mtime),
            Content::Text(_) => time_of_database(&sidecar.settings.catalog),
        })
    }

    fn recalled_sidecar(&self, sidecar: &Sidecar, kept: &Kept) -> Option<Told> {
        self.recalled(sidecar.leaf, sidecar.epoch, sidecar.inputs, kept)
    }

    /// Returns an empty file.
    fn nothing(&self) -> Result<Arc<Origin>, splice::Error> {
        if let Some(nothing) = self.nothing.get() {
            return Ok(Arc::clone(nothing));
        }
        let file = rustix::fs::memfd_create("musicfs-nothing", MemfdFlags::CLOEXEC);
        let file = file.map_err(std::io::Error::from)?;
        let origin = Arc::new(Origin::from_file(File::from(file))?);
        Ok(Arc::clone(self.nothing.get_or_init(|| origin)))
    }

    /// Returns what is in a sidecar; `None` if it is gone.
    fn content(&self, leaf: LeafId, settings: &Settings) -> Result<Option<Content>, Error> {
        let extras = self.extras.read().unwrap_or_else(PoisonError::into_inner);
        let extras = Arc::clone(&extras);
        match Leaf::of(leaf).kind {
            Kind::AlbumPlaylist | Kind::Playlist => {
                let (Some(items), Some(tree)) = (extras.playlists.get(&leaf), self.tree.get())
                else {
                    return Ok(None);
                };
                let find = |id| settings.catalog.item(id);
                let text = playlist::text(&tree.load(), leaf, items, find);
                let text = text.map_err(Error::unknown)?;
                Ok(Some(Content::Text(text.into())))
            }
            Kind::Beside => Ok(extras.files.get(&leaf).cloned().map(Content::File)),
            _ => content(Leaf::of(leaf), settings),
        }
    }

    fn sidecar(&self, leaf: LeafId) -> Result<Sidecar, Error> {
        // In this order: what comes later may be newer than it says, never older.
        let (epoch, settings) = (self.known.epoch(), self.settings());
        let content = self.content(leaf, &settings)?.ok_or(Error::Gone)?;
        let inputs = match &content {
            Content::File(path) => fingerprint::of_inputs(0, 0, Some(path)),
            Content::Text(text) => fingerprint::of_text(text),
        };
        Ok(Sidecar {
            leaf,
            epoch,
            settings,
            content,
            inputs,
        })
    }
}

impl Sidecar {
    /// Returns the file that it comes from, for messages.
    fn path(&self) -> &Path {
        match &self.content {
            Content::File(path) => path,
            Content::Text(_) => self.settings.catalog.path(),
        }
    }
}

/// Returns what is in a sidecar that is of one row; `None` if it is gone.
fn content(leaf: Leaf, settings: &Settings) -> Result<Option<Content>, Error> {
    let item = ItemId(leaf.number);
    let found = match leaf.kind {
        Kind::Cover => picture(settings, Some(AlbumId(leaf.number))),
        Kind::FurtherCover | Kind::CoverOfDiscs => {
            let digest = settings.catalog.digest(item);
            digest.and_then(|digest| picture(settings, digest.and_then(|digest| digest.album)))
        }
        Kind::Lyrics => settings.catalog.item(item).map(|item| {
            let item = item?;
            let text = item.text("lyrics")?;
            lyrics::are_synced(text.as_bytes()).then(|| Content::Text(lyrics::file(&text).into()))
        }),
        Kind::Item | Kind::AlbumPlaylist | Kind::Playlist | Kind::Beside => Ok(None),
    };
    found.map_err(Error::unknown)
}

/// Returns the picture of an album.
fn picture(settings: &Settings, album: Option<AlbumId>) -> Result<Option<Content>, catalog::Error> {
    let Some(album) = album else { return Ok(None) };
    let path = art::path(&settings.catalog, album)?;
    Ok(path.map(Content::File))
}

fn plan_of(text: &Arc<[u8]>) -> Result<Plan, splice::Error> {
    Plan::builder().generated(Arc::clone(text)).build()
}
