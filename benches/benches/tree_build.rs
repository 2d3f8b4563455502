//! Building a tree of 100,000 files in 10,000 albums.

use std::hint::black_box;

use benches::names;
use criterion::{Criterion, Throughput};

fn tree_build(criterion: &mut Criterion) {
    let paths = names::paths();
    let tree = names::build(&paths);
    assert_eq!(tree.n_files(), paths.len());
    // As many, each wanted twice: half of the leaves are given another name.
    let half = &paths[..paths.len() / 2];
    let contested = [half, half].concat();

    let mut group = criterion.benchmark_group("tree_build");
    group.sample_size(10);
    for (name, paths) in [("distinct", &paths), ("contested", &contested)] {
        group.throughput(Throughput::Elements(paths.len() as u64));
        group.bench_function(name, |bencher| {
            // The tree is dropped outside of the measurement.
            bencher.iter_with_large_drop(|| names::build(black_box(paths)));
        });
    }
    group.finish();
    let bytes_each = tree.memory() / paths.len();
    eprintln!("the tree of distinct paths takes {bytes_each} bytes a file");
}

fn main() {
    let mut criterion = benches::criterion();
    tree_build(&mut criterion);
    criterion.final_summary();
}
