//! What memory a mount takes after everything in it was looked at.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;

use tempfile::TempDir;

use crate::support::{Mounted, can_mount, eventually, files_below};

const N_ITEMS: u32 = 3000;
/// What a mount may take, and each track beside its name, in bytes.
const FIXED: usize = 20_000_000;
const PER_TRACK: usize = 120;

/// Makes a library whose origins are all one file.
fn library() -> TempDir {
    let folder = TempDir::with_prefix("musicfs-memory-").unwrap();
    fixtures::synthetic_library(N_ITEMS, &folder.path().join("library.db"));
    let fixture = fixtures::Library::copy_to_temp();
    let origin = fixture.origin(fixture.case("flac-plain"));
    let music = folder.path().join("music");
    for track in fixtures::synthetic_tracks(N_ITEMS) {
        let path = music.join(&track.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let first = folder.path().join("origin");
        if !first.exists() {
            fs::copy(&origin, &first).unwrap();
        }
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

#[test]
fn a_mount_that_was_walked_takes_little_memory() {
    if !can_mount() {
        return;
    }
    let library = library();
    let config = library.path().join("config.yaml");
    let mounted = Mounted::start(&["--config".as_ref(), config.as_os_str()]);
    eventually("all known", &mounted, || {
        mounted.log().contains("sizes and times are known")
    });
    let files = files_below(mounted.path());
    assert_eq!(files.len(), N_ITEMS as usize, "{}", mounted.log());
    for file in &files {
        assert!(fs::metadata(mounted.path().join(file)).unwrap().size() > 0);
    }
    let names = files.iter().filter_map(|file| file.file_name());
    let names: usize = names.map(OsStr::len).sum();
    // The program's own code is not counted: without optimisation it is many times larger.
    let taken = status(&mounted, "RssAnon:");
    let most = FIXED + files.len() * PER_TRACK + names;
    assert!(taken <= most, "{taken} bytes are more than {most}");
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
