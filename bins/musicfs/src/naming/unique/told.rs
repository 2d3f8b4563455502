//! What tells each album apart, so that it is known of which ones that changes.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use catalog::AlbumRow;
use pathfmt::{Failure, UniqueArguments};

use super::groups::{Choice, Groups};
use super::{Arguments, Call, Uniques};
use crate::naming::model::Row;

/// What tells albums apart, of all calls of `%aunique`.
#[derive(Debug, Default)]
pub(in crate::naming) struct Told {
    by_call: HashMap<Arguments, HashMap<i64, u64>>,
    /// Whether a call compares albums by what their items have.
    pub(in crate::naming) joins_items: bool,
}

/// Calls of `%aunique` as they are known for one state of all albums.
pub(in crate::naming) type Calls = HashMap<Arguments, Rc<Call>>;

impl Told {
    /// Returns the albums that something else tells apart in another state; of calls that are known in
    /// both.
    pub(in crate::naming) fn differing<'t>(
        &'t self,
        before: &'t Self,
    ) -> impl Iterator<Item = i64> {
        let calls = self.by_call.iter();
        let calls = calls.filter_map(|(call, now)| Some((now, before.by_call.get(call)?)));
        calls.flat_map(|(now, before)| {
            let albums = now.keys().chain(before.keys()).copied();
            albums.filter(|album| now.get(album) != before.get(album))
        })
    }
}

#[cfg(test)]
impl Told {
    /// Returns about how many bytes of memory this takes.
    pub(in crate::naming) fn memory(&self) -> usize {
        let albums = self.by_call.values().map(HashMap::capacity);
        albums.sum::<usize>() * size_of::<(i64, u64, u8)>()
    }
}

impl Uniques<'_> {
    /// Returns what tells albums apart, for all calls so far.
    pub(in crate::naming) fn told(&self) -> Told {
        let calls = self.albums.by_arguments.borrow();
        Told {
            by_call: calls
                .iter()
                .map(|(arguments, call)| (arguments.clone(), self.digests(call)))
                .collect(),
            joins_items: calls.values().any(|call| call.groups.join_items()),
        }
    }

    /// Returns the same for calls that were made before; `None` if that takes other items than those of
    /// the album.
    pub(in crate::naming) fn tell_again(&self, before: &Told) -> Option<Told> {
        if before.joins_items {
            return None;
        }
        for (keys, disambiguators) in before.by_call.keys() {
            let arguments = UniqueArguments {
                keys: keys.as_deref(),
                disambiguators: disambiguators.as_deref(),
                bracket: None,
            };
            let group = |keys: &[&str]| Groups::of_albums(self.models, keys);
            self.albums.find(&arguments, group).ok()?;
        }
        Some(self.told())
    }

    /// Returns the calls so far.
    pub(in crate::naming) fn calls(&self) -> Calls {
        self.albums.by_arguments.borrow().clone()
    }

    /// Takes over calls that are known for the same albums.
    pub(in crate::naming) fn adopt(&self, calls: Calls) {
        self.albums.by_arguments.replace(calls);
    }

    /// Returns a number for what tells an album apart, of each that is told apart.
    fn digests(&self, call: &Call) -> HashMap<i64, u64> {
        let albums = self.models.scan.albums();
        let digests = albums.filter_map(|album| {
            let mut hasher = DefaultHasher::new();
            match self.shown(call, album) {
                Ok(None) => return None,
                Ok(Some(shown)) => shown.hash(&mut hasher),
                Err(Failure::Message(reason) | Failure::Refused(reason)) => {
                    (false, reason).hash(&mut hasher);
                }
            }
            Some((album.id().0, hasher.finish()))
        });
        digests.collect()
    }

    /// Returns what is shown for an album, without its bracket; `None` if it need not be told apart.
    pub(super) fn shown(
        &self,
        call: &Call,
        album: AlbumRow<'_>,
    ) -> Result<Option<String>, Failure> {
        match call.choose(self.models, Row::Album(album))? {
            Choice::Nothing => Ok(None),
            Choice::Number => Ok(Some(album.id().0.to_string())),
            Choice::Field(at) => self
                .show_of_album(album, &call.disambiguators[at])
                .map(Some),
        }
    }
}
