//! What a mount serves: the files of a beets library, with the tags of its database.

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use catalog::Item;
use dashmap::DashMap;
use fusefront::{Error, LeafAttr, Library, Space};
use splice::{Origin, Plan, Reader, Segment, Stamp};
use tagsynth::Cover;
use vtree::LeafId;

use crate::art;
use crate::naming::item_of;
use crate::origins::Origins;
use crate::plans::{Key, Plans};
use crate::revisions::Revisions;
use crate::source::Source;
use crate::tags;

/// The content of the leaves of a mounted library.
#[derive(Debug)]
pub struct BeetsLibrary {
    settings: RwLock<Arc<Settings>>,
    origins: Arc<Origins>,
    plans: Plans,
    revisions: Revisions,
    /// What was last told of each leaf.
    seen: DashMap<LeafId, Seen>,
}

/// What the configuration decides.
#[derive(Debug)]
struct Settings {
    catalog: Arc<catalog::Library>,
    options: tagsynth::Options,
    /// Whether the art of albums is embedded.
    embeds_art: bool,
}

/// What was last told of a leaf, so that times move when bytes do, and stay when an origin is gone.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// The state of the database that it was made from.
    revision: u64,
    content: u64,
    attr: LeafAttr,
    /// The device of the origin.
    device: u64,
}

/// An item's file at this moment.
struct Current {
    revision: u64,
    origin: Arc<Origin>,
    /// The picture that is embedded.
    art: Option<Arc<Origin>>,
    plan: Arc<Plan>,
    path: PathBuf,
    /// Whether the database was edited without the file.
    is_edited: bool,
}

impl Settings {
    fn of(source: &Source) -> Result<Self> {
        Ok(Self {
            catalog: Arc::clone(&source.library),
            options: source.rendering()?,
            embeds_art: source.embeds_art()?,
        })
    }

    /// Plans the virtual file; what cannot be rendered is served as it is.
    fn render(
        &self,
        item: &Item,
        path: &Path,
        origin: &Origin,
        art: Option<&Origin>,
    ) -> Result<Plan, Error> {
        let tags = tags::of_item(item);
        let cover = art.map(|art| Cover::new(art)).transpose();
        let cover = cover.map_err(|error| Error::origin(path, error))?.flatten();
        let name = path.as_os_str().as_bytes();
        match tagsynth::render(origin, name, &tags, cover, &self.options) {
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

impl BeetsLibrary {
    /// Serves the items of `source`, whose origins are opened through `origins`.
    ///
    /// # Errors
    ///
    /// If the configuration of renderings makes no sense.
    pub fn new(source: &Source, origins: Arc<Origins>) -> Result<Self> {
        Ok(Self {
            settings: RwLock::new(Arc::new(Settings::of(source)?)),
            origins,
            plans: Plans::default(),
            revisions: Revisions::default(),
            seen: DashMap::new(),
        })
    }

    /// Serves what `source` says from now on.
    ///
    /// # Errors
    ///
    /// As for [`BeetsLibrary::new`]; nothing has changed then.
    pub fn reconfigure(&self, source: &Source) -> Result<()> {
        let settings = Arc::new(Settings::of(source)?);
        *self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner) = settings;
        self.revisions.advance();
        Ok(())
    }

    fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn current(&self, leaf: LeafId) -> Result<Current, Error> {
        let settings = self.settings();
        let database = |error| Error::origin(settings.catalog.path(), error);
        let revision = self.revisions.number(&settings.catalog).map_err(database)?;
        let item = settings
            .catalog
            .item(item_of(leaf))
            .map_err(database)?
            .ok_or(Error::Gone)?;
        let path = PathBuf::from(OsString::from_vec(item.path()));
        let origin = self
            .origins
            .open(&path)
            .map_err(|error| Error::origin(&path, error))?;
        let art = self.art(&settings, &item).map_err(database)?;
        let key = Key {
            leaf,
            stamp: origin.stamp(),
            revision,
            art: art.as_ref().map(Origin::stamp),
        };
        let plan = self.plans.get(&key, || {
            settings.render(&item, &path, &origin, art.as_ref())
        })?;
        Ok(Current {
            revision,
            origin: Arc::new(origin),
            art: art.map(Arc::new),
            plan,
            path,
            // beets sets it to 0 then.
            is_edited: item.get("mtime").as_f64() == Some(0.0),
        })
    }

    /// Opens the picture to embed in an item's file.
    fn art(&self, settings: &Settings, item: &Item) -> Result<Option<Origin>, catalog::Error> {
        if !settings.embeds_art {
            return Ok(None);
        }
        art::open(&settings.catalog, item, |path| self.origins.open(path))
    }

    /// Notes the content of a leaf, and returns its attributes; `None` if meanwhile a later state of
    /// the database was told.
    ///
    /// When other bytes are served than before, the modification time moves on by two seconds at
    /// least, since some servers look for more than one.
    fn tell(&self, leaf: LeafId, current: &Current) -> Option<LeafAttr> {
        let content = fingerprint(current);
        let Current { revision, .. } = *current;
        let device = current.origin.stamp().dev;
        let told_at = |mtime| Seen {
            revision,
            content,
            attr: LeafAttr {
                len: current.plan.len(),
                mtime,
                ctime: mtime,
            },
            device,
        };
        let first = || told_at(self.first_time(current));
        let mut seen = self.seen.entry(leaf).or_insert_with(first);
        if seen.revision > revision {
            return None;
        }
        let mut mtime = seen.attr.mtime;
        if seen.content != content {
            let now = whole_seconds(SystemTime::now());
            let after = mtime + Duration::from_secs(2);
            mtime = self.first_time(current).max(after).max(now);
        }
        *seen = told_at(mtime);
        Some(seen.attr)
    }

    /// Returns the modification time of a leaf that nothing was told of since the mount.
    ///
    /// It is the origin's, or that of the picture that is embedded, unless tags were edited in the database alone. beets does not keep when
    /// that was; the last change of the database is no earlier.
    fn first_time(&self, current: &Current) -> SystemTime {
        let stamp = current.origin.stamp();
        let mut time = time_of(stamp);
        if let Some(art) = &current.art {
            time = time.max(time_of(art.stamp()));
        }
        if current.is_edited && !current.plan.is_identity(stamp.len) {
            let database = fs::metadata(self.settings().catalog.path());
            let changed = database.and_then(|metadata| metadata.modified());
            time = changed.map_or(time, |changed| changed.max(time));
        }
        whole_seconds(time)
    }

    /// Returns an item's file and what was told of it.
    fn current_and_told(&self, leaf: LeafId) -> Result<(Current, LeafAttr), Error> {
        loop {
            let current = self.current(leaf)?;
            if let Some(attr) = self.tell(leaf, &current) {
                return Ok((current, attr));
            }
        }
    }

    fn last_told(&self, leaf: LeafId) -> Option<LeafAttr> {
        self.seen.get(&leaf).map(|seen| seen.attr)
    }
}

impl Library for BeetsLibrary {
    fn attr(&self, leaf: LeafId) -> Result<LeafAttr, Error> {
        match self.current_and_told(leaf) {
            Ok((_, attr)) => Ok(attr),
            Err(error @ Error::Gone) => Err(error),
            // A name must not vanish, nor change its size, because a disk is away.
            Err(error) => match self.last_told(leaf) {
                Some(attr) => Ok(attr),
                None => Err(error),
            },
        }
    }

    fn open(&self, leaf: LeafId) -> Result<(Arc<Reader>, LeafAttr), Error> {
        let (current, attr) = self.current_and_told(leaf)?;
        let reader = Reader::with_insert(current.plan, current.origin, current.art);
        let reader = reader.map_err(|error| Error::origin(current.path, error))?;
        Ok((Arc::new(reader), attr))
    }

    fn origin_group(&self, leaf: LeafId) -> u64 {
        self.seen.get(&leaf).map_or(0, |seen| seen.device)
    }

    fn space(&self) -> Result<Space, Error> {
        let failed = |error| Error::origin(self.origins.directory(), error);
        let facts = self.origins.filesystem().map_err(failed)?;
        let bytes = |blocks: u64| blocks.saturating_mul(facts.f_frsize);
        Ok(Space {
            total: bytes(facts.f_blocks),
            free: bytes(facts.f_bfree),
            available: bytes(facts.f_bavail),
        })
    }
}

/// Returns a number that differs, but for one chance in 2⁶⁴, when other bytes are served.
///
/// A network share may have another device number tomorrow, which is no change of content.
fn fingerprint(current: &Current) -> u64 {
    let mut hasher = DefaultHasher::new();
    let Stamp { len, mtime, .. } = current.origin.stamp();
    (len, mtime).hash(&mut hasher);
    let art = current.art.as_ref().map(|art| art.stamp());
    art.map(|art| (art.len, art.mtime)).hash(&mut hasher);
    for segment in current.plan.segments() {
        match segment {
            Segment::Generated(bytes) => bytes.hash(&mut hasher),
            other => format!("{other:?}").hash(&mut hasher),
        }
    }
    hasher.finish()
}

fn time_of(stamp: Stamp) -> SystemTime {
    let distance = Duration::from_nanos(stamp.mtime.unsigned_abs());
    if stamp.mtime < 0 {
        UNIX_EPOCH - distance
    } else {
        UNIX_EPOCH + distance
    }
}

/// Cuts off the fraction of a second, which not every client keeps.
fn whole_seconds(time: SystemTime) -> SystemTime {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => UNIX_EPOCH + Duration::from_secs(after.as_secs()),
        Err(before) => UNIX_EPOCH - Duration::from_secs(before.duration().as_secs()),
    }
}
