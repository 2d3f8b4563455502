//! What the kernel is told of.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use vtree::LeafId;

use super::support::{PATHS, at, mount, mount_with, noise, read_only, snapshot, snapshot_of};
use super::writing::eventually;
use crate::Options;

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
    let mut names: Vec<_> = entries.map(|entry| name(entry).unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_published_snapshot_is_seen_at_once() {
    for are_known in [false, true] {
        let Some(mounted) = mount_with(are_known, &Options::default()) else {
            return;
        };
        let album = mounted.path("Kid A");
        // Everything is cached, what is absent too.
        assert_eq!(
            names(&album),
            ["01 Everything.flac", "08 Idioteque.flac", "Bonus"]
        );
        assert_eq!(names(&mounted.root), ["Amnesiac", "Kid A", "empty.flac"]);
        for absent in ["Kid A/New.flac", "Kid A 2", "Kid A/Bonus/x"] {
            assert!(fs::metadata(mounted.path(absent)).is_err(), "{absent}");
        }
        let before = fs::metadata(mounted.path(PATHS[1].1)).unwrap();
        let mut paths = PATHS;
        paths[1].1 = "Kid A/New.flac";
        paths[2].1 = "Kid A 2/Übung.mp3";
        mounted.session.publisher().publish(snapshot(&paths));
        assert_eq!(names(&album), ["01 Everything.flac", "New.flac"]);
        assert_eq!(
            names(&mounted.root),
            ["Amnesiac", "Kid A", "Kid A 2", "empty.flac"]
        );
        for gone in [
            "Kid A/08 Idioteque.flac",
            "Kid A/Bonus",
            "Kid A/Bonus/Übung.mp3",
        ] {
            assert!(fs::metadata(mounted.path(gone)).is_err(), "{gone}");
        }
        let after = fs::metadata(mounted.path("Kid A/New.flac")).unwrap();
        assert_eq!((before.ino(), before.len()), (after.ino(), after.len()));
        assert!(fs::read(mounted.path("Kid A 2/Übung.mp3")).unwrap() == mounted.expected(3));
    }
}

/// Before the old tree goes, watchers are told, which takes time.
#[test]
fn names_that_are_first_looked_up_while_a_tree_comes_are_not_kept() {
    let Some(mounted) = mount_with(true, &read_only()) else {
        return;
    };
    let publisher = mounted.session.publisher();
    let [old, new, folder] = [PATHS[1].1, "Kid A/New.flac", "Kid A"].map(|path| mounted.path(path));
    let looked_up = [old.clone(), new.clone(), folder.clone()];
    publisher.before_swap.set(move || {
        let found = looked_up.map(|path| fs::metadata(path).is_ok());
        assert_eq!(found, [true, false, true]);
    });
    let mut paths = PATHS;
    paths[1].1 = "Kid A/New.flac";
    publisher.publish(snapshot_of(at(1_800_000_000), &paths));
    assert!(!publisher.before_swap.is_set());
    assert!(new.exists(), "it is missing as before");
    assert!(!old.exists(), "it is still there");
    for folder in [&folder, &mounted.root] {
        let mtime = fs::symlink_metadata(folder).unwrap().modified().unwrap();
        assert_eq!(mtime, at(1_800_000_000), "{}", folder.display());
    }
}

/// The kernel holds a directory's lock for as long as a lookup in it waits for an origin.
#[test]
fn a_lookup_that_waits_delays_no_news_of_other_directories() {
    let Some(mounted) = mount_with(false, &read_only()) else {
        return;
    };
    let [here, there] = ["Amnesiac", "Kid A"].map(|path| mounted.path(path));
    assert!(here.is_dir() && there.is_dir());
    let there_are = |name: &str| names(&there) == ["01 Everything.flac", name, "Bonus"];
    assert!(there_are("08 Idioteque.flac"));
    let dead = mounted.songs.dead_server.lock().unwrap();
    let n_asked = mounted.songs.n_attrs.load(Ordering::Relaxed);
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| mounted.path(PATHS[5].1).exists());
        let came = || mounted.songs.n_attrs.load(Ordering::Relaxed) > n_asked;
        let has_come = eventually(came);
        let mut paths = PATHS;
        paths[4].1 = "Amnesiac/New.flac";
        let publish = |paths: &[_]| mounted.session.publisher().publish(snapshot(paths));
        let published = scope.spawn(move || {
            publish(&paths);
            for name in ["Kid A/09.flac", "Kid A/10.flac"] {
                paths[1].1 = name;
                publish(&paths);
            }
        });
        let is_seen = eventually(|| published.is_finished()) && there_are("10.flac");
        drop(dead);
        published.join().unwrap();
        assert!(waits.join().unwrap());
        assert!(has_come && is_seen);
    });
    let [old, new] = [PATHS[4].1, "Amnesiac/New.flac"].map(|path| mounted.path(path));
    assert!(eventually(|| new.exists() && !old.exists()));
}

/// Attributes that were read before a change, and are told after it.
#[test]
fn attributes_that_change_while_they_are_told_are_not_kept() {
    for lists in [false, true] {
        let Some(mounted) = mount_with(true, &read_only()) else {
            return;
        };
        let path = mounted.path(PATHS[0].1);
        // The folder's own attributes are asked for before.
        assert!(mounted.path("Kid A").is_dir());
        let (songs, publisher) = (mounted.songs.clone(), mounted.session.publisher());
        mounted.songs.after_known.set(move || {
            let leaf = LeafId::new(1).unwrap();
            songs.by_leaf.lock().unwrap().get_mut(&leaf).unwrap().header = noise(3, 6000);
            publisher.changed(leaf);
        });
        let len = |path: &Path| fs::metadata(path).unwrap().len();
        if lists {
            assert_eq!(names(&mounted.path("Kid A")).len(), 3);
        } else {
            assert!(path.exists());
        }
        assert!(!mounted.songs.after_known.is_set());
        assert_eq!(len(&path), mounted.expected(1).len() as u64, "{lists}");
    }
}

/// The kernel does not know an inode before it has the answer to its first lookup, and cannot forget anything
/// of it.
#[test]
fn attributes_that_change_on_their_way_to_the_kernel_are_forgotten() {
    let Some(mounted) = mount_with(true, &read_only()) else {
        return;
    };
    let publisher = mounted.session.publisher();
    let (songs, at_last) = (mounted.songs.clone(), publisher.clone());
    let [file, folder] = [PATHS[0].1, "Amnesiac"].map(|path| mounted.path(path));
    assert!(mounted.path("Kid A").is_dir());
    publisher.before_answer.set(move || {
        let leaf = LeafId::new(1).unwrap();
        songs.by_leaf.lock().unwrap().get_mut(&leaf).unwrap().header = noise(3, 6000);
        at_last.changed(leaf);
    });
    assert!(file.exists() && !publisher.before_answer.is_set());
    let len = mounted.expected(1).len() as u64;
    assert!(eventually(|| fs::metadata(&file).unwrap().len() == len));
    let at_last = publisher.clone();
    publisher.before_answer.set(move || {
        at_last.publish(snapshot_of(at(1_800_000_000), &PATHS));
    });
    assert!(folder.is_dir() && !publisher.before_answer.is_set());
    let mtime = || fs::metadata(&folder).unwrap().modified().unwrap();
    assert!(eventually(|| mtime() == at(1_800_000_000)));
}

/// The kernel keeps a directory that went, with the names that were looked up in it, while a file of it is
/// open; where it comes back with other files, these are not found.
#[test]
fn a_directory_that_comes_back_with_other_files_has_no_names_of_old() {
    let Some(mounted) = mount_with(true, &read_only()) else {
        return;
    };
    let publisher = mounted.session.publisher();
    let _open = fs::File::open(mounted.path(PATHS[2].1)).unwrap();
    let mut paths = PATHS;
    paths[2].1 = "Elsewhere.mp3";
    publisher.publish(snapshot(&paths));
    assert!(!mounted.path("Kid A/Bonus").exists());
    paths[3].1 = "Kid A/Bonus/Other.flac";
    publisher.publish(snapshot(&paths));
    assert_eq!(names(&mounted.path("Kid A/Bonus")), ["Other.flac"]);
    assert!(
        !mounted.path(PATHS[2].1).exists(),
        "the name of old is found"
    );
    assert!(fs::read(mounted.path("Elsewhere.mp3")).unwrap() == mounted.expected(3));
}

#[test]
fn a_changed_leaf_is_asked_for_again() {
    let Some(mounted) = mount() else { return };
    let path = mounted.path(PATHS[4].1);
    assert!(fs::read(&path).unwrap() == mounted.expected(5));
    mounted.change(5, |song| {
        song.header = noise(3, 6000);
        song.changed = at(1_900_000_000);
    });
    // While the file is open, what is open counts; the kernel releases it after `close` returned.
    let start = Instant::now();
    let metadata = loop {
        mounted.session.publisher().changed(LeafId::new(5).unwrap());
        let metadata = fs::metadata(&path).unwrap();
        if metadata.modified().unwrap() == at(1_900_000_000) {
            break metadata;
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "the old time is still told"
        );
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(metadata.len(), mounted.expected(5).len() as u64);
    assert!(fs::read(&path).unwrap() == mounted.expected(5));
}
