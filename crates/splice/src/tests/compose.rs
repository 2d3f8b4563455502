use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use crate::ogg::Renumbered;
use crate::{Error, Origin, Plan, Reader, Sharing, Written};

const LEN: u64 = 3 * 4096 + 100;

fn reader(folder: &Path, plan: Plan) -> Reader {
    let path = folder.join("origin");
    let bytes: Vec<u8> = (0..LEN).map(|i| u8::try_from(i % 251).unwrap()).collect();
    fs::write(&path, bytes).unwrap();
    Reader::new(Arc::new(plan), Arc::new(Origin::open(&path).unwrap())).unwrap()
}

/// Writes a plan out, and checks that every byte is there, shared or copied.
#[track_caller]
fn check(plan: Plan) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let reader = reader(folder.path(), plan);
    let out = folder.path().join("out");
    let file = File::create(&out).unwrap();
    let written = reader.write_to(&file, Sharing::Preferred).unwrap();
    let mut scratch = Vec::new();
    let len = usize::try_from(reader.len()).unwrap();
    let expected = reader.read(0, len, &mut scratch).unwrap();
    assert!(fs::read(&out).unwrap() == expected);
    assert_eq!(written.shared + written.copied, reader.len());
    written
}

#[test]
fn any_plan_is_written_whole() {
    check(Plan::identity(LEN));
    check(Plan::builder().build().unwrap());
    // Moved by a block, by less than one, and cut at both ends.
    let moved = |len: u64| Plan::builder().zeros(len).extent(10..LEN).build();
    check(moved(4096 + 10).unwrap());
    check(moved(11).unwrap());
    let parts = Plan::builder().generated(*b"head").extent(4..9000);
    check(parts.generated(*b"middle").extent(1..5000).build().unwrap());
    let pages = Renumbered::new(7..LEN, 1, 2);
    check(Plan::builder().zeros(9).renumbered(pages).build().unwrap());
}

#[test]
fn what_cannot_be_shared_is_not_written_if_it_must_be() {
    let folder = tempfile::tempdir().unwrap();
    // No filesystem can share audio that moves by less than a block, that has no whole block, or that
    // is other bytes.
    for plan in [
        Plan::builder().zeros(11).extent(10..LEN),
        Plan::builder().zeros(10).extent(10..5000).zeros(9),
        Plan::builder().extent(0..4000).extent(4096..8000),
        Plan::builder().renumbered(Renumbered::new(0..LEN, 1, 2)),
    ] {
        let reader = reader(folder.path(), plan.build().unwrap());
        let file = File::create(folder.path().join("out")).unwrap();
        let refused = reader.write_to(&file, Sharing::Required);
        assert!(matches!(refused, Err(Error::NotShared)), "{refused:?}");
    }
}

#[test]
fn an_origin_that_changes_meanwhile_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let reader = reader(folder.path(), Plan::identity(LEN));
    let origin = folder.path().join("origin");
    fs::write(&origin, vec![1; usize::try_from(LEN).unwrap() + 1]).unwrap();
    let out = File::create(folder.path().join("out")).unwrap();
    let refused = reader.write_to(&out, Sharing::Preferred);
    assert!(matches!(refused, Err(Error::Changed)), "{refused:?}");
    assert_eq!(fs::metadata(&origin).unwrap().size(), LEN + 1);
}
