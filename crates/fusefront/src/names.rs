//! Names that come and go at the wish of programs.

use std::time::Instant;

use vtree::{InodeNo, LeafId};

use crate::foreign::{Entry, ForeignFile, Place};
use crate::fs::Fs;
use crate::later::Notice;
use crate::{Error, Library};

impl<L: Library> Fs<L> {
    /// Makes an empty file, or finds the one that is there if it need not be new.
    pub(crate) fn create(&self, place: Place, must_be_new: bool) -> Result<InodeNo, Error> {
        let area = self.area()?;
        let snapshot = self.tree.load();
        snapshot.dir(place.dir).ok_or(Error::Gone)?;
        let found = area.find(&snapshot, &place);
        match found.entry {
            Entry::Absent => {
                let leaf = found.home_of.or_else(|| self.former(&place));
                if let Some(leaf) = leaf {
                    self.check_editable(leaf)?;
                }
                Ok(area.create(&snapshot, place, leaf)?.ino)
            }
            _ if must_be_new => Err(Error::Exists),
            Entry::Dir(_) => Err(Error::IsADirectory),
            Entry::Leaf(leaf) => Ok(leaf.into()),
            Entry::File(file) => Ok(file.ino),
        }
    }

    /// Takes a name away that is not the library's.
    pub(crate) fn unlink(&self, place: &Place) -> Result<(), Error> {
        let area = self.area()?;
        let snapshot = self.tree.load();
        let found = area.find(&snapshot, place);
        match found.entry {
            Entry::Absent => Err(Error::NotFound),
            Entry::Dir(_) => Err(Error::IsADirectory),
            Entry::Leaf(leaf) if found.home_of == Some(leaf) => Err(Error::NotPermitted),
            Entry::Leaf(leaf) => {
                area.unlink(&snapshot, place);
                self.notify_of_home(leaf);
                Ok(())
            }
            Entry::File(_) => {
                area.unlink(&snapshot, place);
                Ok(())
            }
        }
    }

    /// Refuses to take a directory away, of which none is empty.
    pub(crate) fn rmdir(&self, place: &Place) -> Result<(), Error> {
        let found = self.area()?.find(&self.tree.load(), place);
        Err(match found.entry {
            Entry::Absent => Error::NotFound,
            Entry::Dir(_) => Error::NotEmpty,
            Entry::Leaf(_) | Entry::File(_) => Error::NotADirectory,
        })
    }

    /// Renames what is not a directory. A file that takes the place of a leaf is committed.
    pub(crate) fn rename(&self, from: &Place, to: Place, must_be_new: bool) -> Result<(), Error> {
        let area = self.area()?;
        let snapshot = self.tree.load();
        snapshot.dir(to.dir).ok_or(Error::Gone)?;
        let (source, target) = (area.find(&snapshot, from), area.find(&snapshot, &to));
        if must_be_new && !matches!(target.entry, Entry::Absent) {
            return Err(Error::Exists);
        }
        match (source.entry, target.entry) {
            (Entry::Absent, _) => Err(Error::NotFound),
            (Entry::Dir(_), _) => Err(Error::NotPermitted),
            (_, Entry::Dir(_)) => Err(Error::IsADirectory),
            // As rename(2) has it for two names of one file.
            (Entry::Leaf(leaf), Entry::Leaf(other)) if leaf == other => Ok(()),
            (Entry::Leaf(_), Entry::Leaf(_)) => Err(Error::NotPermitted),
            (Entry::Leaf(leaf), _) => {
                self.check_editable(leaf)?;
                if target.home_of.is_some_and(|other| other != leaf) {
                    return Err(Error::NotPermitted);
                }
                let until = area.rename_leaf(&snapshot, leaf, from, to)?;
                self.later.wake_at(until);
                Ok(())
            }
            (Entry::File(file), _) => {
                if let Some(leaf) = target.home_of.or_else(|| self.former(&to)) {
                    return self.replace(leaf, &file, to);
                }
                if let Some(leaf) = area.rename_file(&snapshot, from, to) {
                    self.notify_of_home(leaf);
                }
                Ok(())
            }
        }
    }

    /// Commits a file as the content of a leaf, whose place it takes.
    fn replace(&self, leaf: LeafId, file: &ForeignFile, place: Place) -> Result<(), Error> {
        self.check_editable(leaf)?;
        let overlay = &file.overlay;
        overlay.save(true, |edit| self.commit_file(leaf, edit))?;
        self.hand_over(leaf, file.ino, Some(place))
    }

    /// Has a leaf take the places of a file that was handed over as its content.
    pub(crate) fn hand_over(
        &self,
        leaf: LeafId,
        file: InodeNo,
        replaced: Option<Place>,
    ) -> Result<(), Error> {
        let places = self
            .area()?
            .hand_over(&self.tree.load(), leaf, file, replaced);
        for place in places {
            self.later.notify(Notice::Entry(place));
        }
        Ok(())
    }

    /// Gives leaves their names back that were away for too long by `now`; returns the places where something
    /// else is now.
    pub(crate) fn expire(&self, now: Instant) -> Vec<Place> {
        let Some(area) = &self.area else {
            return Vec::new();
        };
        let (places, next) = area.expire(&self.tree.load(), now);
        if let Some(next) = next {
            self.later.wake_at(next);
        }
        places
    }

    /// Returns the leaf that whoever saves at a place means, which is at another one by now.
    fn former(&self, place: &Place) -> Option<LeafId> {
        let leaf = self.area.as_ref()?.former(place)?;
        self.library.is_editable(leaf).then_some(leaf)
    }

    fn check_editable(&self, leaf: LeafId) -> Result<(), Error> {
        if self.library.is_editable(leaf) {
            Ok(())
        } else {
            Err(Error::NotPermitted)
        }
    }

    fn notify_of_home(&self, leaf: LeafId) {
        if let Some(home) = Place::of(&self.tree.load(), leaf) {
            self.later.notify(Notice::Entry(home));
        }
    }
}
