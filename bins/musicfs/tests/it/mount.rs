//! A mounted library, as programs see it: names, sizes, bytes, errors.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

use rustix::io::Errno;

use crate::support::{
    self, Mounted, can_mount, execute, files_below, fixture, paths, refuse, served, succeed,
};

#[track_caller]
fn errno<T>(result: std::io::Result<T>, expected: Errno) {
    let error = result.err().expect("must fail");
    assert_eq!(
        error.raw_os_error(),
        Some(expected.raw_os_error()),
        "{error}"
    );
}

#[test]
fn the_tree_is_what_paths_prints() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let mut expected: Vec<PathBuf> = paths(&[OsStr::new("--config"), library.config().as_os_str()])
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    expected.sort();
    assert_eq!(expected.len(), library.items().len());
    assert_eq!(files_below(mounted.path()), expected);
}

#[test]
fn names_are_those_of_beets() {
    let library = fixtures::Library::copy_to_temp();
    let found = paths(&[OsStr::new("--config"), library.config().as_os_str()]);
    for (entry, item) in found.iter().zip(library.items()) {
        assert_eq!(entry.id, item.id);
        let taken = item.case.ends_with("-same-name-2");
        assert_eq!(entry.path == item.destination, !taken, "{}", item.case);
    }
    let second = found
        .iter()
        .find(|entry| entry.id == library.case("mp3-same-name-2").id)
        .unwrap();
    assert!(
        second.path.ends_with("13 Same Name.1.mp3"),
        "{}",
        second.path.display()
    );
}

#[test]
fn sizes_are_exact_and_random_reads_equal_the_whole() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let mut random = Random(0x5eed);
    for path in files_below(mounted.path()) {
        let path = mounted.path().join(path);
        let size = fs::metadata(&path).unwrap().len();
        let whole = fs::read(&path).unwrap();
        assert_eq!(whole.len() as u64, size, "{}", path.display());
        let file = File::open(&path).unwrap();
        for _ in 0..200 {
            let offset = random.below(size + 100);
            let mut buf = vec![0; usize::try_from(random.below(9000)).unwrap()];
            let n = read_fully(&file, &mut buf, offset);
            let start = usize::try_from(offset.min(size)).unwrap();
            let end = (start + buf.len()).min(whole.len());
            assert_eq!(
                &buf[..n],
                &whole[start..end],
                "{} at {offset}",
                path.display()
            );
        }
    }
    assert_eq!(library.changed_origins(), Vec::<PathBuf>::new());
}

/// Reads at an offset until the buffer or the file ends.
fn read_fully(file: &File, buf: &mut [u8], offset: u64) -> usize {
    let mut done = 0;
    while done < buf.len() {
        match file
            .read_at(&mut buf[done..], offset + done as u64)
            .unwrap()
        {
            0 => break,
            n => done += n,
        }
    }
    done
}

/// A xorshift generator: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[test]
fn many_readers_see_the_same_bytes() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let files = files_below(mounted.path());
    let read_all = || {
        files
            .iter()
            .map(|path| fs::read(mounted.path().join(path)).unwrap())
    };
    let expected: Vec<Vec<u8>> = read_all().collect();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(read_all().eq(expected.iter().cloned())));
        }
    });
}

#[test]
fn files_that_cannot_be_rendered_are_their_origins() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let item = library.case("wav-every-field");
    let mut bytes = library.packed_origin(item);
    bytes[..4].copy_from_slice(b"RF64");
    fs::write(library.origin(item), &bytes).unwrap();
    let mounted = Mounted::library(&library, &[]);
    assert!(fs::read(served(&mounted, &library, "wav-every-field")).unwrap() == bytes);
}

#[test]
fn nothing_can_be_modified() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &["-o", "ro"]);
    let file = served(&mounted, &library, "mp3-plain");
    let dir = file.parent().unwrap();
    let new = dir.join("new");
    errno(OpenOptions::new().write(true).open(&file), Errno::ROFS);
    errno(OpenOptions::new().append(true).open(&file), Errno::ROFS);
    errno(
        OpenOptions::new().write(true).truncate(true).open(&file),
        Errno::ROFS,
    );
    errno(File::create(&new), Errno::ROFS);
    errno(fs::create_dir(&new), Errno::ROFS);
    errno(fs::remove_file(&file), Errno::ROFS);
    errno(fs::remove_dir(dir), Errno::ROFS);
    errno(fs::rename(&file, &new), Errno::ROFS);
    errno(fs::hard_link(&file, &new), Errno::ROFS);
    errno(std::os::unix::fs::symlink(&file, &new), Errno::ROFS);
    errno(
        fs::set_permissions(&file, fs::Permissions::from_mode(0o777)),
        Errno::ROFS,
    );
    errno(
        File::open(&file).unwrap().set_modified(SystemTime::now()),
        Errno::ROFS,
    );
    assert_eq!(library.changed_origins(), Vec::<PathBuf>::new());
}

#[test]
fn absent_names_are_absent() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    errno(
        fs::metadata(mounted.path().join("nobody/nothing.mp3")),
        Errno::NOENT,
    );
    errno(
        fs::metadata(mounted.path().join("x".repeat(300))),
        Errno::NAMETOOLONG,
    );
    let file = served(&mounted, &library, "mp3-plain");
    errno(fs::metadata(file.join("below")), Errno::NOTDIR);
}

#[test]
fn attributes_are_sensible() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let file = served(&mounted, &library, "flac-plain");
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!(metadata.mode() & 0o7777, 0o444);
    assert_eq!(metadata.uid(), rustix::process::geteuid().as_raw());
    assert_eq!(metadata.blocks(), metadata.len().div_ceil(512));
    let origin = fs::metadata(library.origin(library.case("flac-plain"))).unwrap();
    assert_eq!(metadata.mtime(), origin.mtime());
    let root = fs::metadata(mounted.path()).unwrap();
    assert!(root.is_dir());
    assert_eq!((root.ino(), root.mode() & 0o7777), (1, 0o555));
    let database = fs::metadata(library.database()).unwrap();
    assert_eq!(root.mtime(), database.mtime());
}

#[test]
fn a_file_is_no_terminal_and_asking_is_not_logged() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let file = File::open(served(&mounted, &library, "mp3-plain")).unwrap();
    assert!(!std::io::IsTerminal::is_terminal(&file));
    assert!(!mounted.log().contains("WARN"), "{}", mounted.log());
}

#[test]
fn inode_numbers_survive_a_remount() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let numbers = |root: &Path| -> Vec<u64> {
        let ino = |path: PathBuf| fs::metadata(root.join(path)).unwrap().ino();
        files_below(root).into_iter().map(ino).collect()
    };
    let mounted = Mounted::library(&library, &[]);
    let before = numbers(mounted.path());
    mounted.stop_by("TERM");
    let mounted = Mounted::library(&library, &[]);
    assert_eq!(numbers(mounted.path()), before);
}

#[test]
fn free_space_is_that_of_the_origins() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let here = rustix::fs::statvfs(mounted.path()).unwrap();
    let there = rustix::fs::statvfs(library.music()).unwrap();
    assert_eq!(
        here.f_blocks * here.f_frsize,
        there.f_blocks * there.f_frsize
    );
    assert!(here.f_bavail > 0);
}

#[test]
fn signals_and_umount_end_it_cleanly() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    for signal in ["INT", "TERM"] {
        Mounted::library(&library, &[]).stop_by(signal);
    }
    let mut mounted = Mounted::library(&library, &["--foreground"]);
    support::succeed(&[OsStr::new("umount"), mounted.path().as_os_str()]);
    assert!(mounted.wait().success(), "{}", mounted.log());
    assert!(!support::is_mounted(mounted.path()));
}

#[test]
fn a_hangup_that_is_to_be_ignored_is_ignored() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let folder = tempfile::tempdir().unwrap();
    let mountpoint = folder.path().join("mnt");
    fs::create_dir(&mountpoint).unwrap();
    let config = library.config();
    let args = [OsStr::new("--config"), config.as_os_str()];
    let command = support::musicfs_by(&["--ignore-signal=HUP"]);
    let mounted = Mounted::run(command, folder, mountpoint, &args);
    support::send("HUP", mounted.pid());
    assert!(!files_below(mounted.path()).is_empty());
    mounted.stop_by("TERM");
}

#[test]
fn a_log_that_nobody_reads_any_more_stops_nothing() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let folder = tempfile::tempdir().unwrap();
    let mut child = support::musicfs()
        .arg("mount")
        .arg(folder.path())
        .arg("--config")
        .arg(library.config())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    support::wait_for_mount(&mut child, folder.path());
    assert_eq!(files_below(folder.path()).len(), library.items().len());
    support::send("TERM", child.id());
    assert!(support::wait_for_end(&mut child, String::new).success());
    assert!(!support::is_mounted(folder.path()));
}

#[test]
fn a_signal_while_a_file_is_open_detaches_and_serves_it_to_the_end() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mut mounted = Mounted::library(&library, &[]);
    let mut file = File::open(served(&mounted, &library, "flac-plain")).unwrap();
    let size = file.metadata().unwrap().len();
    support::send("TERM", mounted.pid());
    let is_detached = || !support::is_mounted(mounted.path());
    support::eventually("detached", &mounted, is_detached);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, size);
    drop(file);
    assert!(mounted.wait().success(), "{}", mounted.log());
}

#[test]
fn a_query_selects_and_a_template_renames() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(
        &library,
        &["-q", "twin", "--path-format", "$album/$year $title"],
    );
    let found = files_below(mounted.path());
    assert_eq!(
        found,
        ["Twin/2001 Twin.flac", "Twin/2002 Twin.flac"].map(PathBuf::from)
    );
}

#[test]
fn a_database_that_changes_shows_its_tags_at_the_next_open() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let path = served(&mounted, &library, "mp3-plain");
    let before = fs::read(&path).unwrap();
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    let database = rusqlite::Connection::open(library.database()).unwrap();
    let lyrics = "Another line ".repeat(4000);
    let id = library.case("mp3-plain").id;
    database
        .execute("UPDATE items SET lyrics = ?1 WHERE id = ?2", (&lyrics, id))
        .unwrap();
    let after = fs::read(&path).unwrap();
    assert!(after.len() > before.len() + lyrics.len() - 4096);
    assert!(
        after
            .windows(lyrics.len())
            .any(|window| window == lyrics.as_bytes())
    );
    assert_eq!(fs::metadata(&path).unwrap().len(), after.len() as u64);
    assert!(fs::metadata(&path).unwrap().modified().unwrap() > time);
}

#[test]
fn an_edit_of_the_database_moves_times_also_across_mounts() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let time = |case: &str| {
        let mounted = Mounted::library(&library, &[]);
        let path = served(&mounted, &library, case);
        fs::metadata(path).unwrap().modified().unwrap()
    };
    let (before, other) = (time("flac-written"), time("mp3-written"));
    let database = rusqlite::Connection::open(library.database()).unwrap();
    let id = library.case("flac-written").id;
    // As `beet modify --nowrite` leaves it.
    database
        .execute(
            "UPDATE items SET title = 'New', mtime = 0 WHERE id = ?1",
            [id],
        )
        .unwrap();
    assert!(time("flac-written") > before);
    assert_eq!(time("mp3-written"), other);
}

#[test]
fn the_library_can_be_mounted_over_itself() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let folder = tempfile::tempdir().unwrap();
    let config = library.config();
    let args = [
        OsStr::new("--config"),
        config.as_os_str(),
        OsStr::new("-o"),
        OsStr::new("nonempty"),
    ];
    let mounted = Mounted::start_on(folder, library.music(), &args);
    let bytes = fs::read(served(&mounted, &library, "ogg-every-field")).unwrap();
    let origin = library.packed_origin(library.case("ogg-every-field"));
    let audio = &origin[origin.len() - 700..];
    assert!(bytes.ends_with(audio) && bytes != origin);
    let log = mounted.stop_by("TERM");
    assert!(
        log.contains("the mount covers the music directory"),
        "{log}"
    );
    assert_eq!(library.changed_origins(), Vec::<PathBuf>::new());
}

#[test]
fn what_a_mount_will_miss_is_said_when_it_starts() {
    let Some(library) = fixture() else { return };
    execute(&library, "ALTER TABLE items DROP COLUMN isrc");
    let state = tempfile::tempdir().unwrap();
    let options = format!("rw,state={}", state.path().display());
    let music = state.path().join("none").display().to_string();
    let args = ["--directory", &music, "-o", &options];
    let log = Mounted::library(&library, &args).stop_by("TERM");
    let expected = ["is not there", &music, "no columns", "fields=\"isrc\""];
    for expected in expected {
        assert!(log.contains(expected), "{expected}: {log}");
    }
}

#[test]
fn commands_that_read_origins_do_not_take_the_mount_for_them() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let (config, music) = (library.config(), library.music());
    let (export, below) = (library.folder().join("export"), music.join("below"));
    // An item whose file in the mount has the name of its origin.
    let case = library.case("flac-plain");
    let origin = library.origin(case);
    let (query, template) = (format!("id:{}", case.id), case.path.with_extension(""));
    let source = [OsStr::new("--config"), config.as_os_str()];
    let commands: [&[&OsStr]; 5] = [
        &["check".as_ref()],
        &["check".as_ref(), "--directory".as_ref(), below.as_ref()],
        &["diff".as_ref()],
        &["materialize".as_ref(), export.as_ref()],
        &["render-header".as_ref(), origin.as_ref()],
    ];
    let commands = commands.map(|words| [words, &source[..]].concat());
    let options = ["--query", &query, "-o", "nonempty", "--path-format"].map(OsStr::new);
    let args = [&source[..], &options, &[template.as_os_str()]].concat();
    let folder = tempfile::tempdir().unwrap();
    let mounted = Mounted::start_on(folder, music.clone(), &args);
    assert!(origin.exists());
    for command in &commands {
        let said = refuse(command);
        let why = format!("mounted over them at {}; unmount it", music.display());
        assert!(said.contains(&why), "{command:?}: {said}");
    }
    mounted.stop_by("TERM");
    assert!(!export.exists());
    // Anywhere else a mount is in nobody's way.
    let _mounted = Mounted::library(&library, &[]);
    succeed(&commands[4]);
}

#[test]
fn a_printing_reader_that_goes_away_is_no_error() {
    let library = fixtures::Library::copy_to_temp();
    let mut child = support::musicfs()
        .args(["paths", "--config"])
        .arg(library.config())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut errors = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut errors)
        .unwrap();
    assert!(support::wait_for_end(&mut child, String::new).success());
    assert_eq!(errors, "");
}
