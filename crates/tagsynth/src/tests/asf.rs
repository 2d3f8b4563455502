use fixtures::{Asf, AsfAttribute, AsfObjects};

use super::asf_rendered::{asf, covered, rendered};
use super::cover_file::{jpeg, png};
use super::tags::{list, nulls, tags, text};
use crate::{Cover, Field, Rendering, TagSet, Value};

const LANGUAGE_LIST: &str = "7C4346A9-EFE0-4BFC-B229-393EDE415C85";
const MARKER: &str = "F487CD01-A951-11CF-8EE6-00C00C205365";
const UNKNOWN: &str = "01234567-89AB-CDEF-0123-456789ABCDEF";

/// Compares the annotated dump of a rendering with the snapshot `name`, which `proves` something.
#[track_caller]
fn check(name: &str, proves: &str, file: &Asf, tags: &TagSet<'_>) {
    let (rendering, _) = rendered(file, tags);
    check_dump(name, proves, &rendering, file, None);
}

#[track_caller]
fn check_covered(name: &str, proves: &str, file: &Asf, tags: &TagSet<'_>, picture: &[u8]) {
    let (rendering, _) = covered(file, tags, picture);
    let cover = Cover::new(&picture).unwrap();
    check_dump(name, proves, &rendering, file, cover);
}

#[track_caller]
fn check_dump(
    name: &str,
    proves: &str,
    rendering: &Rendering,
    file: &Asf,
    cover: Option<Cover<'_>>,
) {
    let dump = rendering.dump(&file.build(), cover).unwrap();
    assert_dump!("asf", name, proves, dump);
}

fn title() -> TagSet<'static> {
    tags([(Field::Title, text("Idioteque"))])
}

fn attribute(name: &str, text: &str) -> AsfAttribute {
    AsfAttribute::text(name, text)
}

/// What an encoder leaves: all four objects, and padding.
fn tagged() -> AsfObjects {
    let extension = AsfObjects::new()
        .object(LANGUAGE_LIST, &[1, 0, 2, 0, 0])
        .metadata(&[AsfAttribute::new("IsVBR", 2, [1, 0]).stream(1)])
        .library(&[attribute("Mood", "tense").language(0)]);
    AsfObjects::new()
        .extension(&extension)
        .description(["old", "old", "kept", "old", "kept"])
        .extended(&[
            attribute("WM/Genre", "old"),
            attribute("WMFSDKVersion", "9"),
        ])
        .padding(500)
}

#[test]
fn no_tags() {
    check(
        "no_tags",
        "missing objects are added, in the header and in a header extension that was missing too; \
         a header without padding grows by 4096 bytes, and so does the size that it states",
        &Asf::new(),
        &title(),
    );
}

#[test]
fn every_object() {
    check(
        "every_object",
        "each attribute goes to the object that holds its kind; what beets does not manage stays",
        &asf(tagged()),
        &tags([
            (Field::Title, text("Idioteque")),
            (Field::Artist, text("Radiohead & Björk 🎵")),
            (Field::Artists, list(&["Radiohead", "Björk", "Radiohead"])),
            (Field::Comments, text("note")),
            (Field::Track, Value::Int(8)),
            (Field::Comp, Value::Int(2)),
            (Field::RgTrackGain, Value::Float(-7.255)),
            (Field::R128TrackGain, Value::Float(-3.5)),
            (Field::Year, Value::Int(2000)),
            (Field::Month, Value::Int(10)),
            (Field::Day, Value::Int(2)),
            (Field::OriginalYear, Value::Int(1999)),
        ]),
    );
}

#[test]
fn nulls_of_beets() {
    check(
        "nulls_of_beets",
        "every field that beets writes, as it writes an item without values",
        &asf(tagged().padding(3000)),
        &nulls(),
    );
}

#[test]
fn empty_and_absent() {
    let attributes = [
        "WM/AlbumTitle",
        "WM/Genre",
        "WM/ISRC",
        "WM/CatalogNo",
        "CATALOGID",
    ];
    check(
        "empty_and_absent",
        "empty text is written, an empty list and an absent value delete, aliases too",
        &asf(AsfObjects::new()
            .description(["x", "x", "", "x", ""])
            .extended(&attributes.map(|name| attribute(name, "x")))
            .padding(900)),
        &tags([
            (Field::Album, text("")),
            (Field::Artist, text("")),
            (Field::Genres, list(&[])),
            (Field::Artists, list(&["", "b", ""])),
        ]),
    );
}

#[test]
fn names_have_a_case() {
    check(
        "names_have_a_case",
        "a name in another case is another name, and stays; so do aliases of a field with a value",
        &asf(AsfObjects::new()
            .extended(&[
                attribute("wm/catalogno", "kept"),
                attribute("WM/CatalogNo", "old"),
                attribute("DISCOGS_CATALOG", "kept"),
                attribute("title", "kept"),
            ])
            .padding(900)),
        &tags([
            (Field::Title, text("Idioteque")),
            (Field::Catalognum, text("1")),
        ]),
    );
}

#[test]
fn list_beats_single() {
    check(
        "list_beats_single",
        "of two fields with one name the later wins, also with an empty list",
        &asf(AsfObjects::new().padding(900)),
        &tags([
            (Field::Albumtype, text("album")),
            (Field::Albumtypes, list(&["live", "album"])),
            (Field::MbArtistid, text("one")),
            (Field::MbArtistids, list(&[])),
        ]),
    );
}

#[test]
fn long_values() {
    check(
        "long_values",
        "a value whose length has more than 16 bits goes to the Metadata Library, a title too",
        &asf(AsfObjects::new().padding(900)),
        &tags([
            (Field::Title, text(&"T".repeat(0x8000))),
            (Field::Artist, text(&"A".repeat(0x7ffe))),
            (Field::Lyrics, text(&"la la\n".repeat(9000))),
        ]),
    );
}

#[test]
fn types() {
    let kinds = [
        AsfAttribute::new("Bytes", 1, *b"bytes"),
        AsfAttribute::new("Yes", 2, [1, 0, 0, 0]),
        AsfAttribute::new("Two", 2, [2, 0, 0, 0]),
        AsfAttribute::new("Dword", 3, [1, 2, 3, 4]),
        AsfAttribute::new("Qword", 4, [1, 2, 3, 4, 5, 6, 7, 8]),
        AsfAttribute::new("Word", 5, [1, 2]),
        AsfAttribute::new("Guid", 6, [9; 16]),
        AsfAttribute::new("Rating", 3, [5, 0, 0, 0]),
        AsfAttribute::new("Picture", 1, [7; 5000]),
        AsfAttribute::new("WM/TrackNumber", 3, [8, 0, 0, 0]),
    ];
    check(
        "types",
        "values keep their types; GUIDs and a rating that is no text move to the Metadata Library, \
         where truths have two bytes less; of a truth it counts whether it is one",
        &asf(AsfObjects::new().extended(&kinds).padding(900)),
        &tags([(Field::Track, Value::Int(8))]),
    );
}

#[test]
fn streams_and_languages() {
    let vbr = |stream| AsfAttribute::new("IsVBR", 2, [1, 0]).stream(stream);
    let title = |language, stream| attribute("Title", "x").language(language).stream(stream);
    let extension = AsfObjects::new()
        .metadata(&[
            vbr(1),
            vbr(2),
            attribute("Description", "of a stream").stream(3),
        ])
        .library(&[
            vbr(3),
            attribute("Mood", "tense").language(1),
            title(2, 0),
            title(0, 7),
        ]);
    check(
        "streams_and_languages",
        "numbers of streams and languages stay; of one name Metadata holds the first alone; what \
         beets manages goes, whatever stream or language it is of",
        &asf(AsfObjects::new().extension(&extension).padding(900)),
        &title_and_comments(),
    );
}

fn title_and_comments() -> TagSet<'static> {
    tags([
        (Field::Title, text("Idioteque")),
        (Field::Comments, text("note")),
    ])
}

#[test]
fn several_of_one_kind() {
    let extension = |name| {
        AsfObjects::new()
            .metadata(&[attribute(name, "m").stream(1)])
            .library(&[attribute(name, "l").stream(2)])
    };
    check(
        "several_of_one_kind",
        "of several objects of one kind the first stays, and holds what is in the others too",
        &asf(AsfObjects::new()
            .extended(&[attribute("Mood", "tense"), attribute("WM/Genre", "old")])
            .description(["first", "", "c", "", ""])
            .extension(&extension("first"))
            .extended(&[attribute("Mood", "calm"), attribute("Tone", "dark")])
            .description(["second", "", "d", "", ""])
            .extension(&extension("second"))
            .padding(900)),
        &title(),
    );
}

#[test]
fn objects_out_of_place() {
    let inner = AsfObjects::new()
        .library(&[attribute("Deep", "x")])
        .object(UNKNOWN, b"deep");
    let extension = AsfObjects::new()
        .description(["hidden", "", "c", "", ""])
        .extended(&[attribute("Hidden", "x")])
        .extension(&inner)
        .padding(100);
    check(
        "objects_out_of_place",
        "what is in objects that stand where they do not belong moves to where it does; header \
         extensions within each other stay",
        &asf(AsfObjects::new()
            .metadata(&[attribute("Outside", "x")])
            .library(&[attribute("Outside", "y").language(1)])
            .extension(&extension)
            .padding(900)),
        &title(),
    );
}

#[test]
fn unknown_objects() {
    let extension = AsfObjects::new()
        .object(UNKNOWN, &[1; 5000])
        .metadata(&[])
        .object(LANGUAGE_LIST, &[1, 0, 2, 0, 0])
        .library(&[])
        .object(UNKNOWN, b"");
    check(
        "unknown_objects",
        "objects that hold no attributes are copied in their order, known or not, small or large",
        &asf(AsfObjects::new()
            .object(UNKNOWN, b"front")
            .extended(&[])
            .object(MARKER, &[2; 4097])
            .extension(&extension)
            .description(["old", "", "", "", ""])
            .padding(900)),
        &title(),
    );
}

#[test]
fn padding_everywhere() {
    let extension = AsfObjects::new().padding(3000).metadata(&[]).padding(0);
    check(
        "padding_everywhere",
        "padding is merged at the end of the header, also that of the header extension",
        &asf(AsfObjects::new()
            .padding(10)
            .extension(&extension)
            .padding(0)
            .extended(&[])),
        &title(),
    );
}

/// A file with a title of nine characters, and so many more.
fn with_room(n_more: usize) -> Asf {
    let extension = AsfObjects::new().metadata(&[]).library(&[]);
    let objects = AsfObjects::new()
        .description([&"x".repeat(9 + n_more), "", "", "", ""])
        .extended(&[])
        .extension(&extension);
    asf(objects)
}

#[test]
fn exact_fit() {
    check(
        "exact_fit",
        "tags of the same length need no padding, and none is counted",
        &with_room(0),
        &title(),
    );
}

#[test]
fn gap_too_small() {
    check(
        "gap_too_small",
        "22 bytes hold no padding object: the header grows",
        &with_room(11),
        &title(),
    );
}

#[test]
fn gap_of_a_header() {
    check(
        "gap_of_a_header",
        "24 bytes hold an empty padding object",
        &with_room(12),
        &title(),
    );
}

#[test]
fn file_size_of_a_broken_file() {
    check(
        "file_size_of_a_broken_file",
        "a stated size that is wrong stays as wrong as it was",
        &Asf::new().file_size(1_000_000),
        &title(),
    );
}

#[test]
fn file_size_that_says_nothing() {
    check(
        "file_size_that_says_nothing",
        "a stated size of a file that is still being made stays as it is",
        &Asf::new().file_size(7).broadcast(),
        &title(),
    );
}

#[test]
fn no_data() {
    check(
        "no_data",
        "whatever follows the header is copied, even without a packet in it",
        &asf(tagged()).n_packets(0).suffix(b"no object at all"),
        &title(),
    );
}

#[test]
fn zeros_behind_the_objects() {
    let extension = AsfObjects::new().metadata(&[]).raw(&[0; 30]);
    check(
        "zeros_behind_the_objects",
        "zeros behind the last object of a header or of a header extension are dropped",
        &asf(AsfObjects::new()
            .sized_extension(26, &extension)
            .padding(900)
            .raw(&[0; 50])),
        &title(),
    );
}

#[test]
fn short_last_object() {
    let extension = AsfObjects::new().sized(UNKNOWN, 1000, b"short");
    check(
        "short_last_object",
        "the last object of a header extension is as long as what is left, and then says so",
        &asf(AsfObjects::new().extension(&extension).padding(900)),
        &title(),
    );
}

#[test]
fn short_last_value() {
    let extended = b"\x02\0\x04\0A\0\0\0\0\0\x04\0a\0\0\0\x04\0B\0\0\0\x01\0\x40\0half";
    check(
        "short_last_value",
        "the last value of an object is as long as what is left, and then says so",
        &asf(AsfObjects::new()
            .object("D2D0A440-E307-11D2-97F0-00A0C95EA850", extended)
            .padding(900)),
        &title(),
    );
}

#[test]
fn unterminated_texts() {
    let bare = |name: &[u8], text: &[u8]| AsfAttribute::new("", 0, text).raw_name(name);
    check(
        "unterminated_texts",
        "texts without a zero at their end get one, and zeros around them go; those within stay",
        &asf(AsfObjects::new()
            .object(
                "75B22633-668E-11CF-A6D9-00AA0062CE6C",
                b"\0\0\0\0\x04\0\0\0\x02\0\0\0c\0r\0",
            )
            .extended(&[
                bare(b"A\0", b"a\0"),
                bare(b"\0\0B\0", b"\0\0b\0\0\0b\0\0\0\0\0"),
            ])
            .padding(900)),
        &title(),
    );
}

#[test]
fn cover() {
    let pictures = [
        AsfAttribute::new("WM/Picture", 1, [3; 70]),
        AsfAttribute::new("WM/Picture", 1, [4; 80]),
    ];
    check_covered(
        "cover",
        "a cover replaces all pictures, in its place by the name `images`; it is never held",
        &asf(AsfObjects::new()
            .extension(&AsfObjects::new().library(&pictures))
            .extended(&pictures[..1])
            .padding(900)),
        &tags([
            (Field::Grouping, text("g")),
            (Field::InitialKey, text("Cm")),
        ]),
        &png(300),
    );
}

#[test]
fn large_cover() {
    check_covered(
        "large_cover",
        "a cover that is too long for 16 bits is in the Metadata Library",
        &asf(AsfObjects::new().padding(900)),
        &title(),
        &jpeg(0xffff - 20),
    );
}

#[test]
fn largest_short_cover() {
    // Type, length, two zeros, and "image/jpeg" with its zero.
    let lead = 1 + 4 + 22 + 2;
    check_covered(
        "largest_short_cover",
        "a cover with the longest length that 16 bits hold is in the Extended Content Description",
        &asf(AsfObjects::new().padding(900)),
        &title(),
        &jpeg(0xffff - lead),
    );
}
