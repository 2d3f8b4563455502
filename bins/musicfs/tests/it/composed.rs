//! Files that are composed for the kernel to read by itself.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::disk::Large;
use crate::support::{Mounted, can_mount, eventually, execute, files_below, fixture, work_done};

/// Returns whether this kernel takes files from root: Linux 6.9.
fn may_hand_over() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release
        .split(['.', '-'])
        .map(|number| number.parse().unwrap_or(0));
    let version: (u32, u32) = (numbers.next().unwrap(), numbers.next().unwrap());
    if version < (6, 9) {
        let release = release.trim();
        fixtures::skip(&format!(
            "by Linux {release}, which reads no files by itself"
        ));
    }
    version >= (6, 9)
}

fn mount(large: &Large, more: &[&str]) -> Mounted {
    let (query, music) = (large.query(), large.music());
    let only = ["-q", &query, "--directory", music.to_str().unwrap()];
    let args = [&only, more, &["-o", "nostate"]].concat();
    Mounted::library(&large.library, &args)
}

fn only_file(mounted: &Mounted) -> PathBuf {
    let files = files_below(mounted.path());
    assert_eq!(files.len(), 1);
    mounted.path().join(&files[0])
}

/// Returns everything in a folder, with when it changed.
fn everything(folder: &Path) -> Vec<(PathBuf, i64, i64)> {
    let (mut found, mut left) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(path) = left.pop() {
        let stat = fs::metadata(&path).unwrap();
        if stat.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            left.extend(entries.map(|entry| entry.unwrap().path()));
        }
        found.push((path, stat.ctime(), stat.ctime_nsec()));
    }
    found.sort();
    found
}

fn check(mkfs: &str) {
    if !can_mount() || !may_hand_over() {
        return;
    }
    let Some(large) = Large::new(mkfs) else {
        return;
    };
    let mounted = mount(&large, &[]);
    let served = fs::read(only_file(&mounted)).unwrap();
    let log = mounted.stop_by("TERM");
    assert!(work_done(&log, "served") > 0, "{log}");
    assert_eq!(work_done(&log, "composed"), 0, "{log}");
    let (before, used) = (everything(&large.music()), large.disk.used());
    let mounted = mount(&large, &["--passthrough"]);
    let path = only_file(&mounted);
    for _ in 0..3 {
        let mut file = File::open(&path).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert!(bytes == served);
        let more = large.disk.used() - used;
        assert!(more < 400 << 10, "{more} bytes more");
        assert_eq!(everything(&large.music()), before);
    }
    let log = mounted.stop_by("TERM");
    let counts = (work_done(&log, "composed"), work_done(&log, "served"));
    assert_eq!(counts, (1, 0), "{log}");
}

#[test]
fn the_kernel_reads_composed_files_on_xfs() {
    check("mkfs.xfs");
}

#[test]
fn the_kernel_reads_composed_files_on_btrfs() {
    check("mkfs.btrfs");
}

#[test]
fn a_file_is_composed_again_on_xfs_when_its_tags_or_its_origin_changed() {
    if !can_mount() || !may_hand_over() {
        return;
    }
    let Some(large) = Large::new("mkfs.xfs") else {
        return;
    };
    let place = format!("passthrough={}", large.disk.path().display());
    let mounted = mount(&large, &["-o", &place]);
    let path = only_file(&mounted);
    let first = fs::read(&path).unwrap();
    let id = large.id();
    execute(
        &large.library,
        &format!("UPDATE items SET comments = 'new words' WHERE id = {id}"),
    );
    let mut second = Vec::new();
    eventually("retagged", &mounted, || {
        second = fs::read(&path).unwrap();
        second != first
    });
    let mut windows = second[..1 << 16].windows(9);
    assert!(windows.any(|window| window == b"new words"));
    assert!(second.ends_with(&Large::noise()));
    let mut origin = fs::read(large.origin()).unwrap();
    *origin.last_mut().unwrap() ^= 1;
    let mut open = File::open(&path).unwrap();
    fs::write(large.origin(), &origin).unwrap();
    // Whoever has it open reads on what was there.
    let mut still = Vec::new();
    open.read_to_end(&mut still).unwrap();
    assert!(still == second);
    drop(open);
    eventually("changed", &mounted, || {
        fs::read(&path).is_ok_and(|now| now.last() == origin.last())
    });
    let log = mounted.stop_by("TERM");
    let counts = (work_done(&log, "composed"), work_done(&log, "served"));
    assert_eq!(counts, (3, 0), "{log}");
}

#[test]
fn where_nothing_can_be_shared_files_are_served_and_that_is_said_once() {
    let Some(library) = fixture() else {
        return;
    };
    let read_all = |mounted: &Mounted| -> Vec<Vec<u8>> {
        let read = |path| fs::read(mounted.path().join(path)).unwrap();
        files_below(mounted.path()).into_iter().map(read).collect()
    };
    let plain = Mounted::library(&library, &["-o", "nostate"]);
    let expected = read_all(&plain);
    drop(plain);
    // On another filesystem than that of the library, whichever that is.
    let args = ["-o", "nostate,passthrough=/dev/shm"];
    let mounted = Mounted::library(&library, &args);
    assert!(read_all(&mounted) == expected && read_all(&mounted) == expected);
    let log = mounted.stop_by("TERM");
    assert_eq!(work_done(&log, "composed"), 0, "{log}");
    let (composed, handed) = ("not composed", "not handed");
    assert!(log.matches(composed).count() <= 1, "{log}");
    assert!(log.matches(handed).count() <= 1, "{log}");
    assert!(log.contains(composed) || log.contains(handed), "{log}");
    assert_eq!(library.changed_origins(), Vec::<PathBuf>::new());
}
