//! Files are written as editors do it, and names that are not the library's come and go.

mod content;
mod foreign;
mod patterns;

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;

use super::support::{Mounted, PATHS, mount_to_write, writing};

/// The leaf that is edited, and its path.
const LEAF: u64 = PATHS[1].0;
const NAME: &str = PATHS[1].1;
/// How long its header is at first.
const HEADER: usize = 5000;

/// A mount with a file to edit.
#[derive(Debug)]
struct Editing {
    mounted: Mounted,
    path: PathBuf,
    /// What the file holds at first.
    before: Vec<u8>,
}

fn editing() -> Option<Editing> {
    let mounted = mount_to_write(writing())?;
    let (path, before) = (mounted.path(NAME), mounted.expected(LEAF));
    Some(Editing {
        mounted,
        path,
        before,
    })
}

impl Editing {
    /// Returns a path beside the file.
    fn beside(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    /// Returns the file with another header, which is longer by `more`.
    fn edited(&self, more: usize) -> Vec<u8> {
        let audio = &self.before[HEADER..];
        [vec![b'#'; HEADER + more].as_slice(), audio].concat()
    }

    /// Checks that `bytes` were committed, once, and are what is read now.
    #[track_caller]
    fn check_saved(&self, bytes: &[u8]) {
        let commits = self.mounted.commits();
        let taken: Vec<_> = commits.iter().map(|commit| commit.was_taken).collect();
        assert_eq!(taken, [true], "one save is one commit");
        assert!(commits[0].bytes == bytes && commits[0].leaf == LEAF);
        self.check_shown(bytes);
    }

    /// Checks what the file holds, and that the library has all its names and no others.
    #[track_caller]
    fn check_shown(&self, bytes: &[u8]) {
        assert!(fs::read(&self.path).unwrap() == bytes);
        assert_eq!(fs::metadata(&self.path).unwrap().len(), bytes.len() as u64);
        let dir = self.path.parent().unwrap();
        assert_eq!(
            listed(dir),
            ["01 Everything.flac", "08 Idioteque.flac", "Bonus"]
        );
        self.mounted.check_origins();
    }
}

impl Mounted {
    /// Checks that no origin was changed.
    #[track_caller]
    fn check_origins(&self) {
        for (leaf, _, len) in PATHS {
            let origin = fs::read(&self.song(leaf).origin).unwrap();
            assert!(origin == super::support::noise(leaf, len), "origin {leaf}");
        }
    }
}

fn listed(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn open_both(path: &Path) -> File {
    let mut options = OpenOptions::new();
    options.read(true).write(true).open(path).unwrap()
}

/// Closes a file, as `close(2)` reports it.
fn close(file: File) -> Result<(), Errno> {
    nix::unistd::close(file)
}

/// Returns the errno of what must fail.
#[track_caller]
fn errno<T: std::fmt::Debug>(result: std::io::Result<T>) -> Errno {
    Errno::from_raw(result.unwrap_err().raw_os_error().unwrap())
}

/// Returns whether it comes true, which may take a moment.
pub(super) fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    (0..2000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        condition()
    })
}
