use std::cell::Cell;

use fixtures::{Ogg, OggPage, vorbis_comments};
use proptest::prelude::*;
use splice::ReadAt;

use super::tags::{tags, text};
use crate::{Error, Field, Options, inspect, parse, render};

/// Does everything with bytes that may be anything; what comes out must lie within the origin.
fn outcome(bytes: &[u8]) -> Result<(), Error> {
    let tags = tags([(Field::Title, text("x"))]);
    let parsed = parse(bytes, b"a.ogg");
    let inspected = inspect(bytes, b"a.ogg").map(|rendering| rendering.header_len);
    let rendering = render(bytes, b"a.ogg", &tags, None, &Options::default())?;
    let audio = rendering.audio.end - rendering.audio.start;
    assert_eq!(rendering.audio.end, bytes.len() as u64);
    assert_eq!(rendering.plan.len(), rendering.header_len + audio);
    assert_eq!(inspected.unwrap(), rendering.audio.start);
    assert!(parsed.is_ok());
    rendering.dump(bytes, None).map(drop)
}

#[track_caller]
fn check_malformed(pages: &[OggPage], expect: &str) {
    let bytes: Vec<_> = pages.iter().flat_map(OggPage::to_bytes).collect();
    match outcome(&bytes) {
        Err(Error::Malformed { what, .. }) => assert_eq!(what, expect),
        other => panic!("{other:?}"),
    }
}

/// The pages of a header after something was done to one of them.
fn pages(n: usize, harm: impl Fn(&mut OggPage)) -> Vec<OggPage> {
    let file = Ogg::vorbis().comments("old", &["TITLE=x"]).rest(&[0; 600]);
    let mut pages = file.page_segments(1).header_pages();
    harm(&mut pages[n]);
    pages
}

#[test]
fn every_truncation_of_a_header_is_an_error() {
    for file in [Ogg::vorbis(), Ogg::opus()] {
        let file = file.comments("old", &["TITLE=x", "MOOD=y"]).rest(&[0; 300]);
        let file = file.page_segments(1);
        let (bytes, header_len) = (file.build(), file.header().len());
        for len in 0..header_len {
            assert!(outcome(&bytes[..len]).is_err(), "{len}");
        }
        for len in header_len..=bytes.len() {
            outcome(&bytes[..len]).unwrap();
        }
    }
}

#[test]
fn junk_in_front_or_in_the_header_is_an_error() {
    let junk = [b"junk".to_vec(), Ogg::vorbis().build()].concat();
    assert!(matches!(outcome(&junk), Err(Error::Unrecognised)));
    let mut bytes = Ogg::vorbis().build();
    bytes.insert(58, 0);
    let result = outcome(&bytes);
    assert!(matches!(
        result,
        Err(Error::Malformed {
            what: "no page where one must be",
            offset: 58
        })
    ));
}

#[test]
fn pages_out_of_order_are_errors() {
    check_malformed(&pages(1, |page| page.flags = 1), "a page out of order");
    check_malformed(&pages(2, |page| page.flags = 0), "a page out of order");
    check_malformed(&pages(2, |page| page.number += 1), "a page out of order");
    check_malformed(
        &pages(2, |page| page.flags |= 2),
        "a stream that begins twice",
    );
    check_malformed(
        &pages(2, |page| page.flags |= 4),
        "a stream that ends before its audio",
    );
    let empty = |page: &mut OggPage| {
        page.segments.clear();
        page.body.clear();
    };
    let unused = "a page without packets before the audio";
    check_malformed(&pages(2, empty), unused);
    check_malformed(
        &[vec![OggPage::default()], pages(0, |_| ())].concat(),
        unused,
    );
    outcome(&Ogg::vorbis().build()).unwrap();
}

#[test]
fn packets_out_of_place_are_errors() {
    let vorbis = Ogg::vorbis().header_pages();
    let others = |packets: &[Vec<u8>]| {
        let mut pages = [&vorbis[..1], &OggPage::of_packets(packets, 255)].concat();
        pages[1].serial = 42;
        pages[1].number = 1;
        pages
    };
    let packets = Ogg::vorbis().header_packets();
    check_malformed(
        &others(&[&packets[1..], &[vec![0]]].concat()),
        "audio on a page of the header",
    );
    let cut = others(&[packets[1].clone(), packets[2].clone(), vec![0; 300]]);
    let mut cut_page = cut[1].clone();
    cut_page.segments.pop();
    cut_page.body.truncate(cut_page.body.len() - 45);
    check_malformed(&[cut[0].clone(), cut_page], "audio on a page of the header");
    let swapped = [packets[2].clone(), packets[1].clone()];
    check_malformed(&others(&swapped), "no comments where they must be");
    let twice = [packets[1].clone(), packets[1].clone()];
    check_malformed(&others(&twice), "another packet where the setup must be");
}

#[test]
fn streams_that_begin_wrongly_are_errors() {
    check_malformed(
        &pages(0, |page| page.flags = 0),
        "a stream that does not begin with a packet of its own",
    );
    check_malformed(
        &pages(0, |page| page.segments.insert(0, 0)),
        "a stream that does not begin with a packet of its own",
    );
    let shortened = |len: u8| {
        move |page: &mut OggPage| {
            page.segments = vec![len];
            page.body.truncate(len.into());
        }
    };
    check_malformed(&pages(0, shortened(27)), "Vorbis identification cut short");
    check_malformed(
        &pages(0, |page| page.body[12..16].fill(0)),
        "Vorbis without a sample rate",
    );
    let mut opus = Ogg::opus().header_pages();
    shortened(18)(&mut opus[0]);
    check_malformed(&opus, "Opus identification cut short");
    let mut opus = Ogg::opus().header_pages();
    opus[0].body[8] = 16;
    check_malformed(&opus, "Opus of an unknown version");
}

#[test]
fn comments_that_end_early_are_errors() {
    let mut vendor = vorbis_comments("old", &["TITLE=x"]);
    vendor[..4].fill(0xff);
    let mut comment = vorbis_comments("old", &["TITLE=x"]);
    comment[11] = 200;
    let mut count = vorbis_comments("old", &["TITLE=x"]);
    count[7] = 200;
    for comments in [vendor, comment, count] {
        for file in [Ogg::vorbis(), Ogg::opus()] {
            let result = outcome(&file.raw_comments(&comments).build());
            assert!(matches!(result, Err(Error::Truncated { .. })), "{result:?}");
        }
    }
    let file = Ogg::vorbis();
    let mut pages = file.header_pages();
    let framing = file.header_packets()[1].len() - 1;
    pages[1].body[framing] = 0;
    check_malformed(&pages, "comments without a framing bit");
}

/// An origin of pages without end, that counts what is read.
struct Vast {
    head: Vec<u8>,
    page: Vec<u8>,
    read: Cell<usize>,
}

impl ReadAt for Vast {
    fn len(&self) -> u64 {
        1 << 50
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.read.set(self.read.get() + buf.len());
        for (at, byte) in (offset..).zip(&mut *buf) {
            let at = usize::try_from(at).unwrap();
            let in_page = || self.page[(at - self.head.len()) % self.page.len()];
            *byte = self.head.get(at).copied().unwrap_or_else(in_page);
        }
        Ok(buf.len())
    }
}

#[track_caller]
fn check_vast(head: Vec<u8>, page: &OggPage, expect: &str) {
    let origin = Vast {
        head,
        page: page.to_bytes(),
        read: Cell::default(),
    };
    let tags = tags([(Field::Title, text("x"))]);
    match render(&origin, b"a.ogg", &tags, None, &Options::default()) {
        Err(Error::TooLarge { what, .. } | Error::Malformed { what, .. }) => {
            assert_eq!(what, expect);
        }
        other => panic!("{other:?}"),
    }
    let read = origin.read.get();
    assert!(read < 100 << 20, "{read} bytes read");
}

#[test]
fn vast_files_cost_little() {
    let first = Ogg::vorbis().header_pages()[0].to_bytes();
    let span = "the length of pages before the audio";
    // Pages of other streams, small, of the length of a read ahead, and large.
    for len in [0, 16_000, 65_025] {
        let page = &OggPage::of_packets(&[vec![0; len]], 255)[0];
        check_vast(first.clone(), page, span);
    }
    // A comment packet that never ends: numbers are not looked at as long as they repeat.
    let endless = OggPage {
        flags: 1,
        serial: 42,
        segments: vec![255; 255],
        body: vec![0; 65_025],
        ..OggPage::default()
    };
    let mut start = endless.clone();
    (start.flags, start.number) = (0, u32::MAX);
    start.body[..7].copy_from_slice(b"\x03vorbis");
    check_vast(
        [first.clone(), start.to_bytes()].concat(),
        &endless,
        "a page out of order",
    );
    // Streams that begin, and none that can have tags, but for a word in the first page.
    let mut page = OggPage::of_packets(&[b"fishead \x01vorbis"], 255)[0].clone();
    page.flags = 2;
    check_vast(Vec::new(), &page, "no stream that can have tags");
}

#[test]
fn a_header_costs_few_reads() {
    let picture = "METADATA_BLOCK_PICTURE=".to_owned() + &"A".repeat(500_000);
    for (comments, most_reads, most_bytes) in [("TITLE=x", 5, 100_000), (&*picture, 40, 1_500_000)]
    {
        let file = Ogg::vorbis()
            .comments("old", &[comments])
            .packet_len(4000)
            .n_pages(1000);
        let reads = Reads {
            bytes: file.build(),
            n: Cell::default(),
            len: Cell::default(),
        };
        let tags = tags([(Field::Title, text("x"))]);
        render(&reads, b"a.ogg", &tags, None, &Options::default()).unwrap();
        let (n, len) = (reads.n.get(), reads.len.get());
        assert!(
            n <= most_reads && len <= most_bytes,
            "{n} reads, {len} bytes"
        );
    }
}

/// An origin that counts how often it is read, and how much.
struct Reads {
    bytes: Vec<u8>,
    n: Cell<usize>,
    len: Cell<usize>,
}

impl ReadAt for Reads {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.n.set(self.n.get() + 1);
        self.len.set(self.len.get() + buf.len());
        self.bytes.read_at(buf, offset)
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = outcome(&bytes);
        for file in [Ogg::vorbis(), Ogg::opus()] {
            let first = file.header_pages()[0].to_bytes();
            let _ = outcome(&[first, bytes.clone()].concat());
        }
    }

    #[test]
    fn damaged_files_never_panic(
        is_opus in any::<bool>(),
        at in 0..1200_usize,
        byte in any::<u8>(),
        len in 0..2000_usize,
    ) {
        let file = if is_opus { Ogg::opus() } else { Ogg::vorbis() };
        let file = file.comments("old", &["TITLE=x", "MOOD=y"]).rest(&[0; 500]);
        let mut bytes = file.page_segments(2).build();
        if let Some(old) = bytes.get_mut(at) {
            *old = byte;
        }
        bytes.truncate(len);
        let _ = outcome(&bytes);
    }
}
