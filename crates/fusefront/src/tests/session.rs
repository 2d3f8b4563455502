//! Mounting and unmounting.

use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;

use vtree::Tree;

use super::support::{Mounted, PATHS, Shared, is_mounted, mount, mount_with, read_only, snapshot};
use crate::{Audience, Error, Options, Session};

#[test]
fn dropping_unmounts() {
    let Some(mounted) = mount() else { return };
    let (root, folder) = (mounted.root.clone(), mounted.folder);
    assert!(is_mounted(&root));
    drop(mounted.session);
    assert!(!is_mounted(&root));
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
    drop(folder);
}

#[test]
fn a_panic_leaves_no_mount_behind() {
    let Some(mounted) = mount() else { return };
    let root = mounted.root.clone();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _mounted = mounted;
        panic!("as a failing test would");
    }));
    assert!(result.is_err() && !is_mounted(&root));
}

#[test]
fn a_busy_mount_is_kept_and_served() {
    let Some(mut mounted) = mount() else { return };
    let mut file = File::open(mounted.path(PATHS[0].1)).unwrap();
    let error = mounted.session.unmount().unwrap_err();
    assert!(matches!(error, Error::Unmount { .. }), "{error}");
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    assert!(bytes == mounted.expected(1));
    drop(file);
    mounted.session.unmount().unwrap();
    mounted.session.unmount().unwrap();
    assert!(!is_mounted(&mounted.root) && mounted.session.is_finished());
}

#[test]
fn a_busy_mount_is_detached_when_dropped_and_open_files_go_on() {
    let Some(mounted) = mount() else { return };
    let mut file = File::open(mounted.path(PATHS[1].1)).unwrap();
    let expected = mounted.expected(2);
    let Mounted {
        session,
        root,
        folder,
        ..
    } = mounted;
    drop(session);
    assert!(!is_mounted(&root));
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    assert!(bytes == expected);
    drop((file, folder));
}

#[test]
fn waiting_ends_when_somebody_unmounts() {
    let Some(mut mounted) = mount() else { return };
    let unmounter = mounted.session.unmounter();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| mounted.session.wait());
        unmounter.unmount().unwrap();
        waiting.join().unwrap().unwrap();
    });
    assert!(mounted.session.is_finished() && !is_mounted(&mounted.root));
}

#[test]
fn what_is_mounted_there_afterwards_is_left_alone() {
    let Some(mut first) = mount() else { return };
    first.session.unmounter().unmount().unwrap();
    let tree = Arc::new(Tree::new(snapshot(&PATHS)));
    let library = Shared(first.songs.clone());
    let options = Options::default();
    let second = Session::mount(tree, library, &first.root, &options).unwrap();
    while !first.session.is_finished() {
        std::thread::yield_now();
    }
    first.session.unmount().unwrap();
    assert!(is_mounted(&first.root));
    drop(second);
    assert!(!is_mounted(&first.root));
}

#[test]
fn the_mount_table_says_what_it_is() {
    let options = Options {
        fsname: "my music".to_owned(),
        audience: Audience::Everyone,
        mount_options: vec!["noexec".to_owned(), "max_read=65536".to_owned()],
        ..read_only()
    };
    let Some(mounted) = mount_with(false, &options) else {
        return;
    };
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let root = mounted.root.to_str().unwrap();
    let line = table.lines().find(|line| line.contains(root)).unwrap();
    for expected in [
        "ro,",
        "nosuid",
        "nodev",
        "noexec",
        "noatime",
        "my\\040music",
        "fuse.musicfs",
        "allow_other",
        "default_permissions",
        "max_read=65536",
    ] {
        assert!(line.contains(expected), "{expected}: {line}");
    }
}

#[test]
fn bad_options_and_mountpoints_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let check = |mount_option: &str| {
        let options = Options {
            mount_options: vec![mount_option.to_owned()],
            ..Options::default()
        };
        let library = Shared(Arc::default());
        let tree = Arc::new(Tree::new(snapshot(&[])));
        Session::mount(tree, library, &folder.path().join("missing"), &options).unwrap_err()
    };
    for bad in ["", "a,b", "rw", "allow_other"] {
        assert!(matches!(check(bad), Error::BadOption { .. }), "{bad}");
    }
    assert!(matches!(check("noexec"), Error::Mount { .. }));
}

/// The other tests that an ordinary user must be able to run too; the helper that mounts for them is
/// `fusermount3`.
const UNPRIVILEGED: [&str; 11] = [
    "tests::announce::watchers_are_told_of_names_that_come_and_go",
    "tests::announce::watchers_are_told_of_content_that_changed_and_of_no_other",
    "tests::announce::watchers_of_a_mount_that_may_be_written_are_told_too_and_permissions_stay",
    "tests::announce::nobody_else_may_do_what_is_done_to_tell_watchers",
    "tests::refuse::so_it_is_where_watchers_are_told_of_changes",
    "tests::serve::every_file_is_listed_with_its_exact_size_and_bytes",
    "tests::refuse::every_change_is_refused_as_on_a_read_only_filesystem",
    "tests::session::a_busy_mount_is_kept_and_served",
    "tests::session::a_busy_mount_is_detached_when_dropped_and_open_files_go_on",
    "tests::session::a_panic_leaves_no_mount_behind",
    "tests::session::waiting_ends_when_somebody_unmounts",
];

fn runs(program: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

/// Runs `"$@"` as nobody, with a `/dev/fuse` that everybody may open, as it is on a desktop; in a mount
/// namespace of its own, so that nothing of the machine changes.
const AS_NOBODY: &str = "set -e
    mknod device c 10 229
    chmod 666 device
    mount --bind device /dev/fuse
    exec setpriv --reuid 65534 --regid 65534 --clear-groups -- \"$@\"";

#[test]
fn an_ordinary_user_can_mount() {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root || !["fusermount3", "setpriv", "unshare"].into_iter().all(runs) {
        return fixtures::skip("by another user: that needs root, fusermount3 and util-linux");
    }
    // Where the tests were built, nobody may have no access.
    let folder = tempfile::tempdir().unwrap();
    let (tests, tmp) = (folder.path().join("tests"), folder.path().join("tmp"));
    fs::copy(std::env::current_exe().unwrap(), &tests).unwrap();
    fs::create_dir(&tmp).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&tmp, Permissions::from_mode(0o777)).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--", "sh", "-c", AS_NOBODY, "sh"]);
    command.arg(&tests).arg("--exact").args(UNPRIVILEGED);
    command
        .env("TMPDIR", &tmp)
        .env("MUSICFS_REQUIRE_TOOLS", "1")
        .current_dir(&tmp);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    let expected = format!("{} passed; 0 failed; 0 ignored", UNPRIVILEGED.len());
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn a_helper_can_unmount_when_we_end() {
    if !runs("fusermount3") || !rustix::process::geteuid().is_root() {
        return fixtures::skip(
            "with auto_unmount: that needs fusermount3, and root to let root in",
        );
    }
    let options = Options {
        auto_unmount: true,
        ..Options::default()
    };
    let Some(mut mounted) = mount_with(false, &options) else {
        return;
    };
    assert_eq!(fs::read_dir(&mounted.root).unwrap().count(), 3);
    mounted.session.unmount().unwrap();
    assert!(!is_mounted(&mounted.root));
}
