//! How editors save, by system calls.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::process::Command;
use std::time::SystemTime;

use nix::errno::Errno;
use rustix::fs::{Access, CWD, RenameFlags};

use super::{Editing, HEADER, close, editing, errno, open_both};

fn rename_anew(from: &std::path::Path, to: &std::path::Path) -> rustix::io::Result<()> {
    rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)
}

/// Does what editors do to a file after they have replaced it.
fn restore_attributes(path: &std::path::Path) {
    let metadata = fs::metadata(path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::chown(path, Some(metadata.uid()), Some(metadata.gid())).unwrap();
    let long_ago = SystemTime::UNIX_EPOCH;
    let times = FileTimes::new()
        .set_modified(long_ago)
        .set_accessed(long_ago);
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_times(times)
        .unwrap();
    let after = fs::metadata(path).unwrap();
    assert_eq!(after.mode(), metadata.mode());
    assert_eq!(after.modified().unwrap(), metadata.modified().unwrap());
}

#[test]
fn one_in_place_where_the_padding_suffices() {
    let Some(editing) = editing() else { return };
    let mut expected = editing.before.clone();
    expected[100..200].fill(b'#');
    let mtime = fs::metadata(&editing.path).unwrap().modified().unwrap();
    let file = open_both(&editing.path);
    file.write_all_at(&expected[100..200], 100).unwrap();
    assert!(
        fs::read(&editing.path).unwrap() == expected,
        "others see it at once"
    );
    assert!(editing.mounted.commits().is_empty());
    close(file).unwrap();
    let commits = editing.mounted.songs.commits.lock().unwrap().clone();
    assert!(commits[0].has_base);
    assert_eq!(commits[0].unchanged, [0..100, 200..expected.len() as u64]);
    editing.check_saved(&expected);
    assert!(fs::metadata(&editing.path).unwrap().modified().unwrap() > mtime);
}

#[test]
fn two_in_place_with_everything_shifted() {
    let Some(editing) = editing() else { return };
    for more in [70_000, 3] {
        let expected = editing.edited(more);
        let mut file = open_both(&editing.path);
        file.write_all(&expected).unwrap();
        let len = expected.len() as u64;
        file.set_len(len).unwrap();
        assert_eq!(file.metadata().unwrap().len(), len);
        assert_eq!(file.seek(SeekFrom::End(0)).unwrap(), len);
        close(file).unwrap();
        editing.check_saved(&expected);
    }
}

#[test]
fn three_and_six_a_file_beside_it_takes_its_place() {
    let Some(editing) = editing() else { return };
    for name in [
        "08 Idioteque.flac.metadata_edit",
        ".08 Idioteque.flac.x7Gq2a",
    ] {
        let expected = editing.edited(name.len());
        let temp = editing.beside(name);
        let mut file = File::create_new(&temp).unwrap();
        file.write_all(&expected).unwrap();
        close(file).unwrap();
        assert!(fs::read(&temp).unwrap() == expected);
        assert!(editing.mounted.commits().is_empty());
        restore_attributes(&temp);
        fs::rename(&temp, &editing.path).unwrap();
        restore_attributes(&editing.path);
        editing.check_saved(&expected);
    }
}

#[test]
fn so_it_does_while_it_is_open() {
    let Some(editing) = editing() else { return };
    let (first, second) = (editing.edited(1), editing.edited(2));
    let temp = editing.beside(".goutputstream-ABCDEF");
    let mut file = File::create_new(&temp).unwrap();
    file.write_all(&first).unwrap();
    file.sync_all().unwrap();
    fs::rename(&temp, &editing.path).unwrap();
    editing.check_saved(&first);
    // What is written after all is another save of the same file.
    file.set_len(0).unwrap();
    file.write_all_at(&second, 0).unwrap();
    close(file).unwrap();
    editing.check_saved(&second);
}

#[test]
fn four_the_old_file_is_moved_away_and_removed() {
    let Some(editing) = editing() else { return };
    let expected = editing.edited(10);
    let old = editing.beside("08 Idioteque.flac_KID3");
    let ino = fs::metadata(&editing.path).unwrap().ino();
    rename_anew(&editing.path, &old).unwrap();
    assert!(fs::read(&old).unwrap() == editing.before);
    assert_eq!(errno(fs::metadata(&editing.path)), Errno::ENOENT);
    let mut file = File::create(&editing.path).unwrap();
    file.write_all(&expected).unwrap();
    assert!(fs::read(&old).unwrap() == editing.before);
    close(file).unwrap();
    fs::remove_file(&old).unwrap();
    editing.check_saved(&expected);
    assert_eq!(fs::metadata(&editing.path).unwrap().ino(), ino);
}

#[test]
fn four_can_be_taken_back() {
    let Some(editing) = editing() else { return };
    let old = editing.beside("08 Idioteque.flac_KID3");
    rename_anew(&editing.path, &old).unwrap();
    let mut file = File::create(&editing.path).unwrap();
    file.write_all(b"half").unwrap();
    assert_eq!(close(file), Err(Errno::EIO));
    // The save has failed, so the file is what it was; the program cleans up all the same.
    assert_eq!(errno(fs::remove_file(&editing.path)), Errno::EPERM);
    fs::rename(&old, &editing.path).unwrap();
    assert_eq!(editing.mounted.commits().len(), 1);
    if old.exists() {
        fs::remove_file(&old).unwrap();
    }
    editing.check_shown(&editing.before);
}

#[test]
fn five_a_file_from_elsewhere_is_copied_over_it() {
    let Some(editing) = editing() else { return };
    let expected = editing.edited(5);
    let outside = editing.mounted.folder.path().join("outside");
    fs::write(&outside, &expected).unwrap();
    assert_eq!(errno(fs::rename(&outside, &editing.path)), Errno::EXDEV);
    let mut copy = Command::new("cp");
    let copy = copy.arg("-p").arg(&outside).arg(&editing.path);
    let copied = copy.output().unwrap();
    assert!(copied.status.success(), "{copied:?}");
    editing.check_saved(&expected);
    // To move it there, mv(1) would first remove what is there.
    let moved = Command::new("mv").arg(&outside).arg(&editing.path).output();
    assert!(!moved.unwrap().status.success() && outside.exists());
    editing.check_shown(&expected);
}

#[test]
fn seven_it_is_opened_several_times() {
    let Some(editing) = editing() else { return };
    let access = rustix::fs::access(&editing.path, Access::WRITE_OK | Access::READ_OK);
    assert_eq!(access, Ok(()));
    for _ in 0..2 {
        close(open_both(&editing.path)).unwrap();
    }
    assert!(editing.mounted.commits().is_empty());
    let expected = editing.edited(0);
    let file = open_both(&editing.path);
    file.write_all_at(&expected[..5000], 0).unwrap();
    close(file).unwrap();
    close(open_both(&editing.path)).unwrap();
    editing.check_saved(&expected);
}

#[test]
fn it_is_emptied_first() {
    let Some(editing) = editing() else { return };
    let expected = editing.edited(1);
    fs::write(&editing.path, &expected).unwrap();
    editing.check_saved(&expected);
}

#[test]
fn it_is_appended_to() {
    let Some(editing) = editing() else { return };
    let mut file = OpenOptions::new().append(true).open(&editing.path).unwrap();
    file.write_all(b"TAG").unwrap();
    assert_eq!(
        close(file),
        Err(Errno::EIO),
        "the library wants the audio last"
    );
    let commits = editing.mounted.commits();
    let expected = [editing.before.as_slice(), b"TAG"].concat();
    assert!(commits[0].bytes == expected && !commits[0].was_taken);
    editing.check_shown(&editing.before);
}

/// Saves again and again, as somebody who tags an album does, while a player has the file open.
#[test]
fn saves_while_others_read() {
    let Some(Editing { mounted, path, .. }) = editing() else {
        return;
    };
    let player = File::open(&path).unwrap();
    let mut expected = mounted.expected(super::LEAF);
    let mut heard = vec![0; 5000];
    for letter in b"abc" {
        expected[..5000].fill(*letter);
        let file = open_both(&path);
        file.write_all_at(&expected[..5000], 0).unwrap();
        close(file).unwrap();
        player.read_exact_at(&mut heard, 0).unwrap();
        assert!(heard == expected[..5000] && fs::read(&path).unwrap() == expected);
    }
    let commits = mounted.commits();
    let before: Vec<_> = commits.iter().map(|commit| commit.before).collect();
    assert_eq!(
        before,
        [None, Some(0), Some(1)],
        "each goes on from the last"
    );
    for commit in commits {
        let rest = std::iter::once(5000..expected.len() as u64);
        assert!(commit.was_taken && commit.unchanged.into_iter().eq(rest));
    }
    drop(player);
    assert!(fs::read(&path).unwrap() == expected);
}

/// What somebody edits is what is read meanwhile: what was saved in place while it is open, or in the file
/// that is written again, and after a refusal what it was opened with.
#[test]
fn each_save_goes_on_from_what_could_be_read() {
    let Some(editing) = editing() else { return };
    let path = &editing.path;
    let in_place = |letter: u8| {
        let file = open_both(path);
        file.write_all_at(&[letter; HEADER], 0).unwrap();
        close(file)
    };
    let beside = |letter: u8| {
        let temp = editing.beside("temp");
        let mut file = File::create(&temp).unwrap();
        let bytes = [&[letter; HEADER], &editing.before[HEADER..]].concat();
        file.write_all(&bytes).unwrap();
        fs::rename(&temp, path).unwrap();
        file
    };
    let check = |numbers: &[(Option<usize>, bool)]| {
        let commits = editing.mounted.commits();
        let got: Vec<_> = commits.iter().map(|c| (c.before, c.has_base)).collect();
        assert_eq!(got, numbers);
    };
    // Nobody has it open, so that nobody knows what was read.
    drop(beside(b'0'));
    check(&[(None, false)]);
    let player = File::open(path).unwrap();
    drop(beside(b'1'));
    check(&[(None, true)]);
    in_place(b'2').unwrap();
    let mut other = beside(b'3');
    in_place(b'4').unwrap();
    other.rewind().unwrap();
    other.write_all(b"5").unwrap();
    close(other).unwrap();
    check(&[
        (None, true),
        (Some(2), true),
        (Some(2), true),
        (Some(3), false),
    ]);
    *editing.mounted.songs.verdict.lock().unwrap() = Some(|| crate::Error::Busy);
    assert_eq!(in_place(b'6'), Err(Errno::EBUSY));
    check(&[(Some(4), true)]);
    *editing.mounted.songs.verdict.lock().unwrap() = None;
    let mut heard = [0];
    player.read_exact_at(&mut heard, 0).unwrap();
    assert_eq!(heard, *b"0", "what it was opened with");
    in_place(b'7').unwrap();
    check(&[(None, true)]);
}
