//! Which library is meant: its configuration and its database.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use catalog::{Config, Formats, Item, Library, Schema, Surroundings, Type, Types};
use jiff::tz::TimeZone;
use splice::Origin;
use vtree::LeafId;

use crate::art;
use crate::leaf::Leaf;
use crate::origins::Origins;
use crate::views::View;

/// What the command line says in place of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The configuration; found where beets finds it if not given.
    pub config: Option<PathBuf>,
    /// The database.
    pub library: Option<PathBuf>,
    /// The folder that holds the music.
    pub directory: Option<PathBuf>,
    /// The template of every item's path.
    pub path_format: Option<String>,
    /// A query that selects items.
    pub query: Option<String>,
    /// Views, each `NAME` (of the configuration) or `NAME=TEMPLATE[;QUERY]`.
    pub views: Vec<String>,
}

/// A library: its configuration, its open database, and what of it is asked for.
#[derive(Debug)]
pub struct Source {
    /// The configuration, with the overrides applied.
    pub config: Config,
    /// The database.
    pub library: Arc<Library>,
    /// What is mounted of it.
    pub views: Vec<View>,
    /// What of the process the configuration was found by.
    pub surroundings: Surroundings,
    overrides: Overrides,
    /// What folders are read through, if anything is mounted.
    origins: Option<Arc<Origins>>,
    /// What folders of origins had in them when they were read last.
    folders: Arc<Mutex<HashMap<PathBuf, Vec<OsString>>>>,
    /// What was said of this configuration; names are made anew again and again.
    said: Mutex<HashSet<String>>,
    zone: TimeZone,
    /// The file of the configuration, whether or not it is there.
    file: PathBuf,
    /// What that file was before it was read.
    read: Option<FileState>,
}

/// What of a file tells that it changed: its number, its length, and the time of its last change.
type FileState = (u64, u64, i64, i64);

impl Source {
    /// Reads the configuration and opens the database.
    ///
    /// # Errors
    ///
    /// If either cannot be read, or makes no sense.
    pub fn open(overrides: Overrides) -> Result<Self> {
        Self::open_in(overrides, Surroundings::from_process(), TimeZone::system())
    }

    /// Does the same in other surroundings than those of the process.
    ///
    /// # Errors
    ///
    /// As for [`Source::open`].
    pub fn open_in(
        overrides: Overrides,
        surroundings: Surroundings,
        zone: TimeZone,
    ) -> Result<Self> {
        let advice = "no beets library; name one by --library, --config or BEETSDIR";
        let open = |path: &Path, schema| Library::open(path, schema).context(advice);
        Self::open_by(overrides, surroundings, zone, open)
    }

    fn open_by(
        overrides: Overrides,
        surroundings: Surroundings,
        zone: TimeZone,
        open: impl FnOnce(&Path, Schema) -> Result<Library>,
    ) -> Result<Self> {
        let file = Config::locate(overrides.config.as_deref(), &surroundings)?;
        let read = state(&file);
        let mut config = Config::load(overrides.config.as_deref(), &surroundings)?;
        if let Some(library) = &overrides.library {
            config.library = surroundings.resolve(library, Path::new(""))?;
        }
        if let Some(directory) = &overrides.directory {
            config.directory = surroundings.resolve(directory, Path::new(""))?;
            config.directory_as_written = directory.to_string_lossy().into_owned();
        }
        let library = open(&config.library, schema(&config, zone.clone())?)?;
        Ok(Self {
            views: View::all(&config, &overrides)?,
            config,
            library: Arc::new(library),
            surroundings,
            overrides,
            origins: None,
            folders: Arc::default(),
            said: Mutex::default(),
            zone,
            file,
            read,
        })
    }

    /// Warns of something about the configuration, once.
    pub(crate) fn warn_once(&self, warning: String) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if !said.contains(&warning) {
            tracing::warn!("{warning}");
            said.insert(warning);
        }
    }

    /// Reads the configuration again, and opens the database that it names now.
    ///
    /// # Errors
    ///
    /// As for [`Source::open`].
    pub fn again(&self) -> Result<Self> {
        let (surroundings, zone) = (self.surroundings.clone(), self.zone.clone());
        // Which library is meant is known.
        let open = |path: &Path, schema| Ok(Library::open(path, schema)?);
        let mut source = Self::open_by(self.overrides.clone(), surroundings, zone, open)?;
        source.origins.clone_from(&self.origins);
        source.folders = Arc::clone(&self.folders);
        Ok(source)
    }

    /// Returns the file of the configuration, whether or not it is there.
    pub fn configuration(&self) -> &Path {
        &self.file
    }

    /// Returns whether that file is another than when it was read.
    ///
    /// One that was emptied is not yet: whoever writes it in place empties it first.
    pub fn is_configured_anew(&self) -> bool {
        let now = state(&self.file);
        let is_empty = now.is_some_and(|(_, len, ..)| len == 0);
        now != self.read && !is_empty
    }

    /// Returns the view that a leaf is in.
    ///
    /// # Errors
    ///
    /// If it is in none of these.
    pub fn view_of(&self, leaf: LeafId) -> Result<&View> {
        let number = Leaf::of(leaf).view;
        let mut views = self.views.iter();
        let view = views.find(|view| view.number == number);
        view.context("the file is in no view")
    }

    /// Returns the view of everything, rendered as where no view says otherwise.
    ///
    /// # Errors
    ///
    /// If the section `musicfs` makes no sense.
    pub fn whole(&self) -> Result<View> {
        View::unnamed(&self.config)
    }

    /// Opens the picture that is embedded in an item's file in a view, if the view embeds art and the item's
    /// album has some.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn art(&self, view: &View, item: &Item) -> Result<Option<Origin>> {
        match item.album_id() {
            Some(album) if view.embeds_art => {
                let path = art::path(&self.library, album)?;
                Ok(path.and_then(|path| art::or_none(&path, Origin::open)))
            }
            _ => Ok(None),
        }
    }

    /// Returns when the database changed last, in whole seconds; the epoch if that is not known.
    pub fn library_time(&self) -> SystemTime {
        let modified = fs::metadata(self.library.path()).and_then(|metadata| metadata.modified());
        let since = modified
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        UNIX_EPOCH + Duration::from_secs(since.map_or(0, |since| since.as_secs()))
    }

    /// Has folders read through `origins` from now on, so that none is read through the mount.
    pub(crate) fn read_through(&mut self, origins: Arc<Origins>) {
        self.origins = Some(origins);
    }

    /// Returns the names of the files in some folders of origins; where one cannot be read, those that it
    /// had when it was last, since names must not vanish because a disk is away.
    pub(crate) fn files_in<'p>(
        &self,
        folders: impl Iterator<Item = &'p Path>,
    ) -> Vec<Vec<OsString>> {
        let unmounted = || Arc::new(Origins::unmounted(self.directory()));
        let origins = self.origins.clone().unwrap_or_else(unmounted);
        let mut known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unreadable = Vec::new();
        let files = folders.map(|folder| match origins.files_in(folder) {
            Ok(names) => {
                known.insert(folder.to_owned(), names.clone());
                names
            }
            Err(error) => {
                unreadable.push((folder, error));
                known.get(folder).cloned().unwrap_or_default()
            }
        });
        let files = files.collect();
        // A share that is away has thousands of them.
        if let [(folder, error), ..] = unreadable.as_slice() {
            let (folder, folders) = (folder.display(), unreadable.len());
            tracing::warn!(%folder, %error, folders, "folders cannot be read for files beside origins");
        }
        files
    }

    /// Returns the folder that holds the music, absolute.
    pub fn directory(&self) -> &Path {
        &self.config.directory
    }
}

/// Returns what tells whether a file changed.
fn state(path: &Path) -> Option<FileState> {
    let metadata = fs::metadata(path).ok()?;
    let (mtime, nanos) = (metadata.mtime(), metadata.mtime_nsec());
    Some((metadata.ino(), metadata.len(), mtime, nanos))
}

/// Returns the types and formats of values under a configuration.
fn schema(config: &Config, zone: TimeZone) -> Result<Schema> {
    let mut types = Types::default();
    for plugin in &config.plugins {
        types.enable(plugin);
    }
    for (field, declared) in config.declared_types()? {
        if let Some(ty) = Type::declared_as(&declared) {
            types.declare(&field, ty);
        }
    }
    let formats = Formats {
        time_format: config.time_format.clone(),
        raw_length: config.format_raw_length,
        directory: config.directory.as_os_str().as_bytes().to_vec(),
        zone,
    };
    Ok(Schema { types, formats })
}
