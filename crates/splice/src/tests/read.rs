#![expect(
    clippy::cast_possible_truncation,
    reason = "the fixtures are a few kilobytes long"
)]

use std::fs::{self, File, OpenOptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use tempfile::TempDir;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Error, InsertText, Origin, Plan, PlanBuilder, ReadAhead, Reader, Segment, ogg};

/// An origin in a folder of its own, with what it holds.
struct Fixture {
    path: PathBuf,
    bytes: Vec<u8>,
    origin: Arc<Origin>,
    _dir: TempDir,
}

fn fixture(len: usize) -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("origin");
    let bytes: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
    fs::write(&path, &bytes).unwrap();
    let origin = Arc::new(Origin::open(&path).unwrap());
    Fixture {
        path,
        bytes,
        origin,
        _dir: dir,
    }
}

impl Fixture {
    /// The origin is its own insert.
    fn reader(&self, plan: PlanBuilder) -> Reader {
        let plan = Arc::new(plan.build().unwrap());
        Reader::with_insert(plan, self.origin.clone(), Some(self.origin.clone())).unwrap()
    }

    /// The virtual file by plain concatenation.
    fn naive(&self, plan: &Plan) -> Vec<u8> {
        let mut all = Vec::new();
        for segment in plan.segments() {
            match segment {
                Segment::Generated(bytes) => all.extend_from_slice(bytes),
                Segment::Zeros(len) => all.resize(all.len() + *len as usize, 0),
                Segment::Extent(range) | Segment::Insert(range) => {
                    all.extend_from_slice(&self.bytes[range.start as usize..range.end as usize]);
                }
                // Nothing in the fixture looks like a page.
                Segment::Renumbered(pages) => {
                    let std::ops::Range { start, end } = *pages.range();
                    all.extend_from_slice(&self.bytes[start as usize..end as usize]);
                }
                Segment::InsertText(text) => {
                    let whole = STANDARD.encode([LEAD, &self.bytes].concat());
                    let text = text_range(text, self.bytes.len() as u64);
                    all.extend_from_slice(&whole.as_bytes()[text]);
                }
            }
        }
        all
    }
}

/// What stands in front of the insert in its text.
const LEAD: &[u8] = b"a lead of 20 bytes..";

fn text(insert_len: usize) -> InsertText {
    InsertText::new(LEAD, insert_len as u64).unwrap()
}

/// Where a part of the text is in all of it.
fn text_range(part: &InsertText, insert_len: u64) -> std::ops::Range<usize> {
    let whole = InsertText::new(LEAD, insert_len).unwrap();
    let starts = 0..=whole.len() - part.len();
    let mut starts = starts.filter(|&start| whole.part(start..start + part.len()) == *part);
    let start = starts.next().unwrap() as usize;
    start..start + part.len() as usize
}

fn plan_of(parts: &[(u8, usize, usize)], origin_len: usize) -> PlanBuilder {
    let add = |plan: PlanBuilder, &(kind, a, b): &(u8, usize, usize)| match kind {
        0 => plan.generated(vec![0xA5_u8; a % 300]),
        1 => plan.zeros((a % 300) as u64),
        2 => {
            let len = text(origin_len).len() as usize + 1;
            let (a, b) = ((a % len) as u64, (b % len) as u64);
            plan.insert_text(text(origin_len).part(a.min(b)..a.max(b)))
        }
        3 => {
            let (a, b) = (a % (origin_len + 1), b % (origin_len + 1));
            plan.insert(a.min(b) as u64..a.max(b) as u64)
        }
        4 => {
            let (a, b) = (a % (origin_len + 1), b % (origin_len + 1));
            let range = a.min(b) as u64..a.max(b) as u64;
            plan.renumbered(ogg::Renumbered::new(range, 1, 1))
        }
        _ => {
            let (a, b) = (a % (origin_len + 1), b % (origin_len + 1));
            plan.extent(a.min(b) as u64..a.max(b) as u64)
        }
    };
    parts.iter().fold(Plan::builder(), add)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_range_equals_a_slice_of_the_concatenation(
        parts in prop::collection::vec((0_u8..7, any::<usize>(), any::<usize>()), 0..8),
        ranges in prop::collection::vec((any::<u64>(), 0_usize..70_000), 1..20),
    ) {
        let fixture = fixture(20_000);
        let reader = fixture.reader(plan_of(&parts, fixture.bytes.len()));
        let naive = fixture.naive(reader.plan());
        let mut scratch = Vec::new();
        for (offset, len) in ranges {
            let offset = offset % (naive.len() as u64 + 10);
            let start = naive.len().min(offset as usize);
            let end = naive.len().min(start + len);
            let bytes = reader.read(offset, len, &mut scratch).unwrap();
            prop_assert_eq!(bytes, &naive[start..end]);
        }
    }
}

#[test]
fn what_needs_no_origin_is_lent() {
    let fixture = fixture(10);
    let reader = fixture.reader(Plan::builder().generated(*b"head").zeros(1 << 20));
    let mut scratch = Vec::new();
    assert_eq!(reader.read(1, 3, &mut scratch).unwrap(), b"ead");
    assert_eq!(
        reader.read(4, 128 << 10, &mut scratch).unwrap(),
        vec![0; 128 << 10]
    );
    assert!(scratch.is_empty());
}

#[test]
fn reads_at_and_past_the_end_are_empty() {
    let fixture = fixture(10);
    let reader = fixture.reader(Plan::builder().extent(0..10));
    for offset in [10, 11, u64::MAX] {
        let mut scratch = Vec::new();
        let bytes = reader.read(offset, 5, &mut scratch);
        assert!(bytes.unwrap().is_empty(), "{offset}");
    }
}

#[test]
fn extents_past_the_origin_are_refused() {
    let fixture = fixture(10);
    let plan = Arc::new(Plan::identity(11));
    let error = Reader::new(plan, fixture.origin.clone()).unwrap_err();
    assert!(matches!(error, Error::Truncated { at: 10 }));
}

#[test]
fn an_insert_of_another_length_is_refused() {
    let fixture = fixture(10);
    let plans = [
        Plan::builder().insert(0..11),
        Plan::builder().insert_text(text(9)),
    ];
    for plan in plans {
        let plan = Arc::new(plan.build().unwrap());
        let without = Reader::new(plan.clone(), fixture.origin.clone()).unwrap_err();
        assert!(matches!(without, Error::NoInsert));
        let insert = Some(fixture.origin.clone());
        let with = Reader::with_insert(plan, fixture.origin.clone(), insert).unwrap_err();
        assert!(matches!(with, Error::Changed));
    }
}

#[test]
fn an_insert_that_changes_while_open_is_an_error() {
    let (fixture, other) = (fixture(10), fixture(10));
    let plan = Arc::new(Plan::builder().insert(0..10).build().unwrap());
    let insert = Some(other.origin.clone());
    let reader = Reader::with_insert(plan, fixture.origin.clone(), insert).unwrap();
    let mut scratch = Vec::new();
    let bytes = reader.read(0, 10, &mut scratch).unwrap();
    assert_eq!(bytes, other.bytes);
    fs::write(&other.path, b"something longer").unwrap();
    let error = reader.read(0, 10, &mut scratch).unwrap_err();
    assert!(matches!(error, Error::Changed), "{error:?}");
}

#[track_caller]
fn check_read_fails(harm: impl Fn(&Fixture), expected: impl Fn(&Error) -> bool) {
    let fixture = fixture(10_000);
    let reader = fixture.reader(Plan::builder().generated(*b"head").extent(0..10_000));
    let mut scratch = Vec::new();
    reader.read(10, 100, &mut scratch).unwrap();
    harm(&fixture);
    for (offset, len) in [(10, 100), (0, 100), (4097, 5000), (9000, 1004)] {
        let error = reader.read(offset, len, &mut scratch).unwrap_err();
        assert!(expected(&error), "{offset} {len}: {error:?}");
    }
    assert_eq!(reader.read(0, 4, &mut scratch).unwrap(), b"head");
}

#[test]
fn an_origin_truncated_while_open_is_an_error() {
    for len in [0, 1, 4096, 5000, 9999] {
        check_read_fails(
            |f| {
                let file = OpenOptions::new().write(true).open(&f.path).unwrap();
                file.set_len(len).unwrap();
            },
            |error| matches!(error, Error::Truncated { .. }),
        );
    }
}

#[test]
fn an_origin_modified_while_open_is_an_error() {
    check_read_fails(
        |f| {
            let file = OpenOptions::new().append(true).open(&f.path).unwrap();
            file.set_len(20_000).unwrap();
        },
        |error| matches!(error, Error::Changed),
    );
    check_read_fails(
        |f| {
            let file = File::open(&f.path).unwrap();
            let later = SystemTime::now() + Duration::from_secs(7);
            file.set_modified(later).unwrap();
        },
        |error| matches!(error, Error::Changed),
    );
}

#[test]
fn an_origin_replaced_while_open_is_still_served() {
    let fixture = fixture(10_000);
    let reader = fixture.reader(Plan::builder().extent(0..10_000));
    fs::remove_file(&fixture.path).unwrap();
    fs::write(&fixture.path, b"another file").unwrap();
    let mut scratch = Vec::new();
    let bytes = reader.read(0, 10_000, &mut scratch).unwrap();
    assert_eq!(bytes, fixture.bytes);
    let now = Origin::open(&fixture.path).unwrap();
    assert_ne!(now.stamp(), fixture.origin.stamp());
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    let mode = rustix::fs::Mode::RUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    for path in [fifo.as_path(), dir.path()] {
        assert!(matches!(Origin::open(path), Err(Error::NotRegular)));
    }
    let missing = Origin::open(&dir.path().join("missing"));
    assert!(matches!(missing, Err(Error::Io(_))));
}

#[test]
fn a_stream_is_fetched_ahead() {
    let ahead = ReadAhead::default();
    // In units of 128 KiB, as the kernel asks.
    let observe = |n: u64| {
        let range = ahead.observe(n << 17, 1 << 17)?;
        Some((range.start >> 17, range.end >> 17))
    };
    assert_eq!([0, 1].map(observe), [Some((0, 1)), Some((1, 2))]);
    assert_eq!(observe(2), Some((2, 11)));
    // Out of turn: what is asked for is on the way already.
    assert_eq!(
        [4, 3, 5].map(observe),
        [Some((11, 13)), None, Some((13, 14))]
    );
    // Elsewhere: what is asked for, and no more.
    assert_eq!(
        [1000, 500].map(observe),
        [Some((1000, 1001)), Some((500, 501))]
    );
    assert_eq!(
        [501, 502].map(observe),
        [Some((501, 502)), Some((502, 511))]
    );
}

#[test]
fn fetching_ahead_takes_any_range() {
    let fixture = fixture(10_000);
    let plan = Plan::builder()
        .generated(*b"head")
        .extent(100..9000)
        .zeros(7);
    let reader = fixture.reader(plan.extent(9500..10_000));
    for range in [
        0..1,
        2..6,
        0..u64::MAX,
        8904..8905,
        9000..9300,
        10_000..20_000,
        u64::MAX..u64::MAX,
    ] {
        reader.will_need(&range);
    }
}
