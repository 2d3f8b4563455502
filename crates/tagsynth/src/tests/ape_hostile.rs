use std::cell::Cell;

use fixtures::{Ape, ApeTag, id3v1, packet};
use proptest::prelude::*;
use splice::ReadAt;

use super::ape_rendered::{composed, title};
use crate::{Error, Options, Rendering, inspect, render};

/// Renders bytes that may be anything; what comes out must lie within the origin.
fn outcome(bytes: &[u8], name: &[u8]) -> Result<Rendering, Error> {
    let rendering = render(bytes, name, &title(), None, &Options::default())?;
    assert_eq!(rendering.audio.start, 0);
    assert!(rendering.audio.end <= bytes.len() as u64);
    assert!(rendering.plan.len() >= rendering.audio.end);
    rendering.dump(bytes, None)?;
    let found = inspect(bytes, name)?;
    assert_eq!(found.audio, rendering.audio);
    found.dump(bytes, None)?;
    Ok(rendering)
}

#[track_caller]
fn check_malformed(file: &Ape, expect: &str) {
    match outcome(&file.build(), file.name) {
        Err(Error::Malformed { what, .. }) => assert_eq!(what, expect),
        other => panic!("{other:?}"),
    }
}

fn rich() -> ApeTag {
    ApeTag::new()
        .text("Title", "old")
        .item("Cover Art (Front)", 2, [7; 300])
        .item("Related", 4, "http://example.org/")
}

#[test]
fn every_truncation_is_an_error_or_renders() {
    for file in Ape::all() {
        let tagged = file.clone().tag(&rich()).tail(id3v1("v1", "", 1, 1));
        let bytes = tagged.build();
        for len in 0..bytes.len() {
            let outcome = outcome(&bytes[..len], file.name);
            let stream = file.stream.len();
            if len == stream + 32 {
                // The header is last, and taken for a footer.
                assert!(outcome.is_err());
            } else if len >= stream {
                // Cut tags are none, and may be audio.
                let is_whole = len == stream + tagged.tag.len();
                let kept = if is_whole { stream } else { len };
                assert_eq!(outcome.unwrap().audio.end, kept as u64);
            }
        }
    }
}

#[test]
fn streams_that_mutagen_gives_up_on_are_errors() {
    let mut rate = Ape::wavpack();
    rate.stream[27] |= 7;
    rate.stream[26] |= 0x80;
    check_malformed(&rate, "a WavPack file of an unusual sampling rate");
    for name in [b"a.ape", b"a.mpc"] {
        let mut file = Ape::new(name, Ape::monkeys_audio().stream);
        file.stream[..4].copy_from_slice(b"MUSE");
        let what = if name == b"a.ape" {
            "no header of Monkey's Audio"
        } else {
            "no header of Musepack"
        };
        check_malformed(&file, what);
    }
    let mut version = Ape::new(b"a.mpc", Ape::musepack_sv7().stream);
    version.stream[3] = 6;
    check_malformed(&version, "no header of Musepack");
    // SV5 has its version in other bits.
    let old = Ape::new(b"a.mpc", [[0, 0x28, 0, 0].as_slice(), &[0; 40]].concat());
    outcome(&old.build(), old.name).unwrap();
}

#[test]
fn tags_in_front_of_the_audio_are_errors() {
    let [wavpack, ape, sv7, sv8] = Ape::all();
    for mut file in [ape, sv7, sv8] {
        file.stream.splice(..0, rich().build());
        let result = outcome(&file.build(), file.name);
        assert!(matches!(result, Err(Error::Malformed { .. })), "{result:?}");
    }
    let bytes = [rich().build(), wavpack.stream].concat();
    let result = outcome(&bytes, wavpack.name);
    assert!(matches!(result, Err(Error::Unrecognised)), "{result:?}");
}

#[track_caller]
fn check_sv8(packets: &[Vec<u8>], expect: &str) {
    let stream = [b"MPCK".as_slice(), &packets.concat(), &[0; 32]].concat();
    check_malformed(&Ape::new(b"a.mpc", stream), expect);
}

#[test]
fn packets_that_mutagen_gives_up_on_are_errors() {
    let bytes = Ape::musepack_sv8().stream;
    let sh = bytes[4..][..13].to_vec();
    let rg = packet(*b"RG", &[0; 9]);
    let end = packet(*b"AP", &[0]);
    check_sv8(&[b"sh\x03".to_vec()], "no key of a Musepack packet");
    check_sv8(
        &[sh.clone(), end.clone()],
        "a Musepack stream without SH or RG",
    );
    check_sv8(
        &[sh.clone(), sh.clone()],
        "a second Musepack packet SH or RG",
    );
    check_sv8(
        &[sh.clone(), packet(*b"RG", &[0; 8])],
        "a Musepack packet RG that is too small",
    );
    check_sv8(
        &[sh.clone(), b"EI\x02".to_vec()],
        "a Musepack packet that is smaller than its head",
    );
    check_sv8(
        &[b"EI".to_vec(), [0xff; 40].to_vec()],
        "a number of a Musepack packet that has no end",
    );
    check_sv8(
        &[packet(*b"SH", &[0; 8]), rg.clone(), end],
        "a Musepack packet SH without rate and channels",
    );
    check_sv8(&[sh, rg], "no key of a Musepack packet");
    check_sv8(
        &vec![packet(*b"EI", &[]); 100],
        "more Musepack packets than any stream has before its audio",
    );
}

#[test]
fn items_that_mutagen_gives_up_on_are_errors() {
    let check = |tag: &ApeTag, expect| check_malformed(&Ape::wavpack().tag(tag), expect);
    for key in ["", "x", "TAG", "ID3", "OggS", "MP+", "tab\t", "Kéy"] {
        check(&ApeTag::new().text(key, "x"), "an APEv2 key that is none");
    }
    let longest = "k".repeat(255);
    outcome(
        &Ape::wavpack()
            .tag(&ApeTag::new().text(&longest, ""))
            .build(),
        b"a.wv",
    )
    .unwrap();
    check(
        &ApeTag::new().text(&(longest + "k"), ""),
        "an APEv2 key that is none",
    );
    for kind in [0, 4] {
        check(
            &ApeTag::new().item("Key", kind, b"\xff"),
            "an APEv2 text that is not UTF-8",
        );
    }
    check(
        &ApeTag::new().item("Key", 6, b""),
        "an APEv2 item of a reserved kind",
    );
    let mut tag = ApeTag::new();
    tag.count = Some(2);
    for rest in [b"\0\0\0\0\0\0\0".as_slice(), b"\x05\0\0\0\0\0\0\0Key\0four"] {
        tag.rest = rest.to_vec();
        check(&tag, "an APEv2 item past the end of its tag");
    }
    tag.rest = b"\x05\0\0\0\0\0\0\0Key".to_vec();
    check(&tag, "an APEv2 key that is none");
}

#[test]
fn sizes_that_lie_are_errors() {
    let check = |size: u32, count: u32, expect| {
        let mut tag = rich();
        tag.size = Some(size);
        tag.count = Some(count);
        check_malformed(&Ape::wavpack().tag(&tag), expect);
        let behind = Ape::wavpack().tag(&tag).tail(id3v1("v1", "", 1, 1));
        check_malformed(&behind, expect);
    };
    let small = "an APEv2 tag that is smaller than its footer";
    check(0, 3, small);
    check(31, 3, small);
    check(u32::MAX, 3, "an APEv2 tag that is larger than its file");
    // Where no header and no item stands, the size alone would cut the audio.
    let len = u32::try_from(rich().build().len()).unwrap();
    check(len + 12, 0, "an APEv2 tag without header and items");
    let mut tag = ApeTag::new();
    tag.size = Some(len);
    let mut stream = Ape::wavpack().tag(&tag);
    stream.front = vec![0; 500];
    check_malformed(&stream, "an APEv2 tag without header and items");
}

#[test]
fn a_tag_within_the_header_of_the_stream_is_an_error() {
    let tag = ApeTag::new().without_header().text("Key", "value").build();
    for (name, start, len) in [
        (b"a.wv".as_slice(), b"wvpk", 32),
        (b"a.mpc", b"MP+\x07", 30),
    ] {
        let mut bytes = start.to_vec();
        bytes.resize(len, 0);
        bytes.extend(&tag);
        let outcome = outcome(&bytes, name);
        assert_eq!(outcome.is_ok(), len == 32, "{outcome:?}");
    }
}

/// Found by random mutation: the header of the stream was taken for what PyMusepack left of one.
#[test]
fn leftovers_end_where_the_header_of_the_stream_does() {
    let mut file = Ape::new(b"a.wv", Ape::wavpack().stream[..32].to_vec());
    file.stream[8..16].copy_from_slice(b"APETAGEX");
    for file in [file.clone(), file.tag(&rich())] {
        let origin = file.build();
        let rendering = outcome(&origin, file.name).unwrap();
        assert_eq!(rendering.audio, 0..32);
        let bytes = composed(&rendering, &origin, None);
        assert_eq!(outcome(&bytes, file.name).unwrap().audio, 0..32);
    }
}

#[test]
fn endless_structures_are_errors() {
    let many = (0..5000).fold(ApeTag::new(), |tag, _| tag.text("Key", ""));
    let result = outcome(&Ape::wavpack().tag(&many).build(), b"a.wv");
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
    let half = &ApeTag::new().build()[..24];
    check_malformed(
        &Ape::wavpack().front(half.repeat(100)).tag(&rich()),
        "more leftovers of APEv2 headers than any file has",
    );
}

/// An origin longer than any memory, of which only the start and the end are not zeros; it counts
/// what is read.
struct Vast {
    head: Vec<u8>,
    /// Offsets of bytes that are not zeros.
    parts: Vec<(u64, Vec<u8>)>,
    read: Cell<usize>,
    n_reads: Cell<usize>,
}

const VAST: u64 = 1 << 50;

impl ReadAt for Vast {
    fn len(&self) -> u64 {
        VAST
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.read.set(self.read.get() + buf.len());
        self.n_reads.set(self.n_reads.get() + 1);
        buf.fill(0);
        let head = (0, self.head.clone());
        for (start, bytes) in self.parts.iter().chain([&head]) {
            for (at, &byte) in (*start..).zip(bytes) {
                let index = at.checked_sub(offset).map(usize::try_from);
                if let Some(place) = index.and_then(|index| buf.get_mut(index.unwrap())) {
                    *place = byte;
                }
            }
        }
        Ok(buf.len())
    }
}

/// Renders a vast WavPack file that ends with a tag of items at these offsets before the footer.
fn vast(size: u32, count: u32, items: &[(u64, Vec<u8>)]) -> (Result<Rendering, Error>, Vast) {
    let mut tag = ApeTag::new().without_header();
    tag.size = Some(size);
    tag.count = Some(count);
    let footer = VAST - 32;
    let items = items
        .iter()
        .map(|(back, bytes)| (footer - back, bytes.clone()));
    let origin = Vast {
        head: Ape::wavpack().stream,
        parts: items.chain([(footer, tag.build())]).collect(),
        read: Cell::default(),
        n_reads: Cell::default(),
    };
    let result = render(&origin, b"a.wv", &title(), None, &Options::default());
    (result, origin)
}

fn head(len: u32, flags: u32, key: &str) -> Vec<u8> {
    [
        &len.to_le_bytes(),
        &flags.to_le_bytes(),
        key.as_bytes(),
        b"\0",
    ]
    .concat()
}

#[test]
fn a_vast_picture_costs_little() {
    let len = 4_000_000_000;
    let head = head(len, 2, "Cover Art (Front)");
    let tag = u64::from(len) + head.len() as u64;
    let (result, origin) = vast(u32::try_from(tag).unwrap() + 32, 1, &[(tag, head)]);
    let rendering = result.unwrap();
    assert_eq!(rendering.audio.end, VAST - 32 - tag);
    assert!(rendering.plan.generated_len() < 200);
    assert!(origin.read.get() < 64 << 10, "{}", origin.read.get());
    assert!(origin.n_reads.get() < 6, "{}", origin.n_reads.get());
}

#[test]
fn a_vast_text_is_an_error() {
    let len = 4_000_000_000;
    let head = head(len, 0, "Lyrics");
    let tag = u64::from(len) + head.len() as u64;
    let (result, origin) = vast(u32::try_from(tag).unwrap() + 32, 1, &[(tag, head)]);
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
    assert!(origin.read.get() < 64 << 10, "{}", origin.read.get());
}

#[test]
fn texts_are_counted_together() {
    let each: u32 = 9 << 20;
    let item = u64::from(each) + 12;
    let items = [1, 2].map(|n| (n * item, head(each, 0, "Key")));
    let (result, origin) = vast(u32::try_from(2 * item).unwrap() + 32, 2, &items);
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
    assert!(origin.read.get() < 20 << 20, "{}", origin.read.get());
}

#[test]
fn a_typical_tag_costs_two_reads_of_the_end() {
    let file = Ape::wavpack().tag(&rich());
    let origin = Vast {
        head: file.stream.clone(),
        parts: vec![(VAST - file.tag.len() as u64, file.tag)],
        read: Cell::default(),
        n_reads: Cell::default(),
    };
    render(&origin, b"a.wv", &title(), None, &Options::default()).unwrap();
    // The name of the format, the header of the stream, the end of the file.
    assert_eq!(origin.n_reads.get(), 3);
    assert!(origin.read.get() < 17 << 10, "{}", origin.read.get());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for file in Ape::all() {
            let _ = outcome(&bytes, file.name);
            let _ = outcome(&[&file.stream[..40], &bytes].concat(), file.name);
            let mut tag = ApeTag::new().without_header();
            tag.rest.clone_from(&bytes);
            tag.count = Some(9);
            let _ = outcome(&file.clone().tag(&tag).build(), file.name);
        }
    }

    #[test]
    fn changed_bytes_never_panic(
        kind in 0..4_usize,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let file = Ape::all()[kind].clone().tag(&rich()).tail(id3v1("v1", "", 1, 1));
        let mut bytes = file.build();
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        let _ = outcome(&bytes, file.name);
    }
}
