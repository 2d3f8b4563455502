//! What a mount keeps in memory for each track, once all of it was looked at.

use std::path::Path;

use catalog::{ItemId, Pages, Surroundings};
use jiff::tz::TimeZone;
use vtree::{InodeTable, Snapshot};

use crate::known::{Known, Told};
use crate::leaf::{Leaf, ViewNo};
use crate::naming::name_all;
use crate::source::{Overrides, Source};

/// Enough for what does not grow with the library to vanish.
const N_ITEMS: u32 = 40_000;
/// What a track may take beside its name, in bytes.
const PER_TRACK: usize = 120;
/// What the allocator may need beside what it is asked for.
const OVERHEAD: f64 = 1.1;

/// As much as is kept of what the kernel was told.
type ToldKernel = u32;

fn source(folder: &Path) -> Source {
    let database = folder.join("library.db");
    fixtures::synthetic_library(N_ITEMS, &database);
    let config = folder.join("config.yaml");
    std::fs::write(&config, "directory: /music\n").unwrap();
    let surroundings = Surroundings {
        home: Some("/nonexistent".into()),
        working_directory: "/".into(),
        ..Surroundings::default()
    };
    let overrides = Overrides {
        config: Some(config),
        library: Some(database),
        ..Overrides::default()
    };
    Source::open_in(overrides, surroundings, TimeZone::UTC).unwrap()
}

fn names(snapshot: &Snapshot) -> usize {
    snapshot.leaves().map(|node| node.name().len()).sum()
}

/// All structures that hold something for each track, filled as a walk and the background fill them.
#[test]
fn a_track_takes_little_more_than_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path());
    let (snapshot, register) = name_all(&source).unwrap().into_parts();
    let (known, held) = (Known::default(), InodeTable::<ToldKernel>::default());
    for id in (1..=i64::from(N_ITEMS)).map(ItemId) {
        let leaf = Leaf::item(ViewNo::UNNAMED, id).id();
        let epoch = known.epoch();
        known
            .tell(leaf, epoch, |_| Told::new(1 << 20, 7, 1, 2))
            .unwrap();
        held.add(leaf.into());
    }
    for dir in snapshot.dirs() {
        held.add(dir.ino());
    }
    let (pages, _) = source.library.changes(&Pages::default()).unwrap();
    let parts = [
        ("tree", snapshot.memory()),
        ("register", register.memory()),
        ("known", known.memory()),
        ("inodes", held.memory()),
        ("pages", pages.heap_size()),
    ];
    assert_eq!(snapshot.n_files(), N_ITEMS as usize);
    let taken: usize = parts.iter().map(|(_, bytes)| bytes).sum();
    let most = N_ITEMS as usize * PER_TRACK + names(&snapshot);
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let is_little = taken as f64 * OVERHEAD <= most as f64;
    let per_track = parts.map(|(part, bytes)| format!("{part} {}", bytes / N_ITEMS as usize));
    assert!(is_little, "{taken} of {most}: {per_track:?} each");
}
