//! What can be read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirEntryExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, RawDir, SeekFrom};
use vtree::{InodeNo, LeafId};

use super::support::{Mounted, PATHS, REMOTE, at, mount, mount_with, noise, read_only, snapshot};
use super::writing::eventually;
use crate::Options;

/// Returns the path of each file below `root`, checking that listings and attributes agree.
fn walk(root: &Path, dir: &Path, found: &mut BTreeMap<String, u64>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        assert_eq!(entry.ino(), metadata.ino());
        assert_eq!(entry.file_type().unwrap(), metadata.file_type());
        if metadata.is_dir() {
            walk(root, &entry.path(), found);
        } else {
            let path = entry
                .path()
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            assert_eq!(found.insert(path, metadata.len()), None);
        }
    }
}

#[track_caller]
fn check_everything(mounted: &Mounted) {
    let mut found = BTreeMap::new();
    walk(&mounted.root, &mounted.root, &mut found);
    let expected = PATHS.map(|(leaf, path, _)| (path.to_owned(), mounted.expected(leaf).len()));
    assert_eq!(found, expected.map(|(path, len)| (path, len as u64)).into());
    for (leaf, path, _) in PATHS {
        let read = fs::read(mounted.path(path)).unwrap();
        assert!(read == mounted.expected(leaf), "{path}");
    }
}

#[test]
fn every_file_is_listed_with_its_exact_size_and_bytes() {
    let Some(mounted) = mount() else { return };
    check_everything(&mounted);
    check_everything(&mounted);
}

#[test]
fn so_it_is_when_attributes_are_listed_along() {
    let Some(mounted) = mount_with(true, &read_only()) else {
        return;
    };
    check_everything(&mounted);
    check_everything(&mounted);
    let opened = mounted.songs.n_opens.load(Ordering::Relaxed);
    // Attributes are looked at once per open, and for the one leaf that is not known once more at first and
    // after each of its two opens, since what it was opened with may hold no longer.
    assert!(mounted.songs.n_attrs.load(Ordering::Relaxed) <= opened + 3);
}

#[test]
fn names_whose_attributes_are_unknown_are_listed_without_them() {
    let Some(mounted) = mount() else { return };
    for (dir, n_names) in [("", 3), ("Kid A", 3), ("Amnesiac", 2)] {
        let names = fs::read_dir(mounted.path(dir)).unwrap();
        assert_eq!(names.count(), n_names, "{dir}");
    }
    assert_eq!(mounted.songs.n_attrs.load(Ordering::Relaxed), 0);
}

#[test]
fn an_entry_without_attributes_is_listed_all_the_same() {
    let Some(mounted) = mount_with(true, &Options::default()) else {
        return;
    };
    fs::remove_file(mounted.song(2).origin).unwrap();
    let names = fs::read_dir(mounted.path("Kid A")).unwrap();
    assert_eq!(names.count(), 3);
    assert!(fs::metadata(mounted.path(PATHS[1].1)).is_err());
    assert!(fs::metadata(mounted.path(PATHS[0].1)).is_ok());
}

#[test]
fn attributes_are_those_of_the_library() {
    let Some(mounted) = mount() else { return };
    let stat = fs::metadata(mounted.path("Kid A/08 Idioteque.flac")).unwrap();
    assert_eq!(stat.modified().unwrap(), at(1_700_000_002));
    assert_eq!(stat.ino(), InodeNo::from(LeafId::new(2).unwrap()).0);
    assert_eq!((stat.mode(), stat.nlink()), (0o100_444, 1));
    assert_eq!(stat.blocks(), stat.len().div_ceil(512));
    let uid = rustix::process::geteuid().as_raw();
    assert_eq!(
        (stat.uid(), stat.gid()),
        (uid, rustix::process::getegid().as_raw())
    );
    let dir = fs::metadata(mounted.path("Kid A")).unwrap();
    assert_eq!((dir.mode(), dir.nlink()), (0o040_555, 3));
    assert_eq!(dir.modified().unwrap(), at(1_700_000_000));
    assert_eq!(fs::metadata(&mounted.root).unwrap().ino(), 1);
}

#[test]
fn the_options_say_whose_files_they_are() {
    let options = Options {
        uid: Some(1234),
        gid: Some(4321),
        file_mode: Some(0o440),
        dir_mode: Some(0o750),
        ..Options::default()
    };
    let Some(mounted) = mount_with(false, &options) else {
        return;
    };
    let of = |path: &str| {
        let stat = fs::metadata(mounted.path(path)).unwrap();
        (stat.uid(), stat.gid(), stat.mode() & 0o7777)
    };
    assert_eq!(of("empty.flac"), (1234, 4321, 0o440));
    assert_eq!(of("Kid A"), (1234, 4321, 0o750));
}

#[test]
fn random_reads_equal_sequential_ones() {
    let Some(mounted) = mount() else { return };
    let expected = mounted.expected(1);
    let file = File::open(mounted.path(PATHS[0].1)).unwrap();
    let numbers = noise(7, 200 * 8);
    for number in numbers.chunks_exact(8) {
        let number = u64::from_le_bytes(number.try_into().unwrap());
        let offset = usize::try_from(number % (expected.len() as u64 + 100)).unwrap();
        let len = usize::try_from((number >> 40) % 300_000).unwrap();
        let mut buf = vec![0; len];
        let n = file.read_at(&mut buf, offset as u64).unwrap();
        let start = offset.min(expected.len());
        let end = expected.len().min(start + len);
        assert!(buf[..n] == expected[start..end], "{offset} {len}");
    }
}

/// Returns in how many requests, and how many bytes, what `read` reads was asked for.
fn requests_of(mounted: &Mounted, read: impl FnOnce()) -> (u64, u64) {
    let traffic = mounted.session.traffic();
    let counts = || (traffic.n_reads(), traffic.n_bytes());
    let before = counts();
    read();
    let after = counts();
    (after.0 - before.0, after.1 - before.1)
}

#[test]
fn large_reads_come_in_large_requests() {
    /// As much as the kernel puts into one request (`FUSE_MAX_MAX_PAGES` of 4 KiB, `fs/fuse/fuse_i.h`), and the
    /// smallest window that it reads ahead (`VM_READAHEAD_PAGES`).
    const MOST: usize = 1 << 20;
    const WINDOW: u64 = 128 << 10;
    let Some(mounted) = mount() else { return };
    let path = mounted.path(PATHS[0].1);
    let mut options = File::options();
    options
        .read(true)
        .custom_flags(OFlags::DIRECT.bits().cast_signed());
    let direct = options.open(&path).unwrap();
    let mut bytes = vec![0; 2 * MOST];
    let (n_requests, n_bytes) = requests_of(&mounted, || {
        direct.read_exact_at(&mut bytes, 0).unwrap();
    });
    assert_eq!(n_bytes, 2 << 20);
    // One more if the buffer begins within a page.
    assert!(n_requests <= 3, "{n_requests}");
    assert!(bytes == mounted.expected(1)[..bytes.len()]);
    drop(direct);
    // A stream is read ahead, by ever larger pieces at first.
    let len = mounted.expected(1).len() as u64;
    let (n_requests, n_bytes) = requests_of(&mounted, || {
        let mut file = File::open(&path).unwrap();
        let mut piece = [0; 4096];
        while file.read(&mut piece).unwrap() > 0 {}
    });
    assert!(
        n_bytes <= len && n_requests <= len.div_ceil(WINDOW) + 2,
        "{n_requests}"
    );
}

#[test]
fn many_read_at_once() {
    let Some(mounted) = mount() else { return };
    std::thread::scope(|scope| {
        for i in 0..24_usize {
            let mounted = &mounted;
            scope.spawn(move || {
                let (leaf, path, _) = PATHS[i % PATHS.len()];
                for _ in 0..5 {
                    assert!(fs::read(mounted.path(path)).unwrap() == mounted.expected(leaf));
                }
            });
        }
    });
}

#[test]
fn what_is_absent_stays_absent() {
    let Some(mounted) = mount() else { return };
    for path in ["nope", "Kid A/nope", "nope/nope", "Kid A/08 Idioteque.fla"] {
        for _ in 0..2 {
            let error = fs::metadata(mounted.path(path)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{path}");
        }
    }
    let error = fs::metadata(mounted.path("x".repeat(256))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidFilename);
    let error = fs::metadata(mounted.path("empty.flac/x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotADirectory);
}

#[test]
fn data_is_all_there_is_to_seek() {
    let Some(mounted) = mount() else { return };
    let file = File::open(mounted.path(PATHS[4].1)).unwrap();
    let len = mounted.expected(5).len() as u64;
    let seek = |to| rustix::fs::seek(&file, to);
    assert_eq!(seek(SeekFrom::Data(100)), Ok(100));
    assert_eq!(seek(SeekFrom::Hole(100)), Ok(len));
    assert_eq!(seek(SeekFrom::Data(len)), Err(rustix::io::Errno::NXIO));
    assert_eq!(seek(SeekFrom::End(0)), Ok(len));
}

#[test]
fn space_and_attributes_of_the_filesystem_are_reported() {
    let Some(mounted) = mount() else { return };
    let stat = rustix::fs::statvfs(&mounted.root).unwrap();
    assert_eq!(stat.f_blocks * stat.f_frsize, 8 << 30);
    assert_eq!(stat.f_bavail * stat.f_frsize, 1 << 30);
    assert_eq!((stat.f_files, stat.f_ffree), (PATHS.len() as u64 + 4, 0));
    assert_eq!(stat.f_namemax, 255);
    let names = rustix::fs::listxattr(mounted.path("empty.flac"), &mut [0_u8; 100]);
    assert!(matches!(names, Ok(0) | Err(rustix::io::Errno::OPNOTSUPP)));
}

#[test]
fn an_origin_that_is_gone_keeps_its_name_and_fails_to_open() {
    let Some(mounted) = mount() else { return };
    let path = mounted.path(PATHS[1].1);
    let len = fs::metadata(&path).unwrap().len();
    fs::remove_file(mounted.song(2).origin).unwrap();
    let eio = Some(rustix::io::Errno::IO.raw_os_error());
    for _ in 0..2 {
        assert_eq!(File::open(&path).unwrap_err().raw_os_error(), eio);
    }
    assert_eq!(fs::metadata(&path).unwrap().len(), len);
    let names = fs::read_dir(mounted.path("Kid A")).unwrap();
    assert_eq!(names.count(), 3);
}

#[test]
fn an_origin_truncated_while_open_is_an_error_and_no_short_read() {
    let Some(mounted) = mount() else { return };
    let file = File::open(mounted.path(PATHS[0].1)).unwrap();
    let origin = mounted.song(1).origin;
    File::options()
        .write(true)
        .open(origin)
        .unwrap()
        .set_len(1_000_000)
        .unwrap();
    let error = file.read_at(&mut [0; 100], 2_000_000).unwrap_err();
    assert_eq!(
        error.raw_os_error(),
        Some(rustix::io::Errno::IO.raw_os_error())
    );
    let read_all = |mut file: &File| io::copy(&mut file, &mut io::sink());
    assert!(read_all(&file).is_err());
}

/// Changes what a leaf serves, and checks what those see who have it open and who open it anew.
fn check_change(change: impl Fn(&Mounted)) {
    let Some(mounted) = mount() else { return };
    let path = mounted.path(PATHS[4].1);
    let before = mounted.expected(5);
    assert!(fs::read(&path).unwrap() == before);
    let open = File::open(&path).unwrap();
    change(&mounted);
    let after = mounted.expected(5);
    assert!(before != after);
    // Who has the file open, and who opens it besides, goes on with the rendering that is pinned.
    let mut buf = vec![0; before.len()];
    open.read_exact_at(&mut buf[..1000], 0).unwrap();
    assert!(buf[..1000] == before[..1000]);
    let again = File::open(&path).unwrap();
    assert_eq!(again.metadata().unwrap().len(), before.len() as u64);
    again.read_exact_at(&mut buf[..5000], 0).unwrap();
    assert!(buf[..5000] == before[..5000]);
    drop((open, again));
    // The kernel still believes in the old size and has the old pages.
    let anew = open_anew(&path);
    assert_eq!(anew.metadata().unwrap().len(), after.len() as u64);
    assert!(fs::read(&path).unwrap() == after);
    let mut buf = vec![0; after.len() + 1];
    let n = anew.read_at(&mut buf, 0).unwrap();
    assert!(buf[..n] == after);
}

/// Opens a file whose time was changed, once its old handles are released, which the kernel does some
/// time after `close` has returned.
fn open_anew(path: &Path) -> File {
    let start = Instant::now();
    loop {
        let file = File::open(path).unwrap();
        if file.metadata().unwrap().modified().unwrap() == at(1_800_000_000) {
            return file;
        }
        drop(file);
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "the handles are not released"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_longer_rendering_is_seen_by_the_next_open() {
    check_change(|mounted| {
        mounted.change(5, |song| {
            song.header = noise(1, 9001);
            song.changed = at(1_800_000_000);
        });
    });
}

#[test]
fn a_shorter_rendering_is_seen_by_the_next_open() {
    check_change(|mounted| {
        mounted.change(5, |song| {
            song.header = noise(1, 77);
            song.changed = at(1_800_000_000);
        });
    });
}

#[test]
fn a_rendering_of_the_same_length_is_seen_by_the_next_open() {
    check_change(|mounted| {
        mounted.change(5, |song| {
            song.header = noise(1, 5000);
            song.changed = at(1_800_000_000);
        });
    });
}

#[test]
fn reads_after_the_first_cost_the_library_nothing() {
    // What is not known has to be looked at again when it is no longer open.
    let Some(mounted) = mount_with(true, &read_only()) else {
        return;
    };
    let path = mounted.path(PATHS[0].1);
    for _ in 0..5 {
        fs::metadata(&path).unwrap();
        fs::read(&path).unwrap();
    }
    assert!(mounted.songs.n_opens.load(Ordering::Relaxed) <= 5);
    let attrs = mounted.songs.n_attrs.load(Ordering::Relaxed);
    assert!(attrs <= 5, "{attrs}");
}

#[test]
fn a_dead_server_holds_up_nothing_else() {
    const N_READERS: usize = 40;
    let Some(mounted) = mount() else { return };
    let (mounted, remote) = (&mounted, &mounted.path("Amnesiac/02 Remote.flac"));
    // Only one of those who look for the same name asks for it.
    fs::metadata(remote).unwrap();
    let traffic = mounted.session.traffic();
    let dead = mounted.songs.dead_server.lock().unwrap();
    std::thread::scope(|scope| {
        let waiting = [(); N_READERS].map(|()| scope.spawn(|| fs::read(remote).unwrap()));
        let all_came = eventually(|| traffic.n_pending() == N_READERS);
        let (done, is_done) = std::sync::mpsc::channel();
        scope.spawn(move || {
            let mut names = fs::read_dir(mounted.path("Amnesiac")).unwrap();
            assert!(names.all(|name| name.is_ok()));
            assert!(fs::read(mounted.path(PATHS[0].1)).unwrap() == mounted.expected(1));
            assert!(fs::metadata(mounted.path("nope")).is_err());
            done.send(())
        });
        let was_done = is_done.recv_timeout(Duration::from_secs(20));
        let is_waiting = !waiting.iter().any(ScopedJoinHandle::is_finished);
        drop(dead);
        for thread in waiting {
            assert!(thread.join().unwrap() == mounted.expected(REMOTE));
        }
        assert!(all_came && was_done.is_ok() && is_waiting);
    });
}

#[test]
fn a_handler_that_panics_answers_with_an_error() {
    let Some(mounted) = mount() else { return };
    mounted.tree.publish(snapshot(&[
        (super::support::PANICS, "new", 0),
        (1, "old", 0),
    ]));
    for _ in 0..40 {
        let error = fs::metadata(mounted.path("new")).unwrap_err();
        assert_eq!(
            error.raw_os_error(),
            Some(rustix::io::Errno::IO.raw_os_error())
        );
    }
    assert!(fs::metadata(mounted.path("old")).is_ok());
}

/// A program that looks at what it lists has further entries listed with their attributes.
#[test]
fn a_listing_waits_for_the_first_entry_alone() {
    let Some(mounted) = mount() else { return };
    let folder = File::open(mounted.path("Amnesiac")).unwrap();
    let mut buffer = Vec::with_capacity(8192);
    let mut entries = RawDir::new(&folder, buffer.spare_capacity_mut());
    let mut next = || {
        let entry = entries.next()?.unwrap();
        Some(entry.file_name().to_str().unwrap().to_owned())
    };
    assert_eq!([next(), next()].map(Option::unwrap), [".", ".."]);
    assert!(mounted.path(PATHS[4].1).exists());
    let n_asked = mounted.songs.n_attrs.load(Ordering::Relaxed);
    let dead = mounted.songs.dead_server.lock().unwrap();
    let listed = std::thread::scope(|scope| {
        let (tell, told) = channel();
        scope.spawn(move || tell.send([next(), next(), next()]).unwrap());
        let listed = told.recv_timeout(Duration::from_secs(20));
        drop(dead);
        listed
    });
    let [one, other, end] = listed.expect("it waits for an entry that was not looked at");
    assert_eq!(
        (one.as_deref(), other.as_deref()),
        (Some("01 Packt.flac"), Some("02 Remote.flac"))
    );
    assert_eq!(end, None);
    // The one that the kernel asked for.
    assert_eq!(mounted.songs.n_attrs.load(Ordering::Relaxed), n_asked + 1);
}
