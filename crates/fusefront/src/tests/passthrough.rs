//! Files that are their origins, which the kernel reads by itself where it may.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{Advice, fadvise, statfs};
use vtree::LeafId;

use super::support::{Mounted, PATHS, at, mount, noise};

/// Returns whether this kernel takes files from those who may hand them over: since Linux 6.9.
fn takes_files() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release
        .split(['.', '-'])
        .map(|number| number.parse().unwrap_or(0));
    let version: (u32, u32) = (numbers.next().unwrap(), numbers.next().unwrap());
    version >= (6, 9)
}

/// Returns whether we may hand files over: it takes rights outside of any namespace.
fn has_rights() -> bool {
    let is_initial = fs::read_to_string("/proc/self/uid_map").unwrap();
    let is_initial = is_initial.split_whitespace().eq(["0", "0", "4294967295"]);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let capabilities = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:\t"));
    let capabilities = u64::from_str_radix(capabilities.unwrap(), 16).unwrap();
    // CAP_SYS_ADMIN (capability.h).
    is_initial && capabilities & 1 << 21 != 0
}

/// Returns whether origins are on a filesystem that is not stacked on another, as the kernel wants it.
fn is_plain() -> bool {
    // OVERLAYFS_SUPER_MAGIC (magic.h).
    statfs(std::env::temp_dir()).unwrap().f_type != 0x794c_7630
}

/// Mounts a library whose first file is its origin.
fn mount_origin() -> Option<Mounted> {
    let mounted = mount()?;
    mounted.change(1, |song| song.header.clear());
    assert_eq!(
        fs::read(mounted.path(PATHS[0].1)).unwrap(),
        mounted.expected(1)
    );
    Some(mounted)
}

/// Checks that the first file is what it should be, a moment after it was closed: we hear of that only
/// when `close` has returned.
#[track_caller]
fn check_soon(mounted: &Mounted) {
    let path = mounted.path(PATHS[0].1);
    let is_right = || fs::read(&path).unwrap() == mounted.expected(1);
    let start = Instant::now();
    while !is_right() {
        assert!(start.elapsed() < Duration::from_secs(10), "other bytes");
        sleep(Duration::from_millis(10));
    }
}

/// Gives the first file a header, as an edit of its tags does.
fn edit(mounted: &Mounted) {
    mounted.change(1, |song| {
        song.header = noise(7, 5000);
        song.changed = at(1_800_000_000);
    });
    let leaf = LeafId::new(1).unwrap();
    mounted.session.publisher().changed(leaf);
}

#[test]
fn the_kernel_reads_an_origin_by_itself_where_it_may() {
    let Some(mounted) = mount_origin() else {
        return;
    };
    let file = File::open(mounted.path(PATHS[0].1)).unwrap();
    let origin = OpenOptions::new().write(true).open(mounted.song(1).origin);
    origin.unwrap().write_all_at(b"new", 100_000).unwrap();
    fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    let mut bytes = [0; 3];
    let read = file.read_exact_at(&mut bytes, 100_000);
    if takes_files() && is_plain() && has_rights() {
        read.unwrap();
        assert_eq!(&bytes, b"new");
        return;
    }
    // We look whether an origin is still what it was, and the kernel does not.
    assert!(read.is_err());
    if takes_files() && is_plain() && rustix::process::geteuid().is_root() {
        fixtures::skip("by the kernel itself: this root may hand no file to it");
    }
}

#[test]
fn an_edit_while_such_a_file_is_open_shows_once_it_is_closed() {
    let Some(mounted) = mount_origin() else {
        return;
    };
    let path = mounted.path(PATHS[0].1);
    let before = mounted.expected(1);
    let file = File::open(&path).unwrap();
    edit(&mounted);
    // The kernel refuses to read one inode in two ways.
    assert_eq!(fs::read(&path).unwrap(), before);
    drop(file);
    check_soon(&mounted);
    mounted.change(1, |song| {
        song.header.clear();
        song.changed = at(1_900_000_000);
    });
    mounted.session.publisher().changed(LeafId::new(1).unwrap());
    check_soon(&mounted);
}
