//! From a library to the tree of its names, as a mount and `musicfs paths` get there: the scan, every
//! item's path, and the tree.

use std::path::Path;

use benches::sized;
use criterion::Throughput;
use musicfs::naming::{self, Names};
use musicfs::source::{Overrides, Source};

const DEFAULT: &str = "$albumartist/$album%aunique{}/$track $title";

/// Opens the library in `folder`, under beets' own rules or one template in place of them.
fn open(folder: &Path, path_format: Option<&str>) -> Source {
    let source = Source::open(Overrides {
        config: Some(folder.join("config.yaml")),
        path_format: path_format.map(str::to_owned),
        ..Overrides::default()
    });
    source.expect("the library opens")
}

fn name(source: &Source) -> Names {
    naming::name_all(source).expect("every item has a name")
}

fn main() {
    let mut criterion = benches::criterion();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let n_items = sized(100_000, 1_200);
    let database = folder.join("library.db");
    fixtures::synthetic_library(n_items, &database);
    let config = format!("directory: /music\nlibrary: {}\n", database.display());
    std::fs::write(folder.join("config.yaml"), config).expect("the configuration is written");

    let mut group = criterion.benchmark_group("naming");
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::from(n_items)));
    for (id, path_format) in [("rules", None), ("path-format", Some(DEFAULT))] {
        let source = open(folder, path_format);
        assert_eq!(name(&source).iter().count(), n_items as usize, "{id}");
        group.bench_function(id, |bencher| bencher.iter(|| name(&source)));
    }
    group.finish();
    criterion.final_summary();
}
