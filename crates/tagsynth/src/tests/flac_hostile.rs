use std::cell::Cell;

use proptest::prelude::*;
use splice::ReadAt;

use super::flac_file::{FlacFile, comment_block, flac_file, picture_block};
use super::tags::{tags, text};
use crate::{Error, Field, Options, parse, render};

/// Renders bytes that may be anything, and reads their tags, which is possible or not for both alike;
/// what comes out must lie within the origin.
fn outcome(bytes: &[u8]) -> Result<(), Error> {
    let tags = tags([(Field::Title, text("x"))]);
    let rendering = render(bytes, b"a.flac", &tags, None, &Options::default());
    assert_eq!(parse(bytes, b"a.flac").is_ok(), rendering.is_ok());
    let rendering = rendering?;
    let audio = rendering.audio.end - rendering.audio.start;
    assert_eq!(rendering.audio.end, bytes.len() as u64);
    assert_eq!(rendering.plan.len(), rendering.header_len + audio);
    rendering.dump(bytes, None).map(drop)
}

#[track_caller]
fn check_malformed(file: &FlacFile, expect: &str) {
    match outcome(&file.bytes()) {
        Err(Error::Malformed { what, .. }) => assert_eq!(what, expect),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_truncation_of_a_header_is_an_error() {
    let mut file = flac_file()
        .comments(&[b"TITLE=x", b"MOOD=y"])
        .block(6, picture_block(30))
        .padding(20);
    file.prefix = Vec::from(*b"ID3\x04\0\0\0\0\0\x02xx");
    let bytes = file.bytes();
    for len in 0..file.header_len() {
        assert!(outcome(&bytes[..len]).is_err(), "{len}");
    }
    for len in file.header_len()..=bytes.len() {
        outcome(&bytes[..len]).unwrap();
    }
}

#[test]
fn structures_out_of_place_are_errors() {
    let mut no_streaminfo = flac_file().comments(&[]);
    no_streaminfo.blocks.remove(0);
    check_malformed(&no_streaminfo, "no STREAMINFO before the audio");
    check_malformed(&flac_file().block(0, []), "STREAMINFO of a wrong length");
    check_malformed(&flac_file().block(127, []), "block of the forbidden type");
    let mut no_marker = flac_file();
    no_marker.prefix = Vec::from(*b"ID3\x04\0\0\0\0\0\x01");
    check_malformed(&no_marker, "no FLAC marker");
}

#[test]
fn endless_lists_are_errors() {
    let many = (0..5000).fold(flac_file(), |file, _| file.block(2, []));
    check_malformed(&many, "more blocks than any file has");
    let mut comments = comment_block(&[]);
    comments[7..11].fill(0xff);
    let result = outcome(&flac_file().block(4, comments).bytes());
    assert!(matches!(result, Err(Error::TooLarge { .. })));
}

#[test]
fn lengths_past_the_end_are_errors() {
    let mut vendor = comment_block(&[]);
    vendor[..4].fill(0xff);
    let mut comment = comment_block(&[b"TITLE=x"]);
    comment[11..15].copy_from_slice(&[0xff, 0xff, 0x0f, 0]);
    let mut picture = picture_block(4);
    picture[4..8].fill(0xff);
    for (code, content) in [(4, vendor), (4, comment), (6, picture)] {
        let result = outcome(&flac_file().block(code, content).bytes());
        assert!(matches!(result, Err(Error::Truncated { .. })), "{result:?}");
    }
}

#[test]
fn a_lie_that_hides_where_the_audio_starts_is_an_error() {
    let mut comments = comment_block(&[b"TITLE=x"]);
    let len = comments.len();
    // Content ends here, so that the three bytes after it are neither a block nor a frame.
    comments.extend(*b"\x81\0\0\0junk");
    check_malformed(
        &flac_file().lying_block(4, len + 8, comments),
        "no frame after blocks of wrong lengths",
    );
}

/// An origin that repeats its bytes to a length beyond any memory, and counts what is read.
struct Vast {
    head: Vec<u8>,
    rest: [u8; 4],
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
            *byte = *self.head.get(at).unwrap_or(&self.rest[at % 4]);
        }
        Ok(buf.len())
    }
}

#[track_caller]
fn check_vast(head: Vec<u8>, rest: [u8; 4], expect: &str) {
    let read = Cell::default();
    let origin = Vast { head, rest, read };
    let tags = tags([(Field::Title, text("x"))]);
    let rendered = render(&origin, b"a.flac", &tags, None, &Options::default()).map(drop);
    for result in [rendered, parse(&origin, b"a.flac").map(drop)] {
        match result {
            Err(Error::TooLarge { what, .. } | Error::Malformed { what, .. }) => {
                assert_eq!(what, expect);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(
        origin.read.get() < 200 << 20,
        "{} bytes read",
        origin.read.get()
    );
}

#[test]
fn vast_files_cost_little() {
    let header = flac_file().comments(&[]);
    // A vendor of 4 GiB.
    let mut vendor = header.bytes();
    vendor[46..50].fill(0xff);
    check_vast(vendor, [0; 4], "the length of all comments");
    // Many comments, each of 65,792 bytes: more than is read at once.
    let mut comments = header.bytes();
    comments.truncate(53);
    comments.extend(*b"\xff\xff\x03\x00");
    check_vast(comments, [0, 0, 1, 1], "the length of all comments");
    // Many blocks, likewise.
    let mut blocks = flac_file().bytes();
    blocks.truncate(42);
    blocks[4] = 0;
    check_vast(blocks, [1, 0, 2, 1], "more blocks than any file has");
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = outcome(&bytes);
        let _ = outcome(&[b"fLaC".as_slice(), &bytes].concat());
        let _ = outcome(&[flac_file().bytes()[..42].to_vec(), bytes].concat());
    }

    #[test]
    fn damaged_files_never_panic(at in 0..400_usize, byte in any::<u8>(), len in 0..600_usize) {
        let file = flac_file()
            .comments(&[b"TITLE=x", b"MOOD=y"])
            .block(6, picture_block(100))
            .padding(200);
        let mut bytes = file.bytes();
        if let Some(old) = bytes.get_mut(at) {
            *old = byte;
        }
        bytes.truncate(len);
        let _ = outcome(&bytes);
    }
}
