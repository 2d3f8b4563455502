use std::cell::Cell;
use std::sync::Arc;

use fixtures::ogg_crc;
use proptest::collection::vec;
use proptest::prelude::*;

use super::ogg_file::{OggFile, noise, page, renumbered};
use crate::ogg::{Crc, MAX_PAGE, Renumbered};
use crate::{Error, Origin, Plan, ReadAt, Reader};

/// A file in memory that counts what is read of it.
pub(super) struct Counted<R> {
    pub(super) file: R,
    pub(super) reads: Cell<usize>,
    pub(super) bytes: Cell<usize>,
}

impl<R: ReadAt> Counted<R> {
    pub(super) fn new(file: R) -> Self {
        let (reads, bytes) = (Cell::new(0), Cell::new(0));
        Self { file, reads, bytes }
    }

    /// Returns how many reads there were since it was asked last, and of how many bytes.
    pub(super) fn take(&self) -> (usize, usize) {
        (self.reads.take(), self.bytes.take())
    }
}

impl<R: ReadAt> ReadAt for Counted<R> {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.reads.set(self.reads.get() + 1);
        self.bytes.set(self.bytes.get() + buf.len());
        self.file.read_at(buf, offset)
    }
}

/// A file whose pages are numbered anew, beside what the slow way makes of it.
struct Checked<'a> {
    bytes: &'a [u8],
    pages: Renumbered,
    expected: Vec<u8>,
}

impl<'a> Checked<'a> {
    fn new(file: &'a OggFile) -> Self {
        let bytes = file.bytes.as_slice();
        Self {
            bytes,
            pages: Renumbered::new(0..bytes.len() as u64, 1, 3),
            expected: renumbered(bytes.to_vec(), 0, 1, 3),
        }
    }

    /// Forgets what was learned.
    fn anew(&mut self) {
        self.pages = Renumbered::new(self.pages.range().clone(), 1, 3);
    }

    #[track_caller]
    fn check(&self, at: usize, len: usize) {
        let mut buf = vec![0xaa; len];
        let n = self.pages.read_at(self.bytes, &mut buf, at as u64).unwrap();
        let expected = &self.expected[at..];
        let expected = &expected[..len.min(expected.len())];
        assert_eq!(n, expected.len());
        if buf[..n] != *expected {
            let differs = (0..n).find(|&i| buf[i] != expected[i]);
            panic!("byte {differs:?} of {n} at {at} is another");
        }
    }
}

/// Reads a file in several ways.
#[track_caller]
fn check(file: &OggFile) {
    let mut checked = Checked::new(file);
    let len = file.bytes.len();
    checked.check(0, len);
    for step in [4096, 977] {
        checked.anew();
        for at in (0..len).step_by(step) {
            checked.check(at, step);
        }
    }
    checked.anew();
    for at in (0..len).step_by(5000).collect::<Vec<_>>().into_iter().rev() {
        checked.check(at, 5000);
    }
    for at in (0..len).step_by(len / 20 + 1) {
        checked.anew();
        checked.check(at, 9000);
    }
}

#[test]
fn checksums_are_those_of_ogg() {
    let bytes = noise(5, 1000);
    for len in [0, 1, 7, 8, 9, 100, 999] {
        assert_eq!(
            Crc::default().bytes(&bytes[..len]).value(),
            ogg_crc(&bytes[..len])
        );
        let zeros = [&bytes, vec![0; len].as_slice()].concat();
        let summed = Crc::default().bytes(&bytes).zeros(len as u64);
        assert_eq!(summed.value(), ogg_crc(&zeros), "{len}");
    }
    let many = Crc::default().bytes(b"x").zeros(70_000);
    let rest = many.zeros((1 << 40) - 70_000);
    assert_eq!(rest, Crc::default().bytes(b"x").zeros(1 << 40));
    assert_eq!(
        many.value(),
        ogg_crc(&[b"x".to_vec(), vec![0; 70_000]].concat())
    );
}

#[test]
fn pages_of_one_stream_get_new_numbers() {
    let mut file = OggFile::default();
    for number in 0..200 {
        let body = noise(number, (number as usize * 397) % 9000);
        file = file.page(&page(number + 7, body.clone()));
        file = file.page(&page(number, body).serial(2));
    }
    check(&file.page(&page(u32::MAX, []).flags(4)));
}

#[test]
fn pages_of_every_length() {
    let mut file = OggFile::default();
    for (number, len) in (2..).zip([0, 1, 254, 255, 256, 510, 65_024, 65_025, 65_025, 0, 65_025]) {
        file = file.page(&page(number, noise(number, len)));
    }
    check(&file);
}

#[test]
fn what_is_between_pages_stays() {
    let false_start = [b"OggS\0".as_slice(), &[0xff; 300]].concat();
    let file = OggFile::default()
        .pages(1, 2..40, 4300)
        .junk(&noise(1, 70_000))
        .junk(b"OggOggSOggS\0OggS\x01")
        .pages(1, 40..60, 4300)
        .junk(&false_start)
        .pages(1, 60..61, 100)
        .junk(&noise(2, 300_000))
        .pages(1, 61..90, 4300)
        .junk(&[b"TAG".as_slice(), &[0; 125]].concat());
    check(&file);
}

#[test]
fn a_page_that_is_cut_off_is_none() {
    let whole = OggFile::default().pages(1, 2..10, 4300);
    let len = whole.bytes.len();
    for cut in [1, 26, 27, 30, 4000, 4290] {
        let mut file = whole.clone();
        file.bytes.truncate(len - cut);
        check(&file);
    }
}

#[test]
fn a_wrong_checksum_stays_as_wrong() {
    let mut file = OggFile::default().pages(1, 2..10, 4300);
    file.bytes[5000] ^= 1;
    file.bytes[4300 * 3 + 23] ^= 0x80;
    check(&file);
}

/// A body that is pages, each of them valid in itself.
fn body_of_pages(len: usize, each: usize) -> Vec<u8> {
    let mut body = Vec::new();
    for number in 0.. {
        let fake = page(number, noise(number, each)).bytes();
        if body.len() + fake.len() > len {
            break;
        }
        body.extend(fake);
    }
    body
}

#[test]
fn pages_inside_of_pages_are_never_taken_for_some() {
    for each in [0, 100, 1000, 60_000] {
        let mut file = OggFile::default();
        for number in 2..9 {
            file = file.page(&page(number, body_of_pages(65_025, each)));
            file = file.page(&page(number, body_of_pages(4000, each)).serial(2));
        }
        check(&file);
    }
}

/// Returns pages that each have the header of another in their middle: walks that never meet.
fn two_walks(numbers: std::ops::Range<u32>) -> OggFile {
    let mut file = OggFile::default();
    for number in numbers {
        let mut body = noise(number, 4256);
        let inner = page(number + 1000, noise(1, 4256)).bytes();
        body[2000..2044].copy_from_slice(&inner[..44]);
        file = file.page(&page(number, body));
    }
    file
}

#[test]
fn walks_that_never_meet() {
    check(&two_walks(2..150));
}

#[test]
fn walks_that_never_meet_are_gone_once() {
    let file = two_walks(2..1000);
    let counted = Counted::new(file.bytes);
    let pages = Renumbered::new(0..counted.len(), 1, 1);
    let mut buf = [0; 4096];
    pages.read_at(&counted, &mut buf, 4_200_000).unwrap();
    assert!(
        counted.take().0 > 1900,
        "the end, and the place, are walked to"
    );
    for at in [3_000_000, 2_000_000, 4_100_000, 1_000_000] {
        pages.read_at(&counted, &mut buf, at).unwrap();
        let (reads, _) = counted.take();
        assert!(reads < 300, "{reads} reads");
    }
}

/// A file of so many pages that it is only made where it is read.
struct Long {
    n_pages: u64,
}

impl Long {
    const LEN: u64 = 4300;

    fn page(number: u64) -> Vec<u8> {
        let number = u32::try_from(number).unwrap();
        page(number, noise(number, 4256)).bytes()
    }
}

impl ReadAt for Long {
    fn len(&self) -> u64 {
        self.n_pages * Self::LEN
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let mut n = 0;
        while n < buf.len() && offset + (n as u64) < self.len() {
            let at = offset + n as u64;
            let page = Self::page(at / Self::LEN);
            n += page[usize::try_from(at % Self::LEN).unwrap()..].read_at(&mut buf[n..], 0)?;
        }
        Ok(n)
    }
}

#[test]
fn a_long_file_costs_little() {
    let file = Counted::new(Long { n_pages: 24_000 });
    let pages = Renumbered::new(Long::LEN..file.len(), 1, 2);
    let mut buf = vec![0; 128 << 10];
    // The first read also finds where the stream ends.
    pages.read_at(&file, &mut buf, 50_000_000).unwrap();
    let (reads, bytes) = file.take();
    assert!(
        reads < 400 && bytes < 3 << 20,
        "{reads} reads, {bytes} bytes"
    );
    for at in [90_000_000, 1_000_000, 100_000_000, 30_000_017] {
        pages.read_at(&file, &mut buf, at).unwrap();
        let (reads, bytes) = file.take();
        assert!(
            reads <= 4 && bytes < 300_000,
            "{reads} reads, {bytes} bytes"
        );
    }
    for at in (10_000_000..12_000_000).step_by(buf.len()) {
        pages.read_at(&file, &mut buf, at).unwrap();
    }
    let (reads, bytes) = file.take();
    assert!(
        reads <= 2 * 16 && bytes < 2_400_000,
        "{reads} reads, {bytes} bytes"
    );
}

#[test]
fn a_reader_patches_pages() {
    let file = OggFile::default().pages(1, 0..20, 4300);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("origin");
    std::fs::write(&path, &file.bytes).unwrap();
    let origin = Arc::new(Origin::open(&path).unwrap());
    let pages = Renumbered::new(4300..origin.len(), 1, 3);
    let plan = Plan::builder().generated(*b"head").renumbered(pages);
    let reader = Reader::new(Arc::new(plan.build().unwrap()), origin).unwrap();
    let expected = [b"head", &renumbered(file.bytes, 4300, 1, 3)[4300..]].concat();
    for (at, len) in [(0, 99_999), (4, 3000), (9000, 9000)] {
        let mut scratch = Vec::new();
        let bytes = reader.read(at as u64, len, &mut scratch).unwrap();
        let end = expected.len().min(at + len);
        assert!(bytes == &expected[at..end]);
    }
}

#[test]
fn an_origin_truncated_while_open_is_an_error() {
    let file = OggFile::default().pages(1, 0..20, 4300);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("origin");
    std::fs::write(&path, &file.bytes).unwrap();
    let origin = Arc::new(Origin::open(&path).unwrap());
    let pages = Renumbered::new(0..origin.len(), 1, 3);
    let plan = Arc::new(Plan::builder().renumbered(pages).build().unwrap());
    let reader = Reader::new(plan, origin).unwrap();
    let truncate = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    truncate.set_len(50_000).unwrap();
    for at in [0, 40_000, 60_000] {
        let mut scratch = Vec::new();
        let read = reader.read(at, 9000, &mut scratch);
        assert!(matches!(read.unwrap_err(), Error::Truncated { .. }));
    }
}

/// A page of one of two streams, or what is none; `chance` decides what else is odd about it.
#[derive(Debug, Clone)]
struct Part {
    kind: u8,
    serial: u32,
    chance: u8,
    len: usize,
}

fn any_part() -> impl Strategy<Value = Part> {
    let len = prop_oneof![0..600_usize, 0..65_026_usize];
    let part = (0..12_u8, 0..2_u32, any::<u8>(), len);
    part.prop_map(|(kind, serial, chance, len)| Part {
        kind,
        serial,
        chance,
        len,
    })
}

impl Part {
    /// Noise, pages, or what looks like their starts.
    fn body(&self, seed: u32) -> Vec<u8> {
        match self.kind {
            0 => body_of_pages(self.len, usize::from(self.chance) * 9),
            1 => b"OggS\0".repeat(self.len / 5),
            2 => [b"OggS\0".as_slice(), &noise(seed, self.len / 2)].concat(),
            _ => noise(seed, self.len),
        }
    }

    fn is_junk(&self) -> bool {
        self.kind == 3
    }
}

/// Puts parts together, the pages of the stream 1 in order.
fn in_order(parts: &[Part]) -> OggFile {
    let mut number = 5;
    parts.iter().fold(OggFile::default(), |file, part| {
        let body = part.body(number);
        if part.is_junk() {
            return file.junk(&body);
        }
        number += part.serial;
        file.page(&page(number, body).serial(part.serial))
    })
}

/// Puts parts together with streams that begin and end anywhere, in pages of any number, some cut
/// short.
fn in_disorder(parts: &[Part]) -> OggFile {
    (0..)
        .zip(parts)
        .fold(OggFile::default(), |file, (number, part)| {
            let body = part.body(number);
            if part.is_junk() {
                return file.junk(&body);
            }
            let (flags, number) = match part.chance {
                0..30 => (part.chance & 7, number),
                30..80 => (0, u32::from(part.chance)),
                _ => (0, number),
            };
            let page = page(number, body).serial(part.serial).flags(flags).bytes();
            let len = page.len() / if part.chance == 255 { 2 } else { 1 };
            file.junk(&page[..len])
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_piece_of_any_short_file(
        parts in vec(any_part(), 1..40),
        pieces in vec((any::<usize>(), 0..70_000_usize), 1..20),
    ) {
        let mut file = in_disorder(&parts);
        // In longer files numbers decide where the stream ends.
        file.bytes.truncate(4 * usize::try_from(MAX_PAGE).unwrap());
        let checked = Checked::new(&file);
        for (at, len) in pieces {
            checked.check(at % (file.bytes.len() + 1), len);
        }
    }

    #[test]
    fn any_piece_of_a_long_stream(
        parts in vec(any_part(), 20..60),
        pieces in vec((any::<usize>(), 0..70_000_usize), 1..20),
    ) {
        let file = in_order(&parts);
        let checked = Checked::new(&file);
        for (at, len) in pieces {
            checked.check(at % (file.bytes.len() + 1), len);
        }
    }
}
