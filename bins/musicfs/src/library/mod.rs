//! What a mount serves: the files of a beets library, with the tags of its database.
//!
//! The attributes of a file come from the first of these that knows them: what was told of it and still
//! holds; what is kept of it from earlier mounts, if the item's row is what it was; a rendering. The
//! origin decides when the file is opened: whatever was told before, what is served then is told next.

mod attributes;
mod commit;
mod file;
mod playlist;
mod settings;
mod sidecar;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use catalog::{Digest, ItemId};
use fusefront::{Edit, Error, LeafAttr, Library, Space, Taken};
use quick_cache::sync::Cache;
use splice::{Origin, Reader};
use vtree::{LeafId, Tree};

use crate::art;
use crate::composed::Composer;
use crate::follow::Reloader;
use crate::journal::Journal;
use crate::known::{Known, Told, group, time_after};
use crate::leaf::{ViewNo, item_of};
use crate::naming::Extras;
use crate::origins::Origins;
use crate::plans::{Key, Planned, Plans, Purpose};
use crate::source::Source;
use crate::state::{Kept, State};
use commit::Writing;
use file::{Current, Entry, Facts, Recent};
use settings::Settings;

/// Of how many files that were asked for the rows are remembered, some 300 bytes each.
const RECENT: usize = 4096;

/// A row of an item, as far as it takes to see whether it changed, and when it was read.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    epoch: u32,
    pub(crate) digest: Digest,
}

/// The content of the leaves of a mounted library.
#[derive(Debug)]
pub(crate) struct BeetsLibrary {
    settings: RwLock<Arc<Settings>>,
    origins: Arc<Origins>,
    plans: Plans,
    known: Known,
    /// Rows of files that were asked for last.
    recent: Cache<LeafId, Recent>,
    state: State,
    extras: RwLock<Arc<Extras>>,
    /// The tree that is shown, by whose names playlists go.
    tree: OnceLock<Arc<Tree>>,
    /// Where files are composed for the kernel, if that is asked for.
    composer: Option<Composer>,
    /// What stands for the origin of files that have none.
    nothing: OnceLock<Arc<Origin>>,
    /// What edits take, if files may be edited.
    writing: Option<Writing>,
}

impl BeetsLibrary {
    /// Serves the items of `source`, whose origins are opened through `origins`, and keeps what it finds
    /// out about them in `state`.
    pub(crate) fn new(source: &Source, origins: Arc<Origins>, state: State) -> Self {
        Self {
            settings: RwLock::new(Arc::new(Settings::of(source))),
            origins,
            plans: Plans::default(),
            known: Known::default(),
            recent: Cache::new(RECENT),
            state,
            extras: RwLock::default(),
            tree: OnceLock::new(),
            composer: None,
            nothing: OnceLock::new(),
            writing: None,
        }
    }

    /// Takes edits of files, and notes them in `journal`.
    pub(crate) fn write_through(mut self, journal: Journal) -> Self {
        self.writing = Some(Writing::new(journal));
        self
    }

    /// Has the tree follow at once when an edit was taken.
    pub(crate) fn follow_by(&self, follower: Reloader) {
        if let Some(writing) = &self.writing {
            writing.follow_by(follower);
        }
    }

    /// Composes files for the kernel to read.
    pub(crate) fn composing(self, composer: Option<Composer>) -> Self {
        Self { composer, ..self }
    }

    /// Serves what `source` says from now on.
    pub(crate) fn reconfigure(&self, source: &Source) {
        let settings = Arc::new(Settings::of(source));
        let mut now = self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *now = settings;
        drop(now);
        self.known.doubt_all();
    }

    /// Serves these playlists, and these files beside origins, from now on.
    pub(crate) fn adopt(&self, extras: &Arc<Extras>) {
        let mut now = self.extras.write().unwrap_or_else(PoisonError::into_inner);
        *now = Arc::clone(extras);
    }

    /// Has playlists go by the names of a tree.
    pub(crate) fn go_by(&self, tree: &Arc<Tree>) {
        // There is one tree, and so one answer.
        let _ = self.tree.set(Arc::clone(tree));
    }

    /// Returns the views that files are in.
    pub(crate) fn views(&self) -> Vec<ViewNo> {
        self.settings().views().collect()
    }

    /// Looks again before it tells of these leaves what it told before; `None` stands for all.
    pub(crate) fn doubt(&self, leaves: Option<&[LeafId]>) {
        match leaves {
            Some(leaves) => self.known.doubt(leaves.iter().copied()),
            None => self.known.doubt_all(),
        }
    }

    /// Returns what is kept across mounts.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Returns the rows of up to `most` items, those with the lowest numbers beyond `after`.
    pub(crate) fn rows(&self, after: Option<ItemId>, most: u32) -> Result<Vec<Row>, Error> {
        let (epoch, settings) = (self.known.epoch(), self.settings());
        let digests = settings.catalog.digests(after, most);
        let digests = digests.map_err(Error::unknown)?;
        let rows = digests.into_iter().map(|digest| Row { epoch, digest });
        Ok(rows.collect())
    }

    /// Returns the row of a leaf's item, as the database has it now.
    pub(crate) fn row(&self, leaf: LeafId) -> Result<Row, Error> {
        // In this order: what comes later may be newer than it says, never older.
        let epoch = self.known.epoch();
        let digest = self.digest(leaf)?;
        Ok(Row { epoch, digest })
    }

    /// Returns how the row of a leaf's item is.
    pub(crate) fn digest(&self, leaf: LeafId) -> Result<Digest, Error> {
        self.digest_by(leaf, &self.settings())
    }

    fn digest_by(&self, leaf: LeafId, settings: &Settings) -> Result<Digest, Error> {
        let id = item_of(leaf).ok_or(Error::Gone)?;
        self.origins.work().count_row();
        let digest = settings.catalog.digest(id);
        let digest = digest.map_err(Error::unknown)?;
        digest.ok_or(Error::Gone)
    }

    /// Finds out whether what is kept of an item's file still holds, as far as its row says; no file is
    /// looked at. What holds is known from then on.
    pub(crate) fn recall(&self, leaf: LeafId, row: &Row, kept: &Kept) -> Result<bool, Error> {
        let entry = Entry::new(leaf, row.epoch, self.settings(), row.digest.clone())?;
        Ok(self
            .recalled(leaf, entry.epoch, entry.inputs, kept)
            .is_some())
    }

    /// Does so for the file of any leaf, whose row is read for that.
    pub(crate) fn recall_leaf(&self, leaf: LeafId) -> Result<bool, Error> {
        if item_of(leaf).is_none() {
            return self.recall_sidecar(leaf);
        }
        let Some(kept) = self.state.get(leaf) else {
            return Ok(false);
        };
        self.recall(leaf, &self.row(leaf)?, &kept)
    }

    /// Finds out whether what was told of an item's file holds, looking at its files too; returns whether
    /// something else is told from now on.
    pub(crate) fn refresh(&self, leaf: LeafId, row: &Row) -> Result<bool, Error> {
        // It may have been read long ago, and be another one by now.
        let now = if row.epoch == self.known.epoch() {
            row.clone()
        } else {
            self.row(leaf)?
        };
        let entry = Entry::new(leaf, now.epoch, self.settings(), now.digest)?;
        let before = self.known.last(leaf);
        if let Some(kept) = self.state.get(leaf)
            && self.is_of_its_files(&kept, &entry)
            && self
                .recalled(leaf, entry.epoch, entry.inputs, &kept)
                .is_some()
        {
            return Ok(false);
        }
        let told = match self.current(entry, Purpose::Look)? {
            Some(current) => self.tell(&current.facts(), || current.first_time()),
            None => None,
        };
        let told = match told {
            Some(told) => told,
            // Its row changed meanwhile.
            None => self.find_out(leaf)?,
        };
        Ok(before.is_some_and(|before| before.attr() != told.attr()))
    }

    fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns what a leaf's item is rendered from, as the database has it now.
    fn recent_of(&self, leaf: LeafId) -> Result<Recent, Error> {
        // In this order: what comes later may be newer than it says, never older.
        let (epoch, settings) = (self.known.epoch(), self.settings());
        let glimpse = settings.catalog.glimpse();
        let digest = self.digest_by(leaf, &settings)?;
        let entry = Entry::new(leaf, epoch, settings, digest)?;
        Ok(Recent { entry, glimpse })
    }

    /// Returns whether a row was read in this epoch, and the database looks as it did.
    fn is_current(&self, recent: &Recent) -> bool {
        recent.entry.epoch == self.known.epoch() && recent.seems_current()
    }

    /// Returns the device that a leaf's origin seems to be on. Waits for the database, but for no origin.
    fn device(&self, leaf: LeafId) -> Result<Option<u64>, Error> {
        if item_of(leaf).is_none() {
            return self.device_of_sidecar(leaf);
        }
        let recent = self.recent_of(leaf)?;
        let device = self.origins.device_of(recent.entry.path());
        // It is what the request that asks will need.
        self.recent.insert(leaf, recent);
        Ok(device)
    }

    /// Takes what is kept of a leaf for known, if that is made from `inputs`, which were read in `epoch`.
    fn recalled(&self, leaf: LeafId, epoch: u32, inputs: u64, kept: &Kept) -> Option<Told> {
        let last = self.known.last(leaf);
        let is_same = last.is_none_or(|last| last.content == kept.content);
        if kept.inputs != inputs || !is_same {
            return None;
        }
        self.known.tell(leaf, epoch, |_| Told::of(kept))
    }

    fn is_of_its_files(&self, kept: &Kept, entry: &Entry) -> bool {
        let art = entry.art.as_deref();
        let art = art.and_then(|art| art::or_none(art, |path| self.origins.look(path)));
        let origin = self.origins.look(entry.path());
        origin.is_ok_and(|origin| kept.is_of(origin, art))
    }

    /// Opens an item's file and plans what is served for it; `None` if its row is another one by now.
    fn current(&self, entry: Arc<Entry>, purpose: Purpose) -> Result<Option<Current>, Error> {
        let path = entry.path();
        let origin = self.origins.open(path);
        let origin = origin.map_err(|error| Error::origin(path, error))?;
        let art = entry.art.as_deref();
        let art = art.and_then(|art| art::or_none(art, |path| self.origins.open(path)));
        let key = Key {
            item: entry.digest.id,
            stamp: origin.stamp(),
            inputs: entry.inputs,
            art: art.as_ref().map(|art| art.stamp()),
        };
        let mut item = None;
        let planned = self.plans.get(&key, purpose, || {
            let work = self.origins.work();
            work.count_row();
            let read = entry.read()?.ok_or(None)?;
            let plan =
                entry
                    .rendering()
                    .map_err(Some)?
                    .render(&read, path, &origin, art.as_deref(), work);
            item = Some(read);
            plan.map_err(Some)
        });
        let Planned { plan, content } = match planned {
            Ok(planned) => planned,
            Err(None) => return Ok(None),
            Err(Some(error)) => return Err(error),
        };
        Ok(Some(Current {
            entry,
            origin,
            art,
            plan,
            content,
            item,
        }))
    }

    /// Notes the content of a leaf, and returns what is told of it; `None` if something was told of it
    /// meanwhile that was read later.
    ///
    /// `first` is the time of the file if nothing is known of it yet, in seconds since 1970.
    fn tell(&self, facts: &Facts, first: impl FnOnce() -> i64) -> Option<Told> {
        let &Facts { leaf, content, .. } = facts;
        let is_same = |told: &Told| told.content == content;
        let last = self.known.last(leaf);
        let kept = if last.as_ref().is_some_and(is_same) {
            None
        } else {
            self.state.get(leaf).as_ref().map(Told::of)
        };
        let is_new = !last.iter().chain(&kept).any(is_same);
        let first = if is_new { first() } else { 0 };
        let is_noted = last.as_ref().is_some_and(is_same) && self.known.get(leaf).is_some();
        let told = self.known.tell(leaf, facts.epoch, |before| {
            let before = before.into_iter().chain(kept);
            let mtime = time_after(before, content, || first);
            Told::new(facts.len, content, mtime, facts.origin.dev)
        })?;
        if !is_noted {
            self.state.put(leaf, facts.kept(&told));
        }
        Some(told)
    }

    /// Finds out what to tell of a leaf of which nothing is known.
    fn find_out(&self, leaf: LeafId) -> Result<Told, Error> {
        if item_of(leaf).is_none() {
            return self.find_out_sidecar(leaf);
        }
        let mut read = self.recent.get(&leaf).filter(|read| self.is_current(read));
        loop {
            let recent = read.take().map_or_else(|| self.recent_of(leaf), Ok)?;
            let entry = &recent.entry;
            let kept = self.state.get(leaf);
            if let Some(told) =
                kept.and_then(|kept| self.recalled(leaf, entry.epoch, entry.inputs, &kept))
            {
                self.recent.insert(leaf, recent);
                return Ok(told);
            }
            if let Some(current) = self.current(entry.clone(), Purpose::Look)?
                && let Some(told) = self.tell(&current.facts(), || current.first_time())
            {
                // Most files that are looked at are opened next.
                self.recent.insert(leaf, recent);
                return Ok(told);
            }
        }
    }

    /// Opens a leaf whose row is known to be what it was when it was opened before; `None` if it is not,
    /// or its files are others, which is then found out from the beginning.
    fn open_again(&self, leaf: LeafId) -> Result<Option<(Arc<Reader>, LeafAttr)>, Error> {
        let recent = self.recent.get(&leaf).filter(Recent::seems_current);
        let told = |recent: &Recent| self.known.get_of(leaf, recent.entry.epoch);
        let Some((told, recent)) = recent.and_then(|recent| Some((told(&recent)?, recent))) else {
            return Ok(None);
        };
        let current = self.current(recent.entry, Purpose::Open)?;
        let Some(current) = current.filter(|current| current.content == told.content) else {
            return Ok(None);
        };
        Ok(Some((current.reader()?, told.attr())))
    }

    /// Returns what was told of a leaf last, in this mount or an earlier one.
    fn last_told(&self, leaf: LeafId) -> Option<Told> {
        let kept = || self.state.get(leaf).as_ref().map(Told::of);
        self.known.last(leaf).or_else(kept)
    }
}

impl Library for BeetsLibrary {
    fn attr(&self, leaf: LeafId) -> Result<LeafAttr, Error> {
        let told = match self.find_out(leaf) {
            Err(Error::Gone) => Err(Error::Gone),
            // A name must not vanish, nor change its size, because a disk is away.
            Err(error) => self.last_told(leaf).ok_or(error),
            found => found,
        };
        told.map(|told| told.attr())
    }

    fn open(&self, leaf: LeafId) -> Result<(Arc<Reader>, LeafAttr), Error> {
        if item_of(leaf).is_none() {
            return self.open_sidecar(leaf);
        }
        if let Some(opened) = self.open_again(leaf)? {
            return Ok(opened);
        }
        let mut read = self.recent.get(&leaf).filter(|read| self.is_current(read));
        loop {
            let recent = read.take().map_or_else(|| self.recent_of(leaf), Ok)?;
            let current = self.current(recent.entry.clone(), Purpose::Open)?;
            if let Some(current) = current
                && let Some(told) = self.tell(&current.facts(), || current.first_time())
            {
                self.recent.insert(leaf, recent);
                return Ok((current.reader()?, told.attr()));
            }
        }
    }

    fn composed(&self, reader: &Reader) -> Option<Arc<File>> {
        self.composer.as_ref()?.file(reader)
    }

    fn known_attr(&self, leaf: LeafId) -> Option<LeafAttr> {
        self.known.get(leaf).map(|told| told.attr())
    }

    fn attribute(&self, leaf: LeafId, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.attribute_of(leaf, name)
    }

    fn attributes(&self, leaf: LeafId) -> Result<Vec<&'static str>, Error> {
        Ok(Self::attribute_names(leaf))
    }

    fn known_group(&self, leaf: LeafId) -> Option<u64> {
        self.known.group(leaf)
    }

    fn origin_group(&self, leaf: LeafId) -> u64 {
        // What cannot be read waits for no origin.
        let device = self.device(leaf).ok().flatten();
        device.map_or(0, |device| u64::from(group(device)))
    }

    fn is_editable(&self, leaf: LeafId) -> bool {
        self.writing.is_some() && item_of(leaf).is_some()
    }

    fn commit(&self, leaf: LeafId, edit: &Edit<'_>) -> Result<Taken, Error> {
        self.take_over(leaf, edit)
    }

    fn space(&self) -> Result<Space, Error> {
        let facts = match self.origins.filesystem() {
            // As long as it is away, there is no space in it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Space::default()),
            found => found.map_err(|error| Error::origin(self.origins.directory(), error))?,
        };
        let bytes = |blocks: u64| blocks.saturating_mul(facts.f_frsize);
        Ok(Space {
            total: bytes(facts.f_blocks),
            free: bytes(facts.f_bfree),
            available: bytes(facts.f_bavail),
        })
    }
}
