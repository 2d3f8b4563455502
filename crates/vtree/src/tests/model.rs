//! Random trees against a map from paths to leaves, and against themselves.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::build::{build, leaf};
use crate::{Builder, InodeNo, Name, Node, Snapshot};

/// Paths of few short components, so that they collide often.
pub(super) fn wanted() -> impl Strategy<Value = String> {
    let component = prop::sample::select(vec!["a", "b", "a.1", "a.x", "a.1.x", "..", "", "\0"]);
    prop::collection::vec(component, 1..4).prop_map(|components| components.join("/"))
}

fn is_plain(path: &str) -> bool {
    path.split('/')
        .all(|component| Name::new(component.as_bytes()).is_ok())
}

/// Walks from the root, checking each step in every way that a snapshot can be asked.
fn walk(snapshot: &Snapshot) -> BTreeMap<Vec<u8>, u64> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![snapshot.node(InodeNo::ROOT).unwrap()];
    let mut n_dirs = 0;
    while let Some(node) = dirs.pop() {
        n_dirs += 1;
        let dir = node.dir().unwrap();
        let children: Vec<_> = dir.children().collect();
        assert!(children.is_sorted_by(|a, b| a.name() < b.name()));
        let dirs_in = children
            .iter()
            .filter(|child| child.dir().is_some())
            .count();
        assert_eq!(dirs_in, dir.n_dirs() as usize);
        check_positions(snapshot, node.ino(), &children);
        for child in children {
            assert_eq!(child.parent().ino(), node.ino());
            let name = Name::new(child.name()).unwrap();
            assert_eq!(
                snapshot.lookup(node.ino(), name).unwrap().ino(),
                child.ino()
            );
            assert_eq!(snapshot.node(child.ino()).unwrap().name(), child.name());
            match child.leaf() {
                Some(leaf) => assert_eq!(found.insert(child.path(), leaf.get()), None),
                None => dirs.push(child),
            }
        }
    }
    assert_eq!(n_dirs, snapshot.n_dirs());
    assert_eq!(found.len(), snapshot.n_files());
    found
}

/// Reading a directory entry by entry finds every entry once.
fn check_positions(snapshot: &Snapshot, ino: InodeNo, children: &[Node<'_>]) {
    let next = |position: &u64| {
        let mut rest = snapshot.dir(ino).unwrap().children_after(*position);
        rest.next().map(|node| node.ino().0)
    };
    let read: Vec<_> = std::iter::successors(next(&0), next).collect();
    let mut expected: Vec<_> = children.iter().map(|child| child.ino().0).collect();
    expected.sort_unstable();
    assert_eq!(read, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_leaf_is_found_once_and_first_claims_hold(paths in prop::collection::vec(wanted(), 0..24)) {
        let built = build(&paths);
        let found = walk(&built.snapshot);
        prop_assert_eq!(found.len(), paths.len());
        let by_leaf: BTreeMap<u64, &[u8]> = found.iter().map(|(p, &l)| (l, &p[..])).collect();
        let dirs: BTreeSet<Vec<u8>> = built.snapshot.dirs().map(|node| node.path()).collect();
        let mut model: BTreeMap<&str, u64> = BTreeMap::new();
        let all_plain = paths.iter().all(|path| is_plain(path));
        for (path, i) in paths.iter().zip(0..) {
            let is_first = *model.entry(path).or_insert(i) == i;
            let got = by_leaf[&i];
            if all_plain {
                let keeps = is_first && !dirs.contains(path.as_bytes());
                prop_assert_eq!(got == path.as_bytes(), keeps, "{}", path);
            }
            let renamed = built.renamed.iter().any(|renamed| renamed.leaf == leaf(i));
            prop_assert_eq!(renamed, got != path.as_bytes());
        }
    }

    #[test]
    fn numbers_stay_while_others_come_and_go(
        paths in prop::collection::btree_map(0_u64..60, wanted(), 0..24),
        gone in prop::collection::btree_set(0_u64..60, 0..24),
    ) {
        let build = |keep: &dyn Fn(u64) -> bool| {
            let mut builder = Builder::new();
            for (&i, path) in paths.iter().filter(|(i, _)| keep(**i)) {
                builder.insert(path.as_bytes(), leaf(i));
            }
            builder.build().unwrap().snapshot
        };
        let numbers = |snapshot: &Snapshot| -> BTreeMap<Vec<u8>, InodeNo> {
            snapshot.dirs().map(|node| (node.path(), node.ino())).collect()
        };
        let (before, after) = (build(&|_| true), build(&|i| !gone.contains(&i)));
        let before_numbers = numbers(&before);
        for (path, ino) in numbers(&after) {
            prop_assert_eq!(before_numbers.get(&path), Some(&ino));
        }
        for node in after.leaves() {
            prop_assert_eq!(before.node(node.ino()).unwrap().leaf(), node.leaf());
        }
    }
}
