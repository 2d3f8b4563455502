//! ID3 tags, in all that holds them.

use fixtures::{Chunked, Dsf, Id3, Mp3, id3v1};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::{check_embedding, check_reading, check_written_by_mediafile};

/// Makes a file of a tag, or without one, and bytes at its end.
type Maker = fn(Option<&[u8]>, &[u8]) -> Vec<u8>;

/// What holds ID3 tags, by extension.
const HOLDERS: [(&str, Maker); 5] = [
    ("mp3", |tag, end| {
        let mp3 = Mp3::new().n_frames(3).suffix(end);
        mp3.prefix(tag.unwrap_or_default()).build()
    }),
    ("wav", |tag, end| {
        let wav = Chunked::wav().chunk(b"LIST", b"INFO").tail(end);
        tag.map_or(wav.clone(), |tag| wav.chunk(b"id3 ", tag))
            .build()
    }),
    ("wav", |tag, end| {
        let wav = Chunked::wav().tail(end);
        tag.map_or(wav.clone(), |tag| wav.chunk_before(b"ID3 ", tag))
            .build()
    }),
    ("aiff", |tag, end| {
        let aiff = Chunked::aiff().chunk(b"ANNO", b"odd").tail(end);
        tag.map_or(aiff.clone(), |tag| aiff.chunk(b"ID3 ", tag))
            .build()
    }),
    ("dsf", |tag, end| {
        let dsf = tag.map_or(Dsf::new(), |tag| Dsf::new().tag(tag));
        [&dsf.build(), end].concat()
    }),
];

/// Text frames that fields are read from, and those of older versions.
const TEXTS: [&str; 32] = [
    "TALB", "TBPM", "TCMP", "TCOM", "TCON", "TDAT", "TDOR", "TDRC", "TENC", "TEXT", "TIME", "TIT1",
    "TIT2", "TIT3", "TKEY", "TLAN", "TMED", "TORY", "TPE1", "TPE2", "TPE4", "TPOS", "TPUB", "TRCK",
    "TSO2", "TSOC", "TSOP", "TSRC", "TSST", "TYER", "TDRC", "TRCK",
];
/// The same of version 2.2.
const OLD_TEXTS: [&str; 9] = [
    "TAL", "TCO", "TDA", "TIM", "TOR", "TP1", "TRK", "TT2", "TYE",
];
/// Descriptions of TXXX frames, some of which differ in case alone.
const DESCRIPTIONS: [&str; 22] = [
    "ALBUMARTISTS",
    "ALBUM_ARTISTS",
    "ALBUM ARTISTS",
    "albumartistsort",
    "ARTISTS",
    "BARCODE",
    "Barcode",
    "CATALOGNUMBER",
    "CATALOGID",
    "DISCOGS_CATALOG",
    "LABEL",
    "MEDIA",
    "MusicBrainz Album Type",
    "MUSICBRAINZ ALBUM TYPE",
    "MusicBrainz Artist Id",
    "MusicBrainz Album Artist Id",
    "R128_TRACK_GAIN",
    "REPLAYGAIN_TRACK_GAIN",
    "replaygain_track_gain",
    "REPLAYGAIN_ALBUM_GAIN",
    "replaygain_track_peak",
    "\u{212a}ind",
];
const SOUND_CHECK: &str =
    " 000014C3 000014C2 000033E7 000033E7 00000000 00000000 00007E88 00007E87 00000000 00000000";

/// A frame: its identifier, and its data.
type Frame = (&'static str, Vec<u8>);

#[test]
fn frames_of_every_kind() {
    for (extension, make) in HOLDERS {
        let mut runner = TestRunner::default();
        let mut any = |major: u8| {
            let frames = proptest::collection::vec(frame(major), 0..40);
            let frames = frames.new_tree(&mut runner).expect("nothing is refused");
            let tag = Id3::new(major).padding(5);
            (frames.current().iter()).fold(tag, |tag, (id, data)| tag.frame(id, data))
        };
        let files: Vec<_> = [4, 3, 2, 4, 3]
            .into_iter()
            .cycle()
            .take(if extension == "mp3" { 300 } else { 30 })
            .map(|major| {
                let tag = any(major).build();
                let end = id3v1("V1 title", "", 7, 12);
                make(Some(&tag), if tag.len() % 3 == 0 { &end } else { &[] })
            })
            .collect();
        check_reading(extension, &files);
    }
}

fn frame(major: u8) -> BoxedStrategy<Frame> {
    let select = proptest::sample::select::<&str>;
    let texts = |count| proptest::collection::vec(text(), count);
    if major == 2 {
        let known = (select(OLD_TEXTS.to_vec()), encoded(texts(0..2)));
        let users = (Just("TXX"), encoded(texts(2..3)));
        return prop_oneof![4 => known, 1 => users].boxed();
    }
    let known = (select(TEXTS.to_vec()), encoded(texts(0..4)));
    let users = (Just("TXXX"), encoded(described(&DESCRIPTIONS, texts(0..4))));
    let check = prop_oneof![Just(SOUND_CHECK.to_owned()), text()].prop_map(|text| vec![text]);
    let checks = encoded(described(&["iTunNORM", "itunnorm"], check));
    let words = encoded(described(&["", "other"], texts(1..2)));
    let with_language = |data: Vec<u8>| [&data[..1], b"eng", &data[1..]].concat();
    let part = prop_oneof!["arranger", "Arranger", "mixer", "x"];
    let people = encoded(proptest::collection::vec(part, 0..6));
    let owners = ["http://musicbrainz.org\0", "http://example.org\0"];
    let identifiers =
        (select(owners.to_vec()), text()).prop_map(|(owner, text)| owner.to_owned() + &text);
    prop_oneof![
        8 => known,
        8 => users,
        1 => (Just("COMM"), checks.prop_map(with_language)),
        1 => (prop_oneof![Just("COMM"), Just("USLT")], words.prop_map(with_language)),
        1 => (prop_oneof![Just("TIPL"), Just("IPLS")], people),
        1 => (Just("UFID"), identifiers.prop_map(String::into_bytes)),
        1 => (select(TEXTS.to_vec()), proptest::collection::vec(any::<u8>(), 0..12)),
    ]
    .boxed()
}

/// Any text, and often one that looks like something.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "",
        "[ -~é]{0,8}",
        "[a-z/]{0,5}",
        "[-+]?[0-9]{1,4}(/[0-9]{1,3}){0,2}",
        "[-+]?[0-9]{0,3}[.,_]?[0-9]{0,3}( dB|db| )?",
        "[0-9]{4}(-[0-9]{1,2}){0,2}([T ]12:00)?",
        "[0-9]{4}",
        "(\\([0-9]{1,3}\\)){1,2}(Odd)?",
    ]
}

/// Puts a description in front of texts.
fn described(
    descriptions: &[&'static str],
    texts: impl Strategy<Value = Vec<String>>,
) -> impl Strategy<Value = Vec<String>> {
    let descriptions = proptest::sample::select(descriptions.to_vec());
    (descriptions, texts).prop_map(|(description, mut texts)| {
        texts.insert(0, description.to_owned());
        texts
    })
}

/// Returns the data of a frame with texts in any encoding, the last of them terminated or not.
fn encoded(texts: impl Strategy<Value = Vec<String>>) -> impl Strategy<Value = Vec<u8>> {
    (0..4_u8, texts, any::<bool>()).prop_map(|(encoding, texts, ended)| {
        let texts = texts.join("\0") + if ended { "\0" } else { "" };
        let wide = |bytes: fn(u16) -> [u8; 2]| texts.encode_utf16().flat_map(bytes).collect();
        let data: Vec<u8> = match encoding {
            0 => texts
                .chars()
                .map(|c| u8::try_from(c).unwrap_or(b'?'))
                .collect(),
            // Each text has a byte order mark of its own.
            1 => wide(u16::to_le_bytes),
            2 => wide(u16::to_be_bytes),
            _ => texts.into_bytes(),
        };
        [&[encoding], data.as_slice()].concat()
    })
}

#[test]
fn structures() {
    let tag = |major: u8| Id3::new(major).frame("TIT2", b"\0old").padding(9);
    let end = id3v1("V1 title", "note", 7, 12);
    for (extension, make) in HOLDERS {
        let tags = [
            tag(4),
            tag(3),
            tag(4).footer().flags(0x10),
            tag(3).flags(0x80),
            tag(4).flags(0x0f),
            Id3::new(2).frame("TT2", b"\0old"),
        ];
        let tags = tags.map(|tag| tag.build());
        let mut files: Vec<_> = (tags.iter())
            .flat_map(|tag| [make(Some(tag), b""), make(Some(tag), &end)])
            .collect();
        files.extend([make(None, b""), make(None, &end)]);
        // With an ID3v1 tag as well, mediafile reads that one, but cannot write the file.
        files.push(make(Some(&tag(5).build()), b""));
        files.push(make(Some(b"no tag"), b""));
        files.push(b"".to_vec());
        check_reading(extension, &files);
    }
}

#[test]
fn what_mediafile_writes() {
    for (extension, make) in HOLDERS {
        check_written_by_mediafile(extension, &make(None, b""));
    }
}

#[test]
fn covers() {
    let picture = |name: &str| [b"\0image/png\0\x03", name.as_bytes(), b"\0data"].concat();
    let tag = Id3::new(3)
        .frame("APIC", picture(""))
        .frame("APIC", picture("b"));
    let tags = [tag.frame("TIT2", b"\0old").build(), Id3::new(4).build()];
    for (extension, make) in HOLDERS {
        let mut files: Vec<_> = tags.iter().map(|tag| make(Some(tag), b"")).collect();
        files.push(make(None, b""));
        check_embedding(extension, &files);
    }
}
