//! Mounting and unmounting.

use std::fs::{self, File};
use std::io::Read;
use std::sync::Arc;

use vtree::Tree;

use super::support::{Mounted, PATHS, Shared, is_mounted, mount, snapshot};
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
        ..Options::default()
    };
    let Some(mounted) = super::support::mount_with(false, &options) else {
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
