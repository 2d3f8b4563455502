//! A library of plain files with made-up headers, mounted in a temporary folder.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use splice::{Origin, Plan, ReadAt, Reader};
use tempfile::TempDir;
use vtree::{Builder, LeafId, Snapshot, Tree};

use crate::{Edit, Error, LeafAttr, Library, Options, Session, Space, Taken, Writing};

/// Bytes of each origin that its virtual file leaves out.
pub(super) const SKIPPED: usize = 1000;

/// What a test does at a moment that it could not hit otherwise, once.
#[derive(Clone, Default)]
pub(crate) struct Hook(Arc<Mutex<Option<Work>>>);

type Work = Box<dyn FnOnce() + Send>;

impl Hook {
    pub(super) fn set(&self, work: impl FnOnce() + Send + 'static) {
        *self.0.lock().unwrap() = Some(Box::new(work));
    }

    pub(crate) fn run(&self) {
        let work = self.0.lock().unwrap().take();
        if let Some(work) = work {
            work();
        }
    }

    /// Returns whether what was set last is still to be done.
    pub(super) fn is_set(&self) -> bool {
        self.0.lock().unwrap().is_some()
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

/// What stands behind one leaf.
#[derive(Debug, Clone)]
pub(super) struct Song {
    pub(super) origin: PathBuf,
    pub(super) header: Vec<u8>,
    pub(super) changed: SystemTime,
}

/// What the tests turn on and off while it is mounted.
#[derive(Debug, Default)]
pub(super) struct Songs {
    pub(super) by_leaf: Mutex<BTreeMap<LeafId, Song>>,
    /// Whether attributes are known without looking.
    pub(super) are_known: bool,
    pub(super) n_attrs: AtomicUsize,
    pub(super) n_opens: AtomicUsize,
    /// What was committed, in order.
    pub(super) commits: Mutex<Vec<Commit>>,
    /// How many edits were handed over.
    pub(super) n_commits: AtomicUsize,
    /// What is said to commits instead of reading and taking them.
    pub(super) verdict: Mutex<Option<fn() -> Error>>,
    /// Held by a test for as long as commits are to wait.
    pub(super) busy: Mutex<()>,
    /// How many edits came, whatever became of them.
    pub(super) n_came: AtomicUsize,
    /// Run when attributes that are known were read, and before anybody has them.
    pub(super) after_known: Hook,
    /// Held by a test for as long as origins of group 1 are to hang.
    pub(super) dead_server: Mutex<()>,
}

/// An edit that was handed to the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) leaf: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) has_base: bool,
    pub(super) unchanged: Vec<Range<u64>>,
    /// The number of the edit that it was made over.
    pub(super) before: Option<usize>,
    pub(super) was_taken: bool,
}

/// A leaf with this number makes the library panic.
pub(super) const PANICS: u64 = 666;
/// The attributes of this leaf are never known without looking.
pub(super) const UNKNOWN: u64 = 2;
/// This leaf takes no edits.
pub(super) const LOCKED: u64 = 5;
/// Leaves from this number on are on a server that may be dead.
pub(super) const REMOTE: u64 = 10_000;

impl Song {
    /// Returns how much of the origin the virtual file leaves out; without a header it is the origin.
    fn skipped(&self) -> usize {
        if self.header.is_empty() { 0 } else { SKIPPED }
    }
}

impl Songs {
    fn song(&self, leaf: LeafId) -> Result<Song, Error> {
        assert_ne!(leaf.get(), PANICS, "a test asked for this");
        if leaf.get() >= REMOTE {
            drop(self.dead_server.lock());
        }
        let songs = self.by_leaf.lock().unwrap();
        songs.get(&leaf).cloned().ok_or(Error::Gone)
    }

    /// Takes an edit whose end is the origin's audio for a new header.
    fn take(&self, leaf: LeafId, bytes: &[u8]) -> Result<(), Error> {
        self.n_came.fetch_add(1, Ordering::Relaxed);
        drop(self.busy.lock());
        if let Some(verdict) = *self.verdict.lock().unwrap() {
            return Err(verdict());
        }
        let mut songs = self.by_leaf.lock().unwrap();
        let song = songs.get_mut(&leaf).ok_or(Error::Gone)?;
        let origin = fs::read(&song.origin).unwrap();
        let header = bytes.strip_suffix(&origin[SKIPPED..]);
        let header = header.filter(|header| !header.is_empty());
        song.header = header
            .ok_or_else(|| Error::refused("the audio differs"))?
            .to_owned();
        song.changed += Duration::from_secs(2);
        Ok(())
    }

    fn look(&self, leaf: LeafId) -> Result<LeafAttr, Error> {
        let song = self.song(leaf)?;
        let metadata = fs::metadata(&song.origin);
        let metadata = metadata.map_err(|error| Error::origin(&song.origin, error))?;
        let audio = metadata.size().saturating_sub(song.skipped() as u64);
        Ok(LeafAttr {
            len: song.header.len() as u64 + audio,
            mtime: song.changed,
            ctime: song.changed,
        })
    }
}

/// The library as it is handed to the session; the test keeps the other end.
#[derive(Debug, Clone)]
pub(super) struct Shared(pub(super) Arc<Songs>);

impl Library for Shared {
    fn attr(&self, leaf: LeafId) -> Result<LeafAttr, Error> {
        self.0.n_attrs.fetch_add(1, Ordering::Relaxed);
        self.0.look(leaf)
    }

    fn open(&self, leaf: LeafId) -> Result<(Arc<Reader>, LeafAttr), Error> {
        self.0.n_opens.fetch_add(1, Ordering::Relaxed);
        let song = self.0.song(leaf)?;
        let error = |error: splice::Error| Error::origin(&song.origin, error);
        let origin = Origin::open(&song.origin).map_err(error)?;
        let plan = Plan::builder()
            .generated(song.header.clone())
            .extent(song.skipped() as u64..origin.stamp().len);
        let plan = Arc::new(plan.build().map_err(error)?);
        let reader = Reader::new(plan, Arc::new(origin)).map_err(error)?;
        Ok((Arc::new(reader), self.attr(leaf)?))
    }

    fn known_attr(&self, leaf: LeafId) -> Option<LeafAttr> {
        if !self.0.are_known || leaf.get() == UNKNOWN {
            return None;
        }
        let known = self.0.look(leaf).ok();
        self.0.after_known.run();
        known
    }

    fn attribute(&self, leaf: LeafId, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let header = self.0.song(leaf)?.header;
        Ok((name == b"user.header").then_some(header))
    }

    fn attributes(&self, _leaf: LeafId) -> Result<Vec<&'static str>, Error> {
        Ok(vec!["user.header", "user.other"])
    }

    fn is_editable(&self, leaf: LeafId) -> bool {
        leaf.get() != LOCKED
    }

    fn commit(&self, leaf: LeafId, edit: &Edit<'_>) -> Result<Taken, Error> {
        let is_read = self.0.verdict.lock().unwrap().is_none();
        let bytes = if is_read { read(edit) } else { Vec::new() };
        let taken = self.0.take(leaf, &bytes);
        self.0.commits.lock().unwrap().push(Commit {
            leaf: leaf.get(),
            bytes,
            has_base: edit.base().is_some(),
            unchanged: edit.unchanged().to_vec(),
            before: edit.before().and_then(Taken::get).copied(),
            was_taken: taken.is_ok(),
        });
        let number = self.0.n_commits.fetch_add(1, Ordering::Relaxed);
        taken.map(|()| Taken::new(number))
    }

    fn known_group(&self, leaf: LeafId) -> Option<u64> {
        (leaf.get() < REMOTE).then_some(0)
    }

    fn origin_group(&self, leaf: LeafId) -> u64 {
        u64::from(leaf.get() >= REMOTE)
    }

    fn space(&self) -> Result<Space, Error> {
        Ok(Space {
            total: 8 << 30,
            free: 2 << 30,
            available: 1 << 30,
        })
    }
}

/// Reads an edited file, and checks what is said of it.
fn read(edit: &Edit<'_>) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(edit.len()).unwrap()];
    let n = edit.read_at(&mut bytes, 0).unwrap();
    assert_eq!(n, bytes.len());
    for range in edit.unchanged() {
        let (start, len) = (
            range.start,
            usize::try_from(range.end - range.start).unwrap(),
        );
        let at = usize::try_from(start).unwrap();
        let mut scratch = Vec::new();
        let base = edit.base().unwrap().read(start, len, &mut scratch).unwrap();
        assert!(base == &bytes[at..at + len], "{range:?} is not the base's");
    }
    bytes
}

/// A mounted library; it is unmounted before its folders are removed, on panic too.
#[derive(Debug)]
pub(super) struct Mounted {
    pub(super) session: Session,
    pub(super) songs: Arc<Songs>,
    pub(super) tree: Arc<Tree>,
    pub(super) root: PathBuf,
    pub(super) folder: TempDir,
}

/// Some paths, and how long the origin of each is.
pub(super) const PATHS: [(u64, &str, usize); 6] = [
    (1, "Kid A/01 Everything.flac", 3_000_000),
    (2, "Kid A/08 Idioteque.flac", 500_000),
    (3, "Kid A/Bonus/Übung.mp3", SKIPPED + 1),
    (4, "empty.flac", SKIPPED),
    (5, "Amnesiac/01 Packt.flac", 131_072),
    (REMOTE, "Amnesiac/02 Remote.flac", 200_000),
];

pub(super) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Returns bytes that differ from page to page and from file to file.
pub(super) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..len).map(|_| byte()).collect()
}

/// Returns whether filesystems can be mounted here.
pub(super) fn can_mount() -> bool {
    let device = OpenOptions::new().read(true).write(true).open("/dev/fuse");
    if let Err(error) = &device {
        fixtures::skip(&format!("on a mount: /dev/fuse cannot be opened: {error}"));
    }
    device.is_ok()
}

pub(super) fn snapshot(paths: &[(u64, &str, usize)]) -> Snapshot {
    snapshot_of(at(1_700_000_000), paths)
}

/// Returns a tree whose directories all have this time.
pub(super) fn snapshot_of(time: SystemTime, paths: &[(u64, &str, usize)]) -> Snapshot {
    let mut builder = Builder::new().time(time);
    for &(leaf, path, _) in paths {
        builder.insert(path.as_bytes(), LeafId::new(leaf).unwrap());
    }
    builder.build().unwrap().snapshot
}

/// Returns the options of a mount that is read-only to the kernel too.
pub(super) fn read_only() -> Options {
    Options {
        announces: None,
        ..Options::default()
    }
}

pub(super) fn mount() -> Option<Mounted> {
    mount_with(false, &Options::default())
}

/// Makes a library of all paths, with its origins in `folder`.
pub(super) fn songs(folder: &Path, are_known: bool) -> Songs {
    let mut songs = Songs {
        are_known,
        ..Songs::default()
    };
    for (leaf, _, len) in PATHS {
        let origin = folder.join(format!("origin {leaf}"));
        fs::write(&origin, noise(leaf, len)).unwrap();
        let song = Song {
            origin,
            header: noise(leaf + 100, 5000),
            changed: at(1_700_000_000 + leaf),
        };
        songs
            .by_leaf
            .get_mut()
            .unwrap()
            .insert(LeafId::new(leaf).unwrap(), song);
    }
    songs
}

pub(super) fn mount_with(are_known: bool, options: &Options) -> Option<Mounted> {
    if !can_mount() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("mnt");
    fs::create_dir(&root).unwrap();
    let songs = Arc::new(songs(folder.path(), are_known));
    let tree = Arc::new(Tree::new(snapshot(&PATHS)));
    let library = Shared(songs.clone());
    let session = Session::mount(tree.clone(), library, &root, options).unwrap();
    Some(Mounted {
        session,
        songs,
        tree,
        root,
        folder,
    })
}

/// Returns how the tests take in what is written.
pub(super) fn writing() -> Writing {
    Writing {
        folder: std::env::temp_dir(),
        most_bytes: 8 << 20,
        most_names: 4,
        patience: Duration::from_hours(1),
    }
}

/// Mounts a library for writing.
pub(super) fn mount_to_write(writing: Writing) -> Option<Mounted> {
    let options = Options {
        writing: Some(writing),
        ..Options::default()
    };
    mount_with(true, &options)
}

impl Mounted {
    /// Returns what was committed since this was asked last.
    pub(super) fn commits(&self) -> Vec<Commit> {
        std::mem::take(&mut self.songs.commits.lock().unwrap())
    }

    pub(super) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    pub(super) fn song(&self, leaf: u64) -> Song {
        self.songs.by_leaf.lock().unwrap()[&LeafId::new(leaf).unwrap()].clone()
    }

    pub(super) fn change(&self, leaf: u64, change: impl FnOnce(&mut Song)) {
        let mut songs = self.songs.by_leaf.lock().unwrap();
        change(songs.get_mut(&LeafId::new(leaf).unwrap()).unwrap());
    }

    /// Returns what the virtual file of a leaf should hold.
    pub(super) fn expected(&self, leaf: u64) -> Vec<u8> {
        let song = self.song(leaf);
        let origin = fs::read(&song.origin).unwrap();
        [&song.header, &origin[song.skipped()..]].concat()
    }
}

/// Returns whether something is mounted at `path`, without asking what is mounted there.
pub(super) fn is_mounted(path: &Path) -> bool {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let path = path.to_str().unwrap();
    table
        .lines()
        .any(|line| line.split(' ').nth(4) == Some(path))
}
