//! What becomes of what is written, without a kernel.

use std::fs;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use vtree::{InodeNo, LeafId, Name, Tree};

use super::support::{PATHS, SKIPPED, Shared, Songs, snapshot, songs, writing};
use crate::Error;
use crate::foreign::{Area, Place};
use crate::fs::{Fs, Named, Opened};
use crate::overlay::Process;

/// A process that writes.
const EDITOR: Process = 7;

/// The leaf of the second path.
fn leaf() -> LeafId {
    LeafId::new(PATHS[1].0).unwrap()
}

/// A filesystem that may be written.
struct Written {
    fs: Fs<Shared>,
    songs: Arc<Songs>,
    _folder: TempDir,
}

impl Deref for Written {
    type Target = Fs<Shared>;

    fn deref(&self) -> &Fs<Shared> {
        &self.fs
    }
}

fn written() -> Written {
    let folder = tempfile::tempdir().unwrap();
    let songs = Arc::new(songs(folder.path(), true));
    let tree = Arc::new(Tree::new(snapshot(&PATHS)));
    let area = Arc::new(Area::new(&writing()).unwrap());
    Written {
        fs: Fs::new(tree, Shared(songs.clone()), Some(area)),
        songs,
        _folder: folder,
    }
}

impl Written {
    /// Returns the place that has a path, in a directory of the library.
    fn place(&self, path: &str) -> Place {
        let (dir, name) = path.rsplit_once('/').unwrap();
        let tree = self.tree.load();
        let dir = tree.lookup(InodeNo::ROOT, Name::new(dir.as_bytes()).unwrap());
        Place::new(dir.unwrap().ino(), name.as_bytes()).unwrap()
    }

    /// Makes a file, and returns it and a handle to write it.
    fn make(&self, path: &str) -> (InodeNo, u64) {
        let ino = self.create(self.place(path), true).unwrap();
        let Opened { fh, .. } = self.open_to_write(ino, false, EDITOR).unwrap();
        (ino, fh)
    }

    /// Returns the second file with another header.
    fn edited(&self) -> Vec<u8> {
        let origin = self.songs.by_leaf.lock().unwrap()[&leaf()].origin.clone();
        [b"edited", &fs::read(origin).unwrap()[SKIPPED..]].concat()
    }

    /// Returns what a handle reads.
    fn bytes(&self, fh: u64) -> Vec<u8> {
        let mut scratch = Vec::new();
        let file = self.file(fh).unwrap();
        file.read(0, 1 << 20, &mut scratch).unwrap().to_owned()
    }
}

/// A program may try again, or look what is wrong with it.
#[test]
fn a_file_that_may_not_take_a_leafs_place_stays_what_it_is() {
    let written = written();
    let (from, to) = (written.place("Kid A/temp"), written.place(PATHS[1].1));
    *written.songs.verdict.lock().unwrap() = Some(|| Error::Busy);
    let edited = written.edited();
    let (ino, writer) = written.make("Kid A/temp");
    written.write(writer, 0, &edited).unwrap();
    let refused = written.rename(&from, to.clone(), false);
    assert!(matches!(refused, Err(Error::Busy)));
    // Whoever looks at it, or writes it, is done.
    let [reader, last] = [(); 2].map(|()| written.open_foreign(ino).unwrap().fh);
    for fh in [reader, writer] {
        written.close(fh, EDITOR).unwrap();
        written.release(fh).unwrap();
        assert!(written.bytes(last) == edited);
    }
    *written.songs.verdict.lock().unwrap() = None;
    written.rename(&from, to, false).unwrap();
    let commits = written.songs.commits.lock().unwrap();
    assert!(commits[1].bytes == edited && commits[1].was_taken);
}

#[test]
fn what_is_emptied_by_its_name_is_refused_unless_it_is_still_to_be_written() {
    let (written, ino) = (written(), leaf().into());
    let reader = written.open(ino).unwrap().fh;
    let before = written.bytes(reader);
    for _ in 0..2 {
        let emptied = written.truncate(ino, None, 0);
        assert!(matches!(emptied, Err(Error::Refused { .. })));
        assert!(written.bytes(reader) == before);
    }
    assert!(written.songs.commits.lock().unwrap().is_empty());
    let writer = written.open_to_write(ino, false, EDITOR).unwrap().fh;
    written.truncate(ino, None, 0).unwrap();
    written.write(writer, 0, &written.edited()).unwrap();
    written.close(writer, EDITOR).unwrap();
    let commits = written.songs.commits.lock().unwrap();
    assert!(commits[0].bytes == written.edited() && commits[0].was_taken);
}

#[test]
fn what_is_moved_away_waits_for_whoever_writes_in_its_place() {
    let written = written();
    let [home, away] = [PATHS[1].1, "Amnesiac/moved.flac"].map(|path| written.place(path));
    let move_away = || written.rename(&home, away.clone(), false).unwrap();
    let is_home = || {
        let found = [&home, &away].map(|place| written.find(place.dir, &place.name));
        matches!(found, [Ok(Named::Inode(ino)), Ok(Named::Nothing { .. })] if ino == leaf().into())
    };
    let start = Instant::now();
    let after = |hours| written.expire(start + Duration::from_hours(hours));
    move_away();
    assert!(after(0).is_empty() && !is_home());
    assert!(after(2).contains(&home) && is_home());
    // What was begun there is given up.
    move_away();
    let (_, writer) = written.make(PATHS[1].1);
    written.close(writer, EDITOR).unwrap();
    written.release(writer).unwrap();
    assert!(after(4).contains(&home) && is_home());
    move_away();
    let (_, writer) = written.make(PATHS[1].1);
    assert!(after(6).is_empty() && !is_home());
    written.write(writer, 0, &written.edited()).unwrap();
    written.close(writer, EDITOR).unwrap();
    written.release(writer).unwrap();
    assert!(written.songs.commits.lock().unwrap()[0].was_taken);
    assert!(after(8).contains(&away) && is_home());
}
