//! WAV and AIFF files that are broken, lie, or are vast.

use std::cell::Cell;

use fixtures::{Chunked, Id3, id3v1};
use proptest::prelude::*;
use splice::ReadAt;

use super::chunked_rendered::{rendered, taken};
use super::mp3_rendered::{options, title};
use super::tags::any_tags;
use crate::{Error, Rendering, inspect, parse, render};

/// Renders bytes that may be anything; what comes out must hold the audio.
fn outcome(bytes: &[u8]) -> Result<Rendering, Error> {
    for name in ["a.wav", "a.aiff"] {
        let _ = parse(bytes, name.as_bytes());
        if let Ok(rendering) = inspect(bytes, name.as_bytes()) {
            let _ = rendering.dump(bytes, None);
        }
    }
    let name = if bytes.starts_with(b"FORM") {
        "a.aiff"
    } else {
        "a.wav"
    };
    let rendering = render(bytes, name.as_bytes(), &title(), None, &options(false))?;
    rendering.dump(bytes, None)?;
    let (same, _) = rendered(name, bytes, &title(), None);
    assert!(same == rendering);
    Ok(rendering)
}

#[track_caller]
fn check_malformed(file: &[u8], expect: &str) {
    match outcome(file) {
        Err(Error::Malformed { what, .. }) => assert_eq!(what, expect),
        other => panic!("{other:?}"),
    }
}

fn tag() -> Vec<u8> {
    Id3::new(4).frame("TIT2", b"\0old").padding(9).build()
}

fn rich() -> [Vec<u8>; 4] {
    [
        Chunked::wav().chunk_before(b"id3 ", tag()),
        Chunked::wav().chunk(b"LIST", b"INFO").chunk(b"id3 ", tag()),
        Chunked::aiff().chunk_before(b"ID3 ", tag()),
        Chunked::aiff().chunk(b"ANNO", b"odd").chunk(b"ID3 ", tag()),
    ]
    .map(|file| file.tail(&id3v1("v1", "", 1, 1)).build())
}

/// Returns where the size of a chunk is.
fn size_of(file: &[u8], id: &[u8]) -> usize {
    file.windows(4).position(|window| window == id).unwrap() + 4
}

#[test]
fn every_truncation_is_an_error_or_renders() {
    for file in rich() {
        for len in 0..file.len() {
            let _ = outcome(&file[..len]);
        }
        outcome(&file).unwrap();
    }
}

#[test]
fn audio_that_is_cut_is_an_error_where_the_tag_would_follow_it() {
    for file in [Chunked::wav(), Chunked::aiff()] {
        let bytes = file.build();
        for len in 0..bytes.len() - 1 {
            assert!(outcome(&bytes[..len]).is_err(), "{len}");
        }
    }
}

#[test]
fn what_is_no_wav_is_an_error() {
    let file = Chunked::wav().build();
    for (at, bytes, expect) in [
        (0, b"RF64", "no file of chunks"),
        (0, b"RIFX", "no file of chunks"),
        (8, b"AVI ", "a RIFF file of another type than WAVE"),
        (
            8,
            b"\xffAVE",
            "a list of chunks with a type that is no text",
        ),
        (4, b"\x03\0\0\0", "an outermost chunk without a type"),
        (4, b"\xff\xff\xff\xff", "a file of chunks of unknown length"),
        (12, b"fmt2", "no format in a WAV file"),
        (12, b"fm\0 ", "no format in a WAV file"),
        (16, b"\x0f\0\0\0", "no format in a WAV file"),
        (36, b"dat\0", "no audio among the chunks"),
        (40, b"\0\0\0\0", "no audio among the chunks"),
    ] {
        let mut file = file.clone();
        file[at..at + 4].copy_from_slice(bytes);
        check_malformed(&file, expect);
    }
    let list = Chunked::wav().chunk(b"LIST", b"\xe9NFO").build();
    check_malformed(&list, "a list of chunks with a type that is no text");
}

#[test]
fn what_is_no_aiff_is_an_error() {
    let file = Chunked::aiff().build();
    for (at, bytes, expect) in [
        (12, b"COMX", "no sample rate in an AIFF file"),
        (16, b"\0\0\0\x11", "no sample rate in an AIFF file"),
        (28, b"\x7f\xff\xfa\0", "no sample rate in an AIFF file"),
        (28, b"\x43\xff\xfa\0", "no sample rate in an AIFF file"),
        (28, b"\xc0\x0b\xfa\0", "no sample rate in an AIFF file"),
        (38, b"SSNX", "no audio among the chunks"),
    ] {
        let mut file = file.clone();
        file[at..at + 4].copy_from_slice(bytes);
        check_malformed(&file, expect);
    }
    // Nearly nothing, and nothing.
    for rate in [b"\x3f\xfe\xff\0", b"\xbf\xfe\xff\0", b"\0\0\0\0"] {
        let mut file = file.clone();
        file[28..32].copy_from_slice(rate);
        outcome(&file).unwrap();
    }
}

#[test]
fn an_odd_chunk_that_is_not_filled_up_is_an_error_if_more_follows() {
    let mut file = Chunked::wav()
        .with(b"data", [7; 801])
        .chunk(b"LIST", b"INFO")
        .build();
    file.remove(44 + 801);
    check_malformed(&file, "no chunk where the next should start");
}

#[test]
fn sizes_that_lie_never_harm_the_audio() {
    for file in rich() {
        let is_wav = file.starts_with(b"RIFF");
        let ids = if is_wav {
            [b"RIFF", b"fmt ", b"data", b"id3 "]
        } else {
            [b"FORM", b"COMM", b"SSND", b"ID3 "]
        };
        for id in ids {
            let at = size_of(&file, id);
            for size in (0..12).chain(1590..1660).chain([1 << 24, u32::MAX]) {
                let mut file = file.clone();
                let size = if is_wav { size } else { u32::swap_bytes(size) };
                file[at..at + 4].copy_from_slice(&size.to_le_bytes());
                let _ = outcome(&file);
            }
        }
    }
}

#[test]
fn a_tag_chunk_that_holds_the_audio_is_an_error() {
    let mut file = Chunked::wav().chunk_before(b"id3 ", tag()).build();
    let at = size_of(&file, b"id3 ");
    file[at] = 0xff;
    file[at + 1] = 0x03;
    check_malformed(&file, "no audio among the chunks");
}

/// A file that is zeros but for some places, and counts what is read.
struct Sparse {
    len: u64,
    places: Vec<(u64, Vec<u8>)>,
    n_reads: Cell<u64>,
    n_bytes: Cell<u64>,
}

impl Sparse {
    fn new(len: u64, places: Vec<(u64, Vec<u8>)>) -> Self {
        Self {
            len,
            places,
            n_reads: Cell::new(0),
            n_bytes: Cell::new(0),
        }
    }
}

impl ReadAt for Sparse {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.n_reads.set(self.n_reads.get() + 1);
        self.n_bytes.set(self.n_bytes.get() + buf.len() as u64);
        buf.fill(0);
        for (start, bytes) in &self.places {
            for (at, byte) in (*start..).zip(bytes) {
                let index = at
                    .checked_sub(offset)
                    .and_then(|index| usize::try_from(index).ok());
                if let Some(to) = index.and_then(|index| buf.get_mut(index)) {
                    *to = *byte;
                }
            }
        }
        Ok(buf.len())
    }
}

/// A WAV file of nearly 4 GiB with a tag at its end.
#[test]
fn audio_is_not_read() {
    let data_len = u32::MAX - 10_000;
    let mut head = Chunked::wav().with(b"data", b"").build();
    head[40..44].copy_from_slice(&data_len.to_le_bytes());
    let start = 44 + u64::from(data_len) + 1;
    let tag = tag();
    let end = [
        b"id3 ",
        &u32::try_from(tag.len()).unwrap().to_le_bytes(),
        tag.as_slice(),
    ]
    .concat();
    let len = start + end.len() as u64;
    head[4..8].copy_from_slice(&u32::try_from(len - 8).unwrap().to_le_bytes());
    let file = Sparse::new(len, vec![(0, head), (start, end)]);
    let rendering = render(&file, b"a.wav", &title(), None, &options(false)).unwrap();
    // The zero that fills up an odd chunk.
    assert_eq!(rendering.plan.len(), len + 1);
    assert!(file.n_reads.get() < 10, "{} reads", file.n_reads.get());
    assert!(
        file.n_bytes.get() < 300 << 10,
        "{} bytes",
        file.n_bytes.get()
    );
}

#[test]
fn files_beyond_32_bits_are_errors() {
    let head = Chunked::wav().build();
    let file = Sparse::new(1 << 50, vec![(0, head)]);
    let result = render(&file, b"a.wav", &title(), None, &options(false));
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
    // The tag makes it too large.
    let mut head = Chunked::wav().with(b"data", b"").build();
    head[4..8].copy_from_slice(&(u32::MAX - 9).to_le_bytes());
    head[40..44].copy_from_slice(&(u32::MAX - 9 - 36).to_le_bytes());
    let file = Sparse::new(u64::from(u32::MAX) - 1, vec![(0, head)]);
    let result = render(&file, b"a.wav", &title(), None, &options(false));
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
}

#[test]
fn many_chunks_cost_little() {
    let head = Chunked::wav().build();
    let chunk = [b"junk".as_slice(), &99_992_u32.to_le_bytes()].concat();
    let chunks = (0..5000).map(|n| (head.len() as u64 + n * 100_000, chunk.clone()));
    let places = [(0, head.clone())].into_iter().chain(chunks).collect();
    let mut file = Sparse::new(1 << 30, places);
    file.places[0].1[4..8].copy_from_slice(&((1_u32 << 30) - 8).to_le_bytes());
    let result = render(&file, b"a.wav", &title(), None, &options(false));
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
    assert!(file.n_bytes.get() < 5 << 20, "{} bytes", file.n_bytes.get());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_tags_over_any_file(tags in any_tags(), padding in 0..9000_usize, n in 0..4_usize) {
        let tag = Id3::new(3).frame("APIC", b"\0image/png\0\x03\0data").padding(padding).build();
        let (name, id, file) = match n % 2 {
            0 => ("a.wav", b"id3 ", Chunked::wav()),
            _ => ("a.aiff", b"ID3 ", Chunked::aiff()),
        };
        let file = match n {
            0 | 1 => file.chunk(b"junk", [7; 5]).chunk_before(id, tag),
            _ => file.chunk(id, tag).chunk(b"junk", [7; 5]),
        };
        let file = file.tail(b"tail").build();
        let (_, bytes) = rendered(name, &file, &tags, None);
        prop_assert!(taken(&bytes).without(&[id]) == taken(&file).without(&[id]));
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = outcome(&bytes);
        let wav = Chunked::wav().build();
        let _ = outcome(&[&wav[..36], &bytes].concat());
        let _ = outcome(&[&wav, bytes.as_slice()].concat());
    }

    #[test]
    fn changed_bytes_never_panic(n in 0..4_usize, changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..5)) {
        let mut bytes = rich()[n].clone();
        // Not the audio, which is most of the file.
        let audio = 130..1650;
        for (index, byte) in changes {
            let at = index.index(bytes.len() - audio.len());
            bytes[if at < audio.start { at } else { at + audio.len() }] = byte;
        }
        let _ = outcome(&bytes);
    }
}
