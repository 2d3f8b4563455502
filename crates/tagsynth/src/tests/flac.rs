use insta::assert_snapshot;
use lofty::config::ParseOptions;
use lofty::file::AudioFile as _;
use lofty::flac::FlacFile as LoftyFile;
use proptest::prelude::*;
use splice::{ReadAt, Segment};

use super::flac_file::{FlacFile, comment_block, flac_file, picture_block};
use super::model;
use super::tags::{any_tags, list, nulls, tags, text};
use crate::vorbis::Comments;
use crate::{Composed, Error, Field, Options, Rendering, TagSet, Value, render};

fn options() -> Options {
    Options {
        vendor: "musicfs test".to_owned(),
        id3v23: false,
    }
}

/// Renders, and checks what holds for every rendering; returns it with the virtual file's bytes.
#[track_caller]
fn rendered(file: &FlacFile, tags: &TagSet) -> (Rendering, Vec<u8>) {
    let origin = file.bytes();
    let rendering = render(&origin, b"a.flac", tags, &options()).unwrap();
    let composed = Composed::new(&rendering.plan, &origin);
    let len = usize::try_from(ReadAt::len(&composed)).unwrap();
    let mut bytes = vec![0xaa; len];
    assert_eq!(composed.read_at(&mut bytes, 0).unwrap(), len);

    let header_len = usize::try_from(rendering.header_len).unwrap();
    let origin_header = file.header_len();
    assert_eq!(rendering.audio, origin_header as u64..origin.len() as u64);
    assert_eq!(bytes[header_len..], file.audio);
    assert!(header_len >= origin_header);
    assert_eq!((header_len - origin_header) % 4096, 0);
    assert!(bytes.starts_with(&file.prefix));
    assert_eq!(
        rendering.plan.is_identity(origin.len() as u64),
        bytes == origin
    );
    check_comments(file, tags, &rendering, &bytes);
    check_again(&rendering, &bytes, tags);
    (rendering, bytes)
}

/// Checks the comments of a virtual file against the model, and what lofty makes of it.
#[track_caller]
fn check_comments(file: &FlacFile, tags: &TagSet, rendering: &Rendering, bytes: &[u8]) {
    let block = file.blocks.iter().find(|block| block.0 == 4);
    let before = block.map_or_else(|| comment_block(&[]), |block| block.2.clone());
    let before = Comments::parse(&before, 0).unwrap();
    let expect = model::updated(&before.items().collect::<Vec<_>>(), tags);

    let header = crate::flac::Header::parse(bytes).unwrap();
    let block = header.comments().unwrap();
    assert_eq!(header.audio, rendering.header_len);
    let comments = Comments::parse(&block.bytes, 0).unwrap();
    let found: Vec<_> = comments
        .items()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(found, expect);
}

/// Checks that lofty reads the same comments, but for NULs at their ends, which it cuts off.
#[track_caller]
fn check_lofty(file: &FlacFile, tags: &TagSet) {
    let (_, bytes) = rendered(file, tags);
    let options = ParseOptions::new()
        .read_properties(false)
        .implicit_conversions(false);
    let lofty = LoftyFile::read_from(&mut std::io::Cursor::new(&bytes), options).unwrap();
    let lofty = lofty.vorbis_comments().unwrap();
    let header = crate::flac::Header::parse(&bytes).unwrap();
    let ours = Comments::parse(&header.comments().unwrap().bytes, 0).unwrap();
    let ours = ours
        .items()
        .map(|(key, value)| (key, value.trim_end_matches('\0')));
    assert!(lofty.items().eq(ours), "{lofty:?}");
}

/// Checks that rendering the virtual file once more changes nothing.
#[track_caller]
fn check_again(rendering: &Rendering, bytes: &[u8], tags: &TagSet) {
    let again = render(bytes, b"a.flac", tags, &options()).unwrap();
    assert!(again.plan.is_identity(bytes.len() as u64));
    assert_eq!(again.header_len, rendering.header_len);
}

/// Compares the annotated dump of a rendering with the snapshot `name`, which `proves` something.
#[track_caller]
fn check(name: &str, proves: &str, file: &FlacFile, tags: &TagSet) {
    let (rendering, _) = rendered(file, tags);
    let dump = rendering.dump(&file.bytes()).unwrap();
    insta::with_settings!({
        description => proves,
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { assert_snapshot!(format!("flac__{name}"), dump) });
}

fn title() -> TagSet {
    tags([(Field::Title, text("Idioteque"))])
}

#[test]
fn multi_artist() {
    check(
        "multi_artist",
        "lists are repeated keys, in order, and every key of a field is written",
        &flac_file()
            .comments(&[b"ARTIST=old", b"MOOD=kept"])
            .padding(1000),
        &tags([
            (Field::Artist, text("Radiohead & Björk")),
            (Field::Artists, list(&["Radiohead", "Björk", "Radiohead"])),
            (Field::Albumartist, text("Radiohead")),
            (Field::Track, Value::Int(8)),
            (Field::Comp, Value::Int(1)),
            (Field::RgTrackGain, Value::Float(-7.255)),
            (Field::R128TrackGain, Value::Float(-3.5)),
        ]),
    );
}

#[test]
fn no_comments() {
    check(
        "no_comments",
        "a missing comment block is appended, by our vendor, before the padding",
        &flac_file().block(3, [0; 18]).padding(64),
        &title(),
    );
}

#[test]
fn several_comment_blocks() {
    check(
        "several_comment_blocks",
        "the first comment block is edited in its place, later ones are copied",
        &flac_file()
            .block(2, *b"Appl")
            .comments(&[b"TITLE=first"])
            .comments(&[b"TITLE=second", b"no equals"])
            .padding(100),
        &title(),
    );
}

#[test]
fn pictures() {
    check(
        "pictures",
        "pictures are copied, small or large",
        &flac_file()
            .comments(&[])
            .block(6, picture_block(70_000))
            .block(6, picture_block(9))
            .padding(200),
        &title(),
    );
}

#[test]
fn order_of_blocks() {
    check(
        "order_of_blocks",
        "blocks of every type, reserved ones too, keep their order; padding is merged at the end",
        &flac_file()
            .padding(10)
            .block(2, *b"riff1234")
            .block(5, [7; 396])
            .comments(&[b"TITLE=old"])
            .padding(0)
            .block(3, [1; 36])
            .block(20, *b"reserved")
            .padding(50),
        &title(),
    );
}

#[test]
fn streaminfo_not_first() {
    let mut file = flac_file().comments(&[b"TITLE=old"]).padding(50);
    file.blocks.swap(0, 1);
    check(
        "streaminfo_not_first",
        "a STREAMINFO out of its place stays there, as beets leaves it",
        &file,
        &title(),
    );
}

#[test]
fn id3v2_prefix() {
    let mut file = flac_file().comments(&[]).padding(80);
    file.prefix = [b"ID3\x04\0\0\0\0\x01\x02".as_slice(), &[b'x'; 130]].concat();
    check(
        "id3v2_prefix",
        "an ID3v2 tag in front is copied",
        &file,
        &title(),
    );
}

#[test]
fn trailing_id3v1() {
    let mut file = flac_file().comments(&[]).padding(80);
    file.audio
        .extend([b"TAG".as_slice(), &[b' '; 125]].concat());
    check(
        "trailing_id3v1",
        "an ID3v1 tag after the audio is part of the audio's extent",
        &file,
        &title(),
    );
}

#[test]
fn grows_without_padding() {
    check(
        "grows_without_padding",
        "a header without padding grows by 4096 bytes",
        &flac_file().comments(&[b"TITLE=x"]),
        &title(),
    );
}

#[test]
fn exact_fit() {
    check(
        "exact_fit",
        "tags of the same length need no padding block, and the last block says so",
        &flac_file()
            .comments(&[b"TITLE=Everything"])
            .block(2, *b"Appl"),
        &tags([(Field::Title, text("In Limbo.."))]),
    );
}

#[test]
fn gap_too_small() {
    check(
        "gap_too_small",
        "three bytes hold no padding block: the header grows",
        &flac_file().comments(&[b"TITLE=Idioteque..."]),
        &title(),
    );
}

#[test]
fn gap_of_a_header() {
    check(
        "gap_of_a_header",
        "four bytes hold an empty padding block",
        &flac_file().comments(&[b"TITLE=Idioteque...."]),
        &title(),
    );
}

#[test]
fn shrinks_into_padding() {
    check(
        "shrinks_into_padding",
        "what shorter tags leave free becomes padding, the length stays",
        &flac_file().comments(&[b"LYRICS=la la la la la la la"]),
        &tags([(Field::Lyrics, text("la"))]),
    );
}

#[test]
fn empty_and_absent() {
    check(
        "empty_and_absent",
        "empty text is written, an empty list and an absent value delete, aliases too",
        &flac_file()
            .comments(&[
                b"ALBUM=x",
                b"GENRE=x",
                b"ISRC=x",
                b"BARCODE=x",
                b"UPC=x",
                b"EAN=x",
            ])
            .padding(300),
        &tags([
            (Field::Album, text("")),
            (Field::Genres, list(&[])),
            (Field::Artists, list(&["", "b", ""])),
        ]),
    );
}

#[test]
fn aliases_stay_with_a_value() {
    check(
        "aliases_stay_with_a_value",
        "keys that are only read from stay where the field has a value",
        &flac_file().comments(&[b"UPC=x", b"upn=y"]).padding(300),
        &tags([(Field::Barcode, text("1"))]),
    );
}

#[test]
fn nulls_of_beets() {
    check(
        "nulls_of_beets",
        "every field that beets writes, as it writes an item without values",
        &flac_file().comments(&[b"MOOD=kept"]).padding(2000),
        &nulls(),
    );
}

#[test]
fn case_variants() {
    check(
        "case_variants",
        "all variants of a key go, the new one comes last; other keys keep their case",
        &flac_file()
            .comments(&[
                b"title=a",
                b"Title=b",
                b"Mood=kept",
                b"TITLE=c",
                b"mood=kept too",
            ])
            .padding(100),
        &title(),
    );
}

#[test]
fn malformed_comments() {
    check(
        "malformed_comments",
        "repairs: no `=`, an empty comment, bad UTF-8, letters in keys, keys that are not allowed",
        &flac_file()
            .comments(&[
                b"bad utf8=\xff\xfe",
                b"no equals \xff",
                b"",
                "Kéy=x".as_bytes(),
                b"\xff=y",
                b"=empty key",
                b"A~B=tilde",
                b"TAB\t=tab",
                b"A=B=C",
            ])
            .padding(300),
        &title(),
    );
}

#[test]
fn list_beats_single() {
    check(
        "list_beats_single",
        "of two fields with one key the later wins, also with an empty list",
        &flac_file().comments(&[]).padding(300),
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
    check(
        "dates",
        "a date takes its field's place in the order; its year is written once more",
        &flac_file()
            .comments(&[b"date=1999-01-01T00:00", b"Year=1999"])
            .padding(300),
        &tags([
            (Field::Year, Value::Int(2000)),
            (Field::Month, Value::Int(10)),
            (Field::Day, Value::Int(2)),
            (Field::OriginalYear, Value::Int(0)),
            (Field::OriginalMonth, Value::Int(7)),
            (Field::Country, text("GB")),
            (Field::Disc, Value::Int(1)),
        ]),
    );
}

#[test]
fn lying_lengths() {
    let comments = comment_block(&[b"TITLE=old", b"MOOD=kept"]);
    let picture = picture_block(300);
    check(
        "lying_lengths",
        "comments and pictures are as long as their content; the lengths are mended",
        &flac_file()
            .lying_block(4, comments.len() - 9, comments)
            .lying_block(6, 40, picture)
            .padding(100),
        &title(),
    );
}

#[test]
fn long_values() {
    check(
        "long_values",
        "a value longer than a page",
        &flac_file().comments(&[]).padding(100),
        &tags([(Field::Lyrics, text(&"la la\n".repeat(2000)))]),
    );
}

#[test]
fn padding_beyond_one_block() {
    check(
        "padding_beyond_one_block",
        "padding that one block cannot hold is split, so that the rest holds a block",
        &flac_file()
            .comments(&[b"TITLE=Idioteque"])
            .padding(0xff_ffff),
        &tags([(Field::Title, text("Idioteq"))]),
    );
}

#[test]
fn small_blocks_are_generated_and_large_ones_extents() {
    let file = flac_file()
        .comments(&[])
        .block(6, picture_block(100_000))
        .block(2, *b"tiny")
        .padding(500);
    let (rendering, _) = rendered(&file, &title());
    assert!(rendering.plan.generated_len() < 600);
    let mut extents = rendering
        .plan
        .segments()
        .iter()
        .filter_map(|segment| match segment {
            Segment::Extent(range) => Some(range.clone()),
            _ => None,
        });
    assert!(
        extents
            .clone()
            .any(|extent| extent.end - extent.start > 100_000)
    );
    assert_eq!(extents.next_back(), Some(rendering.audio));
}

#[test]
fn the_same_tags_give_the_origin() {
    for file in [
        flac_file().comments(&[b"MOOD=x", b"TITLE=Idioteque"]),
        flac_file().comments(&[b"TITLE=Idioteque"]).padding(0),
        flac_file()
            .block(6, picture_block(99))
            .comments(&[b"TITLE=Idioteque"])
            .padding(99),
    ] {
        let (rendering, _) = rendered(&file, &title());
        assert!(
            rendering.plan.is_identity(file.bytes().len() as u64),
            "{file:?}"
        );
    }
}

#[test]
fn what_looks_the_same_is_not_the_origin() {
    let dirty = [vec![0; 98], vec![1]].concat();
    for file in [
        flac_file().comments(&[b"TITLE=Idioteque"]).block(1, dirty),
        flac_file()
            .comments(&[b"TITLE=Idioteque"])
            .padding(9)
            .padding(9),
        flac_file().padding(9).comments(&[b"TITLE=Idioteque"]),
        flac_file().comments(&[b"title=Idioteque"]).padding(9),
    ] {
        let (rendering, _) = rendered(&file, &title());
        assert!(
            !rendering.plan.is_identity(file.bytes().len() as u64),
            "{file:?}"
        );
    }
}

#[test]
fn comments_that_no_block_can_hold_are_refused() {
    let file = flac_file().comments(&[]).bytes();
    let lyrics = tags([(Field::Lyrics, text(&"x".repeat(1 << 24)))]);
    let result = render(&file, b"a.flac", &lyrics, &options());
    assert!(matches!(
        result,
        Err(Error::TooLarge {
            limit: 0xff_ffff,
            ..
        })
    ));
}

/// Any file whose parts are valid.
fn any_file() -> impl Strategy<Value = FlacFile> {
    let comment = proptest::collection::vec(any::<u8>(), 0..20);
    let known = prop_oneof![
        "(?i)(title|artist|upc|year|x)=[a-z]{0,5}".prop_map(String::into_bytes),
        comment
    ];
    let comments = proptest::collection::vec(known, 0..6).prop_map(|comments| {
        (
            4_u8,
            comment_block(&comments.iter().map(Vec::as_slice).collect::<Vec<_>>()),
        )
    });
    let padding = (0..3000_usize).prop_map(|len| (1, vec![0; len]));
    let picture = (0..9000_usize).prop_map(|len| (6, picture_block(len)));
    let other = (7..126_u8, proptest::collection::vec(any::<u8>(), 0..50));
    let blocks = proptest::collection::vec(prop_oneof![comments, padding, picture, other], 0..7);
    blocks.prop_map(|blocks| {
        let add = |file: FlacFile, (code, content)| file.block(code, content);
        blocks.into_iter().fold(flac_file(), add)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_tags_over_any_file(file in any_file(), tags in any_tags()) {
        let (rendering, bytes) = rendered(&file, &tags);
        let dump = rendering.dump(&file.bytes()).unwrap();
        let end = format!("audio from origin {}\n", file.header_len());
        prop_assert!(dump.ends_with(&end));
        prop_assert_eq!(rendering.plan.len(), bytes.len() as u64);
    }

    #[test]
    fn lofty_reads_what_was_written(tags in any_tags()) {
        check_lofty(&flac_file().comments(&[]).padding(100), &tags);
    }
}
