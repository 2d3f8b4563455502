//! Who gets which name.

use std::time::{Duration, SystemTime};

use crate::{Builder, Built, Cause, Error, InodeNo, LeafId, Name};

pub(super) fn leaf(raw: u64) -> LeafId {
    LeafId::new(raw).unwrap()
}

/// Builds a tree in which the leaf of `paths[i]` is number `i`.
pub(super) fn build<P: AsRef<[u8]>>(paths: &[P]) -> Built {
    let mut builder = Builder::new();
    for (path, i) in paths.iter().zip(0..) {
        builder.insert(path.as_ref(), leaf(i));
    }
    builder.build().unwrap()
}

/// Returns the path of each leaf in the order of the leaves.
fn paths(built: &Built) -> Vec<String> {
    let nodes = built.snapshot.leaves();
    nodes
        .map(|node| String::from_utf8_lossy(&node.path()).into_owned())
        .collect()
}

#[track_caller]
fn check(wanted: &[&str], expected: &[&str]) {
    let built = build(wanted);
    assert_eq!(paths(&built), expected);
    let differs = |i: &u64| {
        let i = usize::try_from(*i).unwrap();
        wanted[i] != expected[i]
    };
    let differing: Vec<_> = (0..wanted.len() as u64).filter(differs).collect();
    let renamed: Vec<_> = built.renamed.iter().map(|r| r.leaf.get()).collect();
    assert_eq!(renamed, differing, "the leaves reported as renamed");
}

#[test]
fn the_first_keeps_the_name_and_the_others_are_numbered_before_the_extension() {
    check(
        &["a/x.mp3", "a/x.mp3", "a/x.mp3"],
        &["a/x.mp3", "a/x.1.mp3", "a/x.2.mp3"],
    );
    check(&["x", "x", ".x", ".x"], &["x", "x.1", ".x", ".x.1"]);
}

#[test]
fn a_number_is_continued_as_beets_does() {
    check(&["x.1.mp3", "x.1.mp3"], &["x.1.mp3", "x.2.mp3"]);
    check(&["x.10.mp3", "x.10.mp3"], &["x.10.mp3", "x.11.mp3"]);
    check(&["1.10", "1.10", "1.10"], &["1.10", "1.1.10", "1.2.10"]);
    check(&["x1.mp3", "x1.mp3"], &["x1.mp3", "x1.1.mp3"]);
}

#[test]
fn a_made_up_name_never_takes_one_that_another_leaf_wants() {
    check(
        &["x.mp3", "x.mp3", "x.1.mp3"],
        &["x.mp3", "x.2.mp3", "x.1.mp3"],
    );
    check(
        &["x.mp3", "x.mp3", "x.1.mp3", "x.1.mp3", "x.3.mp3/y"],
        &["x.mp3", "x.2.mp3", "x.1.mp3", "x.4.mp3", "x.3.mp3/y"],
    );
}

#[test]
fn a_leaf_never_hides_a_directory() {
    check(&["a", "a/b", "a/b/c"], &["a.1", "a/b.1", "a/b/c"]);
    check(&["a/b/c", "a/b", "a"], &["a/b/c", "a/b.1", "a.1"]);
}

#[test]
fn names_elsewhere_do_not_matter() {
    let alone = build(&["a/x", "a/x"]);
    let among = build(&["a/x", "a/x", "x", "a/y", "b/x.1"]);
    assert_eq!(paths(&alone), paths(&among)[..2]);
}

#[test]
fn unsafe_components_lose_no_leaf() {
    check(
        &["", "/", "../x", "./x", "a//b", "/a/c/", "..", "a\0b"],
        &["_", "_.1", "_/x", "_/x.1", "a/b", "a/c", "_.2", "a_b"].map(|path| match path {
            // `_` is a directory here, so that no leaf can have it.
            "_" => "_.1",
            "_.1" => "_.2",
            "_.2" => "_.3",
            path => path,
        }),
    );
}

#[test]
fn causes_are_told_apart() {
    let built = build(&["a", "a", "../b"]);
    let causes: Vec<_> = built.renamed.iter().map(|renamed| renamed.cause).collect();
    assert_eq!(causes, [Cause::Taken, Cause::Unsafe]);
}

#[test]
fn long_names_keep_their_extension_and_their_number() {
    let long = "ä".repeat(200) + ".flac";
    let built = build(&[&long, &long]);
    let paths = paths(&built);
    assert_eq!(paths[0], "ä".repeat(125) + ".flac");
    assert_eq!(paths[1], "ä".repeat(124) + ".1.flac");
}

#[test]
fn a_leaf_cannot_be_in_two_places() {
    let mut builder = Builder::new();
    builder.insert(b"a", leaf(7));
    builder.insert(b"b", leaf(7));
    assert!(matches!(builder.build(), Err(Error::DuplicateLeaf { leaf }) if leaf.get() == 7));
}

#[test]
fn an_empty_tree_has_a_root() {
    let snapshot = Builder::new().build().unwrap().snapshot;
    let root = snapshot.node(InodeNo::ROOT).unwrap();
    assert_eq!((root.name(), root.path()), (&b""[..], Vec::new()));
    assert_eq!(root.parent().ino(), InodeNo::ROOT);
    let n_children = root.dir().unwrap().children().count();
    assert_eq!((n_children, snapshot.n_dirs()), (0, 1));
    assert!(
        snapshot
            .lookup(InodeNo::ROOT, Name::new(b"x").unwrap())
            .is_none()
    );
}

#[test]
fn directories_have_the_time_that_is_given() {
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let mut builder = Builder::new().time(at(5));
    builder.insert(b"a/b/c", leaf(1));
    let snapshot = builder.build().unwrap().snapshot;
    let times = snapshot.dirs().map(|node| node.dir().unwrap().mtime());
    assert!(times.eq([at(5); 3]));
}

#[test]
fn many_copies_of_many_names_are_quick() {
    let copies = (0..20_000).map(|i| format!("x.{}.mp3", i / 2));
    let same = (0..20_000).map(|_| "y.mp3".to_owned());
    let built = build(&copies.chain(same).collect::<Vec<_>>());
    assert_eq!(built.snapshot.n_files(), 40_000);
    assert_eq!(built.renamed.len(), 10_000 + 19_999);
}
