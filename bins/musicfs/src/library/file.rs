//! An item and its file, as they are at some moment.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::{Digest, Glimpse, Item};
use fusefront::Error;
use splice::{Origin, Plan, Reader, Stamp};
use vtree::LeafId;

use super::settings::{Rendering, Settings};
use crate::fingerprint;
use crate::known::{Told, seconds};
use crate::leaf::Leaf;
use crate::state::Kept;

const NANOSECONDS: i64 = 1_000_000_000;

/// What the database says of an item at some moment, as far as it takes to see whether that changed.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) leaf: LeafId,
    /// When it was read.
    pub(super) epoch: u32,
    pub(super) settings: Arc<Settings>,
    pub(super) digest: Digest,
    /// Where the picture to embed is.
    pub(super) art: Option<PathBuf>,
    /// See [`fingerprint::of_inputs`].
    pub(super) inputs: u64,
}

/// A row that was read, and what the database looked like just before.
#[derive(Debug, Clone)]
pub(super) struct Recent {
    pub(super) entry: Arc<Entry>,
    pub(super) glimpse: Option<Glimpse>,
}

/// An item's file at some moment.
pub(super) struct Current {
    pub(super) entry: Arc<Entry>,
    pub(super) origin: Arc<Origin>,
    /// The picture that is embedded.
    pub(super) art: Option<Arc<Origin>>,
    pub(super) plan: Arc<Plan>,
    /// See [`fingerprint::of_content`].
    pub(super) content: u64,
    /// The item, if it was read for the plan.
    pub(super) item: Option<Item>,
}

impl Entry {
    pub(super) fn new(
        leaf: LeafId,
        epoch: u32,
        settings: Arc<Settings>,
        digest: Digest,
    ) -> Result<Arc<Self>, Error> {
        let rendering = settings.rendering(Leaf::of(leaf).view)?;
        let art = settings.art(rendering, digest.album)?;
        let inputs = fingerprint::of_inputs(rendering.fingerprint, digest.digest, art.as_deref());
        Ok(Arc::new(Self {
            leaf,
            epoch,
            settings,
            digest,
            art,
            inputs,
        }))
    }

    /// Returns the path of the origin.
    pub(super) fn path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.digest.path))
    }

    /// Returns how the file is rendered.
    pub(super) fn rendering(&self) -> Result<&Rendering, Error> {
        self.settings.rendering(Leaf::of(self.leaf).view)
    }

    /// Reads the item; `None` if it is gone, or its row is another one by now.
    pub(super) fn read(&self) -> Result<Option<Item>, Error> {
        let item = self.settings.catalog.item(self.digest.id);
        let item = item.map_err(Error::unknown)?;
        Ok(item.filter(|item| item.digest() == self.digest.digest))
    }
}

impl Recent {
    /// Returns whether the database looks as it did.
    pub(super) fn seems_current(&self) -> bool {
        self.glimpse.is_some() && self.glimpse == self.entry.settings.catalog.glimpse()
    }
}

impl Current {
    /// Returns the identities of the origin and of the picture that is embedded.
    pub(super) fn stamps(&self) -> (Stamp, Option<Stamp>) {
        let art = self.art.as_ref().map(|art| art.stamp());
        (self.origin.stamp(), art)
    }

    /// Returns the modification time, in seconds since 1970, if nothing is known of the file yet.
    ///
    /// It is the origin's, or that of the picture that is embedded, unless tags were edited in the
    /// database alone. beets does not keep when that was; the last change of the database is no earlier.
    pub(super) fn first_time(&self) -> i64 {
        let (origin, art) = self.stamps();
        let mtime = art.map_or(origin.mtime, |art| art.mtime.max(origin.mtime));
        let of_files = whole_seconds(mtime);
        if self.plan.is_identity(origin.len) || !self.is_edited() {
            return of_files;
        }
        time_of_database(&self.entry.settings.catalog).max(of_files)
    }

    /// Returns whether the database was edited without the file: beets sets the item's own time to 0 then.
    fn is_edited(&self) -> bool {
        let of = |item: &Item| item.get("mtime").as_f64() == Some(0.0);
        match &self.item {
            Some(item) => of(item),
            None => self.entry.read().ok().flatten().as_ref().is_some_and(of),
        }
    }

    /// Joins plan and files.
    pub(super) fn reader(&self) -> Result<Arc<Reader>, Error> {
        let (plan, origin) = (Arc::clone(&self.plan), Arc::clone(&self.origin));
        let reader = Reader::with_insert(plan, origin, self.art.clone());
        let reader = reader.map_err(|error| Error::origin(self.entry.path(), error))?;
        Ok(Arc::new(reader))
    }

    /// Returns what is told and kept of it.
    pub(super) fn facts(&self) -> Facts {
        let (origin, art) = self.stamps();
        Facts {
            leaf: self.entry.leaf,
            epoch: self.entry.epoch,
            inputs: self.entry.inputs,
            origin,
            art,
            len: self.plan.len(),
            content: self.content,
        }
    }
}

/// What is told and kept of a file that was just looked at, but for its time.
pub(super) struct Facts {
    pub(super) leaf: LeafId,
    /// When what it is made from was read.
    pub(super) epoch: u32,
    /// What it is made from, apart from files: see [`fingerprint`].
    pub(super) inputs: u64,
    pub(super) origin: Stamp,
    /// The picture that is embedded.
    pub(super) art: Option<Stamp>,
    pub(super) len: u64,
    /// See [`fingerprint::of_content`].
    pub(super) content: u64,
}

impl Facts {
    /// Returns what is to be kept of it, with the time that was told.
    pub(super) fn kept(&self, told: &Told) -> Kept {
        Kept {
            inputs: self.inputs,
            origin: self.origin,
            art: self.art,
            len: told.len,
            mtime: told.mtime,
            content: told.content,
        }
    }
}

/// Returns when a database changed last, in seconds since 1970; 0 if that is not known.
pub(super) fn time_of_database(catalog: &catalog::Library) -> i64 {
    let database = fs::metadata(catalog.path());
    let changed = database.and_then(|metadata| metadata.modified());
    changed.map_or(0, seconds)
}

/// Returns the whole seconds of a [`Stamp`]'s time.
pub(super) fn whole_seconds(nanoseconds: i64) -> i64 {
    nanoseconds.div_euclid(NANOSECONDS)
}
