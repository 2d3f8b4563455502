//! The files that lie beside origins: logs, cue sheets, booklets.
//!
//! They belong to an album if all items of the library that have their origins in that folder are of it.

use std::collections::{BTreeMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use catalog::{ItemId, Slot, Value};

use super::model::Models;
use crate::source::Source;

/// Extensions of audio files and of playlists, which name files as they are called there.
const LEFT_OUT: [&str; 29] = [
    "aac", "aif", "aifc", "aiff", "alac", "ape", "dff", "dsf", "flac", "m3u", "m3u8", "m4a", "m4b",
    "mka", "mp+", "mp2", "mp3", "mp4", "mpc", "oga", "ogg", "opus", "pls", "tak", "tta", "wav",
    "wma", "wv", "xspf",
];

/// The folders that have origins of one album and of no other, by their paths.
#[derive(Debug, Default)]
pub(super) struct Folders {
    folders: BTreeMap<PathBuf, Folder>,
}

/// A folder with origins of one album.
#[derive(Debug)]
pub(super) struct Folder {
    /// The album; `None` if not all items are of one.
    album: Option<i64>,
    /// The items whose origins it has, by number.
    pub(super) items: Vec<ItemId>,
    /// The album's picture, wherever it is.
    pub(super) picture: Option<PathBuf>,
    /// The names and paths of other files.
    pub(super) files: Vec<(Vec<u8>, PathBuf)>,
}

impl Folders {
    /// Looks into the folders of all origins; `artpath` is the column with the pictures of albums.
    pub(super) fn read(source: &Source, models: &Models<'_>, artpath: Slot) -> Self {
        let mut folders: BTreeMap<PathBuf, Folder> = BTreeMap::new();
        let mut origins: HashSet<PathBuf> = HashSet::new();
        for item in models.scan.items() {
            let Some(path) = path_of(item.value(models.fields.path)) else {
                continue;
            };
            let Some(parent) = path.parent() else {
                continue;
            };
            let album = item.album();
            let number = album.map(|album| album.id().0);
            let folder = folders.entry(parent.to_owned()).or_insert_with(|| Folder {
                album: number,
                items: Vec::new(),
                picture: album.and_then(|album| path_of(album.value(artpath))),
                files: Vec::new(),
            });
            if folder.album != number {
                folder.album = None;
            }
            folder.items.push(item.id());
            origins.insert(path);
        }
        folders.retain(|_, folder| folder.album.is_some());
        let names = source.files_in(folders.keys().map(PathBuf::as_path));
        for ((path, folder), names) in folders.iter_mut().zip(names) {
            folder.files = others(path, names, &origins);
            folder
                .files
                .retain(|(_, path)| !is_of_database(path, source.library.path()));
        }
        Self { folders }
    }

    /// Returns the folders, by path.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Folder> {
        self.folders.values()
    }
}

/// Returns the files of a folder that are no origins, by name.
fn others(
    folder: &Path,
    names: Vec<OsString>,
    origins: &HashSet<PathBuf>,
) -> Vec<(Vec<u8>, PathBuf)> {
    let names = names.into_iter().filter(|name| is_shown(name));
    let files = names.map(|name| {
        let path = folder.join(&name);
        (name.into_vec(), path)
    });
    let mut files: Vec<_> = files.filter(|(_, path)| !origins.contains(path)).collect();
    files.sort();
    files
}

/// Returns whether a file is the database or one that `SQLite` has beside it: if we closed one that we opened as
/// any file, we would lose the locks that `SQLite` has on it (`fcntl(2)`, record locks).
fn is_of_database(path: &Path, database: &Path) -> bool {
    let real = database.canonicalize();
    let mut names = [Some(database), real.as_deref().ok()].into_iter().flatten();
    let path = path.as_os_str().as_bytes();
    names.any(|name| path.starts_with(name.as_os_str().as_bytes()))
}

fn path_of(value: Option<Value>) -> Option<PathBuf> {
    match value {
        Some(Value::Bytes(path)) if !path.is_empty() => Some(OsString::from_vec(path).into()),
        _ => None,
    }
}

/// Returns whether a file of this name is shown, if it is no origin.
fn is_shown(name: &OsStr) -> bool {
    let extension = Path::new(name).extension().unwrap_or_default();
    let extension = extension.to_string_lossy().to_lowercase();
    !name.as_bytes().starts_with(b".") && !LEFT_OUT.contains(&extension.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_and_what_sqlite_puts_beside_it_are_left_out() {
        let database = Path::new("/music/album/library.db");
        for name in ["library.db", "library.db-wal", "library.db-journal"] {
            let path = Path::new("/music/album").join(name);
            assert!(is_of_database(&path, database), "{name}");
        }
        assert!(!is_of_database(
            Path::new("/music/album/library.log"),
            database
        ));
    }

    #[test]
    fn audio_playlists_and_hidden_files_are_left_out() {
        for name in [
            "album.log",
            "Album.CUE",
            "booklet.pdf",
            "front.jpg",
            "README",
        ] {
            assert!(is_shown(OsStr::new(name)), "{name}");
        }
        for name in ["x.flac", "X.MP3", "old.m3u8", ".DS_Store", ".x.log"] {
            assert!(!is_shown(OsStr::new(name)), "{name}");
        }
    }
}
