//! Names only what may have another name, after a few rows changed.
//!
//! A name depends on its item, on its item's album, on what is computed over the album's items, and, by
//! `%aunique`, on other albums. So of each item it is known here which album it is in, and of each album
//! what tells it apart. The items named anew are those that changed, and all of each album that changed,
//! had or has an item that changed, or is told apart otherwise now. Where a name may depend on more, all
//! are named again.

mod albums;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Result;
use catalog::{AlbumId, ItemId, ItemRanges, ItemRow, Scan};
use vtree::{Edited, LeafId, Snapshot};

use super::extras::Extras;
use super::scheme::{Moment, Scheme};
use super::unique::{Calls, Told};
use crate::leaf::{Kind, Leaf, ViewNo};
use crate::source::Source;
pub(super) use albums::Albums;
use albums::album_of;

/// With so many changed items, one for this many files, it is no slower to name all.
const ONE_IN: usize = 4;
/// With fewer than this many, it is slower in any case.
const FEW: usize = 1000;

/// What must be known of a library's names to tell which ones a change concerns.
#[derive(Debug)]
pub(crate) struct Register {
    pub(super) moment: Moment,
    /// The views, in their order.
    pub(super) views: Vec<ViewNo>,
    pub(super) albums: Albums,
    /// What tells albums apart, in each view.
    pub(super) told: Vec<Told>,
    /// What is in files whose leaves do not say it.
    pub(crate) extras: Arc<Extras>,
}

/// The names after a few rows changed.
#[derive(Debug)]
pub(crate) struct Renamed {
    pub(crate) register: Register,
    /// The tree, if it is another one.
    pub(crate) snapshot: Option<Snapshot>,
    /// The items of the albums that changed.
    pub(crate) of_albums: Vec<ItemId>,
}

/// What leaves want, or that they are gone.
type Paths = BTreeMap<LeafId, Option<Vec<u8>>>;

/// What a scan of changed items tells about others.
struct Concerned {
    /// Albums whose items are named anew.
    albums: BTreeSet<i64>,
    calls: Vec<Calls>,
}

impl Register {
    /// Names the library after rows of these items and albums changed, and no others, where `before` is
    /// the tree of the old names; `None` if all must be named again.
    ///
    /// # Errors
    ///
    /// As for [`name_all`](super::name_all).
    pub(crate) fn rename(
        &self,
        source: &Source,
        items: &BTreeSet<ItemId>,
        albums: &BTreeSet<AlbumId>,
        before: &Snapshot,
    ) -> Result<Option<Renamed>> {
        let scheme = Scheme::load(source)?;
        let is_many = items.len() > FEW && items.len() > before.n_files() / ONE_IN;
        if is_many || scheme.moment() != self.moment || !scheme.is_local() {
            return Ok(None);
        }
        let first: ItemRanges = items.iter().copied().collect();
        let (scan, concerned) = source
            .library
            .scan_part(&scheme.selection, &first, |scan| {
                let Some(concerned) = self.concerned(&scheme, scan, items, albums) else {
                    return (ItemRanges::default(), None);
                };
                let ranges = self.items_of(&concerned.albums, items);
                (ranges, Some(concerned))
            })?;
        let Some(concerned) = concerned else {
            return Ok(None);
        };
        let Some((register, paths)) = self.paths(&scheme, &scan, concerned, items, before)? else {
            return Ok(None);
        };
        let rank = |leaf| rank(&self.views, leaf);
        let snapshot = match before.edited(paths, source.library_time(), rank)? {
            Edited::Same => None,
            Edited::Changed(snapshot) => Some(snapshot),
            Edited::Unclear => return Ok(None),
        };
        let of_albums = scan
            .items()
            .filter(|&item| albums.contains(&AlbumId(album_of(item))));
        let of_albums = of_albums.map(ItemRow::id).collect();
        Ok(Some(Renamed {
            register,
            snapshot,
            of_albums,
        }))
    }

    /// Returns about how many bytes of memory this takes.
    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        let told = self.told.iter().map(Told::memory);
        self.albums.memory() + told.sum::<usize>()
    }

    /// Returns the albums whose items may have other names.
    fn concerned(
        &self,
        scheme: &Scheme<'_>,
        scan: &Scan,
        items: &BTreeSet<ItemId>,
        albums: &BTreeSet<AlbumId>,
    ) -> Option<Concerned> {
        let models = scheme.models(scan);
        let mut concerned = Concerned {
            albums: albums.iter().map(|album| album.0).collect(),
            calls: Vec::new(),
        };
        for (naming, before) in scheme.namings(&models).into_iter().zip(&self.told) {
            let uniques = naming.uniques();
            let now = uniques.tell_again(before)?;
            concerned.albums.extend(now.differing(before));
            concerned.calls.push(uniques.calls());
        }
        let had = items.iter().map(|item| self.albums.album(item.0));
        let have = scan.items().map(album_of);
        concerned.albums.extend(had.chain(have));
        // That is no album.
        concerned.albums.remove(&0);
        Some(concerned)
    }

    /// Returns where the items of albums are, and these items.
    fn items_of(&self, albums: &BTreeSet<i64>, items: &BTreeSet<ItemId>) -> ItemRanges {
        let changed = items.iter().map(|item| item.0..=item.0);
        changed.chain(self.albums.items_of(albums)).collect()
    }

    /// Returns the register of the new names, and which leaves want what now, or are gone.
    fn paths(
        &self,
        scheme: &Scheme<'_>,
        scan: &Scan,
        concerned: Concerned,
        items: &BTreeSet<ItemId>,
        before: &Snapshot,
    ) -> Result<Option<(Self, Paths)>> {
        // Another album's item was moved here meanwhile, which will be looked at next.
        let is_whole =
            |item| matches!(album_of(item), 0) || concerned.albums.contains(&album_of(item));
        if !scan.items().all(is_whole) {
            return Ok(None);
        }
        let models = scheme.models(scan);
        let mut paths = Paths::new();
        let mut told = Vec::with_capacity(self.told.len());
        let scanned: BTreeSet<i64> = scan.items().map(|item| item.id().0).collect();
        let numbers = scanned.into_iter().chain(items.iter().map(|item| item.0));
        self.forget(&mut paths, numbers, &concerned.albums, before);
        for (mut naming, calls) in scheme.namings(&models).into_iter().zip(concerned.calls) {
            naming.uniques().adopt(calls);
            naming.insert_all(&mut |path, leaf| {
                paths.insert(leaf, Some(path.to_vec()));
            })?;
            let now = naming.uniques().told();
            if now.joins_items {
                return Ok(None);
            }
            told.push(now);
        }
        let mut albums = self.albums.clone();
        for item in scan.items() {
            albums.set(item.id().0, album_of(item));
        }
        let register = Self {
            moment: self.moment.clone(),
            views: self.views.clone(),
            albums,
            told,
            // Where there are any, all are named again.
            extras: Arc::default(),
        };
        Ok(Some((register, paths)))
    }

    /// Takes all files away that there are for these items and albums.
    fn forget(
        &self,
        paths: &mut Paths,
        items: impl Iterator<Item = i64>,
        albums: &BTreeSet<i64>,
        before: &Snapshot,
    ) {
        let items = items.map(ItemId).collect::<Vec<_>>();
        for &view in &self.views {
            let of_items = items.iter().flat_map(|&id| Leaf::of_item(view, id));
            let albums = albums.iter().copied().map(AlbumId);
            let of_albums = albums.flat_map(|id| Leaf::of_album(view, id));
            let leaves = of_items.chain(of_albums).map(Leaf::id);
            let there = leaves.filter(|&leaf| before.leaf(leaf).is_some());
            paths.extend(there.map(|leaf| (leaf, None)));
        }
    }
}

/// Returns when a leaf is inserted: view by view, the items of each by number, and then what lies beside
/// them by kind and number.
pub(super) fn rank(views: &[ViewNo], leaf: LeafId) -> (Option<usize>, Kind, i64) {
    let Leaf { view, kind, number } = Leaf::of(leaf);
    let at = views.iter().position(|&other| other == view);
    (at, kind, number)
}

#[cfg(test)]
mod tests;
