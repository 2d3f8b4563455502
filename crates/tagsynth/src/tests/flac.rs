use super::cover_file::{jpeg, png};
use super::flac_file::{FlacFile, comment_block, flac_file, picture_block};
use super::flac_rendered::{covered, rendered};
use super::tags::{list, nulls, tags, text};
use crate::{Cover, Field, TagSet, Value};

/// Compares the annotated dump of a rendering with the snapshot `name`, which `proves` something.
#[track_caller]
fn check(name: &str, proves: &str, file: &FlacFile, tags: &TagSet<'_>) {
    let (rendering, _) = rendered(file, tags);
    compare(name, proves, &rendering.dump(&file.bytes(), None).unwrap());
}

/// Compares, likewise, the rendering with a cover.
#[track_caller]
fn check_covered(name: &str, proves: &str, file: &FlacFile, picture: &[u8]) {
    let (rendering, _) = covered(file, &title(), picture);
    let cover = Cover::new(&picture).unwrap();
    compare(name, proves, &rendering.dump(&file.bytes(), cover).unwrap());
}

#[track_caller]
fn compare(name: &str, proves: &str, dump: &str) {
    assert_dump!("flac", name, proves, dump);
}

fn title() -> TagSet<'static> {
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
fn overflowing_picture() {
    let picture = picture_block(0x100_0010);
    check(
        "overflowing_picture",
        "a picture too long for the 24 bits of a length is copied, and so is the length that it has",
        &flac_file()
            .comments(&[b"TITLE=old"])
            .lying_block(6, picture.len() & 0xff_ffff, picture)
            .padding(100),
        &title(),
    );
}

#[test]
fn no_audio() {
    let mut file = flac_file().comments(&[b"TITLE=old"]).padding(20);
    file.audio.clear();
    check("no_audio", "a header without frames", &file, &title());
}

#[test]
fn empty_blocks() {
    check(
        "empty_blocks",
        "blocks without content are copied; padding between them goes",
        &flac_file()
            .block(3, [])
            .padding(0)
            .block(2, [])
            .comments(&[])
            .padding(0),
        &title(),
    );
}

#[test]
fn last_block_is_not_padding() {
    check(
        "last_block_is_not_padding",
        "padding that was in the middle comes last, and says so",
        &flac_file()
            .padding(200)
            .comments(&[b"TITLE=old"])
            .block(5, [7; 40]),
        &title(),
    );
}

#[test]
fn cover() {
    check_covered(
        "cover",
        "a cover is the only picture, before the padding and after all else, comments too",
        &flac_file()
            .block(6, picture_block(70_000))
            .comments(&[b"TITLE=old", b"METADATA_BLOCK_PICTURE=kept"])
            .block(6, picture_block(9))
            .padding(20)
            .block(3, [0; 18])
            .padding(20_000),
        &jpeg(60_000),
    );
}

#[test]
fn cover_without_comments() {
    check_covered(
        "cover_without_comments",
        "a cover comes after a comment block that is added; the header grows by whole pages",
        &flac_file().block(2, *b"Appl"),
        &png(5000),
    );
}

#[test]
fn cover_of_the_same_length() {
    check_covered(
        "cover_of_the_same_length",
        "a cover as the last block, without padding, says that it is the last",
        &flac_file()
            .comments(&[b"TITLE=Everything"])
            .block(6, picture_block(5000)),
        &jpeg(5000 + "cover".len() + "Everything".len() - "Idioteque".len()),
    );
}

#[test]
fn cover_over_a_picture_of_a_lying_length() {
    check_covered(
        "cover_over_a_picture_of_a_lying_length",
        "a picture whose length lies goes as a whole",
        &flac_file()
            .comments(&[])
            .lying_block(6, 40, picture_block(300)),
        &jpeg(300),
    );
}
