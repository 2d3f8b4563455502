//! What cannot be done.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs as unix;
use std::time::SystemTime;

use rustix::fs::{AtFlags, CWD, FallocateFlags, FileType, Mode, XattrFlags};
use rustix::io::Errno;

use super::support::{Mounted, PATHS, mount, mount_with, read_only};

/// Every way to change a file, a name or a directory.
fn attempts(mounted: &Mounted) -> Vec<(&'static str, io::Result<()>)> {
    let file = mounted.path(PATHS[1].1);
    let new = mounted.path("Kid A/new");
    let dir = mounted.path("Kid A");
    let outside = mounted.folder.path().join("outside");
    let open = File::open(&file).unwrap();
    let owner = (Some(1), Some(1));
    let plain = XattrFlags::empty();
    let node = || rustix::fs::mknodat(CWD, &new, FileType::Fifo, Mode::RUSR, 0);
    let times = fs::FileTimes::new().set_modified(SystemTime::now());
    vec![
        (
            "open for writing",
            OpenOptions::new().write(true).open(&file).map(drop),
        ),
        (
            "open for both",
            OpenOptions::new()
                .read(true)
                .write(true)
                .open(&file)
                .map(drop),
        ),
        (
            "open for appending",
            OpenOptions::new().append(true).open(&file).map(drop),
        ),
        (
            "truncate",
            rustix::fs::open(
                &file,
                rustix::fs::OFlags::TRUNC | rustix::fs::OFlags::RDONLY,
                Mode::empty(),
            )
            .map(drop)
            .map_err(Into::into),
        ),
        ("create", File::create(&new).map(drop)),
        ("create_new", File::create_new(&new).map(drop)),
        ("mkdir", fs::create_dir(&new)),
        ("mknod", node().map_err(Into::into)),
        ("unlink", fs::remove_file(&file)),
        ("rmdir", fs::remove_dir(mounted.path("Kid A/Bonus"))),
        ("rename", fs::rename(&file, &new)),
        ("rename over", fs::rename(&file, mounted.path(PATHS[0].1))),
        ("rename a directory", fs::rename(&dir, mounted.path("B"))),
        ("link", fs::hard_link(&file, &new)),
        ("symlink", unix::symlink("x", &new)),
        (
            "chmod",
            fs::set_permissions(&file, fs::metadata(&outside).unwrap().permissions()),
        ),
        ("chown", unix::chown(&file, owner.0, owner.1)),
        ("chown a directory", unix::chown(&dir, owner.0, owner.1)),
        ("utimens", open.set_times(times)),
        (
            "setxattr",
            rustix::fs::setxattr(&file, "user.x", b"y", plain).map_err(Into::into),
        ),
        (
            "removexattr",
            rustix::fs::removexattr(&file, "user.x").map_err(Into::into),
        ),
        (
            "access",
            rustix::fs::accessat(CWD, &file, rustix::fs::Access::WRITE_OK, AtFlags::empty())
                .map_err(Into::into),
        ),
    ]
}

#[test]
fn every_change_is_refused_as_on_a_read_only_filesystem() {
    let Some(mounted) = mount_with(false, &read_only()) else {
        return;
    };
    File::create(mounted.folder.path().join("outside")).unwrap();
    for (what, result) in attempts(&mounted) {
        let errno = result.expect_err(what).raw_os_error();
        assert_eq!(errno, Some(Errno::ROFS.raw_os_error()), "{what}");
    }
    let open = File::open(mounted.path(PATHS[1].1)).unwrap();
    let fallocate = rustix::fs::fallocate(&open, FallocateFlags::empty(), 0, 1);
    assert_eq!(fallocate, Err(Errno::BADF));
}

/// Where the kernel does not know that it is read-only, permissions refuse, and we do.
#[test]
fn so_it_is_where_watchers_are_told_of_changes() {
    let Some(mounted) = mount() else { return };
    File::create(mounted.folder.path().join("outside")).unwrap();
    let is_root = rustix::process::geteuid().is_root();
    for (what, result) in attempts(&mounted) {
        let Err(error) = result else {
            // Root may do what modes forbid, as far as asking goes.
            assert!(is_root && what == "access", "{what}");
            continue;
        };
        let error = Errno::from_io_error(&error).unwrap();
        let is_denied = !is_root && [Errno::ACCESS, Errno::PERM].contains(&error);
        assert!(is_denied || error == Errno::ROFS, "{what}: {error}");
    }
}
