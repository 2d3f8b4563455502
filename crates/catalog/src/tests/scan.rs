//! Scans: what they select, and odd databases.

use proptest::prelude::*;

use super::db::{empty, real, schema};
use super::synthetic;
use crate::scan::{Arena, Cell};
use crate::{AlbumId, ItemId, ItemRanges, Library, RawValue, Selection, Type, Value};

#[test]
fn a_row_has_what_was_selected_of_it_and_of_its_album() {
    let mut selection = Selection::default();
    let (title, rating) = (selection.item("title"), selection.item("rating"));
    let (album, mood) = (selection.album("album"), selection.album("mood"));
    let scan = real().scan(&selection).unwrap();
    let first = scan.item(ItemId(1)).unwrap();
    assert_eq!(first.raw(title), Some(RawValue::Text(b"Idioteque")));
    assert_eq!(first.raw(rating), None);
    let row = first.album().unwrap();
    assert_eq!(row.raw(album), Some(RawValue::Text(b"Kid A")));
    assert_eq!(row.value(mood), Some(Value::Text("cold".to_owned())));
    let third = scan.item(ItemId(3)).unwrap();
    assert_eq!(third.value(rating), Some(Value::Float(4.0)));
    assert_eq!((scan.n_items(), scan.n_albums()), (5, 2));
}

#[test]
fn singletons_and_items_of_lost_albums_have_no_album() {
    let scan = real().scan(&Selection::default()).unwrap();
    let ids: Vec<_> = scan
        .items()
        .map(|row| row.album_id().map(|id| id.0))
        .collect();
    assert_eq!(ids, [Some(1), Some(1), None, Some(2), Some(99)]);
    let albums: Vec<_> = scan
        .items()
        .map(|row| row.album().map(|row| row.id().0))
        .collect();
    assert_eq!(albums, [Some(1), Some(1), None, Some(2), None]);
}

#[test]
fn album_number_zero_is_no_album() {
    let (_folder, path, writer) = empty();
    writer
        .execute_batch("INSERT INTO albums (id) VALUES (0)")
        .unwrap();
    writer
        .execute_batch("INSERT INTO items (album_id) VALUES (0)")
        .unwrap();
    let library = Library::open(&path, schema()).unwrap();
    let scan = library.scan(&Selection::default()).unwrap();
    let row = scan.item(ItemId(1)).unwrap();
    assert_eq!(row.album_id(), Some(AlbumId(0)));
    assert!(row.album().is_none());
}

#[test]
fn a_missing_column_is_null_and_an_unknown_one_an_attribute() {
    let (_folder, path, writer) = empty();
    writer
        .execute_batch("ALTER TABLE items ADD COLUMN genre TEXT")
        .unwrap();
    writer
        .execute_batch("INSERT INTO items (genre) VALUES ('Rock')")
        .unwrap();
    let library = Library::open(&path, schema()).unwrap();
    let mut selection = Selection::default();
    let (bpm, genre) = (selection.item("bpm"), selection.item("genre"));
    let scan = library.scan(&selection).unwrap();
    let row = scan.item(ItemId(1)).unwrap();
    assert_eq!(row.value(bpm), Some(Value::Int(0)));
    assert_eq!(row.raw(genre), None);
    assert_eq!(
        library.item(ItemId(1)).unwrap().unwrap().get("genre"),
        Value::Null
    );
}

#[track_caller]
fn check_genres(insert: &str, expected: &[&str]) {
    let (_folder, path, writer) = empty();
    writer
        .execute_batch("ALTER TABLE items ADD COLUMN genre TEXT")
        .unwrap();
    writer
        .execute_batch("CREATE TABLE migrations (name TEXT, table_name TEXT)")
        .unwrap();
    writer.execute_batch(insert).unwrap();
    let library = Library::open(&path, schema()).unwrap();
    let mut selection = Selection::default();
    let genres = selection.item("genres");
    let scan = library.scan(&selection).unwrap();
    let expected = Value::List(expected.iter().map(|&genre| genre.to_owned()).collect());
    assert_eq!(
        scan.item(ItemId(1)).unwrap().value(genres),
        Some(expected.clone())
    );
    assert_eq!(
        library.item(ItemId(1)).unwrap().unwrap().get("genres"),
        expected
    );
}

#[test]
fn genres_of_an_older_beets_are_split_as_beets_would() {
    check_genres(
        "INSERT INTO items (genre) VALUES ('Rock; A, B')",
        &["Rock", "A, B"],
    );
    check_genres(
        "INSERT INTO items (genre) VALUES ('A, B / C')",
        &["A", "B / C"],
    );
    check_genres(
        "INSERT INTO items (genre, genres) VALUES ('A', 'B')",
        &["B"],
    );
    check_genres("INSERT INTO items (genre, genres) VALUES ('A', '')", &["A"]);
    let no_genres = "ALTER TABLE items DROP COLUMN genres; INSERT INTO items (genre) VALUES ('A')";
    check_genres(no_genres, &["A"]);
}

#[test]
fn genres_that_beets_has_taken_over_may_be_emptied() {
    let insert = "INSERT INTO items (genre, genres) VALUES ('A', '');
        INSERT INTO migrations VALUES ('multi_genre_field', 'items')";
    check_genres(insert, &[]);
}

#[test]
fn missing_tables_are_empty() {
    let (_folder, path, writer) = empty();
    for table in ["albums", "item_attributes", "album_attributes"] {
        writer
            .execute_batch(&format!("DROP TABLE {table}"))
            .unwrap();
    }
    writer
        .execute_batch("INSERT INTO items (title, album_id) VALUES ('a', 1)")
        .unwrap();
    let library = Library::open(&path, schema()).unwrap();
    let mut selection = Selection::default();
    let (mood, album) = (selection.item("mood"), selection.album("album"));
    let scan = library.scan(&selection).unwrap();
    let row = scan.item(ItemId(1)).unwrap();
    assert_eq!(row.raw(mood), None);
    assert!(row.album().is_none());
    assert_eq!(scan.albums().filter_map(|row| row.raw(album)).count(), 0);
    assert!(library.item(ItemId(1)).unwrap().is_some());
    assert!(library.album(AlbumId(1)).unwrap().is_none());
}

#[test]
fn any_storage_class_in_any_column_is_read() {
    let (_folder, path, writer) = empty();
    for value in [
        "NULL",
        "7",
        "2.5",
        "'x'",
        "X'FF00'",
        "CAST(X'FF41' AS TEXT)",
        "9e999",
    ] {
        let sql = format!(
            "INSERT INTO items (album_id, path, title, track, comp, length, mtime, genres)
             VALUES ({value}, {value}, {value}, {value}, {value}, {value}, {value}, {value})"
        );
        writer.execute_batch(&sql).unwrap();
    }
    let library = Library::open(&path, schema()).unwrap();
    let mut selection = Selection::default();
    let names = [
        "path", "title", "track", "comp", "length", "mtime", "genres",
    ];
    let slots = names.map(|name| selection.item(name));
    let scan = library.scan(&selection).unwrap();
    assert_eq!(scan.n_items(), 7);
    for row in scan.items() {
        let mut shown = String::new();
        assert!(slots.iter().all(|&slot| row.show(slot, &mut shown)));
        let item = library.item(row.id()).unwrap().unwrap();
        assert!(
            names
                .iter()
                .zip(slots)
                .all(|(name, slot)| row.raw(slot) == item.raw(name))
        );
    }
}

#[test]
fn a_large_library_keeps_every_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    synthetic::fill(&path, 5000).unwrap();
    let library = Library::open(&path, schema()).unwrap();
    let mut selection = Selection::default();
    let (title, album) = (selection.item("title"), selection.album("album"));
    let scan = library.scan(&selection).unwrap();
    assert_eq!((scan.n_items(), scan.n_albums()), (5000, 417));
    for (id, row) in (1..).zip(scan.items()) {
        let title = row.value(title).unwrap();
        assert_eq!(title, Value::Text(format!("Some title of track {id}")));
        let album = row.album().unwrap().value(album).unwrap();
        assert_eq!(
            album,
            Value::Text(format!("Album number {}", (id - 1) / 12 + 1))
        );
    }
    // Titles and albums only: no path, no lyrics.
    assert!(scan.heap_size() < 5000 * 64, "{} bytes", scan.heap_size());
}

#[derive(Debug, Clone)]
enum Stored {
    Null,
    Int(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl Stored {
    fn raw(&self) -> RawValue<'_> {
        match self {
            Self::Null => RawValue::Null,
            Self::Int(int) => RawValue::Int(*int),
            Self::Real(real) => RawValue::Real(*real),
            Self::Text(text) => RawValue::Text(text),
            Self::Blob(blob) => RawValue::Blob(blob),
        }
    }
}

fn stored() -> impl Strategy<Value = Stored> {
    let text = prop_oneof![
        ".{0,300}",
        r"[-+ 0-9_.:eE]{0,12}",
        r"[a-g]b? ?(major|minor)?"
    ];
    prop_oneof![
        Just(Stored::Null),
        any::<i64>().prop_map(Stored::Int),
        (-100i64..100).prop_map(Stored::Int),
        any::<f64>().prop_map(Stored::Real),
        text.prop_map(|text| Stored::Text(text.into_bytes())),
        any::<Vec<u8>>().prop_map(Stored::Text),
        any::<Vec<u8>>().prop_map(Stored::Blob),
    ]
}

const TYPES: [Type; 14] = [
    Type::Untyped,
    Type::Text,
    Type::Int,
    Type::Padded(4),
    Type::Scaled {
        unit: 1000,
        suffix: "kbps",
    },
    Type::Id,
    Type::Float(6),
    Type::NullFloat,
    Type::Date,
    Type::Duration,
    Type::Bool,
    Type::Key,
    Type::Path,
    Type::List { delimiter: "; " },
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_arena_gives_back_what_it_was_given(values in prop::collection::vec(stored(), 0..20)) {
        let mut arena = Arena::default();
        let cells: Vec<Cell> = values.iter().map(|value| arena.store(value.raw())).collect();
        for (cell, value) in cells.iter().zip(&values) {
            match (arena.load(*cell), value.raw()) {
                (Some(RawValue::Real(a)), RawValue::Real(b)) => {
                    prop_assert_eq!(a.to_bits(), b.to_bits());
                }
                (loaded, raw) => prop_assert_eq!(loaded, Some(raw)),
            }
        }
    }

    #[test]
    fn no_storage_makes_decoding_or_showing_panic(value in stored(), format in "(%?.){0,8}") {
        let mut formats = schema().formats;
        formats.time_format = format;
        for raw_length in [false, true] {
            formats.raw_length = raw_length;
            for ty in TYPES {
                let mut out = String::new();
                let decoded = formats.decode(ty, value.raw());
                formats.show(ty, &decoded, &mut out);
                let mut raw = String::new();
                formats.show_raw(ty, value.raw(), &mut raw);
                prop_assert_eq!(out, raw);
            }
        }
    }
}

#[test]
fn a_part_has_all_albums_and_the_items_that_it_is_asked_for() {
    let mut selection = Selection::default();
    let (title, rating) = (selection.item("title"), selection.item("rating"));
    let album = selection.album("album");
    let library = real();
    let whole = library.scan(&selection).unwrap();
    let first = ItemRanges::from_iter([ItemId(3), ItemId(77)]);
    let (part, seen) = library
        .scan_part(&selection, &first, |scan| {
            let seen: Vec<_> = scan.items().map(|item| item.id().0).collect();
            (ItemRanges::from_iter([1..=1, 3..=3, 5..=90]), seen)
        })
        .unwrap();
    assert_eq!(seen, [3]);
    assert_eq!(part.n_albums(), whole.n_albums());
    let ids: Vec<_> = part.items().map(|item| item.id().0).collect();
    assert_eq!(ids, [1, 3, 5]);
    for item in part.items() {
        let same = whole.item(item.id()).unwrap();
        assert_eq!(item.raw(title), same.raw(title));
        assert_eq!(item.raw(rating), same.raw(rating));
        let of_album = |row: crate::ItemRow<'_>| row.album()?.value(album);
        assert_eq!(of_album(item), of_album(same));
    }
}
