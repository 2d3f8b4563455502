use fixtures::Mp4;
use fixtures::mp4::{Media, atom, data, free_atom, free_item, item, long_atom, meta};

use super::cover_file::jpeg;
use super::mp3_rendered::{many, title};
use super::mp4_rendered::{composed, covered, rendered};
use super::tags::{list, nulls, tags, text};
use crate::{Cover, Field, TagSet, Value};

/// Compares the annotated dump of a rendering with the snapshot `name`, which `proves` something.
#[track_caller]
fn check(name: &str, proves: &str, file: &Mp4, tags: &TagSet<'_>) {
    let (rendering, _) = rendered(file, tags);
    compare(name, proves, &rendering.dump(&file.build(), None).unwrap());
}

/// Compares, likewise, the rendering with a cover.
#[track_caller]
fn check_covered(name: &str, proves: &str, file: &Mp4, picture: &[u8]) {
    let (rendering, _) = covered(file, &title(), picture);
    let cover = Cover::new(&picture).unwrap();
    compare(name, proves, &rendering.dump(&file.build(), cover).unwrap());
}

#[track_caller]
fn compare(name: &str, proves: &str, dump: &str) {
    assert_dump!("mp4", name, proves, dump);
}

/// An item that a rendering replaces, and one that it keeps.
fn old() -> [Vec<u8>; 2] {
    [
        item(b"\xa9nam", 1, &[b"old title"]),
        free_item("MOOD", 1, &[b"kept"]),
    ]
}

/// What a rendering has that has no other value than a title.
fn written(title: &str) -> [Vec<u8>; 3] {
    [
        item(b"\xa9nam", 1, &[title.as_bytes()]),
        item(b"trkn", 0, &[&[0; 8]]),
        item(b"disk", 0, &[&[0; 6]]),
    ]
}

#[test]
fn fits_into_free_space() {
    check(
        "fits_into_free_space",
        "free space behind the items gives way; nothing else changes, and no offset moves",
        &Mp4::new().items(&old(), 2000),
        &title(),
    );
}

#[test]
fn free_space_in_front() {
    let udta = meta(&[
        free_atom(300),
        atom(b"ilst", old().concat()),
        free_atom(900),
    ]);
    check(
        "free_space_in_front",
        "free space on both sides of the items becomes one, behind them",
        &Mp4::new().udta(udta),
        &title(),
    );
}

#[test]
fn exact_fit() {
    check(
        "exact_fit",
        "items of the same length need no free space",
        &Mp4::new().items(&written("In Limbo."), 0),
        &title(),
    );
}

#[test]
fn grows() {
    check(
        "grows",
        "without free space the file grows by 4096 bytes, and the offsets of chunks with it",
        &Mp4::new().items(&old(), 0),
        &title(),
    );
}

#[test]
fn gap_too_small() {
    check(
        "gap_too_small",
        "a gap of less than an atom's header is no free space: the file grows",
        &Mp4::new().items(&written("Idioteque 7 more"), 0),
        &title(),
    );
}

#[test]
fn gap_of_a_header() {
    check(
        "gap_of_a_header",
        "a gap of an atom's header is free space without content",
        &Mp4::new().items(&written("Idioteque 8 more."), 0),
        &title(),
    );
}

#[test]
fn wide_sizes_and_offsets() {
    check(
        "wide_sizes_and_offsets",
        "sizes and offsets of 64 bits stay so wide",
        &Mp4::new().media(Media::Long).long().items(&old(), 0),
        &title(),
    );
}

#[test]
fn several_tracks() {
    let file = Mp4::new().items(&old(), 0).n_tracks(2);
    check(
        "several_tracks",
        "the offsets of all tracks move",
        &file,
        &title(),
    );
}

#[test]
fn free_space_behind_moov() {
    check(
        "free_space_behind_moov",
        "what free space behind moov has to give moves to the items, so that the audio stays",
        &Mp4::new().items(&old(), 64).free(9000),
        &title(),
    );
}

#[test]
fn free_space_behind_moov_is_left_alone() {
    check(
        "free_space_behind_moov_is_left_alone",
        "free space behind moov stays where that next to the items does",
        &Mp4::new().items(&old(), 2000).free(500),
        &title(),
    );
}

#[test]
fn moov_last() {
    check(
        "moov_last",
        "with moov behind the audio nothing moves, and the file grows by 4096 bytes",
        &Mp4::new().items(&old(), 0).last(),
        &title(),
    );
}

#[test]
fn moov_to_the_end() {
    let mut origin = Mp4::new().items(&old(), 0).last().build();
    let moov = origin.windows(4).position(|name| name == b"moov").unwrap();
    origin[moov - 4..moov].fill(0);
    let rendering = crate::render(
        &origin,
        b"a.m4a",
        &title(),
        None,
        &crate::Options::default(),
    );
    let dump = rendering.unwrap().dump(&origin, None).unwrap();
    assert!(
        dump.contains("moov            len=4") && dump.contains(" size=0\n"),
        "{dump}"
    );
}

#[test]
fn free_space_at_the_end() {
    let file = Mp4::new().items(&old(), 0).last().free(3000);
    let file = file.tail(*b"\0\0\0\x0cuuidjunk\0\0");
    check(
        "free_space_at_the_end",
        "free space behind a moov at the end is used, and what follows stays",
        &file,
        &title(),
    );
}

#[test]
fn no_udta() {
    check(
        "no_udta",
        "missing atoms are added at the start of moov",
        &Mp4::new(),
        &title(),
    );
}

#[test]
fn udta_without_meta() {
    check(
        "udta_without_meta",
        "a new meta goes in front of whatever else udta has",
        &Mp4::new().udta(atom(b"name", b"a name")),
        &title(),
    );
}

#[test]
fn meta_without_items() {
    check(
        "meta_without_items",
        "a meta without items stays behind the new one",
        &Mp4::new().udta(meta(&[])),
        &title(),
    );
}

#[test]
fn meta_of_quicktime() {
    let hdlr = atom(b"hdlr", [[0; 8].as_slice(), b"mdir", &[0; 13]].concat());
    let ilst = atom(b"ilst", old().concat());
    check(
        "meta_of_quicktime",
        "a meta without a version is not one that mutagen finds; it stays behind the new one",
        &Mp4::new().udta(atom(b"meta", [hdlr, ilst].concat())),
        &title(),
    );
}

#[test]
fn udta_with_other_atoms() {
    let ilst = atom(b"ilst", old().concat());
    let udta = [
        atom(b"chpl", b"\x01\0\0\0\0\0\0\0\0"),
        meta(&[ilst, atom(b"xtra", b"x")]),
        atom(b"Xtra", b"more"),
        // QuickTime ends lists so.
        vec![0; 4],
    ];
    check(
        "udta_with_other_atoms",
        "atoms around meta and behind the items stay, and so do the zeros at the end of udta",
        &Mp4::new().udta(udta.concat()),
        &title(),
    );
}

#[test]
fn fragments() {
    check(
        "fragments",
        "offsets in every fragment and in the index at the end move with the fragments",
        &Mp4::new().media(Media::Fragments).items(&old(), 0),
        &title(),
    );
}

#[test]
fn relative_fragments() {
    check(
        "relative_fragments",
        "fragments that count from their own start move as they are",
        &Mp4::new().media(Media::RelativeFragments).items(&old(), 0),
        &title(),
    );
}

#[test]
fn fragments_that_stay() {
    check(
        "fragments_that_stay",
        "where free space does, fragments are not touched",
        &Mp4::new().media(Media::Fragments).items(&old(), 900),
        &title(),
    );
}

#[test]
fn junk_around() {
    let file = Mp4::new()
        .items(&old(), 0)
        .before([free_atom(20), long_atom(b"uuid", b"before")].concat())
        .tail(*b"TAG and what else there is at the end");
    check(
        "junk_around",
        "what stands around moov and mdat is copied, whether it is an atom or not",
        &file,
        &title(),
    );
}

#[test]
fn every_kind_of_value() {
    check(
        "every_kind_of_value",
        "lists are several values, numbers and pairs binary, and fields have all their items",
        &Mp4::new().items(&old(), 3000),
        &many(),
    );
}

#[test]
fn nulls_of_beets() {
    check(
        "nulls_of_beets",
        "every field that beets writes, as it writes an item without values",
        &Mp4::new().items(&old(), 6000),
        &nulls(),
    );
}

#[test]
fn items_of_others() {
    let items = [
        item(b"gnre", 0, &[b"\0\xff"]),
        item(b"\xa9wrk", 1, &[b"a work"]),
        item(b"xxyz", 0, &[b"\x01\x02unknown"]),
        item(b"stik", 0, &[b"\x01"]),
        item(b"plID", 21, &[b"\0\0\x01\0"]),
        item(b"pgap", 21, &[b"\0", b"\x05"]),
        item(b"cprt", 0, &[b"without a type"]),
        item(b"sonm", 2, &[b"\0u\0t\0f"]),
        item(b"soal", 1, &[b"\xff\xfe"]),
        item(b"desc", 1, &[b"one"]),
        item(b"desc", 1, &[b"two"]),
        item(b"none", 1, &[]),
        free_item("binary", 0x0100_0000, &[b"\0\xff"]),
        free_item("MOOD", 1, &[b"a", b"b"]),
        free_item("mood", 1, &[]),
        atom(
            b"----",
            [atom(b"mean", b"\0\0\0\0a:b"), atom(b"name", b"\0\0\0\0c")].concat(),
        ),
    ];
    check(
        "items_of_others",
        "items are kept as mutagen keeps them: repaired, joined, or as they are",
        &Mp4::new().items(&items, 1000),
        &title(),
    );
}

#[test]
fn numbered_genres() {
    check(
        "numbered_genres",
        "a genre that is a number is one of the genres that the field replaces",
        &Mp4::new().items(&[item(b"gnre", 0, &[b"\0\x12"])], 400),
        &tags([(Field::Genres, list(&["Electronic", "17"]))]),
    );
}

#[test]
fn items_that_cannot_be_read_give_way() {
    let items = [
        item(b"\xa9nam", 1, &[b"\xff"]),
        item(b"\xa9gen", 1, &[b"\xff"]),
        item(b"\xa9alb", 2, &[b"\0x"]),
    ];
    check(
        "items_that_cannot_be_read_give_way",
        "an item that cannot be read goes where its field has a value, even an empty one",
        &Mp4::new().items(&items, 1000),
        &tags([(Field::Title, text("x")), (Field::Genres, list(&[]))]),
    );
}

#[test]
fn absent_values() {
    let items = [
        item(b"\xa9alb", 1, &[b"gone"]),
        item(
            b"trkn",
            0,
            &[b"\0\0\0\x07\0\x0c\0\0", b"\0\0\0\x08\0\x0d\0\0"],
        ),
        item(b"cpil", 21, &[b"\x01"]),
        free_item("Label", 1, &[b"gone"]),
        free_item("iTunNORM", 1, &[b"gone"]),
    ];
    check(
        "absent_values",
        "absent values delete, aliases too; a total that is absent is a zero",
        &Mp4::new().items(&items, 500),
        &title(),
    );
}

#[test]
fn aliases_stay_with_a_value() {
    check(
        "aliases_stay_with_a_value",
        "names that are only read from stay where the field has a value",
        &Mp4::new().items(&[free_item("Label", 1, &[b"stays"])], 500),
        &tags([(Field::Label, text("Parlophone"))]),
    );
}

#[test]
fn pictures() {
    let covers = [
        data(13, &[b'j'; 40]),
        atom(b"name", b"front"),
        data(0, &[b'u'; 9]),
    ];
    let items = [atom(b"covr", covers.concat()), item(b"covr", 14, &[b"png"])];
    check(
        "pictures",
        "pictures are joined and copied with their names; an unknown type becomes JPEG",
        &Mp4::new().items(&items, 500),
        &title(),
    );
}

#[test]
fn cover() {
    let named = [data(13, &[b'j'; 40]), atom(b"name", b"front")].concat();
    let items = [atom(b"covr", named), item(b"covr", 1, &[b"broken"])];
    check_covered(
        "cover",
        "a cover is the only picture, and has no name; the file grows by whole pages",
        &Mp4::new().items(&items, 500),
        &jpeg(9000),
    );
}

#[test]
fn numbers_that_do_not_fit() {
    check(
        "numbers_that_do_not_fit",
        "tracks and discs are 16 bits wide: beets fails where here the nearest number is written",
        &Mp4::new().items(&[], 1000),
        &tags([
            (Field::Track, Value::Int(70_000)),
            (Field::Tracktotal, Value::Int(-3)),
            (Field::Disc, Value::Int(65_535)),
            (Field::Disctotal, Value::Int(i64::MIN)),
            (Field::Bpm, Value::Int(1 << 40)),
            (Field::Comp, Value::Int(2)),
        ]),
    );
}

#[test]
fn tempo_of_any_width() {
    for (tempo, expect) in [
        (-1, "type=21 len=2 ff ff"),
        (32_767, "type=21 len=2 7f ff"),
        (32_768, "type=21 len=4 00 00 80 00"),
        (-3_000_000_000, "type=21 len=8 ff ff ff ff 4d 2f a2 00"),
    ] {
        let tags = tags([(Field::Bpm, Value::Int(tempo))]);
        let file = Mp4::new().items(&[], 1000);
        let dump = rendered(&file, &tags).0.dump(&file.build(), None).unwrap();
        assert!(dump.contains(expect), "{dump}");
    }
}

#[test]
fn auxiliary_data() {
    // A track whose samples are encrypted has more in its tables, here of a version each.
    let plain = [[0; 4], 1_u32.to_be_bytes(), 1000_u32.to_be_bytes()].concat();
    let typed = [
        b"\x01\0\0\x01cenc\0\0\0\0\0\0\0\x01".as_slice(),
        &2000_u64.to_be_bytes(),
    ]
    .concat();
    let stbl = atom(
        b"stbl",
        [atom(b"saio", plain), atom(b"saio", typed)].concat(),
    );
    let trak = atom(b"trak", atom(b"mdia", atom(b"minf", stbl)));
    let origin = Mp4::new().items(&old(), 0).head(trak).build();
    let rendering = crate::render(
        &origin,
        b"a.m4a",
        &title(),
        None,
        &crate::Options::default(),
    );
    let bytes = composed(&rendering.unwrap(), &origin, None);
    let has = |offset: &[u8]| bytes.windows(offset.len()).any(|window| window == offset);
    assert!(has(&5096_u32.to_be_bytes()) && has(&6096_u64.to_be_bytes()));
}
