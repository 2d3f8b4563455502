//! What is read of a file that is written, and what becomes of a save.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

use nix::errno::Errno;
use rustix::fs::FallocateFlags;
use vtree::LeafId;

use super::super::support::{LOCKED, PATHS, SKIPPED, mount_to_write, snapshot, writing};
use super::{LEAF, close, editing, errno, eventually, open_both};
use crate::saves::process_of;
use crate::{Error, Writing};

#[test]
fn nothing_changed_is_nothing_saved() {
    let Some(editing) = editing() else { return };
    let file = open_both(&editing.path);
    file.write_all_at(&editing.before[3000..9000], 3000)
        .unwrap();
    file.set_len(100).unwrap();
    file.write_all_at(&editing.before[100..], 100).unwrap();
    close(file).unwrap();
    assert!(editing.mounted.commits().is_empty());
    editing.check_shown(&editing.before);
}

/// Random writes, cuts and extensions, against the same on a plain file.
#[test]
fn it_is_what_a_plain_file_would_be() {
    let Some(editing) = editing() else { return };
    let model = editing.mounted.folder.path().join("model");
    fs::write(&model, &editing.before).unwrap();
    let (file, model) = (open_both(&editing.path), open_both(&model));
    let mut state = 11_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005) + 1;
        (state >> 33) % below
    };
    for step in 0..200_u8 {
        let (at, len) = (random(600_000), random(50_000));
        match random(6) {
            0 => [&file, &model].map(|file| file.set_len(at).unwrap()),
            1 => [&file, &model].map(|file| {
                rustix::fs::fallocate(file, FallocateFlags::empty(), at, len + 1).unwrap();
            }),
            _ => {
                let bytes = vec![step; usize::try_from(len).unwrap()];
                [&file, &model].map(|file| file.write_all_at(&bytes, at).unwrap())
            }
        };
        // As when memory is short: the kernel reads again what was written.
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
        let len = model.metadata().unwrap().len();
        assert_eq!(file.metadata().unwrap().len(), len);
        let [ours, theirs] = [&file, &model].map(|file| {
            let mut bytes = vec![0; usize::try_from(len).unwrap()];
            file.read_exact_at(&mut bytes, 0).unwrap();
            bytes
        });
        assert!(ours == theirs, "after step {step}");
    }
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let punched = rustix::fs::fallocate(&file, punch, 0, 1);
    assert_eq!(punched, Err(rustix::io::Errno::OPNOTSUPP));
    assert_eq!(close(file), Err(Errno::EIO));
    editing.check_shown(&editing.before);
}

/// Nothing that the kernel is told after a save comes in between when the file is looked at again.
#[test]
fn a_file_is_what_it_is_at_once_after_a_save() {
    let Some(editing) = editing() else { return };
    for more in 0..300 {
        let expected = editing.edited(more * 10);
        fs::write(&editing.path, &expected).unwrap();
        assert!(fs::read(&editing.path).unwrap() == expected, "save {more}");
    }
}

#[test]
fn a_file_is_what_it_was_at_once_after_a_refusal() {
    let Some(editing) = editing() else { return };
    for step in 0..60 {
        let file = open_both(&editing.path);
        file.set_len(if step % 2 == 0 { 100 } else { 600_000 })
            .unwrap();
        assert_eq!(close(file), Err(Errno::EIO));
        let shown = fs::read(&editing.path).unwrap();
        assert!(shown == editing.before, "refusal {step}");
    }
}

#[test]
fn whatever_the_library_says_is_what_close_says_and_the_file_is_as_before() {
    let Some(editing) = editing() else { return };
    let verdicts: [(fn() -> Error, Errno); 4] = [
        (|| Error::Busy, Errno::EBUSY),
        (|| Error::refused("no"), Errno::EIO),
        (|| Error::NotPermitted, Errno::EPERM),
        (|| Error::NoSpace, Errno::ENOSPC),
    ];
    for (verdict, expected) in verdicts {
        *editing.mounted.songs.verdict.lock().unwrap() = Some(verdict);
        let file = open_both(&editing.path);
        file.write_all_at(b"edited", 0).unwrap();
        assert_eq!(close(file), Err(expected));
        assert_eq!(editing.mounted.commits().len(), 1);
        editing.check_shown(&editing.before);
        let temp = editing.beside("temp");
        fs::write(&temp, editing.edited(0)).unwrap();
        assert_eq!(errno(fs::rename(&temp, &editing.path)), expected);
        assert_eq!(editing.mounted.commits().len(), 1);
        for _ in 0..3 {
            assert!(fs::read(&temp).unwrap() == editing.edited(0));
        }
        fs::remove_file(&temp).unwrap();
        editing.check_shown(&editing.before);
    }
    *editing.mounted.songs.verdict.lock().unwrap() = None;
    fs::write(&editing.path, editing.edited(0)).unwrap();
    editing.check_saved(&editing.edited(0));
}

/// A program that is started meanwhile inherits the descriptor and closes it, and so does one that was
/// started to write it.
#[test]
fn a_save_is_complete_when_the_process_that_opened_the_file_closes_it() {
    let Some(editing) = editing() else { return };
    let expected = editing.edited(0);
    let file = open_both(&editing.path);
    file.write_all_at(&expected[..2500], 0).unwrap();
    let status = Command::new("true").status().unwrap();
    assert!(status.success() && editing.mounted.commits().is_empty());
    let inherited = Stdio::from(file.try_clone().unwrap());
    // This keeps our own duplicate open, which would complete the save too.
    let mut heir = Command::new("true");
    let status = heir.stdout(inherited).status().unwrap();
    assert!(status.success() && editing.mounted.commits().is_empty());
    file.write_all_at(&expected[2500..5000], 2500).unwrap();
    close(file).unwrap();
    editing.check_saved(&expected);
}

#[test]
fn a_thread_that_is_hidden_stands_for_its_process() {
    let ours = std::thread::spawn(|| {
        process_of(
            rustix::thread::gettid()
                .as_raw_nonzero()
                .get()
                .cast_unsigned(),
        )
    });
    assert_eq!(ours.join().unwrap(), std::process::id());
    // Beyond all that there are (`PID_MAX_LIMIT`), and so as little to be seen as one that is hidden.
    let hidden = 1 << 30;
    assert_eq!([hidden, 0].map(process_of), [hidden, 0]);
}

#[test]
fn what_the_last_to_close_writes_is_saved_without_telling_it() {
    let Some(editing) = editing() else { return };
    let expected = editing.edited(9);
    let file = File::create(&editing.path).unwrap();
    let mut cat = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(file)
        .spawn()
        .unwrap();
    let mut pipe = cat.stdin.take().unwrap();
    pipe.write_all(&expected).unwrap();
    drop(pipe);
    assert!(cat.wait().unwrap().success());
    // Its exit does not wait for what the kernel tells us of it.
    let commits = &editing.mounted.songs.commits;
    assert!(eventually(|| !commits.lock().unwrap().is_empty()));
    editing.check_saved(&expected);
}

/// By programs, since those that other tests start get copies of what is open here.
#[test]
fn who_empties_a_file_and_has_no_copies_of_it_is_refused() {
    let Some(mounted) = mount_to_write(writing()) else {
        return;
    };
    if !fs::read_to_string("/proc/self/fdinfo/0").is_ok_and(|about| about.contains("ino:")) {
        return fixtures::skip(
            "by Linux before 5.14, which says of no descriptor what file it is of",
        );
    }
    // No file of another mount has this number.
    let leaf = 1_000_000 + u64::from(std::process::id());
    let song = mounted.song(LEAF);
    let leaf_id = LeafId::new(leaf).unwrap();
    mounted.songs.by_leaf.lock().unwrap().insert(leaf_id, song);
    mounted.tree.publish(snapshot(&[(leaf, "song", 0)]));
    let (path, before) = (mounted.path("song"), mounted.expected(leaf));
    let run = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).arg(&path).output().unwrap()
    };
    for (program, args) in [("truncate", &["-s", "0"][..]), ("cp", &["/dev/null"])] {
        let output = run(program, args);
        assert!(!output.status.success(), "{program}");
        assert!(fs::read(&path).unwrap() == before, "{program}");
    }
    // A shell closes one copy while it has others, and does not look at what becomes of these.
    assert!(run("sh", &["-c", ": > \"$0\""]).status.success());
    assert!(fs::read(&path).unwrap() == before);
    assert!(mounted.commits().is_empty());
    let edited = mounted.folder.path().join("edited");
    fs::write(&edited, &before[5..]).unwrap();
    let edited = edited.to_str().unwrap();
    let copied = run("sh", &["-c", &format!("cat '{edited}' > \"$0\"")]);
    assert!(copied.status.success(), "{copied:?}");
    let commits = mounted.commits();
    assert!(commits.len() == 1 && commits[0].was_taken && commits[0].bytes == before[5..]);
}

#[test]
fn of_several_writers_the_last_completes_the_save() {
    let Some(editing) = editing() else { return };
    let expected = editing.edited(0);
    let [one, other] = [(); 2].map(|()| open_both(&editing.path));
    one.write_all_at(&expected[..2500], 0).unwrap();
    other.write_all_at(&expected[2500..5000], 2500).unwrap();
    close(one).unwrap();
    assert!(editing.mounted.commits().is_empty());
    close(other).unwrap();
    editing.check_saved(&expected);
}

#[test]
fn a_file_is_cut_by_its_name() {
    let Some(editing) = editing() else { return };
    let cut = rustix::fs::open(&editing.path, rustix::fs::OFlags::PATH, 0.into()).map(drop);
    cut.unwrap();
    let truncate = |len| nix::unistd::truncate(&editing.path, len);
    assert_eq!(
        truncate(1000),
        Err(Errno::EIO),
        "there would be no audio left"
    );
    assert_eq!(editing.mounted.commits().len(), 1);
    editing.check_shown(&editing.before);
    let len = i64::try_from(editing.before.len()).unwrap();
    assert_eq!(truncate(len), Ok(()));
    assert!(editing.mounted.commits().is_empty());
}

#[test]
fn there_is_room_for_so_much_and_no_more() {
    let small = Writing {
        most_bytes: 1 << 20,
        ..writing()
    };
    let Some(mounted) = mount_to_write(small) else {
        return;
    };
    let path = mounted.path(PATHS[0].1);
    let megabyte = vec![7; 1 << 20];
    for _ in 0..2 {
        let file = open_both(&path);
        file.write_all_at(&megabyte[..900_000], 0).unwrap();
        let full = file.write_all_at(&megabyte[..900_000], 1_000_000);
        assert_eq!(errno(full), Errno::ENOSPC);
        assert_eq!(errno(file.set_len(1 << 40)), Errno::ENOSPC);
        assert_eq!(close(file), Err(Errno::EIO));
        let temp = mounted.path("temp");
        assert_eq!(errno(fs::write(&temp, &megabyte)), Errno::ENOSPC);
        fs::remove_file(temp).unwrap();
    }
    assert!(fs::read(&path).unwrap() == mounted.expected(1));
}

#[test]
fn a_leaf_that_takes_no_edits_says_so_at_once() {
    let Some(mounted) = mount_to_write(writing()) else {
        return;
    };
    let path = mounted.path(PATHS.iter().find(|row| row.0 == LOCKED).unwrap().1);
    let opened = File::options().write(true).open(&path);
    assert_eq!(errno(opened), Errno::EPERM);
    fs::write(mounted.path("temp"), "x").unwrap();
    for (from, to) in [
        (mounted.path("temp"), &path),
        (path.clone(), &mounted.path("y")),
    ] {
        assert_eq!(errno(fs::rename(from, to)), Errno::EPERM);
    }
    let mut bytes = Vec::new();
    File::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
    assert!(bytes == mounted.expected(LOCKED) && mounted.commits().is_empty());
}

#[test]
fn a_file_that_is_its_origin_is_written_while_it_plays() {
    let Some(mounted) = mount_to_write(writing()) else {
        return;
    };
    mounted.change(1, |song| song.header.clear());
    let (path, before) = (mounted.path(PATHS[0].1), mounted.expected(1));
    let expected = [vec![b'#'; 5000].as_slice(), &before[SKIPPED..]].concat();
    let player = File::open(&path).unwrap();
    let mut file = open_both(&path);
    file.write_all(&expected).unwrap();
    let mut heard = vec![0; 5000];
    player.read_exact_at(&mut heard, 0).unwrap();
    assert!(heard == expected[..5000]);
    close(file).unwrap();
    assert_eq!(mounted.commits().len(), 1);
    drop(player);
    assert!(fs::read(&path).unwrap() == expected && mounted.expected(1) == expected);
    mounted.check_origins();
}

#[test]
fn a_library_that_takes_its_time_holds_up_nobody_else() {
    let Some(editing) = editing() else { return };
    let (mounted, path) = (&editing.mounted, &editing.path);
    let expected = &editing.edited(0);
    let other = &mounted.path(PATHS[0].1);
    let write = |file: &File| file.write_all_at(&expected[..5000], 0);
    std::thread::scope(|scope| {
        let busy = mounted.songs.busy.lock().unwrap();
        let [first, second] = [(); 2].map(|()| open_both(path));
        write(&first).unwrap();
        let closed = scope.spawn(move || close(first));
        // It is under way when the next write has to wait for it.
        assert!(eventually(
            || mounted.songs.n_came.load(Ordering::Relaxed) > 0
        ));
        let (written, is_written) = std::sync::mpsc::channel();
        scope.spawn(move || written.send(write(&second).and_then(|()| Ok(close(second)?))));
        let soon = std::time::Duration::from_millis(300);
        let is_held_up = is_written.recv_timeout(soon).is_err();
        // The kernel itself lets nobody look at what is being written.
        let looked = scope.spawn(move || fs::metadata(path).unwrap().len());
        let (done, is_done) = std::sync::mpsc::channel();
        scope.spawn(move || {
            for _ in 0..20 {
                assert!(fs::read(other).unwrap() == mounted.expected(1));
            }
            done.send(())
        });
        let was_done = is_done.recv_timeout(std::time::Duration::from_secs(30));
        drop(busy);
        assert!(is_held_up && was_done.is_ok());
        assert_eq!(closed.join().unwrap(), Ok(()));
        assert_eq!(looked.join().unwrap(), expected.len() as u64);
        is_written.recv().unwrap().unwrap();
    });
    mounted.check_origins();
}
