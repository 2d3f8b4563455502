//! The filesystem without a kernel.

use std::sync::Arc;

use vtree::{InodeNo, Tree};

use super::support::{PATHS, Shared, snapshot};
use crate::Error;
use crate::attr::Attr;
use crate::fs::{Fs, Named};

fn fs() -> Fs<Shared> {
    Fs::new(
        Arc::new(Tree::new(snapshot(&PATHS))),
        Shared(Arc::default()),
        None,
    )
}

fn names(fs: &Fs<Shared>, ino: InodeNo, room: usize) -> Vec<String> {
    let (mut names, mut position) = (Vec::new(), 0);
    loop {
        let mut n = 0;
        let listed = fs.list(ino, position, |entry| {
            n += 1;
            if n <= room {
                names.push(String::from_utf8_lossy(entry.name).into_owned());
                position = entry.position;
            }
            n <= room
        });
        listed.unwrap();
        if n == 0 {
            return names;
        }
    }
}

#[track_caller]
fn find(fs: &Fs<Shared>, parent: InodeNo, name: &[u8]) -> InodeNo {
    match fs.find(parent, name) {
        Ok(Named::Inode(ino)) => ino,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_listing_is_the_same_whatever_its_parts() {
    let fs = fs();
    let whole = names(&fs, InodeNo::ROOT, 100);
    assert_eq!(whole[..3], [".", "..", "empty.flac"]);
    assert_eq!(whole.len(), 5);
    for room in 1..5 {
        assert_eq!(names(&fs, InodeNo::ROOT, room), whole);
    }
}

#[test]
fn dots_lead_to_the_directory_and_its_parent() {
    let fs = fs();
    let album = find(&fs, InodeNo::ROOT, b"Kid A");
    assert_eq!(
        (find(&fs, album, b"."), find(&fs, album, b"..")),
        (album, InodeNo::ROOT)
    );
    assert_eq!(find(&fs, InodeNo::ROOT, b".."), InodeNo::ROOT);
    let song = find(&fs, album, b"08 Idioteque.flac");
    assert!(matches!(fs.find(song, b"."), Err(Error::NotADirectory)));
    assert!(matches!(fs.find(InodeNo(77), b"x"), Err(Error::NotFound)));
}

#[test]
fn what_the_kernel_forgets_is_forgotten() {
    let fs = fs();
    let snapshot = fs.tree.load();
    let of_dir = |ino| Attr::of_dir(ino, snapshot.dir(ino).unwrap());
    fs.hold(&of_dir(InodeNo::ROOT));
    assert_eq!(
        fs.n_held(),
        0,
        "the root is never forgotten, so it is not counted"
    );
    let album = of_dir(find(&fs, InodeNo::ROOT, b"Kid A"));
    fs.hold(&album);
    fs.hold(&album);
    fs.forget(album.ino, 1);
    assert_eq!(fs.n_held(), 1);
    fs.forget(album.ino, 1);
    assert_eq!(fs.n_held(), 0);
}
