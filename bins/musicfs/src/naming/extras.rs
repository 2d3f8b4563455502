//! What lies beside items by the names that these got: lyrics, playlists, and other files of albums.
//!
//! It is added to a finished tree, so that it goes by names that are settled.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use anyhow::{Result, bail};
use catalog::{ItemId, ItemRow};
use twox_hash::XxHash3_64;
use vtree::{Edited, LeafId, Node, Snapshot};

use super::beside::Folders;
use super::contents;
use super::covers::{folder_of, join, parent_of_disc};
use super::model::Models;
use super::register::rank;
use super::scheme::Scheme;
use super::view::{Compiled, Naming};
use crate::leaf::{Kind, Leaf, ViewNo};
use crate::lyrics;
use crate::source::Source;
use crate::views::Sidecar;

/// What is in files whose leaves do not say it.
#[derive(Debug, Default)]
pub(crate) struct Extras {
    /// The items of playlists, in their order.
    pub(crate) playlists: HashMap<LeafId, Box<[ItemId]>>,
    /// The files that lie beside origins.
    pub(crate) files: HashMap<LeafId, PathBuf>,
}

/// What is to be added to a tree.
#[derive(Default)]
struct Additions {
    extras: Extras,
    paths: BTreeMap<LeafId, Option<Vec<u8>>>,
}

/// Adds to a tree of items what lies beside them.
pub(super) fn add(
    source: &Source,
    scheme: &Scheme<'_>,
    models: &Models<'_>,
    snapshot: Snapshot,
) -> Result<(Snapshot, Extras)> {
    let mut additions = Additions::default();
    let shows = |sidecar| {
        scheme
            .views
            .iter()
            .any(|view| view.view().sidecars.shows(sidecar))
    };
    let synced = if shows(Sidecar::Lyrics) {
        source.library.items_with_lyrics(lyrics::are_synced)?
    } else {
        Vec::new()
    };
    let folders = if shows(Sidecar::Passthrough) {
        let artpath = scheme.views.iter().find_map(Compiled::artpath);
        artpath.map_or_else(Folders::default, |artpath| {
            Folders::read(source, models, artpath)
        })
    } else {
        Folders::default()
    };
    for mut naming in scheme.namings(models) {
        let view = naming.view();
        let tree = View {
            number: view.number,
            snapshot: &snapshot,
        };
        if view.sidecars.shows(Sidecar::Lyrics) {
            additions.add_lyrics(&tree, &synced);
        }
        if view.sidecars.shows(Sidecar::Playlist) {
            additions.add_album_playlists(&tree, models, &mut naming)?;
        }
        additions.add_playlists(&tree, models, &naming)?;
        if view.sidecars.shows(Sidecar::Passthrough) {
            let has_covers = view.sidecars.shows(Sidecar::Cover);
            additions.add_files(&tree, &folders, has_covers);
        }
    }
    let views: Vec<ViewNo> = source.views.iter().map(|view| view.number).collect();
    let rank = |leaf| rank(&views, leaf);
    let Additions { extras, paths } = additions;
    Ok(match snapshot.edited(paths, source.library_time(), rank)? {
        Edited::Same => (snapshot, extras),
        Edited::Changed(snapshot) => (snapshot, extras),
        Edited::Unclear => bail!("two folders have one inode number; rename one of them"),
    })
}

/// The items of a view, by their settled names.
struct View<'t> {
    number: ViewNo,
    snapshot: &'t Snapshot,
}

impl View<'_> {
    fn node(&self, item: ItemId) -> Option<Node<'_>> {
        self.snapshot.leaf(Leaf::item(self.number, item).id())
    }

    fn leaf(&self, kind: Kind, number: i64) -> Leaf {
        Leaf {
            view: self.number,
            kind,
            number,
        }
    }
}

impl Additions {
    /// Adds a leaf that has a number of its own; where that is taken, the next one is.
    fn add(&mut self, mut leaf: Leaf, path: Vec<u8>) -> LeafId {
        while self.paths.contains_key(&leaf.id()) {
            leaf.number += 1;
        }
        self.paths.insert(leaf.id(), Some(path));
        leaf.id()
    }

    fn add_lyrics(&mut self, view: &View<'_>, synced: &[ItemId]) {
        for &item in synced {
            if let Some(node) = view.node(item) {
                let path = with_extension(node.path(), b".lrc");
                self.add(view.leaf(Kind::Lyrics, item.0), path);
            }
        }
    }

    /// Adds a playlist for each album, in the folder of its first item, or in that of its discs.
    fn add_album_playlists(
        &mut self,
        view: &View<'_>,
        models: &Models<'_>,
        naming: &mut Naming<'_>,
    ) -> Result<()> {
        for album in models.scan.albums() {
            let rows = models.contents.of(album.id(), models);
            let mut rows: Vec<_> = rows.filter(|row| view.node(row.id()).is_some()).collect();
            contents::sort_as_heard(models, &mut rows);
            let items: Box<[ItemId]> = rows.into_iter().map(ItemRow::id).collect();
            let first = items.iter().min().and_then(|&first| view.node(first));
            let leaf = view.leaf(Kind::AlbumPlaylist, album.id().0);
            let Some(first) = first.filter(|_| leaf.is_in_range()) else {
                continue;
            };
            let path = first.path();
            let folder = folder_of(&path);
            let folder = parent_of_disc(folder).unwrap_or(folder);
            let name = naming.playlist_name(album)?;
            let leaf = self.add(leaf, join(folder, &name));
            self.extras.playlists.insert(leaf, items);
        }
        Ok(())
    }

    /// Adds the playlists of the configuration that have an item in this view.
    fn add_playlists(
        &mut self,
        view: &View<'_>,
        models: &Models<'_>,
        naming: &Naming<'_>,
    ) -> Result<()> {
        for playlist in naming.playlists() {
            let mut rows = Vec::new();
            for row in models.scan.items() {
                if view.node(row.id()).is_some() && playlist.filter.selects(models, row)? {
                    rows.push(row);
                }
            }
            if rows.is_empty() {
                continue;
            }
            contents::sort(models, &mut rows);
            let leaf = view.leaf(Kind::Playlist, hash(playlist.name.as_bytes()));
            let path = format!("{}.m3u8", playlist.name);
            let leaf = self.add(leaf, naming.view().within(path.as_bytes()).into_owned());
            let items = rows.into_iter().map(ItemRow::id).collect();
            self.extras.playlists.insert(leaf, items);
        }
        Ok(())
    }

    /// Adds what lies in the folders of albums' origins, each beside the first item from there.
    fn add_files(&mut self, view: &View<'_>, folders: &Folders, has_covers: bool) {
        for folder in folders.iter() {
            let mut items = folder.items.iter();
            let Some(node) = items.find_map(|&item| view.node(item)) else {
                continue;
            };
            let path = node.path();
            // The picture is there already, by another name perhaps.
            let is_cover = |path: &PathBuf| has_covers && folder.picture.as_ref() == Some(path);
            for (name, origin) in folder.files.iter().filter(|(_, path)| !is_cover(path)) {
                let leaf = view.leaf(Kind::Beside, hash(origin.as_os_str().as_bytes()));
                let leaf = self.add(leaf, join(folder_of(&path), name));
                self.extras.files.insert(leaf, origin.clone());
            }
        }
    }
}

/// Returns a number that a leaf can have, which two texts rarely share.
fn hash(text: &[u8]) -> i64 {
    (XxHash3_64::oneshot(text) >> 26).cast_signed()
}

/// Replaces what a path has from the last dot of its name on.
fn with_extension(mut path: Vec<u8>, extension: &[u8]) -> Vec<u8> {
    let start = path
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |at| at + 1);
    let dot = path[start..].iter().rposition(|&byte| byte == b'.');
    if let Some(dot) = dot.filter(|&dot| dot > 0) {
        path.truncate(start + dot);
    }
    path.extend_from_slice(extension);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_that_of_the_name_alone() {
        let check = |path: &str, expected: &str| {
            let replaced = with_extension(path.as_bytes().to_vec(), b".lrc");
            assert_eq!(String::from_utf8(replaced).unwrap(), expected);
        };
        check("a.b/c.flac", "a.b/c.lrc");
        check("a.b/c", "a.b/c.lrc");
        check("a/.c", "a/.c.lrc");
        check("c.1.flac", "c.1.lrc");
    }

    #[test]
    fn hashes_are_numbers_that_leaves_can_have() {
        for text in [&b""[..], b"a", b"Loved", b"/music/a.log"] {
            let view = ViewNo::of("A");
            let number = hash(text);
            let leaf = Leaf {
                view,
                kind: Kind::Beside,
                number,
            };
            assert!(leaf.is_in_range() && number >= 0);
        }
    }
}
