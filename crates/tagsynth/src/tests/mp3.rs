use fixtures::{id3v1, synchsafe, unsynchronised};
use splice::ReadAt;

use super::cover_file::{jpeg, png};
use super::mp3_file::{Id3File, apev2, id3_file, picture};
use super::mp3_rendered::{covered, many, options, rendered, title};
use super::tags::{list, nulls, tags, text};
use crate::{Composed, Cover, Field, Options, TagSet, Value, render};

/// Compares the annotated dump of a rendering with the snapshot `name`, which `proves` something;
/// and checks that rendering the virtual file once more changes nothing.
#[track_caller]
fn check(name: &str, proves: &str, file: &Id3File, tags: &TagSet<'_>) {
    let bytes = check_once(name, proves, file, tags, false);
    check_again(&bytes, tags, false);
}

/// As [`check`], for version 2.3.
#[track_caller]
fn check_v23(name: &str, proves: &str, file: &Id3File, tags: &TagSet<'_>) {
    let bytes = check_once(name, proves, file, tags, true);
    check_again(&bytes, tags, true);
}

/// Compares, likewise, the rendering with a cover.
#[track_caller]
fn check_covered(name: &str, proves: &str, file: &Id3File, picture: &[u8], id3v23: bool) {
    let cover = Cover::new(&picture).unwrap();
    let (rendering, _) = covered(file, &title(), cover, id3v23);
    compare(name, proves, &rendering.dump(&file.bytes(), cover).unwrap());
}

#[track_caller]
fn check_again(bytes: &[u8], tags: &TagSet<'_>, id3v23: bool) {
    let again = render(bytes, b"a.mp3", tags, None, &options(id3v23)).unwrap();
    assert!(again.plan.is_identity(bytes.len() as u64));
}

/// Compares with the snapshot alone; for what beets changes further with every writing.
#[track_caller]
fn check_once(
    name: &str,
    proves: &str,
    file: &Id3File,
    tags: &TagSet<'_>,
    id3v23: bool,
) -> Vec<u8> {
    let (rendering, bytes) = rendered(file, tags, id3v23);
    compare(name, proves, &rendering.dump(&file.bytes(), None).unwrap());
    bytes
}

#[track_caller]
fn compare(name: &str, proves: &str, dump: &str) {
    assert_dump!("mp3", name, proves, dump);
}

#[test]
fn no_tag() {
    check(
        "no_tag",
        "a tag of whole pages is put in front, all values in 2.4",
        &id3_file(0),
        &many(),
    );
}

#[test]
fn v23_output() {
    check_v23(
        "v23_output",
        "UTF-16, lists joined by slashes, the date in TYER and TDAT, people in IPLS",
        &id3_file(0),
        &many(),
    );
}

#[test]
fn v24_origin() {
    let file = id3_file(4)
        .frame("TIT2", "\x03old")
        .frame("TMOO", b"\0calm")
        .frame("TXXX", "\x03MOOD\0sad\0glad")
        .frame("PRIV", b"owner\0\x01\x02")
        .frame("POPM", b"me\0\xff\x05")
        .frame("XQQQ", b"unknown")
        .padding(50);
    check(
        "v24_origin",
        "frames of no field stay, unknown ones last; the length stays",
        &file,
        &title(),
    );
    check_v23(
        "v24_origin_as_v23",
        "what is new in 2.4 goes, as do unknown frames",
        &file,
        &title(),
    );
}

#[test]
fn v23_origin() {
    let file = id3_file(3)
        .frame("TIT2", b"\x01\xff\xfeo\0l\0d\0")
        .frame("TYER", b"\x001999")
        .frame("TDAT", b"\x003112")
        .frame("TIME", b"\x002359")
        .frame("TORY", b"\x001970")
        .frame("IPLS", b"\0arranger\0Old\0mixer\0Max\0")
        .frame("RVAD", b"\x03\x10\0\x01\0\x01")
        .frame("TCON", b"\0(17)(13)Odd")
        .frame("XQQQ", b"unknown")
        .frame("COMM", b"\0eng\0one\0\0\0")
        .padding(300);
    check(
        "v23_origin",
        "old frames become those of 2.4, and fields that are not given go",
        &file,
        &title(),
    );
    check_v23(
        "v23_origin_as_v23",
        "unknown frames of 2.3 stay in 2.3",
        &file,
        &title(),
    );
}

#[test]
fn v22_origin() {
    let file = id3_file(2)
        .frame("TT2", b"\0old")
        .frame("TRK", b"\x007/12")
        .frame("WXX", b"\0there\0http://example.org")
        .frame("PIC", [b"\0JPG\x03cover\0".as_slice(), &[7; 20]].concat())
        .frame("CRM", b"owner\0why\0data")
        .frame("LNK", b"TT2http://example.org\0x")
        .frame("XYZ", b"unknown")
        .padding(20);
    check(
        "v22_origin",
        "frames get their later names, pictures a media type",
        &file,
        &title(),
    );
}

#[test]
fn unsynchronised_origins() {
    let data = [
        picture("image/jpeg", "", 0),
        vec![0xff, 0xe0, 0xff, 0, 0xff],
    ]
    .concat();
    let v23 = id3_file(3).frame("APIC", &data).frame("TLEN", b"\x007");
    let v23 = v23.with(|tag| tag.flags(0x80));
    check(
        "v23_unsynchronised",
        "the bytes that unsynchronisation put in go",
        &v23,
        &title(),
    );
    let coded = [synchsafe(data.len()).as_slice(), &unsynchronised(&data)].concat();
    let v24 = id3_file(4).with(|tag| tag.flagged("APIC", 0x0003, coded).flags(0x80));
    let v24 = v24.frame("TLEN", b"\x007");
    check(
        "v24_unsynchronised",
        "so they do per frame, with the length before it",
        &v24,
        &title(),
    );
}

#[test]
fn extended_headers() {
    let extended = |major: u8, bytes: &[u8]| {
        let file = id3_file(major).frame("TLEN", b"\x007").padding(9);
        file.with(|tag| tag.flags(0x40).extended(bytes))
    };
    let v23 = extended(3, b"\0\0\0\x06\0\0\0\0\0\x09");
    check(
        "v23_extended_header",
        "the extended header goes",
        &v23,
        &title(),
    );
    let v24 = extended(4, b"\0\0\0\x06\x01\0");
    check(
        "v24_extended_header",
        "its length counts itself in 2.4",
        &v24,
        &title(),
    );
    let v24 = extended(4, b"");
    check("v24_no_extended_header", "the flag may lie", &v24, &title());
}

#[test]
fn footer() {
    let file = id3_file(4).frame("TLEN", b"\x007");
    let file = file.with(|tag| tag.flags(0x10).footer());
    check(
        "footer",
        "the footer goes, and counts for the length",
        &file,
        &title(),
    );
}

#[test]
fn flagged_frames() {
    let deflated = miniz_oxide::deflate::compress_to_vec_zlib(b"\x03Max", 6);
    let deflated = [b"\0\0\0\x04".as_slice(), &deflated].concat();
    let file = id3_file(4).with(|tag| {
        tag.flagged("TPE3", 0x0009, deflated)
            .flagged("TOPE", 0x0040, b"\x07\x03group")
            .flagged("TOAL", 0x0004, b"\x81secret")
            .flagged("TOLY", 0x4000, b"\0readable")
    });
    check(
        "flagged_frames",
        "compressed frames are inflated, encrypted ones kept, grouped ones lost",
        &file,
        &title(),
    );
}

#[test]
fn pictures() {
    let file = id3_file(3)
        .frame("APIC", picture("image/jpeg", "", 40_000))
        .frame("APIC", picture("PNG", "", 9))
        .frame("GEOB", b"\x01type\0\xff\xfef\0\0\0\xff\xfe\0\0data")
        .padding(100);
    check(
        "pictures",
        "pictures stay in order, also two without a description",
        &file,
        &title(),
    );
    check_v23(
        "pictures_as_v23",
        "nothing changes for them in 2.3",
        &file,
        &title(),
    );
}

#[test]
fn cover() {
    let file = id3_file(3)
        .frame("APIC", picture("image/jpeg", "", 40_000))
        .frame("TLEN", b"\x007")
        .frame("APIC", picture("image/png", "back", 9));
    check_covered(
        "cover",
        "a cover is the only picture, and fits where the old ones were",
        &file,
        &jpeg(30_000),
        false,
    );
    check_covered(
        "cover_as_v23",
        "the same in 2.3, whose sizes are plain",
        &id3_file(0),
        &png(5000),
        true,
    );
}

#[test]
fn id3v1_tail() {
    let file = id3_file(4)
        .frame("TIT2", b"\0v2")
        .tail(id3v1("v1", "note", 9, 17))
        .padding(200);
    check(
        "id3v1_tail",
        "what only ID3v1 has is taken over; it is rewritten from the result, without its comment",
        &file,
        &tags([
            (
                Field::Title,
                text("A title of more than thirty characters, in 日本"),
            ),
            (Field::Track, Value::Int(300)),
            (Field::Tracktotal, Value::Int(0)),
            (Field::Year, Value::Int(99999)),
            (Field::Genres, list(&["Jazz"])),
        ]),
    );
    check_v23("id3v1_tail_as_v23", "so it is from 2.3", &file, &many());
    let alone = id3_file(0).tail(id3v1("v1", "note", 0, 255));
    check(
        "id3v1_alone",
        "fields that are not given go from both",
        &alone,
        &title(),
    );
}

#[test]
fn other_tails() {
    let ape = id3_file(4).frame("TIT2", b"\0v2").tail(apev2());
    check("apev2_tail", "an APEv2 tag is copied", &ape, &title());
    let both = ape.tail([apev2(), id3v1("v1", "", 1, 0)].concat());
    check(
        "apev2_and_id3v1_tails",
        "an ID3v1 tag after it is rewritten",
        &both,
        &title(),
    );
    let lyrics = b"LYRICSBEGININD0000200LYR00005hello000034LYRICS200";
    let lyrics = id3_file(3).tail([lyrics.as_slice(), &id3v1("v1", "", 1, 0)].concat());
    check("lyrics3_tail", "Lyrics3 is copied", &lyrics, &title());
}

#[track_caller]
fn check_dropped(tail: &[u8], left: &[u8]) {
    let file = id3_file(4).frame("TIT2", b"\0v2");
    let origin = file.clone().tail(tail).bytes();
    let expected = file.tail(left).bytes();
    let dropping = Options {
        drop_ape: true,
        ..options(false)
    };
    let render = |origin: &Vec<u8>, options: &Options| {
        let rendering = render(origin, b"a.mp3", &title(), None, options).unwrap();
        all(&Composed::new(&rendering.plan, origin, None))
    };
    assert_eq!(
        render(&origin, &dropping),
        render(&expected, &options(false))
    );
}

fn all(file: &impl ReadAt) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(file.len()).unwrap()];
    assert_eq!(file.read_at(&mut bytes, 0).unwrap(), bytes.len());
    bytes
}

#[test]
fn an_apev2_tag_can_be_dropped() {
    let v1 = id3v1("v1", "", 1, 0);
    check_dropped(&apev2(), b"");
    check_dropped(&[apev2(), v1.clone()].concat(), &v1);
    let mut with_header = apev2();
    let mut header = with_header[with_header.len() - 32..].to_vec();
    header[23] = 0xa0;
    with_header.splice(..0, header);
    let flags = with_header.len() - 9;
    with_header[flags] = 0x80;
    check_dropped(&with_header, b"");
}

#[test]
fn an_apev2_tag_whose_size_lies_is_copied() {
    for size in [0_u32, 31, 1 << 20, u32::MAX] {
        let mut tag = apev2();
        let at = tag.len() - 20;
        tag[at..at + 4].copy_from_slice(&size.to_le_bytes());
        check_dropped(&tag, &tag);
    }
}

#[test]
fn second_tags_and_junk_stay() {
    let mut file = id3_file(4).frame("TIT2", b"\0first");
    file.junk = id3_file(3).frame("TIT2", b"\0second").padding(30).tag();
    file.junk.extend([0; 300]);
    check(
        "second_tag",
        "a second tag is copied, unread",
        &file,
        &title(),
    );
}

#[test]
fn multiple_values() {
    let file = id3_file(4)
        .frame("TPE1", "\x03A\0B\0A")
        .frame("TIT2", b"\0First")
        .frame("TIT2", b"\x01\xff\xfeF\0i\0r\0s\0t\0\0\0S\0")
        .frame("TOPE", b"\0one")
        .frame("TOPE", "\x03one\0zwölf")
        .frame("TDEN", b"\x001999\x001999\0garbage")
        .frame("TEXT", b"\0")
        .padding(300);
    let kept = tags([
        (Field::Artists, list(&["a", "b", ""])),
        (Field::Composers, list(&["x\0y", "z"])),
    ]);
    check(
        "multiple_values",
        "repeated frames become one with all values; lists keep empty ones",
        &file,
        &kept,
    );
    check_v23(
        "multiple_values_as_v23",
        "2.3 has one value to a frame",
        &file,
        &kept,
    );
}

#[test]
fn empty_and_absent() {
    let empty = tags([
        (Field::Artist, text("")),
        (Field::Genres, list(&[])),
        (Field::Artists, list(&[])),
        (Field::Composers, list(&[""])),
        (Field::Lyrics, text("")),
        (Field::Comments, text("")),
        (Field::MbTrackid, text("")),
        (Field::Barcode, text("")),
        (Field::Track, Value::Int(0)),
        (Field::Year, Value::Int(0)),
        (Field::RgTrackPeak, Value::Float(0.0)),
    ]);
    let file = id3_file(4)
        .frame("TPE1", b"\0old")
        .frame("TCON", b"\0old")
        .frame("TRCK", b"\x005/6")
        .frame("TDRC", b"\x001999-12-31")
        .frame("TIPL", b"\0arranger\0Old\0")
        .padding(300);
    check(
        "empty_and_absent",
        "empty text goes but for lyrics and the identifier; zeros stay",
        &file,
        &empty,
    );
    check(
        "nulls_of_beets",
        "the nulls of the database",
        &file,
        &nulls(),
    );
}

#[test]
fn case_variants() {
    let file = id3_file(4)
        .frame("TXXX", b"\0Barcode\0lower")
        .frame("TXXX", b"\0BARCODE\0upper")
        .frame("TXXX", b"\0artists\0old")
        .frame("TXXX", b"\0Artists\0older")
        .frame("TXXX", b"\0Asin\0a")
        .frame("TXXX", b"\0asin\0b")
        .frame("TXXX", "\x03\u{212a}ind\0kelvin")
        .frame("COMM", b"\0eng\0english")
        .frame("COMM", b"\0fra\0french")
        .frame("COMM", b"\0engItunnorm\0 000003E8 000003E8 000009C4 000009C4 00000000 00000000 00007FFF 00007FFF 00000000 00000000")
        .frame("USLT", b"\0deu\0words")
        .padding(500);
    let values = tags([
        (Field::Barcode, text("new")),
        (Field::Artists, list(&["new"])),
        (Field::Comments, text("new")),
        (Field::Lyrics, text("new")),
        (Field::RgTrackGain, Value::Float(3.5)),
        (Field::RgTrackPeak, Value::Float(0.5)),
    ]);
    check_once(
        "case_variants",
        "scalars edit every spelling, lists and deletions the first",
        &file,
        &values,
        false,
    );
}

#[test]
fn halves() {
    let file = id3_file(4)
        .frame("TRCK", b"\x001/2/3")
        .frame("TPOS", b"\x001/2")
        .padding(50);
    let values = tags([
        (Field::Track, Value::Int(7)),
        (Field::Disctotal, Value::Int(9)),
    ]);
    check_once(
        "halves",
        "without a total beets takes off the last part, and writes what it calls nothing",
        &file,
        &values,
        false,
    );
}

#[test]
fn chapters() {
    let file = id3_file(3)
        .frame("CHAP", b"one\0\0\0\0\0\0\0\x01\0\xff\xff\xff\xff\xff\xff\xff\xffTYER\0\0\0\x05\0\0\x001999XQQQ\0\0\0\x01\0\0x")
        .frame("CTOC", b"toc\0\x03\x02one\0two\0")
        .padding(50);
    check(
        "chapters",
        "frames within frames are upgraded as well",
        &file,
        &title(),
    );
    check_v23(
        "chapters_as_v23",
        "and stay what they were in 2.3",
        &file,
        &title(),
    );
}

#[test]
fn exact_fit() {
    let needed = id3_file(4).frame("TIT2", "\x03Idioteque\0");
    check(
        "exact_fit",
        "no padding where none is left",
        &needed,
        &tags([(Field::Title, text("idioteque"))]),
    );
}

#[test]
fn growth() {
    let file = id3_file(4).frame("TIT2", "\x03Idioteque");
    check(
        "growth",
        "what does not fit by a byte grows by a page",
        &file,
        &title(),
    );
}
