//! What the kernel asks of a mount, and what it has by itself.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;

use fixtures::Library;

use crate::support::{
    self, Mounted, eventually, execute, files_below, fixture, mountpoint, served, succeed,
};

/// A request of the kernel.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    what: String,
    /// The inode, or the folder in which a name is looked up.
    ino: u64,
}

/// Mounts a library so that the log says what the kernel asks.
#[track_caller]
fn mount(library: &Library, options: &str) -> Mounted {
    let mut command = support::musicfs();
    command.env("MUSICFS_LOG", "info,fusefront=trace");
    let (folder, mountpoint) = mountpoint();
    let config = library.config();
    let config = ["--config".as_ref(), config.as_os_str()];
    let options: Vec<_> = options.split_whitespace().map(AsRef::as_ref).collect();
    Mounted::run(
        command,
        folder,
        mountpoint,
        &[&config[..], &options].concat(),
    )
}

/// Returns all requests so far.
fn asked(mounted: &Mounted) -> Vec<Asked> {
    let log = mounted.log();
    let requests = log.lines().filter(|line| line.ends_with(": asked"));
    let field = |line: &str, name: &str| {
        let (_, rest) = line.split_once(name).unwrap();
        rest.split([' ', '}', ':']).next().unwrap().to_owned()
    };
    let request = |line: &str| Asked {
        what: field(line, "op=").trim_matches('"').to_owned(),
        ino: field(line, " ino=").parse().unwrap(),
    };
    requests.map(request).collect()
}

/// Lists, looks at and reads everything, and waits until the kernel has said that it is closed again.
#[track_caller]
fn look_at_all(mounted: &Mounted) {
    for path in files_below(mounted.path()) {
        let path = mounted.path().join(path);
        assert!(fs::metadata(path.parent().unwrap()).unwrap().is_dir());
        let len = fs::metadata(&path).unwrap().len();
        assert_eq!(fs::read(&path).unwrap().len() as u64, len);
    }
    let of = |asked: &[Asked], what: &str| asked.iter().filter(|asked| asked.what == what).count();
    eventually("all closed", mounted, || {
        let asked = asked(mounted);
        of(&asked, "open") == of(&asked, "release")
    });
}

/// Returns what was asked since `n_before` requests, but for what the kernel asks each time: opening and closing
/// files, and the time of access of those that it reads by itself, unless it takes the mount for read-only
/// (`fuse_invalidate_atime` in fs/fuse/dir.c).
fn asked_since(mounted: &Mounted, n_before: usize) -> Vec<Asked> {
    let mut all = asked(mounted);
    let of = |what| all.iter().filter(move |asked| asked.what == what);
    let [opened, served] = ["open", "read"].map(|what| of(what).map(|asked| asked.ino));
    let (opened, served): (BTreeSet<_>, BTreeSet<_>) = (opened.collect(), served.collect());
    let mut asked = all.split_off(n_before);
    asked.retain(|asked| match asked.what.as_str() {
        "open" | "release" => false,
        "getattr" => !opened.contains(&asked.ino) || served.contains(&asked.ino),
        _ => true,
    });
    asked
}

/// Mounts the fixture library, and has the kernel learn all about it.
#[track_caller]
fn mount_and_look(options: &str) -> Option<(Library, Mounted)> {
    let library = fixture()?;
    let mounted = mount(&library, options);
    eventually("all known", &mounted, || {
        mounted.log().contains("sizes and times are known")
    });
    look_at_all(&mounted);
    look_at_all(&mounted);
    Some((library, mounted))
}

/// Checks that nothing is asked when all is looked at after `act`, but for what is expected.
///
/// The kernel gives pages up by itself, when it needs the memory or finds them unused (DAMON), and asks for them
/// again. A file that is open while all is loaded again is told of when it is closed. That is why it is tried more
/// than once; `act` is told which time it is.
#[track_caller]
fn assert_asked_only(
    mounted: &Mounted,
    mut act: impl FnMut(usize),
    is_expected: impl Fn(&Asked) -> bool,
) {
    let mut unexpected = Vec::new();
    for n_th in 0..5 {
        let n_before = asked(mounted).len();
        act(n_th);
        look_at_all(mounted);
        unexpected = asked_since(mounted, n_before);
        unexpected.retain(|asked| !is_expected(asked));
        if unexpected.is_empty() {
            return;
        }
    }
    assert_eq!(unexpected, [], "each time");
}

/// Returns how often a file was read, by inode.
fn n_reads(mounted: &Mounted, ino: u64) -> usize {
    let is_read = |asked: &&Asked| asked.what == "read" && asked.ino == ino;
    asked(mounted).iter().filter(is_read).count()
}

/// Changes a tag of an item in the database.
fn change(library: &Library, item: i64, isrc: usize) {
    let sql = format!("UPDATE items SET isrc = 'NEW{isrc}' WHERE id = {item}");
    execute(library, &sql);
}

/// Whoever waits for an answer of their own threads is not ended by SIGKILL, and keeps the mount from ending.
#[test]
fn the_program_asks_nothing_of_itself() {
    let Some(library) = fixture() else { return };
    let mounted = mount(&library, "-o ro");
    eventually("ready", &mounted, || {
        mounted.log().contains("sizes and times are known")
    });
    // That one is of the test, which waits until the mount answers.
    let by_itself = |asked: &Asked| asked.what != "statfs";
    let asked: Vec<_> = asked(&mounted).into_iter().filter(by_itself).collect();
    assert_eq!(asked, []);
}

#[test]
fn what_was_looked_at_once_is_asked_no_more() {
    let Some((_library, mounted)) = mount_and_look("") else {
        return;
    };
    let listings = ["readdir", "readdirplus"];
    let is_listing = |asked: &Asked| listings.contains(&asked.what.as_str());
    let before = asked(&mounted);
    assert!(before.iter().any(is_listing), "{before:?}");
    assert!(before.iter().any(|asked| asked.what == "read"));
    assert_asked_only(&mounted, |_| (), |_| false);
}

/// Where watchers are told, it is done through the mount, and so asked by the kernel too: names on the way to
/// what changed.
#[test]
fn one_item_that_changes_has_nothing_asked_about_all_others() {
    for (options, is_announced) in [("-o ro", false), ("", true)] {
        let Some((library, mounted)) = mount_and_look(options) else {
            return;
        };
        let item = library.case("flac-every-field");
        let path = served(&mounted, &library, &item.case);
        let state = || {
            let metadata = fs::metadata(&path).unwrap();
            (metadata.mtime(), metadata.mtime_nsec())
        };
        let ino = fs::metadata(&path).unwrap().ino();
        let act = |n_th| {
            let before = (state(), n_reads(&mounted, ino));
            change(&library, item.id, n_th);
            eventually("changed", &mounted, || state() != before.0);
            look_at_all(&mounted);
            assert!(n_reads(&mounted, ino) > before.1, "{options}");
        };
        assert_asked_only(&mounted, act, |asked| {
            asked.ino == ino || (is_announced && asked.what == "lookup")
        });
    }
}

#[test]
fn a_reload_of_everything_has_nothing_asked_about_what_is_as_it_was() {
    let Some((library, mounted)) = mount_and_look("-o ro") else {
        return;
    };
    let mountpoint = mounted.path().to_str().unwrap();
    let reload = || _ = succeed(&["reload", mountpoint, "--all"]);
    assert_asked_only(&mounted, |_| reload(), |_| false);
    let item = library.case("flac-every-field");
    let path = served(&mounted, &library, &item.case);
    let ino = fs::metadata(&path).unwrap().ino();
    let act = |n_th| {
        let before = n_reads(&mounted, ino);
        change(&library, item.id, n_th);
        reload();
        look_at_all(&mounted);
        assert!(n_reads(&mounted, ino) > before);
    };
    assert_asked_only(&mounted, act, |asked| asked.ino == ino);
}
