//! Finding nodes of a tree of 100,000 files in 10,000 albums, in an order that no cache foresees.

use std::hint::black_box;

use benches::{names, sized};
use criterion::{Criterion, Throughput};
use vtree::{InodeNo, Name, Snapshot};

/// A path in its components.
struct Entry<'a> {
    parent: InodeNo,
    name: &'a [u8],
    ino: InodeNo,
}

/// Returns files of the tree, all over it.
fn entries(tree: &Snapshot) -> Vec<Entry<'_>> {
    let leaves: Vec<_> = tree.leaves().collect();
    let scattered = names::scattered(leaves.len(), sized(10_000, 100));
    let entry = |n: usize| {
        let node = leaves[n];
        Entry {
            parent: node.parent().ino(),
            name: node.name(),
            ino: node.ino(),
        }
    };
    scattered.into_iter().map(entry).collect()
}

fn name(bytes: &[u8]) -> Name<'_> {
    Name::new(bytes).expect("a component is a name")
}

/// Counts the names that are found in their directories.
fn n_found<'a>(tree: &Snapshot, names: impl Iterator<Item = (InodeNo, &'a [u8])>) -> usize {
    let found = |(parent, bytes)| tree.lookup(black_box(parent), name(bytes)).is_some();
    names.filter(|&entry| found(entry)).count()
}

/// Walks from the root to the end of a path.
fn walk(tree: &Snapshot, path: &str) -> Option<InodeNo> {
    path.split('/')
        .try_fold(InodeNo::ROOT, |parent, component| {
            Some(tree.lookup(parent, name(component.as_bytes()))?.ino())
        })
}

fn lookup(criterion: &mut Criterion) {
    let paths = names::paths();
    let tree = names::build(&paths);
    let entries = entries(&tree);
    let absent: Vec<Vec<u8>> = entries
        .iter()
        .map(|entry| [entry.name, b".lrc"].concat())
        .collect();
    let order = names::scattered(paths.len(), entries.len());

    let hits = || entries.iter().map(|entry| (entry.parent, entry.name));
    let misses = || {
        entries
            .iter()
            .zip(&absent)
            .map(|(entry, name)| (entry.parent, name.as_slice()))
    };
    assert_eq!(n_found(&tree, hits()), entries.len());
    assert_eq!(n_found(&tree, misses()), 0);
    assert!(order.iter().all(|&n| walk(&tree, &paths[n]).is_some()));

    let mut group = criterion.benchmark_group("lookup");
    group.throughput(Throughput::Elements(entries.len() as u64));
    group.bench_function("hit", |bencher| bencher.iter(|| n_found(&tree, hits())));
    group.bench_function("miss", |bencher| bencher.iter(|| n_found(&tree, misses())));
    group.bench_function("path", |bencher| {
        bencher.iter(|| order.iter().filter_map(|&n| walk(&tree, &paths[n])).count());
    });
    group.bench_function("inode", |bencher| {
        bencher.iter(|| {
            entries
                .iter()
                .filter_map(|entry| tree.node(black_box(entry.ino)))
                .count()
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = benches::criterion();
    lookup(&mut criterion);
    criterion.final_summary();
}
