//! Snapshots made from others, against those that are built whole.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::build::leaf;
use super::model::wanted;
use crate::{Builder, Edited, LeafId, Snapshot};

/// Paths by leaf.
type Paths = BTreeMap<u64, String>;

/// Who comes first: not the lowest number.
fn rank(leaf: LeafId) -> u64 {
    leaf.get() ^ 0b1011
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Builds a tree whole.
fn whole(paths: &Paths, time: SystemTime) -> Snapshot {
    let mut leaves: Vec<_> = paths.iter().map(|(&raw, path)| (leaf(raw), path)).collect();
    leaves.sort_by_key(|&(leaf, _)| rank(leaf));
    let mut builder = Builder::new().time(time);
    for (leaf, path) in leaves {
        builder.insert(path.as_bytes(), leaf);
    }
    builder.build().unwrap().snapshot
}

#[track_caller]
fn check_equal(one: &Snapshot, other: &Snapshot) {
    let paths = |snapshot: &Snapshot| -> Vec<_> {
        let leaves = snapshot.leaves();
        leaves
            .map(|node| String::from_utf8_lossy(&node.path()).into_owned())
            .collect()
    };
    assert_eq!(paths(one), paths(other));
    assert_eq!(one.names, other.names);
    assert_eq!(one.name_ends, other.name_ends);
    assert_eq!(one.inos, other.inos);
    assert_eq!(one.by_ino, other.by_ino);
    assert_eq!(one.leaves, other.leaves);
    assert_eq!(one.dirs, other.dirs);
    assert_eq!(one.dir_inos, other.dir_inos);
    assert_eq!(one.wanted, other.wanted);
}

/// Changes a tree, and checks that it is what it would be if it were built whole; returns it.
#[track_caller]
fn check(
    before: Snapshot,
    paths: &mut Paths,
    changes: &[(u64, Option<&str>)],
    time: u64,
) -> Snapshot {
    for &(raw, path) in changes {
        match path {
            Some(path) => drop(paths.insert(raw, path.to_owned())),
            None => drop(paths.remove(&raw)),
        }
    }
    let mut expected = whole(paths, at(time));
    expected.keep_times(&before);
    let changes = changes
        .iter()
        .map(|&(raw, path)| (leaf(raw), path.map(|path| path.as_bytes().to_vec())));
    let edited = before.edited(changes, at(time), rank).unwrap();
    let edited = match edited {
        Edited::Same => before,
        Edited::Changed(edited) => edited,
        Edited::Unclear => panic!("no two of these paths hash to the same"),
    };
    check_equal(&edited, &expected);
    edited
}

#[test]
fn names_give_way_and_come_back() {
    let mut paths = Paths::new();
    let mut tree = whole(&paths, at(0));
    let steps: [&[(u64, Option<&str>)]; 12] = [
        &[(1, Some("a/x.mp3")), (2, Some("a/x.mp3")), (3, Some("b/y"))],
        &[(9, Some("a/x.mp3"))],
        &[(1, None)],
        &[(2, Some("a/x.mp3"))],
        &[(4, Some("a")), (5, Some("a/x.1.mp3/z"))],
        &[(5, None)],
        &[(2, Some("b/y")), (9, Some("b/./y"))],
        &[(3, None), (4, Some("b/y"))],
        &[(2, Some("c/d/e/f"))],
        &[(2, Some("c/d"))],
        &[(2, Some("c/d"))],
        &[(2, None), (3, None), (4, None), (9, None)],
    ];
    for (changes, time) in steps.into_iter().zip(1..) {
        tree = check(tree, &mut paths, changes, time);
    }
    assert_eq!((tree.n_files(), tree.n_dirs()), (0, 1));
}

#[test]
fn what_wants_the_same_is_the_same_tree() {
    let paths = Paths::from([(1, "a/b".to_owned()), (2, "a//b".to_owned())]);
    let tree = whole(&paths, at(0));
    let changes = [
        (leaf(1), Some(b"a/b".to_vec())),
        (leaf(2), Some(b"a//b".to_vec())),
    ];
    let edited = tree.edited(changes.into_iter().chain([(leaf(3), None)]), at(1), rank);
    assert!(matches!(edited, Ok(Edited::Same)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_changed_tree_is_the_one_built_whole(
        first in prop::collection::btree_map(0_u64..40, wanted(), 0..40),
        steps in prop::collection::vec(
            prop::collection::btree_map(0_u64..40, prop::option::weighted(0.7, wanted()), 0..6),
            1..8,
        ),
    ) {
        let mut paths = first;
        let mut tree = whole(&paths, at(0));
        for (step, time) in steps.iter().zip(1..) {
            let changes: Vec<_> = step.iter().map(|(&raw, path)| (raw, path.as_deref())).collect();
            tree = check(tree, &mut paths, &changes, time);
        }
    }
}
