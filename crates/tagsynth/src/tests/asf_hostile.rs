use std::cell::Cell;

use fixtures::{Asf, AsfAttribute, AsfObjects};
use proptest::prelude::*;
use splice::ReadAt;

use super::asf_rendered::asf;
use super::tags::{tags, text};
use crate::{Error, Field, Options, parse, render};

const UNKNOWN: &str = "01234567-89AB-CDEF-0123-456789ABCDEF";
const EXTENDED: &str = "D2D0A440-E307-11D2-97F0-00A0C95EA850";
const DESCRIPTION: &str = "75B22633-668E-11CF-A6D9-00AA0062CE6C";
const EXTENSION: &str = "5FBF03B5-A92E-11CF-8EE3-00C00C205365";

/// Renders bytes that may be anything; what comes out must lie within the origin.
fn outcome(bytes: &[u8]) -> Result<(), Error> {
    let tags = tags([(Field::Title, text("x"))]);
    let rendering = render(bytes, b"a.wma", &tags, None, &Options::default())?;
    let audio = rendering.audio.end - rendering.audio.start;
    assert_eq!(rendering.audio.end, bytes.len() as u64);
    assert_eq!(rendering.plan.len(), rendering.header_len + audio);
    parse(bytes, b"a.wma").expect("what is rendered is read");
    rendering.dump(bytes, None).map(drop)
}

#[track_caller]
fn check_malformed(objects: AsfObjects, expect: &str) {
    check_outcome(&asf(objects).build(), expect);
}

#[track_caller]
fn check_outcome(bytes: &[u8], expect: &str) {
    match outcome(bytes) {
        Err(Error::Malformed { what, .. } | Error::TooLarge { what, .. }) => {
            assert_eq!(what, expect);
        }
        other => panic!("{other:?}"),
    }
}

fn rich() -> Asf {
    let attribute = AsfAttribute::text("WM/Genre", "x");
    let extension = AsfObjects::new()
        .object(UNKNOWN, b"y")
        .metadata(&[attribute.clone().stream(1)])
        .padding(20)
        .library(&[AsfAttribute::new("WM/Picture", 1, [3; 5000])]);
    let objects = AsfObjects::new()
        .description(["x", "y", "", "", ""])
        .extended(&[attribute, AsfAttribute::new("Yes", 2, [1, 0, 0, 0])])
        .extension(&extension)
        .padding(20);
    asf(objects)
}

#[test]
fn every_truncation_of_a_header_is_an_error() {
    let bytes = rich().build();
    let header_len = rich().header().len();
    for len in 0..header_len {
        assert!(outcome(&bytes[..len]).is_err(), "{len}");
    }
    for len in header_len..=bytes.len() {
        outcome(&bytes[..len]).unwrap();
    }
}

#[test]
fn headers_that_are_none_are_errors() {
    let mut short = Asf::new().build();
    short[16..24].copy_from_slice(&29_u64.to_le_bytes());
    check_outcome(&short, "no ASF header");
    let mut long = Asf::new().build();
    long[16..24].fill(0xff);
    assert!(matches!(outcome(&long), Err(Error::Truncated { .. })));
    // By its name it is none.
    assert!(matches!(outcome(b"x"), Err(Error::Unrecognised)));
}

#[test]
fn sizes_that_lie_are_errors() {
    let objects = AsfObjects::new;
    for size in [0, 23, 26, 1 << 40, u64::MAX] {
        check_malformed(
            objects().sized(UNKNOWN, size, b"x"),
            "an object of a wrong size",
        );
    }
    let extension = |inner: &AsfObjects| objects().extension(inner);
    check_malformed(
        extension(&objects().sized(UNKNOWN, 0, b"")),
        "an object of a wrong size",
    );
    let early = "a header extension that ends too early";
    check_malformed(extension(&objects().raw(b"x")), early);
    check_malformed(objects().sized_extension(1, &objects()), early);
    check_malformed(
        objects().sized_extension(u32::MAX, &objects().padding(0)),
        early,
    );
    let short = objects().object(EXTENSION, &[0; 21]);
    check_malformed(short, "a header extension that is too short");
}

#[test]
fn counts_that_lie_are_errors() {
    let behind = "something behind the last object";
    check_outcome(&Asf::new().count(1).build(), behind);
    let early = "a header that ends before its last object";
    check_outcome(&Asf::new().count(3).build(), early);
    check_outcome(&Asf::new().count(u32::MAX).build(), early);
    check_malformed(AsfObjects::new().raw(b"x"), behind);
    check_malformed(AsfObjects::new().raw(&vec![0; (64 << 10) + 1]), behind);
    let unsized_object = AsfObjects::new().object(UNKNOWN, b"");
    check_malformed(
        AsfObjects::new().sized_extension(0, &unsized_object),
        behind,
    );
}

#[test]
fn attributes_that_stop_mutagen_are_errors() {
    let extended = |content: &[u8]| AsfObjects::new().object(EXTENDED, content);
    let early = "attributes that end too early";
    check_malformed(extended(b"\x01"), early);
    check_malformed(extended(b"\x01\0\x04"), early);
    check_malformed(extended(b"\x01\0\x04\0A\0\0\0\0\0\x04"), early);
    check_malformed(AsfObjects::new().object(DESCRIPTION, &[0; 9]), early);
    let value =
        |code, value: &[u8]| AsfObjects::new().extended(&[AsfAttribute::new("A", code, value)]);
    check_malformed(value(7, b""), "an attribute of an unknown type");
    for (code, len) in [(2, 2), (3, 5), (4, 7), (5, 0)] {
        check_malformed(value(code, &vec![0; len]), "a number of a wrong length");
    }
    check_malformed(value(0, b"x"), "a broken text");
    check_malformed(value(0, b"\0\xd8"), "a broken text");
    let name = AsfAttribute::new("", 1, *b"x").raw_name(*b"\0\xdc");
    check_malformed(AsfObjects::new().extended(&[name]), "a broken text");
}

#[test]
fn endless_lists_are_errors() {
    let many = (0..1100).fold(AsfObjects::new(), |all, _| all.object(UNKNOWN, b""));
    check_malformed(many.clone(), "the number of objects");
    check_malformed(AsfObjects::new().extension(&many), "the number of objects");
    let nest = |inner: AsfObjects, _| AsfObjects::new().extension(&inner);
    let nested = (0..1000).fold(AsfObjects::new(), nest);
    check_malformed(nested, "header extensions within each other");
    let attributes = vec![AsfAttribute::new("", 5, [0; 2]); 0xffff];
    let attributes = AsfObjects::new()
        .extended(&attributes)
        .extended(&attributes[..2]);
    check_malformed(attributes, "the number of attributes");
    let long = vec![AsfAttribute::new("", 1, vec![0; 4097]); 1025];
    let long = AsfObjects::new().extended(&long);
    check_malformed(long, "the number of long values");
}

/// An origin that ends far beyond any memory with zeros, and counts what is read of it.
struct Vast {
    head: Vec<u8>,
    n_reads: Cell<usize>,
    read: Cell<usize>,
}

impl Vast {
    fn new(head: Vec<u8>) -> Self {
        let (n_reads, read) = (Cell::default(), Cell::default());
        Self {
            head,
            n_reads,
            read,
        }
    }
}

impl ReadAt for Vast {
    fn len(&self) -> u64 {
        1 << 50
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.n_reads.set(self.n_reads.get() + 1);
        self.read.set(self.read.get() + buf.len());
        let start = usize::try_from(offset).unwrap().min(self.head.len());
        let there = &self.head[start..];
        let n = there.len().min(buf.len());
        buf[..n].copy_from_slice(&there[..n]);
        buf[n..].fill(0);
        Ok(buf.len())
    }
}

fn cost(head: Vec<u8>) -> (usize, usize, Result<(), Error>) {
    let origin = Vast::new(head);
    let tags = tags([(Field::Title, text("x"))]);
    let result = render(&origin, b"a.wma", &tags, None, &Options::default());
    (origin.n_reads.get(), origin.read.get(), result.map(drop))
}

#[test]
fn vast_files_cost_little() {
    let vast = |at: usize| {
        let mut head = rich().header();
        head[at..at + 8].copy_from_slice(&(1_u64 << 49).to_le_bytes());
        head
    };
    // The header itself, with nothing in the rest of it.
    let (n_reads, read, result) = cost(vast(16));
    assert!(matches!(result, Err(Error::Malformed { .. })), "{result:?}");
    assert!(
        n_reads < 5 && read < 200 << 10,
        "{n_reads} reads, {read} bytes"
    );
    // And an object in it, unknown or with attributes.
    for kind in [UNKNOWN, EXTENDED, DESCRIPTION, EXTENSION] {
        let objects = AsfObjects::new().sized(kind, 1 << 48, &[0xff; 400]);
        let mut head = asf(objects).header();
        head[16..24].copy_from_slice(&(1_u64 << 49).to_le_bytes());
        let (n_reads, read, result) = cost(head);
        assert!(result.is_err(), "{kind}");
        assert!(
            n_reads < 20 && read < 1 << 20,
            "{kind}: {n_reads} reads, {read} bytes"
        );
    }
}

#[test]
fn many_long_values_cost_little() {
    let content = vec![1; 20_000];
    let objects = (0..1000).fold(AsfObjects::new(), |all, _| all.object(UNKNOWN, &content));
    let (n_reads, read, result) = cost(asf(objects).header());
    result.unwrap();
    assert!(
        n_reads < 1010 && read < 17 << 20,
        "{n_reads} reads, {read} bytes"
    );
}

#[test]
fn usual_headers_cost_few_reads() {
    let (n_reads, read, result) = cost(rich().header());
    result.unwrap();
    // Telling the format, and the header.
    assert!(
        n_reads <= 2 && read <= 65 << 10,
        "{n_reads} reads, {read} bytes"
    );
    let picture = AsfAttribute::new("WM/Picture", 1, vec![1; 900_000]);
    let extension = AsfObjects::new().library(&[picture]);
    let objects = AsfObjects::new().extension(&extension).extended(&[]);
    let (n_reads, read, result) = cost(asf(objects).header());
    result.unwrap();
    assert!(
        n_reads <= 3 && read <= 82 << 10,
        "{n_reads} reads, {read} bytes"
    );
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = outcome(&bytes);
        let _ = outcome(&[&Asf::new().header()[..16], &bytes].concat());
        let objects = AsfObjects::new().object(EXTENDED, &bytes).object(EXTENSION, &bytes);
        let _ = outcome(&asf(objects).build());
    }

    #[test]
    fn damaged_files_never_panic(
        damage in proptest::collection::vec((0..700_usize, any::<u8>()), 1..4), len in 0..7000_usize,
    ) {
        let mut bytes = rich().build();
        for (at, byte) in damage {
            bytes[at] = byte;
        }
        bytes.truncate(len);
        let _ = outcome(&bytes);
    }
}
