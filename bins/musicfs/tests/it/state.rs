//! What is kept across mounts, and exactly how much work it saves.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use fixtures::Library;

use crate::support::{
    self, Mounted, eventually, execute, files_below, fixture, fixture_mounted, served, work_done,
};

/// Sizes and times by path.
type Attributes = BTreeMap<PathBuf, (u64, i64)>;

/// Mounts a library whose state is in a folder of its own, beside it.
#[track_caller]
fn mount(library: &Library, args: &[&str]) -> Mounted {
    let state = format!("state={}", folder(library).display());
    Mounted::library(library, &[&["-o", &state], args].concat())
}

fn folder(library: &Library) -> PathBuf {
    library.folder().join("state")
}

/// Waits until nothing is left to find out in the background.
#[track_caller]
fn settle(mounted: &Mounted) {
    eventually("all known", mounted, || {
        mounted.log().contains("sizes and times are known")
    });
}

/// Lists everything with its attributes, as `ls -lR` does.
fn attributes(mounted: &Mounted) -> Attributes {
    let of = |path: PathBuf| {
        let stat = fs::metadata(mounted.path().join(&path)).unwrap();
        (path, (stat.len(), stat.mtime()))
    };
    files_below(mounted.path()).into_iter().map(of).collect()
}

/// What the program says it did, once it has ended.
#[derive(Debug, PartialEq, Eq)]
struct Work {
    rows: u64,
    opens: u64,
    looks: u64,
    reads: u64,
    bytes: u64,
    renders: u64,
    served: u64,
}

#[track_caller]
fn stop(mounted: Mounted) -> Work {
    let log = mounted.stop_by("TERM");
    let count = |name: &str| work_done(&log, name);
    Work {
        rows: count("rows"),
        opens: count("opens"),
        looks: count("looks"),
        reads: count("reads"),
        bytes: count("bytes"),
        renders: count("renders"),
        served: count("served"),
    }
}

/// The work of a mount that knows everything from the one before.
fn nothing_but_looks(library: &Library) -> Work {
    Work {
        rows: 0,
        opens: 0,
        looks: library.items().len() as u64,
        reads: 0,
        bytes: 0,
        renders: 0,
        served: 0,
    }
}

/// Returns the attributes that a mount shows once everything is known, and the work that took.
#[track_caller]
fn mount_once(library: &Library, args: &[&str]) -> (Attributes, Work) {
    let mounted = mount(library, args);
    settle(&mounted);
    let attributes = attributes(&mounted);
    (attributes, stop(mounted))
}

/// Returns the paths whose times differ, checking that times only ever move forward, and far enough.
#[track_caller]
fn moved(before: &Attributes, after: &Attributes) -> Vec<PathBuf> {
    let mut moved = Vec::new();
    for (path, (_, time)) in after {
        let (_, old) = before[path];
        if *time != old {
            assert!(*time >= old + 2, "{}: {old} {time}", path.display());
            moved.push(path.clone());
        }
    }
    moved
}

#[test]
fn the_first_mount_renders_everything_once_and_the_second_nothing() {
    let Some(library) = fixture() else {
        return;
    };
    let n_items = library.items().len() as u64;
    let (first, work) = mount_once(&library, &[]);
    assert_eq!((work.renders, work.opens), (n_items, n_items));
    assert!(work.reads > 0 && work.bytes > 0 && work.served == 0);
    let (second, work) = mount_once(&library, &[]);
    assert_eq!(second, first);
    assert_eq!(work, nothing_but_looks(&library));
    assert_eq!(library.changed_origins(), Vec::<PathBuf>::new());
}

#[test]
fn origins_that_are_gone_keep_the_sizes_and_times_of_earlier_mounts() {
    let Some(library) = fixture() else {
        return;
    };
    let (before, _) = mount_once(&library, &[]);
    let away = library.folder().join("away");
    fs::rename(library.music(), &away).unwrap();
    fs::create_dir(library.music()).unwrap();
    // Even where the row has changed, and nothing can be rendered.
    let id = library.case("flac-plain").id;
    execute(
        &library,
        &format!("UPDATE items SET bpm = 90 WHERE id = {id}"),
    );
    let mounted = mount(&library, &[]);
    assert_eq!(attributes(&mounted), before);
    settle(&mounted);
    assert_eq!(attributes(&mounted), before);
    let gone = served(&mounted, &library, "mp3-plain");
    assert_eq!(
        fs::read(&gone).unwrap_err().raw_os_error(),
        Some(rustix::io::Errno::IO.raw_os_error())
    );
    assert_eq!(stop(mounted).renders, 0);
    fs::remove_dir(library.music()).unwrap();
    fs::rename(&away, library.music()).unwrap();
    let (after, work) = mount_once(&library, &[]);
    assert_eq!(work.renders, 1);
    let changed = moved(&before, &after);
    assert_eq!(changed.len(), 1, "{changed:?}");
}

#[test]
fn a_row_that_changed_costs_one_rendering_and_moves_one_time() {
    let Some(library) = fixture() else {
        return;
    };
    let id = library.case("flac-every-field").id;
    let (before, _) = mount_once(&library, &[]);
    let mut last = before;
    for comments in ["one", "two", "one"] {
        execute(
            &library,
            &format!("UPDATE items SET comments = '{comments}' WHERE id = {id}"),
        );
        let (now, work) = mount_once(&library, &[]);
        assert_eq!((work.renders, work.opens), (1, 1));
        let changed = moved(&last, &now);
        assert_eq!(changed.len(), 1, "{changed:?}");
        last = now;
    }
    // What is in no file costs a rendering, which shows that nothing moves.
    execute(
        &library,
        &format!("UPDATE items SET added = 7 WHERE id = {id}"),
    );
    let (now, work) = mount_once(&library, &[]);
    assert_eq!((work.renders, now), (1, last));
    assert_eq!(mount_once(&library, &[]).1, nothing_but_looks(&library));
}

#[test]
fn an_origin_that_changed_meanwhile_is_found_and_told() {
    let Some(library) = fixture() else {
        return;
    };
    let (before, _) = mount_once(&library, &[]);
    let origin = library.origin(library.case("mp3-plain"));
    let mut file = fs::OpenOptions::new().append(true).open(&origin).unwrap();
    file.write_all(&[0; 1000]).unwrap();
    drop(file);
    let mounted = mount(&library, &[]);
    let path = served(&mounted, &library, "mp3-plain");
    // Whatever is told before, what is read is what was told last.
    let mut file = fs::File::open(&path).unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    assert_eq!(file.metadata().unwrap().len(), bytes.len() as u64);
    drop(file);
    settle(&mounted);
    let name = path.strip_prefix(mounted.path()).unwrap();
    eventually("told", &mounted, || {
        attributes(&mounted)[name].0 == before[name].0 + 1000
    });
    let after = attributes(&mounted);
    assert_eq!(moved(&before, &after), [name]);
    assert_eq!(bytes.len() as u64, after[name].0);
}

#[test]
fn an_origin_replaced_within_one_second_is_seen_by_the_next_open() {
    let Some(library) = fixture() else {
        return;
    };
    let mounted = mount(&library, &[]);
    settle(&mounted);
    let path = served(&mounted, &library, "flac-plain");
    let origin = library.origin(library.case("flac-plain"));
    let before = fs::read(&path).unwrap();
    let mut bytes = fs::read(&origin).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let time = fs::metadata(&origin).unwrap().modified().unwrap();
    fs::write(&origin, &bytes).unwrap();
    let file = fs::File::options().write(true).open(&origin).unwrap();
    let later = time + std::time::Duration::from_nanos(1);
    file.set_modified(later).unwrap();
    drop(file);
    // The kernel releases the old handle some time after `close` has returned.
    eventually("served anew", &mounted, || {
        fs::read(&path).is_ok_and(|now| now != before && now.last() == bytes.last())
    });
}

#[test]
fn other_settings_move_the_times_of_what_they_change() {
    let Some(library) = fixture() else {
        return;
    };
    let (before, _) = mount_once(&library, &[]);
    let mut config = fs::read_to_string(library.config()).unwrap();
    config.push_str("\nid3v23: yes\n");
    fs::write(library.config(), config).unwrap();
    let (after, work) = mount_once(&library, &[]);
    assert_eq!(work.renders, library.items().len() as u64);
    let changed = moved(&before, &after);
    assert!(!changed.is_empty());
    let has_id3 = |path: &PathBuf| path.extension().is_some_and(|end| end != "flac");
    assert!(changed.iter().all(has_id3), "{changed:?}");
}

#[test]
fn a_look_renders_once_and_an_open_after_it_not_at_all() {
    let Some((library, mounted)) = fixture_mounted(&["-o", "nostate"]) else {
        return;
    };
    let path = served(&mounted, &library, "flac-plain");
    let len = fs::metadata(&path).unwrap().len();
    fs::metadata(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap().len() as u64, len);
    let work = stop(mounted);
    assert_eq!((work.renders, work.opens, work.looks), (1, 2, 0));
    assert!(work.served > 0);
}

#[test]
fn the_first_listing_of_a_later_mount_touches_no_origin() {
    let Some(library) = fixture() else {
        return;
    };
    let (before, _) = mount_once(&library, &[]);
    let mounted = mount(&library, &[]);
    assert_eq!(attributes(&mounted), before);
    let work = stop(mounted);
    assert_eq!((work.opens, work.renders, work.served), (0, 0, 0));
    assert_eq!((work.reads, work.bytes), (0, 0));
}

#[test]
fn an_open_of_what_is_known_opens_its_origin_and_no_more() {
    const N_OPENS: u64 = 5;
    let Some(library) = fixture() else {
        return;
    };
    let open = |n_opens| {
        let mounted = Mounted::library(&library, &["-o", "nostate"]);
        let path = served(&mounted, &library, "flac-every-field");
        let origin = library.origin(library.case("flac-every-field"));
        for _ in 0..n_opens {
            fs::read(&path).unwrap();
            // The kernel tells of a close when it has returned.
            eventually("closed", &mounted, || !has_open(mounted.pid(), &origin));
        }
        stop(mounted)
    };
    let (once, often) = (open(1), open(N_OPENS));
    // To look at it, and to read it; the row for its number, and for its tags.
    assert_eq!((once.rows, once.opens, once.looks), (2, 2, 0));
    assert_eq!(once.renders, 1);
    let opens = once.opens + N_OPENS - 1;
    // The kernel has kept the bytes, too.
    assert_eq!(often, Work { opens, ..once });
}

/// Returns whether a process has a file open.
fn has_open(pid: u32, file: &Path) -> bool {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let file = file.canonicalize().unwrap();
    // Some are closed before they are looked at.
    let mut targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    targets.any(|target| target == file)
}

#[test]
fn nothing_is_kept_where_that_is_asked_for() {
    let Some(library) = fixture() else {
        return;
    };
    let mounted = mount(&library, &["-o", "nostate"]);
    attributes(&mounted);
    let log = mounted.stop_by("TERM");
    assert!(!log.contains("WARN"), "{log}");
    assert!(!folder(&library).exists());
}

#[test]
fn state_that_is_damaged_is_told_of_once_and_made_anew() {
    let Some(library) = fixture() else {
        return;
    };
    let (before, _) = mount_once(&library, &[]);
    fs::write(folder(&library).join("state.db"), vec![0x5a; 8192]).unwrap();
    let mounted = mount(&library, &[]);
    settle(&mounted);
    assert_eq!(attributes(&mounted), before);
    let log = mounted.stop_by("TERM");
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    assert_eq!(mount_once(&library, &[]).1, nothing_but_looks(&library));
}

#[test]
fn a_folder_that_cannot_be_written_is_told_of_once_and_done_without() {
    let Some(library) = fixture() else {
        return;
    };
    fs::write(folder(&library), "in the way").unwrap();
    let mounted = mount(&library, &[]);
    assert_eq!(attributes(&mounted).len(), library.items().len());
    let log = mounted.stop_by("TERM");
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
}

#[test]
fn two_mounts_of_one_library_tell_the_same() {
    let Some(library) = fixture() else {
        return;
    };
    let (before, _) = mount_once(&library, &[]);
    let mounts = [mount(&library, &[]), mount(&library, &[])];
    mounts.iter().for_each(settle);
    assert!(mounts.iter().all(|mounted| attributes(mounted) == before));
    let id = library.case("flac-plain").id;
    execute(
        &library,
        &format!("UPDATE items SET comments = 'new' WHERE id = {id}"),
    );
    for mounted in &mounts {
        eventually("told", mounted, || {
            !moved(&before, &attributes(mounted)).is_empty()
        });
    }
    for mounted in mounts {
        stop(mounted);
    }
    let (after, work) = mount_once(&library, &[]);
    assert_eq!(moved(&before, &after).len(), 1);
    assert_eq!(work, nothing_but_looks(&library));
}

#[test]
fn programs_are_served_while_the_background_is_paused() {
    let Some(library) = fixture() else {
        return;
    };
    let mounted = mount(&library, &[]);
    settle(&mounted);
    support::send("USR1", mounted.pid());
    eventually("paused", &mounted, || mounted.log().contains("paused"));
    let before = attributes(&mounted);
    let id = library.case("flac-plain").id;
    execute(
        &library,
        &format!("UPDATE items SET comments = 'new' WHERE id = {id}"),
    );
    eventually("told", &mounted, || {
        moved(&before, &attributes(&mounted)).len() == 1
    });
    mounted.stop_by("TERM");
}

#[test]
fn a_query_keeps_what_other_mounts_found_out() {
    let Some(library) = fixture() else {
        return;
    };
    let (all, _) = mount_once(&library, &[]);
    let (some, work) = mount_once(&library, &["-q", "format:FLAC"]);
    assert!(!some.is_empty() && some.len() < all.len());
    assert_eq!((work.renders, work.looks), (0, some.len() as u64));
    assert!(some.iter().all(|(path, known)| all[path] == *known));
    assert_eq!(mount_once(&library, &[]).1, nothing_but_looks(&library));
}

#[test]
fn state_is_in_the_users_folder_by_default() {
    let Some(library) = fixture() else {
        return;
    };
    let base = library.folder().join("xdg");
    let mut command = support::musicfs();
    command.env("XDG_STATE_HOME", &base);
    let place = tempfile::tempdir().unwrap();
    let mountpoint = place.path().join("mnt");
    fs::create_dir(&mountpoint).unwrap();
    let config = library.config();
    let args = [Path::new("--config"), &config];
    let mounted = Mounted::run(command, place, mountpoint, &args);
    settle(&mounted);
    let folders: Vec<_> = fs::read_dir(base.join("musicfs")).unwrap().collect();
    assert_eq!(folders.len(), 1);
    let folder = folders[0].as_ref().unwrap().path();
    assert!(
        folder.to_string_lossy().contains("library.db"),
        "{folder:?}"
    );
    assert!(folder.join("state.db").is_file());
}

#[test]
fn what_the_background_could_not_do_is_done_later() {
    let Some(library) = fixture() else {
        return;
    };
    let mounted = mount(&library, &[]);
    settle(&mounted);
    support::send("USR1", mounted.pid());
    eventually("paused", &mounted, || mounted.log().contains("paused"));
    // That has everything looked at again.
    eventually("reloaded", &mounted, || {
        support::send("HUP", mounted.pid());
        mounted.log().contains("reloaded")
    });
    let (database, away) = (library.database(), library.folder().join("away.db"));
    fs::rename(&database, &away).unwrap();
    support::send("USR1", mounted.pid());
    eventually("told of", &mounted, || {
        mounted.log().contains("the last tree stays")
    });
    sleep(Duration::from_millis(500));
    fs::rename(&away, &database).unwrap();
    eventually("all known again", &mounted, || {
        mounted.log().matches("sizes and times are known").count() >= 2
    });
    eventually("told of", &mounted, || {
        mounted.log().contains("the library can be read again")
    });
}
