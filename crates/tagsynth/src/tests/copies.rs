//! What becomes of a field when some of its copies are edited.

use fixtures::{Ape, ApeTag};
use proptest::prelude::*;
use splice::ReadAt;

use super::tags::{any_text_tags, list, text};
use crate::known::{Dialect, is_known};
use crate::{Composed, Field, FileTags, Options, TagSet, Value, keys, parse, render};

type Tags<'a> = &'a [(&'a str, &'a str)];

/// Returns a FLAC file without audio that has these comments.
fn flac(comments: Tags<'_>) -> Vec<u8> {
    let mut block = [&0_u32.to_le_bytes()[..], &len(comments.len()).to_le_bytes()].concat();
    for (key, value) in comments {
        block.extend(len(key.len() + 1 + value.len()).to_le_bytes());
        block.extend(format!("{key}={value}").bytes());
    }
    let mut file = [b"fLaC\0\0\0\x22".as_slice(), &[0; 34], b"\x84"].concat();
    file.extend(&len(block.len()).to_be_bytes()[1..]);
    [file, block].concat()
}

/// Returns a WavPack file that has these items.
fn wavpack(items: Tags<'_>) -> Vec<u8> {
    let items = items.iter();
    let tag = items.fold(ApeTag::new(), |tag, (key, value)| tag.text(key, value));
    Ape::wavpack().tag(&tag).build()
}

fn len(len: usize) -> u32 {
    u32::try_from(len).unwrap()
}

fn read(file: &[u8], name: &[u8]) -> FileTags {
    FileTags::parse(file, name).unwrap()
}

/// Returns what a field says at first, and after FLAC comments were changed.
fn edit(served: Tags<'_>, edited: Tags<'_>, field: Field) -> [Option<Value<'static>>; 2] {
    let [served, edited] = [served, edited].map(|comments| read(&flac(comments), b"a.flac"));
    let edited = edited.made_from(&served);
    [served, edited].map(|tags| tags.tag_set().get(field).cloned())
}

/// Checks what a field says after comments were changed.
#[track_caller]
fn check(
    served: Tags<'_>,
    edited: Tags<'_>,
    field: Field,
    expect: impl Into<Option<Value<'static>>>,
) {
    assert_eq!(edit(served, edited, field)[1], expect.into());
}

/// Checks that a field says what it said.
#[track_caller]
fn check_kept(served: Tags<'_>, edited: Tags<'_>, field: Field) {
    let [before, after] = edit(served, edited, field);
    assert!(
        before == after && before.is_some(),
        "{before:?}, then {after:?}"
    );
}

const ARTISTS: Tags<'static> = &[
    ("ALBUM ARTIST", "Old"),
    ("ALBUM_ARTIST", "Old"),
    ("ALBUMARTIST", "Old"),
];

#[test]
fn a_copy_with_another_value_is_the_edit() {
    let field = Field::Albumartist;
    let edited = |edited: Tags<'_>| check(ARTISTS, edited, field, text("New"));
    edited(&[
        ("ALBUM ARTIST", "Old"),
        ("ALBUM_ARTIST", "Old"),
        ("ALBUMARTIST", "New"),
    ]);
    edited(&[("albumartist", "New"), ("ALBUM ARTIST", "Old")]);
    edited(&[("ALBUMARTIST", "New")]);
    edited(&[
        ("ALBUM ARTIST", "Old"),
        ("ALBUM_ARTIST", "New"),
        ("ALBUMARTIST", "Newer"),
    ]);
    // One that is new is another one too.
    check(
        &[("ALBUMARTIST", "Old")],
        &[("ALBUMARTIST", "Old"), ("ALBUM ARTIST", "New")],
        field,
        text("New"),
    );
    // What is spelled otherwise says the same.
    check(
        &[("TRACK", "3"), ("TRACKNUMBER", "3")],
        &[("TRACK", "03"), ("TRACKNUMBER", "4/9")],
        Field::Track,
        Value::Int(4),
    );
    check(
        &[
            ("ALBUMARTISTS", "a"),
            ("ALBUMARTISTS", "b"),
            ("ALBUM_ARTISTS", "a"),
            ("ALBUM_ARTISTS", "b"),
        ],
        &[
            ("ALBUMARTISTS", "a"),
            ("ALBUMARTISTS", "b"),
            ("ALBUM_ARTISTS", "a"),
        ],
        Field::Albumartists,
        list(&["a"]),
    );
    check(
        &[("TRACKTOTAL", "0"), ("TRACKC", "0"), ("TOTALTRACKS", "0")],
        &[("TRACKTOTAL", "0"), ("TRACKC", "0"), ("TOTALTRACKS", "12")],
        Field::Tracktotal,
        Value::Int(12),
    );
}

#[test]
fn a_field_goes_with_the_copy_that_other_programs_know() {
    let field = Field::Albumartist;
    check(ARTISTS, &ARTISTS[..2], field, None);
    check(ARTISTS, &[ARTISTS[0], ("ALBUMARTIST", "")], field, None);
    check(ARTISTS, &[], field, None);
    check_kept(ARTISTS, &ARTISTS[2..], field);
    check_kept(ARTISTS, &[ARTISTS[2], ("ALBUM ARTIST", "")], field);
    // Where that one was not there, nothing goes but with the last.
    check_kept(&ARTISTS[..2], &ARTISTS[..1], field);
    check(&ARTISTS[..2], &[], field, None);
    // As read from FFmpeg, which writes one of each alone, and its own name.
    let served: Tags<'_> = &[
        ("DESCRIPTION", "x"),
        ("COMMENT", "x"),
        ("DISC", "1"),
        ("DISCNUMBER", "1"),
        ("ENCODEDBY", "x"),
        ("ENCODER", "x"),
    ];
    let edited: Tags<'_> = &[
        ("DESCRIPTION", "x"),
        ("DISCNUMBER", "1"),
        ("ENCODEDBY", "x"),
        ("encoder", "Lavf"),
    ];
    for field in [Field::Comments, Field::Disc, Field::Encoder] {
        check_kept(served, edited, field);
    }
}

/// The names that a field is only read from are as beets has them.
#[test]
fn an_older_name_shows_where_beets_would_see_it() {
    let served: Tags<'_> = &[("BARCODE", "1"), ("UPC", "2")];
    check(
        served,
        &[("BARCODE", ""), ("UPC", "2")],
        Field::Barcode,
        text("2"),
    );
    check(served, &[("UPC", "2")], Field::Barcode, None);
    check(&served[1..], &[("UPC", "3")], Field::Barcode, text("3"));
    check(&served[1..], &[], Field::Barcode, None);
    check_kept(
        &served[1..],
        &[("TITLE", "x"), ("UPC", "2")],
        Field::Barcode,
    );
}

#[test]
fn a_year_that_stands_alone_is_a_copy_of_the_dates() {
    let served: Tags<'_> = &[("DATE", "2000-10-02"), ("YEAR", "2000")];
    let parts = |edited: Tags<'_>, expect: [Option<i64>; 3]| {
        let parts = [Field::Year, Field::Month, Field::Day]
            .into_iter()
            .zip(expect);
        for (field, part) in parts {
            check(served, edited, field, part.map(Value::Int));
        }
    };
    parts(
        &[("DATE", "2000-10-02"), ("YEAR", "2001")],
        [Some(2001), Some(10), Some(2)],
    );
    parts(
        &[("DATE", "2001"), ("YEAR", "2000")],
        [Some(2001), None, None],
    );
    parts(
        &[("DATE", "2000"), ("YEAR", "2000")],
        [Some(2000), None, None],
    );
    parts(
        &[("DATE", "2001-10-03"), ("YEAR", "2002")],
        [Some(2001), Some(10), Some(3)],
    );
    parts(&[("DATE", "2000-10-02")], [Some(2000), Some(10), Some(2)]);
    parts(&[("YEAR", "2000")], [None; 3]);
    parts(&[], [None; 3]);
}

#[test]
fn other_programs_know_other_keys_in_apev2() {
    let served: Tags<'_> = &[
        ("Album Artist", "Old"),
        ("ALBUM_ARTIST", "Old"),
        ("ALBUMARTIST", "Old"),
        ("DATE", "2000-10"),
        ("YEAR", "2000"),
    ];
    let base = read(&wavpack(served), b"a.wv");
    let parts = [Field::Albumartist, Field::Year, Field::Month];
    let edited = |items: Tags<'_>| {
        let edited = read(&wavpack(items), b"a.wv").made_from(&base);
        parts.map(|field| edited.tag_set().get(field).cloned())
    };
    let (old, int) = (text("Old"), |int| Some(Value::Int(int)));
    assert_eq!(edited(served), [Some(old.clone()), int(2000), int(10)]);
    assert_eq!(
        edited(&[served[0], served[4]]),
        [Some(old.clone()), int(2000), None],
        "of the month there was one copy"
    );
    assert_eq!(edited(&served[1..4]), [None, None, None]);
    // Dates are written there in full.
    assert_eq!(
        edited(&[
            ("album artist", "New"),
            served[2],
            served[3],
            ("Year", "2001-05-06")
        ]),
        [Some(text("New")), int(2001), int(5)]
    );
}

#[test]
fn each_field_has_a_copy_that_other_programs_know() {
    for dialect in [Dialect::Vorbis, Dialect::Ape] {
        for &field in Field::ALL {
            let is_year = field == Field::Year && is_known(keys::YEAR, dialect);
            let is_date =
                [Field::Year, Field::Month, Field::Day].contains(&field) && dialect == Dialect::Ape;
            let keys = keys::written(field);
            assert!(
                is_year || is_date || keys.iter().any(|key| is_known(key, dialect)),
                "{field:?}"
            );
        }
    }
}

/// Returns the file that beets makes of one by writing a tag set to it.
fn written(file: &[u8], tags: &TagSet<'_>) -> Vec<u8> {
    let rendering = render(file, b"a.flac", tags, None, &Options::default()).unwrap();
    let composed = Composed::new(&rendering.plan, file, None);
    let mut bytes = vec![0; usize::try_from(composed.len()).unwrap()];
    assert_eq!(composed.read_at(&mut bytes, 0).unwrap(), bytes.len());
    bytes
}

proptest! {
    /// What writes all copies alike, as beets does, is read as beets reads it.
    #[test]
    fn what_beets_writes_is_read_as_it_is((old, new) in (any_text_tags(), any_text_tags())) {
        let served = written(&flac(&[]), &old);
        let edited = written(&served, &new);
        let made = read(&edited, b"a.flac").made_from(&read(&served, b"a.flac"));
        let expect = parse(&edited, b"a.flac").unwrap();
        for &field in Field::ALL {
            prop_assert_eq!(made.tag_set().get(field), expect.get(field), "{:?}", field);
        }
    }

    /// An edit of an edited file is told from what that says, and setting it back is one too.
    #[test]
    fn edits_of_one_file_add_up(names in prop::collection::vec("[ab]", 1..5)) {
        let mut served = read(&flac(ARTISTS), b"a.flac");
        for name in names {
            let comments = [ARTISTS[0], ARTISTS[1], ("ALBUMARTIST", if name == "a" { "a" } else { "Old" })];
            served = read(&flac(&comments), b"a.flac").made_from(&served);
            let expect = if name == "a" { "a" } else { "Old" };
            prop_assert_eq!(served.tag_set().get(Field::Albumartist), Some(&text(expect)));
        }
    }
}
