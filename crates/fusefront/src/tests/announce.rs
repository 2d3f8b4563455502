//! What programs that watch the mount are told.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
use vtree::{InodeNo, LeafId, Tree};

use super::support::{
    Mounted, PATHS, at, mount_to_write, mount_with, noise, read_only, snapshot, writing,
};
use super::writing::eventually;
use crate::announce::{Announcer, Difference, MOST_WAITING, Own};
use crate::{Hands, Options};

/// What a watcher was told of, as words; its own reading of folders is left out.
#[derive(Debug)]
struct Watcher<'m> {
    mounted: &'m Mounted,
    events: OwnedFd,
    folders: Vec<(i32, String)>,
}

impl<'m> Watcher<'m> {
    /// Watches some folders, and the root.
    fn of(mounted: &'m Mounted, folders: &[&str]) -> Self {
        let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).unwrap();
        let wanted = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::ATTRIB
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::MODIFY
            | WatchFlags::MOVE;
        let folders = [""].iter().chain(folders).map(|&folder| {
            let watch = inotify::add_watch(&events, mounted.path(folder), wanted).unwrap();
            (watch, folder.to_owned())
        });
        let folders = folders.collect();
        Self {
            mounted,
            events,
            folders,
        }
    }

    fn read(&self, told: &mut BTreeSet<String>) {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.events, &mut buffer);
        while let Ok(event) = reader.next() {
            let words = [
                (ReadFlags::CREATE, "create"),
                (ReadFlags::DELETE, "delete"),
                (ReadFlags::ATTRIB, "attrib"),
                (ReadFlags::CLOSE_WRITE, "close_write"),
                (ReadFlags::MODIFY, "modify"),
            ];
            let is_of = |(watch, _): &&(i32, String)| *watch == event.wd();
            let Some((_, folder)) = self.folders.iter().find(is_of) else {
                continue;
            };
            let name = event.file_name().map_or("", |name| name.to_str().unwrap());
            let kind = if event.events().contains(ReadFlags::ISDIR) {
                "/"
            } else {
                ""
            };
            for (flag, word) in words {
                // Nameless ones are of the folder itself.
                if event.events().contains(flag) && !name.is_empty() {
                    told.insert(format!("{word} {folder}/{name}{kind}"));
                }
            }
        }
    }

    /// Waits until all of `expected` was told, and nothing else. News are told in turn, so that of one more file
    /// comes after all others.
    #[track_caller]
    fn expect(&self, expected: &[&str]) {
        let mut expected: BTreeSet<_> = expected.iter().map(|&text| text.to_owned()).collect();
        let mut told = BTreeSet::new();
        self.read_until(&mut told, &expected);
        let (last, path, _) = PATHS[3];
        self.mounted
            .change(last, |song| song.changed += Duration::from_secs(1));
        self.mounted.session.publisher().changed(leaf(last));
        expected.extend(["attrib", "close_write"].map(|event| format!("{event} /{path}")));
        self.read_until(&mut told, &expected);
        assert_eq!(told, expected);
    }

    fn read_until(&self, told: &mut BTreeSet<String>, expected: &BTreeSet<String>) {
        let start = Instant::now();
        while !expected.is_subset(told) && start.elapsed() < Duration::from_secs(20) {
            self.wait(1000);
            self.read(told);
        }
    }

    fn wait(&self, milliseconds: i64) {
        let mut ready = [PollFd::new(&self.events, PollFlags::IN)];
        let timeout = Timespec {
            tv_sec: milliseconds / 1000,
            tv_nsec: milliseconds % 1000 * 1_000_000,
        };
        poll(&mut ready, Some(&timeout)).unwrap();
    }
}

fn leaf(number: u64) -> LeafId {
    LeafId::new(number).unwrap()
}

/// Lists every directory, as programs do that watch them.
fn walk(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path);
        }
    }
}

#[test]
fn watchers_are_told_of_names_that_come_and_go() {
    for are_known in [false, true] {
        let Some(mounted) = mount_with(are_known, &Options::default()) else {
            return;
        };
        walk(&mounted.root);
        let watcher = Watcher::of(&mounted, &["Kid A", "Kid A/Bonus", "Amnesiac"]);
        let open = fs::read(mounted.path(PATHS[0].1)).unwrap();
        let mut paths = PATHS;
        paths[1].1 = "Kid A/New.flac";
        paths[2].1 = "Kid A 2/Übung.mp3";
        mounted.session.publisher().publish(snapshot(&paths));
        watcher.expect(&[
            "delete Kid A/Bonus/Übung.mp3",
            "delete Kid A/Bonus/",
            "delete Kid A/08 Idioteque.flac",
            "create Kid A/New.flac",
            "close_write Kid A/New.flac",
            "create /Kid A 2/",
        ]);
        assert!(fs::read(mounted.path(PATHS[0].1)).unwrap() == open);
        for (number, path, _) in &paths[1..3] {
            assert!(fs::read(mounted.path(path)).unwrap() == mounted.expected(*number));
            assert_eq!(fs::metadata(mounted.path(path)).unwrap().len(), {
                mounted.expected(*number).len() as u64
            });
        }
        // And back again, with the same inodes.
        mounted.session.publisher().publish(snapshot(&PATHS));
        watcher.expect(&[
            "delete /Kid A 2/",
            "delete Kid A/New.flac",
            "create Kid A/08 Idioteque.flac",
            "close_write Kid A/08 Idioteque.flac",
            "create Kid A/Bonus/",
        ]);
        assert!(fs::read(mounted.path(PATHS[2].1)).unwrap() == mounted.expected(3));
    }
}

/// The kernel lists and finds nothing in a directory that it has seen removed, as long as a file that was
/// in it is open, and the number of a directory is the same when it is back.
#[test]
fn a_directory_that_comes_back_is_whole_though_a_file_in_it_stayed_open() {
    let Some(mounted) = mount_with(true, &Options::default()) else {
        return;
    };
    let publisher = mounted.session.publisher();
    let mut open = Vec::new();
    for round in 0..3 {
        walk(&mounted.root);
        let watcher = Watcher::of(&mounted, &["Kid A", "Kid A/Bonus"]);
        open.push(fs::File::open(mounted.path(PATHS[2].1)).unwrap());
        let mut paths = PATHS;
        paths[2].1 = "Elsewhere.mp3";
        publisher.publish(snapshot(&paths));
        watcher.expect(&[
            "delete Kid A/Bonus/Übung.mp3",
            "delete Kid A/Bonus/",
            "create /Elsewhere.mp3",
            "close_write /Elsewhere.mp3",
        ]);
        assert!(!mounted.path("Kid A/Bonus").exists());
        publisher.publish(snapshot(&PATHS));
        watcher.expect(&["delete /Elsewhere.mp3", "create Kid A/Bonus/"]);
        let folder = mounted.path("Kid A/Bonus");
        let names = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        assert_eq!(names.collect::<Vec<_>>(), ["Übung.mp3"], "{round}");
        assert!(fs::read(mounted.path(PATHS[2].1)).unwrap() == mounted.expected(3));
        for file in &open {
            let mut bytes = vec![0; mounted.expected(3).len()];
            file.read_exact_at(&mut bytes, 0).unwrap();
            assert!(bytes == mounted.expected(3));
        }
    }
}

#[test]
fn watchers_are_told_of_content_that_changed_and_of_no_other() {
    let Some(mounted) = mount_with(false, &Options::default()) else {
        return;
    };
    walk(&mounted.root);
    for path in [PATHS[0].1, PATHS[1].1] {
        fs::metadata(mounted.path(path)).unwrap();
    }
    let watcher = Watcher::of(&mounted, &["Kid A", "Amnesiac"]);
    mounted.change(1, |song| {
        song.header = noise(3, 6000);
        song.changed = at(1_900_000_000);
    });
    let publisher = mounted.session.publisher();
    // The second is what it was.
    publisher.changed(leaf(1));
    publisher.changed(leaf(2));
    watcher.expect(&[
        "attrib Kid A/01 Everything.flac",
        "close_write Kid A/01 Everything.flac",
    ]);
    let path = mounted.path(PATHS[0].1);
    assert!(fs::read(&path).unwrap() == mounted.expected(1));
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(metadata.modified().unwrap(), at(1_900_000_000));
    assert_eq!(metadata.len(), mounted.expected(1).len() as u64);
    assert!(metadata.permissions().readonly());
}

#[test]
fn what_changes_while_it_is_open_is_told_when_it_is_closed() {
    for are_known in [false, true] {
        let Some(mounted) = mount_with(are_known, &Options::default()) else {
            return;
        };
        walk(&mounted.root);
        let path = mounted.path(PATHS[0].1);
        let old = fs::read(&path).unwrap();
        let watcher = Watcher::of(&mounted, &["Kid A"]);
        let mut file = fs::File::open(&path).unwrap();
        mounted.change(1, |song| {
            song.header[0] ^= 1;
            song.changed = at(1_900_000_000);
        });
        mounted.session.publisher().changed(leaf(1));
        // This tells what is open, and the kernel keeps it.
        assert_eq!(
            fs::metadata(&path).unwrap().modified().unwrap(),
            at(1_700_000_001)
        );
        watcher.expect(&[]);
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert!(read == old);
        drop(file);
        watcher.expect(&[
            "attrib Kid A/01 Everything.flac",
            "close_write Kid A/01 Everything.flac",
        ]);
        // Of the same length, so that only the time tells the kernel of the new content.
        assert_eq!(
            fs::metadata(&path).unwrap().modified().unwrap(),
            at(1_900_000_000)
        );
        assert!(fs::read(&path).unwrap() == mounted.expected(1));
    }
}

#[test]
fn nobody_else_may_do_what_is_done_to_tell_watchers() {
    let Some(mounted) = mount_with(true, &Options::default()) else {
        return;
    };
    walk(&mounted.root);
    mounted.session.publisher().publish(snapshot(&PATHS[1..]));
    mounted.session.publisher().publish(snapshot(&PATHS));
    let path = mounted.path(PATHS[0].1);
    let refused = [
        fs::remove_file(&path),
        fs::remove_dir(mounted.path("Kid A")),
        fs::create_dir(mounted.path("new")),
        fs::OpenOptions::new().write(true).open(&path).map(drop),
        fs::File::open(&path).unwrap().set_modified(at(1)),
    ];
    for refused in refused {
        let code = refused.unwrap_err().raw_os_error();
        // An ordinary user is kept off by the permissions.
        let (read_only, denied) = (Some(30), Some(13));
        assert!(code == read_only || code == denied, "{code:?}");
    }
    assert!(fs::read(&path).unwrap() == mounted.expected(1));
}

/// Whoever announces needs no rights that others could use: whatever the kernel remembers of permissions, it
/// is what everybody is told.
#[test]
fn watchers_of_a_mount_that_may_be_written_are_told_too_and_permissions_stay() {
    let Some(mounted) = mount_to_write(writing()) else {
        return;
    };
    walk(&mounted.root);
    let watcher = Watcher::of(&mounted, &["Kid A"]);
    let check = |path: &str, expected: u16| {
        // What the kernel has, without asking us.
        let (flags, wanted) = (AtFlags::STATX_DONT_SYNC, StatxFlags::MODE);
        let stat = statx(CWD, mounted.path(path), flags, wanted).unwrap();
        assert_eq!(stat.stx_mode & 0o7777, expected, "{path}");
    };
    let mut paths = PATHS;
    paths[1].1 = "Kid A/New.flac";
    mounted.session.publisher().publish(snapshot(&paths));
    watcher.expect(&[
        "delete Kid A/08 Idioteque.flac",
        "create Kid A/New.flac",
        "close_write Kid A/New.flac",
    ]);
    check("Kid A", 0o755);
    check("Kid A/New.flac", 0o644);
    mounted.change(1, |song| {
        song.header[0] ^= 1;
        song.changed = at(1_900_000_000);
    });
    mounted.session.publisher().changed(leaf(1));
    watcher.expect(&[
        "attrib Kid A/01 Everything.flac",
        "close_write Kid A/01 Everything.flac",
    ]);
    check("Kid A", 0o755);
    check(PATHS[0].1, 0o644);
    assert!(mounted.commits().is_empty());
}

/// Where an editor has a file away while the library gives it another name, nobody can see that name yet.
#[test]
fn a_name_that_came_while_its_file_was_away_is_told_when_it_is_shown() {
    let Some(mounted) = mount_to_write(writing()) else {
        return;
    };
    walk(&mounted.root);
    let away = mounted.path("Kid A/away.bak");
    fs::rename(mounted.path(PATHS[1].1), &away).unwrap();
    let watcher = Watcher::of(&mounted, &["Kid A"]);
    let mut paths = PATHS;
    paths[1].1 = "Kid A/New.flac";
    mounted.session.publisher().publish(snapshot(&paths));
    watcher.expect(&[]);
    assert!(!mounted.path(paths[1].1).exists());
    fs::remove_file(&away).unwrap();
    watcher.expect(&[
        "delete Kid A/away.bak",
        "create Kid A/New.flac",
        "close_write Kid A/New.flac",
    ]);
    assert!(fs::read(mounted.path(paths[1].1)).unwrap() == mounted.expected(2));
}

#[test]
fn a_mount_that_announces_nothing_is_read_only_to_the_kernel() {
    let Some(mounted) = mount_with(false, &read_only()) else {
        return;
    };
    let flags = rustix::fs::statvfs(&mounted.root).unwrap().f_flag;
    assert!(flags.contains(rustix::fs::StatVfsMountFlags::RDONLY));
}

#[test]
fn what_waits_to_be_told_is_bounded() {
    let (announcer, news) = Announcer::new();
    for _ in 0..MOST_WAITING + 10 {
        announcer.changed(leaf(1), None);
    }
    assert_eq!(news.try_iter().count(), MOST_WAITING);
}

#[test]
fn one_tree_alone_waits_for_whoever_hangs() {
    let (announcer, news) = Announcer::new();
    let tree = snapshot(&PATHS);
    let root = tree.node(InodeNo::ROOT).unwrap();
    let going = || {
        let mut difference = Difference::between(root.dir().unwrap(), None);
        announcer.going(difference.gone(root).into_iter().collect());
    };
    going();
    going();
    // What was received is told when it is dropped.
    assert_eq!(news.try_iter().count(), 1);
    going();
    assert_eq!(news.try_iter().count(), 1);
}

/// A process that is stopped, or that waits for a lookup which never ends.
#[test]
fn whoever_hangs_is_let_go_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let started = folder.path().join("started");
    // It gives a number, as the kernel would, and then answers nothing.
    let script = format!(
        "echo >> '{}'; printf nnnn >&0; exec sleep 1000",
        started.display()
    );
    let words = ["sh", "-c", &script].map(|word| word.to_owned().into());
    let own: Arc<Own> = Arc::default();
    let announcer = Announcer::start(
        folder.path(),
        &Hands::Process(words.to_vec()),
        Arc::clone(&own),
        Arc::new(Tree::new(snapshot(&PATHS))),
        Arc::default(),
        Duration::from_millis(100),
    );
    let announcer = announcer.unwrap();
    let n_started = || fs::read_to_string(&started).map_or(0, |lines| lines.lines().count());
    // More than there may be at a time.
    for n in 1..8 {
        let is_replaced = eventually(|| {
            announcer.changed(leaf(1), None);
            n_started() > n
        });
        assert!(is_replaced, "{n}");
    }
    drop(announcer);
    assert!(eventually(|| own.is_idle()), "one has not ended");
}
