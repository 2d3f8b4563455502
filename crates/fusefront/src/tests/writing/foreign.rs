//! Names that are not the library's.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::os::unix::fs as unix;
use std::time::Duration;

use nix::errno::Errno;
use rustix::fs::{CWD, FileType, Mode, RenameFlags};

use super::super::support::{PATHS, mount_to_write, snapshot, writing};
use super::{Editing, LEAF, NAME, close, editing, errno, eventually, listed};
use crate::Writing;

/// The path that the leaf has after a reload.
const RENAMED: &str = "Kid A/08 Renamed.flac";

impl Editing {
    /// Has the library give the leaf another path, or take it away.
    fn move_to(&self, path: Option<&'static str>) {
        let paths = PATHS.iter().filter_map(|&row| match row {
            (LEAF, _, len) => Some((LEAF, path?, len)),
            row => Some(row),
        });
        let paths: Vec<_> = paths.collect();
        self.mounted.session.publisher().publish(snapshot(&paths));
    }

    /// Checks that `bytes` were committed, once, and are what the leaf holds under its new name.
    #[track_caller]
    fn check_saved_renamed(&self, bytes: &[u8]) {
        let commits = self.mounted.commits();
        let commits: Vec<_> = commits
            .iter()
            .map(|commit| (commit.leaf, commit.was_taken, commit.bytes == bytes))
            .collect();
        assert_eq!(commits, [(LEAF, true, true)]);
        assert!(eventually(|| !self.path.exists()));
        assert!(fs::read(self.mounted.path(RENAMED)).unwrap() == bytes);
        assert_eq!(
            listed(&self.mounted.path("Kid A")),
            ["01 Everything.flac", "08 Renamed.flac", "Bonus"]
        );
        self.mounted.check_origins();
    }
}

#[test]
fn they_are_there_for_everybody_until_they_are_removed() {
    let Some(mounted) = mount_to_write(writing()) else {
        return;
    };
    let [one, other] = ["Kid A/notes", "Kid A/Bonus/notes"].map(|path| mounted.path(path));
    fs::write(&one, "hello").unwrap();
    assert_eq!(errno(File::create_new(&one)), Errno::EEXIST);
    fs::rename(&one, &other).unwrap();
    assert!(!one.exists());
    assert_eq!(fs::read_to_string(&other).unwrap(), "hello");
    assert_eq!(listed(&mounted.path("Kid A/Bonus")), ["notes", "Übung.mp3"]);
    fs::write(&one, "other").unwrap();
    let anew = rustix::fs::renameat_with(CWD, &one, CWD, &other, RenameFlags::NOREPLACE);
    assert_eq!(anew, Err(rustix::io::Errno::EXIST));
    fs::rename(&one, &other).unwrap();
    let mut open = File::options().append(true).open(&other).unwrap();
    fs::remove_file(&other).unwrap();
    open.write_all(b"!").unwrap();
    assert_eq!(open.metadata().unwrap().len(), 6);
    assert_eq!(listed(&mounted.path("Kid A/Bonus")), ["Übung.mp3"]);
    assert!(mounted.commits().is_empty());
}

#[test]
fn there_are_so_many_and_no_more() {
    let Some(mounted) = mount_to_write(writing()) else {
        return;
    };
    let paths: Vec<_> = (0..5).map(|n| mounted.path(format!("Kid A/{n}"))).collect();
    for path in &paths[..4] {
        File::create_new(path).unwrap();
    }
    assert_eq!(errno(File::create_new(&paths[4])), Errno::ENOSPC);
    fs::remove_file(&paths[0]).unwrap();
    File::create_new(&paths[4]).unwrap();
}

#[test]
fn the_library_keeps_its_own() {
    let Some(editing) = editing() else { return };
    let (path, mounted) = (&editing.path, &editing.mounted);
    let dir = mounted.path("Kid A");
    let new = mounted.path("Kid A/new");
    assert_eq!(errno(fs::remove_file(path)), Errno::EPERM);
    let other = editing.beside("01 Everything.flac");
    assert_eq!(errno(fs::rename(path, &other)), Errno::EPERM);
    assert_eq!(errno(fs::rename(&dir, mounted.path("Kid B"))), Errno::EPERM);
    assert_eq!(errno(fs::remove_dir(&dir)), Errno::ENOTEMPTY);
    assert_eq!(errno(fs::create_dir(&new)), Errno::EPERM);
    assert_eq!(errno(fs::hard_link(path, &new)), Errno::EPERM);
    assert_eq!(errno(unix::symlink("x", &new)), Errno::EPERM);
    assert_eq!(errno(unix::chown(path, Some(12345), None)), Errno::EPERM);
    let fifo = rustix::fs::mknodat(CWD, &new, FileType::Fifo, Mode::RUSR, 0);
    assert_eq!(fifo, Err(rustix::io::Errno::PERM));
    fs::write(&new, "x").unwrap();
    let swap = rustix::fs::renameat_with(CWD, &new, CWD, path, RenameFlags::EXCHANGE);
    assert_eq!(swap, Err(rustix::io::Errno::INVAL));
    let long = mounted.path("n".repeat(256));
    assert_eq!(errno(File::create(long)), Errno::ENAMETOOLONG);
    fs::remove_file(&new).unwrap();
    assert!(mounted.commits().is_empty());
    editing.check_shown(&editing.before);
}

#[test]
fn a_node_that_is_a_file_can_be_made() {
    let Some(mounted) = mount_to_write(writing()) else {
        return;
    };
    let path = mounted.path("made");
    let make = || rustix::fs::mknodat(CWD, &path, FileType::RegularFile, Mode::RUSR, 0);
    assert_eq!((make(), make()), (Ok(()), Err(rustix::io::Errno::EXIST)));
    fs::write(&path, "x").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "x");
}

#[test]
fn what_was_moved_away_and_left_there_comes_back() {
    let soon = Writing {
        patience: Duration::from_millis(300),
        ..writing()
    };
    let Some(mounted) = mount_to_write(soon) else {
        return;
    };
    let [path, away] = [super::NAME, "Amnesiac/moved.flac"].map(|path| mounted.path(path));
    fs::rename(&path, &away).unwrap();
    let _ = fs::metadata(&path);
    assert!(eventually(|| path.exists() && !away.exists()));
    assert!(fs::read(&path).unwrap() == mounted.expected(super::LEAF));
}

#[test]
fn a_leaf_whose_other_name_is_taken_is_listed_under_its_own_again() {
    let Some(editing) = editing() else { return };
    let [temp, away] = ["Amnesiac/temp", "Amnesiac/x.bak"].map(|path| editing.mounted.path(path));
    fs::write(&temp, "x").unwrap();
    fs::rename(&editing.path, &away).unwrap();
    let dir = editing.path.parent().unwrap();
    assert_eq!(listed(dir), ["01 Everything.flac", "Bonus"]);
    fs::rename(&temp, &away).unwrap();
    assert!(eventually(|| listed(dir).len() == 3));
    assert_eq!(fs::read_to_string(&away).unwrap(), "x");
    editing.check_shown(&editing.before);
}

/// A reload gives the leaf another name while a program saves under the one that it knows.
#[test]
fn what_is_made_at_a_leafs_name_is_saved_wherever_the_library_moves_the_leaf() {
    let Some(editing) = editing() else { return };
    let expected = editing.edited(10);
    let old = editing.beside("08 Idioteque.flac_KID3");
    fs::rename(&editing.path, &old).unwrap();
    let mut file = File::create(&editing.path).unwrap();
    file.write_all(&expected[..100]).unwrap();
    editing.move_to(Some(RENAMED));
    // Whoever is told that the name went looks for it.
    assert_eq!(fs::metadata(&editing.path).unwrap().len(), 100);
    assert!(
        fs::read_dir(editing.path.parent().unwrap())
            .unwrap()
            .count()
            > 1
    );
    file.write_all(&expected[100..]).unwrap();
    close(file).unwrap();
    fs::remove_file(&old).unwrap();
    editing.check_saved_renamed(&expected);
}

#[test]
fn so_it_is_where_the_leaf_was_moved_before() {
    let Some(editing) = editing() else { return };
    let expected = editing.edited(10);
    let old = editing.beside("08 Idioteque.flac_KID3");
    fs::rename(&editing.path, &old).unwrap();
    editing.move_to(Some(RENAMED));
    fs::write(&editing.path, &expected).unwrap();
    fs::remove_file(&old).unwrap();
    editing.check_saved_renamed(&expected);
}

#[test]
fn what_takes_the_name_that_a_leaf_had_is_saved() {
    let Some(editing) = editing() else { return };
    let expected = editing.edited(10);
    let temp = editing.beside("temp");
    fs::write(&temp, &expected).unwrap();
    editing.move_to(Some(RENAMED));
    fs::rename(&temp, &editing.path).unwrap();
    editing.check_saved_renamed(&expected);
    // Another leaf that has the name now is the one that is meant.
    editing.move_to(Some(NAME));
    editing.move_to(Some(RENAMED));
    editing.move_to(Some(NAME));
    let expected = editing.edited(11);
    fs::write(&temp, &expected).unwrap();
    fs::rename(&temp, &editing.path).unwrap();
    editing.check_saved(&expected);
}

/// What cannot be saved any more is refused, and so kept aside by whoever refuses it.
#[test]
fn what_is_saved_of_a_leaf_that_is_gone_is_refused() {
    let Some(editing) = editing() else { return };
    let expected = editing.edited(10);
    let temp = editing.beside("temp");
    fs::write(&temp, &expected).unwrap();
    fs::rename(&editing.path, editing.beside("old")).unwrap();
    let mut file = File::create(&editing.path).unwrap();
    file.write_all(&expected).unwrap();
    editing.move_to(None);
    *editing.mounted.songs.verdict.lock().unwrap() = Some(|| crate::Error::refused("gone"));
    assert_eq!(close(file), Err(Errno::EIO));
    assert_eq!(errno(fs::rename(&temp, &editing.path)), Errno::EIO);
    let commits = editing.mounted.commits();
    let handed: Vec<_> = commits.iter().map(|commit| commit.leaf).collect();
    assert_eq!(handed, [LEAF; 2]);
}

/// What a program goes on writing after it was refused is another save, and what it removes is none.
#[test]
fn every_close_says_what_became_of_the_save() {
    let Some(editing) = editing() else { return };
    let expected = editing.edited(10);
    fs::rename(&editing.path, editing.beside("old")).unwrap();
    let mut file = File::create(&editing.path).unwrap();
    file.write_all(b"half").unwrap();
    assert_eq!(close(file.try_clone().unwrap()), Err(Errno::EIO));
    file.write_all(b" of it").unwrap();
    assert_eq!(close(file.try_clone().unwrap()), Err(Errno::EIO));
    file.rewind().unwrap();
    file.write_all(&expected).unwrap();
    close(file).unwrap();
    let taken = editing.mounted.commits().into_iter();
    let taken: Vec<_> = taken.map(|commit| commit.was_taken).collect();
    assert_eq!(taken, [false, false, true]);
    assert!(fs::read(&editing.path).unwrap() == expected);
    fs::rename(&editing.path, editing.beside("older")).unwrap();
    let mut file = File::create(&editing.path).unwrap();
    file.write_all(&editing.before).unwrap();
    fs::remove_file(&editing.path).unwrap();
    close(file).unwrap();
    assert!(editing.mounted.commits().is_empty());
}
