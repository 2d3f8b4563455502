//! Any file with ID3 tags, damaged or not: what is rendered is read, and rendered again.

use fixtures::{Chunked, Dsf, Id3, Mp3, id3v1};
use proptest::prelude::*;
use proptest::sample::Index;

use super::cover_file::jpeg;
use super::mp3_rendered::{composed, options};
use super::tags::any_tags;
use crate::{Cover, TagSet, inspect, parse, render};

/// Renders, if that is possible, and returns the virtual file.
fn rendered(name: &str, origin: &[u8], tags: &TagSet<'_>, how: How) -> Option<Vec<u8>> {
    let picture = jpeg(300);
    let picture = picture.as_slice();
    let cover = Cover::new(&picture).unwrap().filter(|_| how.covered);
    let rendering = render(origin, name.as_bytes(), tags, cover, &options(how.id3v23)).ok()?;
    rendering.dump(origin, cover).unwrap();
    let bytes = composed(&rendering, origin, cover);
    let at = |offset: u64| usize::try_from(offset).unwrap();
    let audio = &origin[at(rendering.audio.start)..at(rendering.audio.end)];
    assert!(bytes[at(rendering.header_len)..].starts_with(audio));
    Some(bytes)
}

#[derive(Debug, Clone, Copy)]
struct How {
    id3v23: bool,
    covered: bool,
}

/// Any file and its name.
fn any_file() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let changes = proptest::collection::vec((any::<Index>(), any::<u8>()), 0..3);
    let parts = (0..5_u8, any_tag(), any::<bool>(), any::<bool>(), changes);
    parts.prop_map(|(holder, tag, has_tag, has_end, changes)| {
        let end = id3v1("V1 title", "note", 7, 12);
        let (tag, end) = (has_tag.then_some(tag), if has_end { &*end } else { b"" });
        let (name, mut file) = held(holder, tag.as_deref(), end);
        for (index, byte) in changes {
            let at = index.index(file.len());
            file[at] = byte;
        }
        (name, file)
    })
}

fn held(holder: u8, tag: Option<&[u8]>, end: &[u8]) -> (&'static str, Vec<u8>) {
    let before = |file: Chunked, id| match tag {
        Some(tag) => file.tail(end).chunk_before(id, tag).build(),
        None => file.tail(end).build(),
    };
    let behind = |file: Chunked, id| match tag {
        Some(tag) => file.tail(end).chunk(id, tag).build(),
        None => file.tail(end).build(),
    };
    let audio = [7; 9];
    match holder {
        0 => (
            "a.wav",
            before(Chunked::wav().with(b"data", audio), b"id3 "),
        ),
        1 => (
            "a.wav",
            behind(Chunked::wav().with(b"data", audio), b"ID3 "),
        ),
        2 => (
            "a.aiff",
            behind(Chunked::aiff().with(b"SSND", audio), b"ID3 "),
        ),
        3 => (
            "a.dsf",
            Dsf::new()
                .tag(&[tag.unwrap_or_default(), end].concat())
                .build(),
        ),
        _ => {
            let mp3 = Mp3::new().n_frames(2).prefix(tag.unwrap_or_default());
            ("a.mp3", mp3.suffix(end).build())
        }
    }
}

fn any_tag() -> impl Strategy<Value = Vec<u8>> {
    let id = proptest::sample::select(vec![
        "TIT2", "TPE1", "TRCK", "TPOS", "TCON", "TDRC", "TYER", "TDAT", "TIPL", "IPLS", "TXXX",
        "COMM", "USLT", "UFID", "APIC", "PRIV", "CHAP", "XQQQ", "TT2", "TXX", "PIC", "COM",
    ]);
    let text = prop_oneof![
        "[ -~é]{0,9}",
        "(eng)?(arranger|Barcode|MusicBrainz Album Type|iTunNORM|)\u{0}[0-9a/(;]{0,9}",
        "[(0-9)/-]{0,9}",
    ];
    let text = (0..5_u8, text).prop_map(|(encoding, text)| [&[encoding], text.as_bytes()].concat());
    let data = prop_oneof![5 => text, 1 => proptest::collection::vec(any::<u8>(), 0..20)];
    let frames = proptest::collection::vec((id, data), 0..9);
    let flags = prop_oneof![9 => Just(0), 1 => any::<u8>()];
    (2..5_u8, frames, 0..99_usize, flags).prop_map(|(major, frames, padding, flags)| {
        let tag = Id3::new(major).padding(padding).flags(flags);
        let tag = frames
            .iter()
            .fold(tag, |tag, (id, data)| tag.frame(id, data));
        tag.build()
    })
}

proptest! {
    #[test]
    fn what_was_rendered_is_read_and_rendered_again(
        (name, origin) in any_file(),
        tags in any_tags(),
        id3v23: bool,
        covered: bool,
    ) {
        let how = How { id3v23, covered };
        if let Ok(rendering) = inspect(&origin, name.as_bytes()) {
            prop_assert!(rendering.plan.is_identity(origin.len() as u64));
            let _ = rendering.dump(&origin, None);
        }
        let _ = parse(&origin, name.as_bytes());
        if let Some(first) = rendered(name, &origin, &tags, how) {
            // What tags say by accident, such as a day without a month, goes with the next one.
            let again = |file: &[u8]| {
                let tags = parse(file, name.as_bytes()).unwrap();
                rendered(name, file, &tags, how).unwrap()
            };
            let second = again(&first);
            let third = again(&second);
            let read = |file: &[u8]| parse(file, name.as_bytes()).unwrap();
            prop_assert_eq!(read(&third), read(&second));
        }
    }
}
