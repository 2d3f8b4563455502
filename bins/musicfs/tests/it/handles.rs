//! More open files than descriptors.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use fixtures::Library;
use rustix::io::Errno;
use tempfile::TempDir;

use crate::support::{Mounted, can_mount, execute, files_below, mountpoint, musicfs, read_anew};

/// How many files the program may have open.
const LIMIT: usize = 100;
/// How many of these it gives to origins.
const SHARE: u64 = 50;
/// How many files are opened.
const N_FILES: u64 = 300;

/// Returns a library with many copies of one file, each an item.
fn library() -> Library {
    let library = Library::copy_to_temp();
    let item = library.case("flac-every-field");
    let copies = library.music().join("copies");
    fs::create_dir(&copies).unwrap();
    for n in 1..=N_FILES {
        fs::copy(library.origin(item), copies.join(format!("{n}.flac"))).unwrap();
    }
    let sql = format!(
        "CREATE TABLE copies AS SELECT items.* FROM items, (
             WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT {N_FILES})
             SELECT n FROM numbers
         ) WHERE items.id = {};
         UPDATE copies SET id = 10000 + rowid, title = 'Copy ' || rowid,
             path = CAST('copies/' || rowid || '.flac' AS BLOB);
         INSERT INTO items SELECT * FROM copies;
         DROP TABLE copies;",
        item.id
    );
    execute(&library, &sql);
    library
}

/// Mounts the copies, by a program that may have few files open.
fn mount(library: &Library, place: TempDir, mountpoint: PathBuf, more: &[&str]) -> Mounted {
    let program = musicfs();
    let mut command = Command::new("sh");
    let limit = format!("ulimit -n {LIMIT} && exec \"$@\"");
    command
        .args(["-c", &limit, "sh"])
        .arg(program.get_program());
    command.args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let config = library.config();
    let mut args = vec![OsStr::new("--config"), config.as_os_str()];
    let only = ["-q", "title:Copy", "-o", "nostate"];
    args.extend(only.iter().chain(more).map(OsStr::new));
    Mounted::run(command, place, mountpoint, &args)
}

/// Opens everything below a folder, and reads it all.
fn open_all(folder: &Path) -> Vec<(File, Vec<u8>)> {
    let open = |path: PathBuf| {
        let file = File::open(folder.join(path)).unwrap();
        let bytes = read(&file).unwrap();
        (file, bytes)
    };
    let paths = files_below(folder);
    assert_eq!(paths.len() as u64, N_FILES);
    paths.into_iter().map(open).collect()
}

fn read(file: &File) -> std::io::Result<Vec<u8>> {
    read_anew(file, usize::try_from(file.metadata()?.len()).unwrap())
}

fn n_descriptors(mounted: &Mounted) -> usize {
    fs::read_dir(format!("/proc/{}/fd", mounted.pid()))
        .unwrap()
        .count()
}

#[track_caller]
fn check(library: &Library, place: TempDir, mountpoint: PathBuf, more: &[&str]) {
    let mounted = mount(library, place, mountpoint, more);
    let files = open_all(mounted.path());
    for _ in 0..2 {
        for (file, bytes) in &files {
            assert!(read(file).unwrap() == *bytes);
        }
        assert!(n_descriptors(&mounted) < LIMIT);
    }
    drop(files);
    let log = mounted.stop_by("TERM");
    // Each is opened for its attributes, for its open, and again at both later reads: in turns, what was
    // used longest ago is what is read next.
    let opens = format!(" opens={} ", 4 * N_FILES);
    assert!(log.contains(&opens), "{log}");
    assert!(log.contains(&format!(" renders={N_FILES} ")), "{log}");
}

#[test]
fn more_files_can_be_open_than_the_program_may_have_descriptors() {
    if !can_mount() {
        return;
    }
    let library = library();
    let (place, mountpoint) = mountpoint();
    check(&library, place, mountpoint, &[]);
    assert!(library.changed_origins().is_empty());
}

#[test]
fn so_it_is_over_the_library_itself() {
    if !can_mount() {
        return;
    }
    let library = library();
    let place = TempDir::with_prefix("musicfs-mount-").unwrap();
    check(&library, place, library.music(), &["-o", "nonempty"]);
}

#[test]
fn a_file_whose_origin_is_another_when_it_is_opened_again_is_an_error() {
    if !can_mount() {
        return;
    }
    let library = library();
    let (place, mountpoint) = mountpoint();
    let mounted = mount(&library, place, mountpoint, &[]);
    let files = open_all(mounted.path());
    // Those opened last have descriptors still.
    for n in 1..=N_FILES {
        let origin = library.music().join(format!("copies/{n}.flac"));
        match n % 3 {
            0 => fs::remove_file(&origin).unwrap(),
            1 => {
                let mut bytes = fs::read(&origin).unwrap();
                *bytes.last_mut().unwrap() ^= 1;
                fs::remove_file(&origin).unwrap();
                fs::write(&origin, bytes).unwrap();
            }
            _ => {}
        }
    }
    let (mut n_same, mut n_refused) = (0, 0);
    for (file, bytes) in &files {
        match read(file) {
            Ok(now) => {
                assert!(now == *bytes);
                n_same += 1;
            }
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(Errno::IO.raw_os_error()));
                n_refused += 1;
            }
        }
    }
    assert!(
        n_same >= N_FILES / 3 && n_refused >= N_FILES * 2 / 3 - SHARE,
        "{n_same} {n_refused}"
    );
}
