use fixtures::{id3v1, synchsafe};
use proptest::prelude::*;
use splice::ReadAt;

use super::mp3_file::{Id3File, audio, id3_file, picture};
use super::tags::{tags, text};
use crate::{Error, Field, Options, Rendering, inspect, render};

/// Renders bytes that may be anything, in both versions; what comes out must lie within the origin.
fn outcome(bytes: &[u8]) -> Result<Rendering, Error> {
    let tags = tags([(Field::Title, text("x"))]);
    let mut outcomes = [false, true].map(|id3v23| {
        let options = Options {
            id3v23,
            ..Options::default()
        };
        let rendering = render(bytes, b"a.mp3", &tags, None, &options)?;
        let copied = rendering.audio.end - rendering.audio.start;
        let v1 = rendering.plan.len() - rendering.header_len - copied;
        assert!(matches!(v1, 0 | 128), "{v1}");
        assert!(rendering.audio.end <= bytes.len() as u64);
        rendering.dump(bytes, None)?;
        Ok(rendering)
    });
    let [v24, v23] = &mut outcomes;
    assert_eq!(v24.is_ok(), v23.is_ok(), "{v24:?} {v23:?}");
    let [v24, _] = outcomes;
    v24
}

#[track_caller]
fn check_malformed(bytes: &[u8], expect: &str) {
    match outcome(bytes) {
        Err(Error::Malformed { what, .. }) => assert_eq!(what, expect),
        other => panic!("{other:?}"),
    }
}

fn rich() -> Id3File {
    id3_file(4)
        .frame("TIT2", b"\0old")
        .frame("TXXX", b"\x01\xff\xfed\0\0\0\xff\xfev\0")
        .frame("APIC", picture("image/jpeg", "c", 30))
        .frame("RVA2", b"track\0\x01\xfb\0\x10\x7f\xff")
        .frame(
            "CHAP",
            b"c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0TIT2\0\0\0\x02\0\0\0x",
        )
        .padding(20)
        .tail(id3v1("v1", "", 1, 1))
}

#[test]
fn every_truncation_is_an_error_or_renders() {
    let bytes = rich().bytes();
    let tag = rich().tag().len();
    for len in 0..bytes.len() {
        let outcome = outcome(&bytes[..len]);
        if len < tag + 417 {
            assert!(outcome.is_err(), "{len}");
        }
        if len >= tag + 421 {
            assert!(outcome.is_ok(), "{len}: {outcome:?}");
        }
    }
}

#[test]
fn headers_that_mutagen_gives_up_on_are_errors() {
    let with = |at: usize, byte: u8| {
        let mut bytes = rich().bytes();
        bytes[at] = byte;
        bytes
    };
    check_malformed(&with(3, 5), "an ID3v2 tag of unknown version");
    check_malformed(&with(3, 1), "an ID3v2 tag of unknown version");
    check_malformed(&with(5, 1), "an ID3v2 tag with unknown flags");
    check_malformed(&with(6, 0x80), "an ID3v2 tag whose size is not synchsafe");
    check_malformed(&with(7, 0x7f), "an ID3v2 tag that is longer than its file");
}

#[test]
fn extended_headers_that_lie_are_errors() {
    for extended in [b"\0\0\0\x03\0\0", b"\0\0\x7f\x7f\0\0", b"\x80\0\0\x06\0\0"] {
        let file = rich().with(|tag| tag.flags(0x40).extended(extended));
        assert!(outcome(&file.bytes()).is_err());
    }
}

#[test]
fn what_is_no_audio_is_an_error() {
    check_malformed(b"", "no MPEG audio");
    check_malformed(&[0; 5000], "no MPEG audio");
    check_malformed(&id3_file(4).tag(), "no MPEG audio");
    check_malformed(&audio()[..417], "no MPEG audio");
    check_malformed(&[b"fLaC".as_slice(), &[0; 5000]].concat(), "no MPEG audio");
    // False syncs alone, and audio out of reach.
    check_malformed(&[0xff; 5000], "no MPEG audio");
    check_malformed(&[vec![0; 1 << 20], audio()].concat(), "no MPEG audio");
}

#[test]
fn one_frame_is_audio_if_it_is_a_vbr_header() {
    let mut frame = audio()[..417].to_vec();
    frame[36..40].copy_from_slice(b"Xing");
    outcome(&frame).unwrap();
    frame[36..40].copy_from_slice(b"VBRI");
    outcome(&frame).unwrap();
}

#[test]
fn frames_that_stop_mutagen_are_errors() {
    let half_gain = id3_file(4).frame("RVA2", b"track\0\x01\xfb");
    check_malformed(&half_gain.bytes(), "an RVA2 frame with half a gain");
    let peak = id3_file(4).frame("RVA2", b"track\0\x01\xfb\0\x10\xff\xff\xff\xff");
    outcome(&peak.bytes()).unwrap();
    let peak = id3_file(4).frame("RVA2", b"track\0\x01\xfb\0\x21\xff\xff\xff\xff");
    check_malformed(&peak.bytes(), "an RVA2 frame with a peak of two or more");
}

#[test]
fn tags_beyond_the_limits_are_errors() {
    let too_large = |file: &Id3File| {
        let result = outcome(&file.bytes());
        assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
    };
    too_large(&(0..5000).fold(id3_file(4), |file, _| file.frame("TIT2", b"\0x")));
    too_large(&id3_file(4).frame("TIT2", vec![0; 100_000]));
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 40 << 20], 6);
    let bomb = [b"\0\0\0\0".as_slice(), &bomb].concat();
    too_large(&id3_file(4).with(|tag| tag.flagged("GEOB", 0x0008, bomb)));
    let chapter = |inner: &[u8]| {
        let data = [b"c\0".as_slice(), &[0; 16], inner].concat();
        [b"CHAP".as_slice(), &synchsafe(data.len()), b"\0\0", &data].concat()
    };
    let nest = (0..6).fold(Vec::new(), |inner: Vec<u8>, _| chapter(&inner));
    too_large(&id3_file(4).frame("CHAP", &nest[10..]));
}

/// An origin that says it is longer than any memory.
struct Sparse(Vec<u8>);

impl ReadAt for Sparse {
    fn len(&self) -> u64 {
        1 << 50
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        buf.fill(0);
        self.0.read_at(buf, offset).map(|_| buf.len())
    }
}

#[test]
fn lengths_within_a_vast_file_size_no_allocation() {
    let mut bytes = id3_file(3).frame("TIT2", b"\0x").bytes();
    bytes[6..10].fill(0x7f);
    let tags = tags([(Field::Title, text("x"))]);
    for flags in [0, 0x80] {
        bytes[5] = flags;
        bytes[14..18].fill(0xff);
        let result = render(
            &Sparse(bytes.clone()),
            b"a.mp3",
            &tags,
            None,
            &Options::default(),
        );
        assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), major in 2..5_u8) {
        let _ = outcome(&bytes);
        let mut tag = [b"ID3", [major, 0, 0].as_slice(), &synchsafe(bytes.len()), &bytes].concat();
        tag.extend(audio());
        let _ = outcome(&tag);
    }

    #[test]
    fn changed_bytes_never_panic(changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..5)) {
        let mut bytes = rich().bytes();
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        let _ = outcome(&bytes);
    }
}

/// Found by fuzzing: the encoding was looked for behind the frame.
#[test]
fn an_empty_frame_of_a_file_that_stays_is_dumped() {
    let bytes = id3_file(4)
        .frame("TIT2", b"")
        .frame("TALB", b"\x03album")
        .bytes();
    let dump = inspect(&bytes, b"a.mp3")
        .unwrap()
        .dump(&bytes, None)
        .unwrap();
    let lines: Vec<&str> = dump.lines().skip(1).take(3).collect();
    let expect = [
        "00000a TIT2            flags=0000 len=0",
        "000014 TALB            flags=0000 len=6",
        "   +0a encoding        UTF-8",
    ];
    assert_eq!(lines, expect, "{dump}");
}
