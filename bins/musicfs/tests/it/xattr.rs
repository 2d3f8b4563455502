//! Extended attributes of a mounted library.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{getxattr, listxattr};
use rustix::io::Errno;

use crate::support::{Mounted, can_mount, eventually, execute, served};

fn value(path: &Path, name: &str) -> Result<Vec<u8>, Errno> {
    let mut value = vec![0; 4096];
    let n = getxattr(path, name, &mut value)?;
    value.truncate(n);
    Ok(value)
}

#[test]
fn files_say_which_item_they_are_and_where_their_origin_is() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &["-o", "xattr"]);
    // The path of one of them is no text.
    for item in library.items() {
        let path = served(&mounted, &library, &item.case);
        let id = value(&path, "user.musicfs.item_id").unwrap();
        assert_eq!(id, item.id.to_string().as_bytes());
        let origin = value(&path, "user.musicfs.origin").unwrap();
        assert_eq!(OsStr::from_bytes(&origin), library.origin(item));
        let mut names = [0; 100];
        let n = listxattr(&path, &mut names).unwrap();
        let listed = b"user.musicfs.item_id\0user.musicfs.origin\0user.musicfs.revision\0";
        assert_eq!(&names[..n], listed);
        assert_eq!(value(&path, "user.musicfs.none"), Err(Errno::NODATA));
    }
    let folder = served(&mounted, &library, "flac-every-field");
    let folder = folder.parent().unwrap();
    assert_eq!(value(folder, "user.musicfs.item_id"), Err(Errno::NODATA));
}

#[test]
fn the_revision_changes_with_the_row_and_only_then() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &["-o", "xattr"]);
    let [one, two] = ["flac-every-field", "mp3-every-field"];
    let [one, two] =
        [one, two].map(|case| (library.case(case).id, served(&mounted, &library, case)));
    let revision = |path: &Path| value(path, "user.musicfs.revision").unwrap();
    let before = (revision(&one.1), revision(&two.1));
    assert_eq!(before.0.len(), 16);
    execute(
        &library,
        &format!("UPDATE items SET isrc = 'NEW' WHERE id = {}", one.0),
    );
    eventually("another revision", &mounted, || {
        revision(&one.1) != before.0
    });
    assert_eq!(revision(&two.1), before.1);
}

#[test]
fn without_the_option_there_are_none() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let path = served(&mounted, &library, "flac-every-field");
    assert_eq!(value(&path, "user.musicfs.item_id"), Err(Errno::OPNOTSUPP));
}
