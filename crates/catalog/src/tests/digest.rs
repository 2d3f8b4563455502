//! Digests of rows.

use std::collections::BTreeSet;

use super::db::{empty, real, schema};
use super::synthetic;
use crate::{Digest, Entity, ItemId, Library};

fn all(library: &Library, most: u32) -> Vec<Digest> {
    let mut all: Vec<Digest> = Vec::new();
    loop {
        let after = all.last().map(|last| last.id);
        let more = library.digests(after, most).unwrap();
        assert!(more.len() <= most as usize);
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

#[test]
fn they_are_those_of_the_items() {
    let library = real();
    let digests = all(&library, 100);
    assert!(!digests.is_empty());
    for digest in digests {
        let item = library.item(digest.id).unwrap().unwrap();
        assert_eq!(digest.digest, item.digest());
        assert_eq!(digest.album, item.album_id());
        assert_eq!(digest.path, item.path());
        assert_eq!(library.digest(item.id()).unwrap(), Some(digest));
    }
}

#[test]
fn parts_make_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    synthetic::fill(&path, 500).unwrap();
    let library = Library::open(&path, schema()).unwrap();
    let whole = all(&library, 10_000);
    assert_eq!(whole.len(), 500);
    for most in [1, 7, 500] {
        assert_eq!(all(&library, most), whole);
    }
    assert_eq!(library.digest(ItemId(501)).unwrap(), None);
    let distinct: BTreeSet<u64> = whole.iter().map(|digest| digest.digest).collect();
    assert_eq!(distinct.len(), whole.len());
}

#[test]
fn every_column_and_its_class_matter() {
    let (_folder, path, writer) = empty();
    writer
        .execute("INSERT INTO items (id) VALUES (1)", [])
        .unwrap();
    let library = Library::open(&path, schema()).unwrap();
    let digest = || library.item(ItemId(1)).unwrap().unwrap().digest();
    let mut seen = BTreeSet::from([digest()]);
    let columns = library.columns(Entity::Item).unwrap();
    for column in columns.iter().filter(|column| *column != "id") {
        for value in ["1", "'x'", "x'78'", "NULL"] {
            let sql = format!("UPDATE items SET {column} = {value}");
            writer.execute(&sql, []).unwrap();
            // Where everything is null again, it is as it was.
            assert!(seen.insert(digest()) != (value == "NULL"), "{sql}");
        }
    }
}

#[test]
fn attributes_do_not_matter() {
    let (_folder, path, writer) = empty();
    let library = Library::open(&path, schema()).unwrap();
    writer
        .execute("INSERT INTO items (id) VALUES (1)", [])
        .unwrap();
    let before = all(&library, 9);
    let sql = "INSERT INTO item_attributes (entity_id, key, value) VALUES (1, 'rating', '5')";
    writer.execute(sql, []).unwrap();
    assert_eq!(all(&library, 9), before);
}
