//! What memory a mount takes after everything in it was looked at.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;

use tempfile::TempDir;

use crate::support::{Mounted, can_mount, files_below, mountpoint, musicfs};

/// What a mount may take, and each track beside its name, in bytes.
const FIXED: usize = 20_000_000;
const PER_TRACK: usize = 120;
/// How many items there are: some, by which all caches are full (4096 rows are the most that any holds), and more.
const SOME: u32 = 5_000;
const MORE: u32 = 15_000;
/// What the allocator may keep of what is freed, and take beside what it is asked for, per track.
const SLACK: usize = 15;

/// Makes a library whose origins are all one file.
fn library(n_items: u32) -> TempDir {
    let folder = TempDir::with_prefix("musicfs-memory-").unwrap();
    fixtures::synthetic_library(n_items, &folder.path().join("library.db"));
    let fixture = fixtures::Library::copy_to_temp();
    let origin = fixture.origin(fixture.case("flac-plain"));
    let music = folder.path().join("music");
    let first = folder.path().join("origin");
    fs::copy(&origin, &first).unwrap();
    for track in fixtures::synthetic_tracks(n_items) {
        let path = music.join(&track.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::hard_link(&first, &path).unwrap();
    }
    let config = "directory: music\nlibrary: library.db\n";
    fs::write(folder.path().join("config.yaml"), config).unwrap();
    folder
}

/// Returns a figure of `/proc/PID/status`, in bytes.
fn status(mounted: &Mounted, name: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", mounted.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.unwrap().split_whitespace().next().unwrap();
    kibibytes.parse::<usize>().unwrap() * 1024
}

/// Returns the memory that a mount of so many items takes after a walk, and the bytes of their names.
fn taken(n_items: u32) -> (usize, usize) {
    let library = library(n_items);
    let config = library.path().join("config.yaml");
    let (folder, mountpoint) = mountpoint();
    let mut command = musicfs();
    // Of the origin, which is FLAC under all names, it would say so for each.
    command.env("MUSICFS_LOG", "error");
    let args = [
        "--config".as_ref(),
        config.as_os_str(),
        "-o".as_ref(),
        "nostate".as_ref(),
    ];
    let mounted = Mounted::run(command, folder, mountpoint, &args);
    let files = files_below(mounted.path());
    assert_eq!(files.len(), n_items as usize, "{}", mounted.log());
    for file in &files {
        assert!(fs::metadata(mounted.path().join(file)).unwrap().size() > 0);
    }
    let names = files.iter().filter_map(|file| file.file_name());
    // The program's own code is not counted: without optimisation it is many times larger.
    (status(&mounted, "RssAnon:"), names.map(OsStr::len).sum())
}

/// Nothing is kept on disk, so that all that is known is in memory.
#[test]
fn a_mount_that_was_walked_takes_little_memory_for_each_track() {
    if !can_mount() {
        return;
    }
    let [some, more] = thread::scope(|scope| {
        let taken = [SOME, MORE].map(|n_items| scope.spawn(move || taken(n_items)));
        taken.map(|taken| taken.join().unwrap())
    });
    let most = FIXED + SOME as usize * PER_TRACK + some.1;
    assert!(some.0 <= most, "{} bytes are more than {most}", some.0);
    let n_tracks = (MORE - SOME) as usize;
    let (taken, names) = (more.0 - some.0, more.1 - some.1);
    eprintln!(
        "{} B a track beside its name; {some:?} {more:?}",
        (taken - names) / n_tracks
    );
    let most = n_tracks * (PER_TRACK + SLACK) + names;
    assert!(
        taken <= most,
        "{taken} bytes for {n_tracks} tracks are more than {most}"
    );
}

#[test]
fn the_allocator_is_told_to_give_memory_back() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let process = format!("/proc/{}", mounted.pid());
    let environment = fs::read(format!("{process}/environ")).unwrap();
    let mut variables = environment.split(|&byte| byte == 0);
    let is_told = variables.any(|variable| variable.starts_with(b"GLIBC_TUNABLES="));
    assert!(is_told || !cfg!(target_env = "gnu"));
    let name = fs::read_to_string(format!("{process}/comm")).unwrap();
    assert_eq!(name.trim_end(), "musicfs");
}
