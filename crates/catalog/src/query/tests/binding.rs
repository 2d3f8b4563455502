//! Tests of queries on the rows of a scan.

use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;

use super::parse;
use crate::{Binding, Formats, Library, Schema, Selection, Value};

const TABLES: &str = "
    CREATE TABLE items (id INTEGER PRIMARY KEY, album_id INTEGER, title TEXT, year INTEGER, path BLOB);
    CREATE TABLE albums (id INTEGER PRIMARY KEY, year INTEGER, artpath BLOB);
    CREATE TABLE item_attributes (id INTEGER PRIMARY KEY, entity_id INTEGER, key TEXT, value TEXT);
    CREATE TABLE album_attributes (id INTEGER PRIMARY KEY, entity_id INTEGER, key TEXT, value TEXT);
    INSERT INTO albums VALUES (7, 1999, x'612E6A7067');
    INSERT INTO items VALUES (1, 7, 'One', 2003, x'466F6F2F61'), (2, NULL, 'Two', NULL, '/m/Foo/b');
    INSERT INTO item_attributes VALUES (1, 1, 'Mood', 'Happy'), (2, 2, 'mood', 'Sad');
    INSERT INTO album_attributes VALUES (1, 7, 'mood', 'Calm'), (2, 7, 'Shelf', '3');
";

fn library(sql: &str) -> (TempDir, Library) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("library.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch(&format!("{TABLES}{sql}"))
        .unwrap();
    let formats = Formats {
        directory: b"/m".to_vec(),
        ..Formats::default()
    };
    let schema = Schema {
        formats,
        ..Schema::default()
    };
    (folder, Library::open(&path, schema).unwrap())
}

/// Returns the items that `beet ls` lists, and those that match as a key of `paths`.
fn ask(library: &Library, query: &str) -> (Vec<i64>, Vec<i64>) {
    let query = parse(query).unwrap();
    let mut selection = Selection::default();
    let binding = Binding::new([&query], &mut selection, library).unwrap();
    let scan = library.scan(&selection).unwrap();
    let computed = |name: &str| (name == "albumtotal").then_some(Value::Int(12));
    let (mut selected, mut matched) = (Vec::new(), Vec::new());
    for item in scan.items() {
        let row = binding.row(item, &computed);
        selected.extend(query.selects(&row).unwrap().then_some(item.id().0));
        matched.extend(query.matches(&row).unwrap().then_some(item.id().0));
    }
    (selected, matched)
}

#[track_caller]
fn check(query: &str, selects: &[i64], matches: &[i64]) {
    let done = "CREATE TABLE migrations (name TEXT, table_name TEXT);
                INSERT INTO migrations VALUES ('relative_path', 'items');";
    let (_folder, library) = library(done);
    assert_eq!(
        ask(&library, query),
        (selects.to_vec(), matches.to_vec()),
        "{query:?}"
    );
}

#[test]
fn attributes_are_found_in_any_case_of_the_item_then_of_the_album() {
    check("mood:happy", &[1], &[1]);
    check("mood:calm", &[], &[]);
    check("MOOD:SAD", &[2], &[2]);
    check("shelf:3", &[1], &[1]);
    check("mood::.", &[1, 2], &[1, 2]);
}

#[test]
fn columns_of_albums_alone_are_joined() {
    check("artpath:a", &[], &[1]);
    check("artpath::jpg", &[1], &[1]);
    check("year:1999", &[], &[]);
    check("year:0", &[], &[2]);
}

#[test]
fn what_is_computed_goes_before_what_is_stored() {
    check("albumtotal:12", &[1, 2], &[1, 2]);
    check("singleton::True", &[2], &[2]);
    check("filesize:0", &[1, 2], &[1, 2]);
}

#[test]
fn absolute_paths_count_as_relative_until_beets_makes_them_so() {
    check("path:Foo", &[1], &[1, 2]);
    let (_folder, library) = library("");
    assert_eq!(ask(&library, "path:Foo"), (vec![1, 2], vec![1, 2]));
}
