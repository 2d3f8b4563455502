use fixtures::{Ape, ApeTag};

use super::ape_rendered::{composed, rendered, title};
use super::tags::{list, nulls, tags, text};
use crate::{Cover, Field, Options, TagSet, Value, render};
use fixtures::id3v1;

/// A Lyrics3v2 tag with its length.
const LYRICS: &[u8] = b"LYRICSBEGININD0000200LYR00005hello000034LYRICS200";

/// Compares the annotated dump of a rendering with the snapshot `name`, which `proves` something.
///
/// `tag` is what the file's tag holds.
#[track_caller]
fn check(name: &str, proves: &str, file: &Ape, tag: &ApeTag, tags: &TagSet<'_>) {
    let (rendering, _) = rendered(file, tag, tags);
    let dump = rendering.dump(&file.build(), None).unwrap();
    check_dump(name, proves, &dump);
}

/// As [`check`], for a WavPack file that ends with the tag.
#[track_caller]
fn check_tag(name: &str, proves: &str, tag: &ApeTag, tags: &TagSet<'_>) {
    check(name, proves, &Ape::wavpack().tag(tag), tag, tags);
}

#[track_caller]
fn check_dump(name: &str, proves: &str, dump: &str) {
    assert_dump!("ape", name, proves, dump);
}

fn old() -> ApeTag {
    ApeTag::new()
        .text("Title", "old")
        .text("Unknown Key", "kept")
        .text("Year", "1999")
}

#[test]
fn untagged() {
    let names = ["wavpack", "monkeys_audio", "musepack_sv7", "musepack_sv8"];
    for (name, file) in names.into_iter().zip(Ape::all()) {
        check(
            name,
            "a tag with header and footer is appended to a stream without one",
            &file,
            &ApeTag::new(),
            &title(),
        );
    }
}

#[test]
fn apev2() {
    check_tag(
        "apev2",
        "unknown keys stay, items are sorted by length, every key of a field is written",
        &old(),
        &tags([
            (Field::Title, text("Idioteque")),
            (Field::Albumartist, text("Radiohead")),
            (Field::Track, Value::Int(8)),
            (Field::Comp, Value::Int(1)),
            (Field::RgTrackGain, Value::Float(-7.255)),
            (Field::R128TrackGain, Value::Float(-3.5)),
        ]),
    );
}

#[test]
fn apev1() {
    let mut tag = old().without_header();
    tag.version = 1000;
    check_tag(
        "apev1",
        "an APEv1 tag, of another version and without a header, becomes APEv2",
        &tag,
        &title(),
    );
}

#[test]
fn headers() {
    check_tag(
        "no_header",
        "a tag without a header gets one",
        &old().without_header(),
        &title(),
    );
    let mut missing = old();
    missing.has_header = false;
    check_tag(
        "header_missing",
        "what stands in the place of a header that is not there is audio, whatever the footer says",
        &missing,
        &title(),
    );
    let mut unannounced = old();
    unannounced.flags = 0;
    check_tag(
        "header_unannounced",
        "a header that the footer does not announce stays, as beets leaves it",
        &unannounced,
        &title(),
    );
}

#[test]
fn leftovers() {
    let half = &ApeTag::new().build()[..24];
    check(
        "leftovers",
        "halves of headers that PyMusepack left go",
        &Ape::wavpack().front(half.repeat(2)).tag(&old()),
        &old(),
        &title(),
    );
}

#[test]
fn tails() {
    let v1 = id3v1("v1", "note", 9, 17);
    check(
        "id3v1_tail",
        "an ID3v1 tag behind an APEv2 tag goes",
        &Ape::wavpack().tag(&old()).tail(&v1),
        &old(),
        &title(),
    );
    check(
        "lyrics3_tail",
        "so does a Lyrics3 tag between the two",
        &Ape::wavpack().tag(&old()).tail([LYRICS, &v1].concat()),
        &old(),
        &title(),
    );
    check(
        "id3v1_alone",
        "behind an ID3v1 tag alone the new tag is appended",
        &Ape::wavpack().front(&v1),
        &ApeTag::new(),
        &title(),
    );
    check(
        "lyrics3_alone",
        "and so it is behind a Lyrics3 tag without one",
        &Ape::wavpack().front([LYRICS, &v1].concat()),
        &ApeTag::new(),
        &title(),
    );
}

#[test]
fn two_tags() {
    check(
        "two_tags",
        "of two tags the last is replaced, the other is copied unread",
        &Ape::wavpack()
            .front(ApeTag::new().text("Title", "first").build())
            .tag(&old()),
        &old(),
        &title(),
    );
}

#[test]
fn counts() {
    for (name, proves, count) in [
        ("count_too_large", "items end where the footer is", 9),
        ("count_too_small", "items beyond the count go", 2),
        (
            "count_of_none",
            "all do, if a header says where they start",
            0,
        ),
    ] {
        let mut tag = old();
        tag.count = Some(count);
        let mut counted = tag.clone();
        counted.items.truncate(count as usize);
        check(name, proves, &Ape::wavpack().tag(&tag), &counted, &title());
    }
    let mut tag = old().without_header();
    tag.rest = vec![0; 40];
    check_tag(
        "padding",
        "zeros between items and footer go",
        &tag,
        &title(),
    );
}

#[test]
fn binary_items() {
    check_tag(
        "binary_items",
        "pictures and other binary items are copied, small or large; of flags the kind stays",
        &ApeTag::new()
            .item(
                "Cover Art (Front)",
                2,
                [b"cover.jpg\0".as_slice(), &[7; 9000]].concat(),
            )
            .item("Cover Art (back)", 3, b"\0tiny")
            .item("Blob", 0x8000_0002, [0xff; 40])
            .item("Related", 4, "http://example.org/")
            .item("Locked", 1, "kept"),
        &title(),
    );
}

#[test]
fn case_variants() {
    check_tag(
        "case_variants",
        "of keys that differ in case the last stays, under its own spelling",
        &ApeTag::new()
            .text("TITLE", "one")
            .text("Mood", "lost")
            .text("title", "two")
            .item("MOOD", 2, b"\xff")
            .text("mood", "kept"),
        &title(),
    );
}

#[test]
fn order() {
    check_tag(
        "order",
        "items of one length are in the order of their bytes: length, flags, key",
        &ApeTag::new()
            .text("ABC", "1")
            .text("AB", "12")
            .item("AC", 2, b"xx")
            .text("AA", "zz")
            .text("ab c", ""),
        &TagSet::default(),
    );
}

#[test]
fn multiple_values() {
    check_tag(
        "multiple_values",
        "lists are one item, values separated by zeros; so are the origin's",
        &ApeTag::new()
            .text("Mood", "sad\0glad")
            .text("Genre", "a\0b"),
        &tags([
            (Field::Artist, text("Radiohead & Björk")),
            (Field::Artists, list(&["Radiohead", "Björk", "Radiohead"])),
            (Field::Genres, list(&["a", "", "b", ""])),
        ]),
    );
}

#[test]
fn empty_and_absent() {
    check_tag(
        "empty_and_absent",
        "empty text and an empty list are empty items, an absent value deletes, aliases too",
        &ApeTag::new()
            .text("Album", "x")
            .text("Genre", "x")
            .text("ISRC", "x")
            .text("Barcode", "x")
            .text("UPC", "x")
            .text("Ean/Upn", "x"),
        &tags([
            (Field::Album, text("")),
            (Field::Genres, list(&[])),
            (Field::Lyrics, text("")),
        ]),
    );
}

#[test]
fn list_beats_single() {
    check_tag(
        "list_beats_single",
        "of two fields with one key the later wins, also with an empty list",
        &ApeTag::new(),
        &tags([
            (Field::Albumtype, text("album")),
            (Field::Albumtypes, list(&["live", "album"])),
            (Field::MbArtistid, text("one")),
            (Field::MbArtistids, list(&[])),
        ]),
    );
}

#[test]
fn dates() {
    check_tag(
        "dates",
        "a date's year is written once more",
        &ApeTag::new()
            .text("Date", "1999-01-01T00:00")
            .text("Record Date", "kept"),
        &tags([
            (Field::Year, Value::Int(2000)),
            (Field::Month, Value::Int(10)),
            (Field::Day, Value::Int(2)),
            (Field::OriginalYear, Value::Int(0)),
            (Field::OriginalMonth, Value::Int(7)),
        ]),
    );
}

#[test]
fn nulls_of_beets() {
    check_tag(
        "nulls_of_beets",
        "every field that beets writes, as it writes an item without values",
        &old(),
        &nulls(),
    );
}

#[test]
fn cover() {
    let tag = ApeTag::new()
        .item(
            "Cover Art (Front)",
            2,
            [b"cover.jpg\0".as_slice(), &[7; 9000]].concat(),
        )
        .item("COVER ART (Colored Fish)", 2, b"\0fish")
        .item("Cover Art (unheard of)", 2, b"\0kept")
        .text("Title", "old");
    let origin = Ape::wavpack().tag(&tag).build();
    let picture = [b"\xff\xd8\xff\xe0".as_slice(), &[9; 7000].repeat(10)].concat();
    let cover = Cover::new(&picture).unwrap();
    let rendering = render(&origin, b"a.wv", &title(), cover, &Options::default()).unwrap();
    let dump = rendering.dump(&origin, cover).unwrap();
    check_dump(
        "cover",
        "a cover takes the place of every picture that mediafile knows, without a description",
        &dump,
    );
    assert!(rendering.plan.generated_len() < 200);
    let item = [b"Cover Art (front)\0\0".as_slice(), &picture].concat();
    let bytes = composed(&rendering, &origin, cover);
    assert!(bytes.windows(item.len()).any(|window| window == item));
}
