//! Takes edited files over into the library.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use catalog::{Digest, Entity, ItemId};
use fusefront::{Edit, Error, Taken};
use splice::Reader;
use tagsynth::FileTags;
use vtree::LeafId;

use super::BeetsLibrary;
use super::file::{Current, Entry};
use super::settings::Settings;
use crate::check::with_causes;
use crate::edit::{self, Applied, Change, Refusal, Rendered, Shared, Target, Unmade};
use crate::follow::Reloader;
use crate::journal::{Draft, Journal, State};
use crate::leaf::{Leaf, item_of};
use crate::plans::Purpose;

/// How long a save waits in all for others who have the library locked; beets waits as long for a lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// What it takes to write to the library.
#[derive(Debug)]
pub(super) struct Writing {
    journal: Journal,
    /// Has the tree follow.
    follower: OnceLock<Reloader>,
}

impl Writing {
    pub(super) fn new(journal: Journal) -> Self {
        Self {
            journal,
            follower: OnceLock::new(),
        }
    }

    pub(super) fn follow_by(&self, follower: Reloader) {
        // There is one follower.
        let _ = self.follower.set(follower);
    }
}

impl BeetsLibrary {
    /// Writes what an edit changed to the library, or keeps the edited file.
    ///
    /// # Errors
    ///
    /// As for [`fusefront::Library::commit`].
    pub(super) fn take_over(&self, leaf: LeafId, edit: &Edit<'_>) -> Result<Taken, Error> {
        let writing = self.writing.as_ref().ok_or(Error::ReadOnly)?;
        let item = item_of(leaf).ok_or(Error::NotPermitted)?;
        // The change of the database is followed too.
        let _saving = writing.follower.get().map(Reloader::begin_save);
        let settings = Arc::new(self.settings().with_patience(PATIENCE));
        let (path, taken) = match self.now(leaf, &settings) {
            Ok(current) => {
                let path = current.entry.path().to_owned();
                (path, self.take(writing, &current, edit))
            }
            Err(error) => {
                let path = self.path_of(leaf, &settings);
                (path, Err(Refusal::from(error).into()))
            }
        };
        match taken {
            Ok((applied, tags)) => {
                self.has_changed(&applied);
                let fields: Vec<_> = applied.fields(item).collect();
                tracing::info!(item = item.0, path = %path.display(), ?fields, "edited");
                Ok(Taken::new(tags))
            }
            Err(refused) => Err(writing.keep(item, &path, refused, edit)),
        }
    }

    /// Returns an item's file as it is now.
    fn now(&self, leaf: LeafId, settings: &Arc<Settings>) -> Result<Current, Error> {
        loop {
            // In this order: what comes later may be newer than it says, never older.
            let epoch = self.known.epoch();
            let digest = self.digest_by(leaf, settings)?;
            let entry = Entry::new(leaf, epoch, Arc::clone(settings), digest)?;
            if let Some(current) = self.current(entry, Purpose::Open)? {
                return Ok(current);
            }
        }
    }

    /// Returns where an item's file should be, or was; nowhere if that is not known.
    fn path_of(&self, leaf: LeafId, settings: &Settings) -> PathBuf {
        let digest = self.digest_by(leaf, settings).ok();
        let now = digest.map(|digest| path(&digest).into());
        let before = || Some(self.recent.get(&leaf)?.entry.path().to_owned());
        now.or_else(before).unwrap_or_default()
    }

    fn take(
        &self,
        writing: &Writing,
        current: &Current,
        edit: &Edit<'_>,
    ) -> Result<(Applied, FileTags), Unmade<Refusal>> {
        let entry = &current.entry;
        let (changes, edited) = self.changes(current, edit)?;
        let (item, path) = (entry.digest.id, entry.path());
        if changes.is_empty() {
            let path = path.display();
            tracing::info!(item = item.0, %path, "nothing was changed that beets keeps");
            return Ok((Applied::default(), edited));
        }
        let mtimes = self.mtimes(current, &changes);
        let target = Target {
            item,
            changes: &changes,
            mtimes: &mtimes.map_err(Refusal::from)?,
            sort: &entry.settings.sort,
        };
        let draft = Draft {
            item,
            path,
            undoes: None,
            note: None,
            cells: &[],
        };
        let applied = edit::make(
            &entry.settings.catalog,
            &writing.journal,
            &draft,
            |rows| edit::apply(rows, &target),
            |applied| (applied.remark(), &applied.cells),
        )?;
        Ok((applied, edited))
    }

    /// Returns what was changed, and what the edited file says, if it is one that can be taken.
    fn changes(
        &self,
        current: &Current,
        edit: &Edit<'_>,
    ) -> Result<(Vec<Change>, FileTags), Refusal> {
        let name = current.entry.path().as_os_str().as_bytes();
        let origin = &current.origin;
        let reader = current.reader()?;
        let now = FileTags::parse(&Rendered(&reader), name).map_err(Refusal::Untagged)?;
        let before = edit.before().and_then(Taken::get::<FileTags>);
        let base = match (before, edit.base()) {
            (Some(before), _) => Cow::Borrowed(before),
            (None, Some(base)) => {
                let tags = FileTags::parse(&Rendered(base), name);
                Cow::Owned(tags.map_err(Refusal::Untagged)?)
            }
            (None, None) => Cow::Borrowed(&now),
        };
        let edited = FileTags::parse(edit, name).map_err(Refusal::Unreadable)?;
        let edited = edited.made_from(&base);
        let is_of_origin = |base: &Arc<Reader>| base.origin().stamp() == origin.stamp();
        let shared = if edit.base().is_some_and(is_of_origin) {
            Shared::of(edit)
        } else {
            Shared::default()
        };
        let counted = self.origins.work().counting(&**origin);
        let same = tagsynth::same_audio(&counted, edit, name, &|offset| shared.at(offset));
        if !same.map_err(Refusal::Unreadable)? {
            return Err(Refusal::OtherAudio);
        }
        Ok((edit::changes(&base, &edited, &now), edited))
    }

    /// Returns the times of the files of an item and, where its album may change, of that, but for those
    /// that are away.
    fn mtimes(
        &self,
        current: &Current,
        changes: &[Change],
    ) -> Result<HashMap<ItemId, i64>, catalog::Error> {
        let digest = &current.entry.digest;
        let mut mtimes = HashMap::from([(digest.id, current.origin.stamp().mtime)]);
        let is_of_albums = |change: &Change| Entity::Album.has(change.field.name());
        if let Some(album) = digest.album
            && changes.iter().any(is_of_albums)
        {
            let catalog = &current.entry.settings.catalog;
            for item in catalog.items_of(album)? {
                if let Some(digest) = catalog.digest(item)?
                    && let Ok(stamp) = self.origins.look(Path::new(path(&digest)))
                {
                    mtimes.entry(item).or_insert(stamp.mtime);
                }
            }
        }
        Ok(mtimes)
    }

    /// Has nothing told that was so before an edit.
    fn has_changed(&self, applied: &Applied) {
        let views = self.views();
        let leaves = applied.items().flat_map(|item| {
            let leaf = move |&view| Leaf::item(view, item).id();
            views.iter().map(leaf)
        });
        self.known.doubt(leaves);
    }
}

fn path(digest: &Digest) -> &OsStr {
    OsStr::from_bytes(&digest.path)
}

impl Writing {
    /// Notes an edit that is not taken, keeps its file, and returns what its program is told.
    fn keep(&self, item: ItemId, path: &Path, refused: Unmade<Refusal>, edit: &Edit<'_>) -> Error {
        let Unmade { why, noted } = refused;
        let state = if why.is_busy() {
            State::Busy
        } else {
            State::Refused
        };
        let reason = with_causes(&why);
        let kept = if let Some(id) = noted {
            let settled = self.journal.settle(id, state, Some(&reason));
            let kept = settled.and_then(|()| self.journal.keep(id, path, edit));
            kept.map(|()| id)
        } else {
            let draft = Draft {
                item,
                path,
                undoes: None,
                note: Some(reason.clone()),
                cells: &[],
            };
            self.journal.reject(&draft, state, edit)
        };
        let path = path.display();
        match kept {
            Ok(id) => {
                tracing::warn!(id, item = item.0, %path, reason, "an edit was not taken, but kept");
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(item = item.0, %path, reason, error, "an edit was not taken");
            }
        }
        match (state, why) {
            (State::Busy, _) => Error::Busy,
            (_, Refusal::Origin(error)) => error,
            (_, why) => Error::refused(why),
        }
    }
}
