//! Changing rows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::db::{REAL, empty, schema};
use crate::{AlbumId, Entity, Error, Item, ItemId, Library, RawValue, SortBy, Value};

fn copy_of_real() -> (TempDir, Library) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("library.db");
    std::fs::copy(REAL, &path).unwrap();
    let library = Library::open(&path, schema()).unwrap();
    (folder, library)
}

fn item(library: &Library, id: i64) -> Item {
    library.item(ItemId(id)).unwrap().unwrap()
}

#[track_caller]
fn set(library: &Library, id: i64, name: &str, value: &Value) -> Result<(), Error> {
    library.edit(|edit| edit.set(Entity::Item, id, name, value))
}

fn by(field: &str) -> SortBy {
    SortBy {
        field: field.to_owned(),
        descending: false,
    }
}

#[test]
fn what_is_read_is_stored_as_it_was() {
    let (_folder, library) = copy_of_real();
    for id in 1..=4 {
        let before = item(&library, id);
        library
            .edit(|edit| {
                for field in Entity::Item.fields() {
                    if !matches!(field.name, "id" | "path" | "album_id") {
                        edit.set(Entity::Item, id, field.name, &before.get(field.name))?;
                    }
                }
                Ok::<(), Error>(())
            })
            .unwrap();
        let after = item(&library, id);
        assert_eq!(after.digest(), before.digest(), "item {id}");
    }
}

#[track_caller]
fn check_stored(name: &str, value: &Value, expected: RawValue<'_>) {
    let (_folder, library) = copy_of_real();
    set(&library, 1, name, value).unwrap();
    assert_eq!(item(&library, 1).raw(name), Some(expected));
}

#[test]
fn values_are_stored_as_beets_stores_them() {
    let list = |texts: &[&str]| Value::List(texts.iter().map(|&text| text.to_owned()).collect());
    let joined = "a\\\u{2400}b";
    check_stored(
        "genres",
        &list(&["a", "b"]),
        RawValue::Text(joined.as_bytes()),
    );
    check_stored("albumtypes", &list(&["a", "b"]), RawValue::Text(b"a; b"));
    check_stored("genres", &list(&[]), RawValue::Text(b""));
    check_stored("title", &Value::Text(String::new()), RawValue::Text(b""));
    check_stored("year", &Value::Int(0), RawValue::Int(0));
    check_stored("comp", &Value::Bool(true), RawValue::Int(1));
    check_stored("rg_track_gain", &Value::Null, RawValue::Null);
    check_stored("rg_track_gain", &Value::Float(-7.5), RawValue::Real(-7.5));
    check_stored("initial_key", &Value::Null, RawValue::Null);
    // The column is one of numbers with fractions.
    check_stored(
        "mtime",
        &Value::Int(1_700_000_000),
        RawValue::Real(1_700_000_000.0),
    );
}

#[test]
fn all_of_it_or_nothing() {
    let (_folder, library) = copy_of_real();
    let before = item(&library, 1).digest();
    let revision = library.revision().unwrap();
    let failed = library.edit(|edit| {
        edit.set(Entity::Item, 1, "title", &Value::Text("new".to_owned()))?;
        let seen = edit.item(ItemId(1))?.unwrap();
        assert_eq!(seen.get("title").as_str(), Some("new"));
        edit.set(Entity::Item, 999, "title", &Value::Null)
    });
    assert!(matches!(failed, Err(Error::NoRow { id: 999, .. })));
    assert_eq!(item(&library, 1).digest(), before);
    assert_eq!(library.revision().unwrap(), revision);
    set(&library, 1, "title", &Value::Text("new".to_owned())).unwrap();
    assert_ne!(library.revision().unwrap(), revision);
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let (_folder, path, writer) = empty();
    writer
        .execute("INSERT INTO items (id) VALUES (1)", [])
        .unwrap();
    let library = Library::open(&path, schema()).unwrap();
    let error = set(&library, 1, "isrc", &Value::Text("x".to_owned())).unwrap_err();
    assert!(error.to_string().contains("no column `isrc`"), "{error}");
    let lacking = library.lacking().unwrap();
    assert!(
        lacking.contains(&"isrc") && !lacking.contains(&"id"),
        "{lacking:?}"
    );
    assert!(matches!(
        set(&library, 1, "id = 2; --", &Value::Null),
        Err(Error::NoColumn { .. })
    ));
}

#[test]
fn a_database_that_stays_locked_is_busy() {
    let (folder, library) = copy_of_real();
    let other = rusqlite::Connection::open(folder.path().join("library.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = set(&library, 1, "title", &Value::Null).unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    set(&library, 1, "title", &Value::Null).unwrap();
}

#[test]
fn others_are_waited_for_so_long_in_all_and_no_longer() {
    let (folder, library) = copy_of_real();
    let other = rusqlite::Connection::open(folder.path().join("library.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let patient = library.with_patience(Duration::from_millis(100));
    assert_eq!(patient.patience().left(), Duration::from_millis(100));
    let read = || patient.item(ItemId(1));
    let error = read().unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    assert_eq!(patient.patience().left(), Duration::ZERO);
    // So whatever comes next is not waited for.
    for error in [
        read().unwrap_err(),
        set(&patient, 1, "title", &Value::Null).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Busy { .. }), "{error}");
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert!(read().unwrap().is_some());
    set(&patient, 1, "title", &Value::Null).unwrap();
    assert_ne!(library.patience().left(), Duration::ZERO);
}

#[test]
fn what_is_rehearsed_is_taken_back() {
    let (_folder, library) = copy_of_real();
    let before = item(&library, 1).digest();
    let rehearsed = library.rehearse(|edit| {
        edit.set(Entity::Item, 1, "title", &Value::Text("new".to_owned()))?;
        edit.item(ItemId(1))
    });
    let rehearsed = rehearsed.unwrap().unwrap();
    assert_eq!(rehearsed.get("title").as_str(), Some("new"));
    assert_eq!(item(&library, 1).digest(), before);
}

#[test]
fn a_file_that_is_gone_is_not_made() {
    let (folder, library) = copy_of_real();
    std::fs::remove_file(folder.path().join("library.db")).unwrap();
    set(&library, 1, "title", &Value::Null).unwrap_err();
    assert!(!Path::new(&folder.path().join("library.db")).exists());
}

#[test]
fn items_of_an_album_come_in_the_order_that_is_asked_for() {
    let (_folder, path, writer) = empty();
    writer
        .execute_batch(
            "INSERT INTO items (id, album_id, artist, track) VALUES
                (1, 7, 'b', 2), (2, 7, 'B', 1), (3, 7, 'a', 3), (4, 8, 'a', 1), (5, 7, NULL, 9)",
        )
        .unwrap();
    let library = Library::open(&path, schema()).unwrap();
    let order = |sort: &[SortBy]| {
        let items = library.edit(|edit| edit.items_of(AlbumId(7), sort));
        let items = items.unwrap().into_iter();
        items.map(|ItemId(id)| id).collect::<Vec<i64>>()
    };
    assert_eq!(order(&[]), [1, 2, 3, 5]);
    assert_eq!(order(&[by("artist"), by("track")]), [5, 3, 2, 1]);
    let descending = SortBy {
        descending: true,
        ..by("track")
    };
    assert_eq!(order(&[by("no_such"), descending]), [5, 3, 1, 2]);
    writer
        .execute_batch(
            "ALTER TABLE items ADD COLUMN artist_sort TEXT;
             UPDATE items SET artist_sort = 'z' WHERE id = 3",
        )
        .unwrap();
    assert_eq!(order(&[by("artist"), by("track")]), [5, 2, 1, 3]);
}
