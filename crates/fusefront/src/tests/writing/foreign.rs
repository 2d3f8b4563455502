//! Names that are not the library's.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs as unix;
use std::time::Duration;

use nix::errno::Errno;
use rustix::fs::{CWD, FileType, Mode, RenameFlags};

use super::super::support::{mount_to_write, writing};
use super::{close, editing, errno, eventually, listed};
use crate::Writing;

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
    // So it does when something was begun in its place, and given up.
    fs::rename(&path, &away).unwrap();
    drop(File::create(&path).unwrap());
    assert!(eventually(
        || !away.exists() && fs::metadata(&path).unwrap().len() > 0
    ));
    assert!(fs::read(&path).unwrap() == mounted.expected(super::LEAF));
    // While somebody writes there, it waits.
    fs::rename(&path, &away).unwrap();
    let expected = mounted.expected(super::LEAF);
    let mut file = File::create(&path).unwrap();
    std::thread::sleep(Duration::from_millis(700));
    file.write_all(&expected).unwrap();
    close(file).unwrap();
    assert_eq!(mounted.commits().len(), 1);
    assert!(eventually(|| !away.exists()));
    assert!(fs::read(&path).unwrap() == expected);
}
