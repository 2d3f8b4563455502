//! What changed, told by pages, compared with all rows.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rusqlite::Connection;

use super::db::{empty, schema};
use crate::{AlbumId, Changes, ItemId, Library, Pages};

/// Every row of the followed tables, as text, by the item or album that it is of.
type Rows = BTreeMap<i64, Vec<String>>;

fn rows(connection: &Connection, table: &str, owner: &str) -> Rows {
    let mut statement = connection
        .prepare(&format!(
            "SELECT {owner} AS owner_, * FROM {table} ORDER BY id"
        ))
        .unwrap();
    let n = statement.column_count();
    let mut rows = Rows::new();
    let mut found = statement.query([]).unwrap();
    while let Some(row) = found.next().unwrap() {
        let cells = (1..n).map(|index| format!("{:?}", row.get_ref(index).unwrap()));
        let cells: Vec<String> = cells.collect();
        rows.entry(row.get(0).unwrap())
            .or_default()
            .push(cells.join(" "));
    }
    rows
}

/// The items and albums.
fn everything(connection: &Connection) -> [Rows; 2] {
    [("items", "item_attributes"), ("albums", "album_attributes")].map(|(table, attributes)| {
        let mut all = rows(connection, table, "id");
        for (owner, mut more) in rows(connection, attributes, "entity_id") {
            all.entry(owner).or_default().append(&mut more);
        }
        all
    })
}

fn differing(before: &Rows, after: &Rows) -> BTreeSet<i64> {
    let owners: BTreeSet<i64> = before.keys().chain(after.keys()).copied().collect();
    owners
        .into_iter()
        .filter(|owner| before.get(owner) != after.get(owner))
        .collect()
}

/// A library that is changed, and the pages last noted of it.
struct Followed {
    _folder: tempfile::TempDir,
    writer: Connection,
    library: Library,
    pages: Pages,
}

impl Followed {
    /// Starts with items of growing length, some beyond a page, in albums of ten.
    fn new(n_items: i64) -> Self {
        let (folder, path, mut writer) = empty();
        let transaction = writer.transaction().unwrap();
        for id in 1..=n_items {
            let lyrics = "la ".repeat(usize::try_from(id * 37 % 4000).unwrap());
            transaction
                .execute(
                    "INSERT INTO items (id, album_id, title, lyrics) VALUES (?1, ?2, ?3, ?4)",
                    (id, id / 10 + 1, format!("title {id}"), lyrics),
                )
                .unwrap();
            transaction
                .execute(
                    "INSERT INTO item_attributes (entity_id, key, value) VALUES (?1, 'mood', ?2)",
                    (id, format!("mood {id}")),
                )
                .unwrap();
        }
        for id in 1..=n_items / 10 + 1 {
            let sql = "INSERT INTO albums (id, album) VALUES (?1, ?2)";
            transaction
                .execute(sql, (id, format!("album {id}")))
                .unwrap();
        }
        transaction.commit().unwrap();
        let library = Library::open(&path, schema()).unwrap();
        let (pages, first) = library.changes(&Pages::default()).unwrap();
        assert_eq!(first, Changes::Unknown);
        Self {
            _folder: folder,
            writer,
            library,
            pages,
        }
    }

    /// Runs SQL, and checks that what is told covers what differs; returns what is told.
    #[track_caller]
    fn check(&mut self, sql: &str) -> Changes {
        let before = everything(&self.writer);
        self.writer.execute_batch(sql).unwrap();
        let [items, albums] = everything(&self.writer);
        let (pages, told) = self.library.changes(&self.pages).unwrap();
        self.pages = pages;
        if let Changes::Of {
            items: told_items,
            albums: told_albums,
        } = &told
        {
            let items = differing(&before[0], &items)
                .into_iter()
                .map(ItemId)
                .collect();
            let albums = differing(&before[1], &albums)
                .into_iter()
                .map(AlbumId)
                .collect();
            assert!(
                told_items.is_superset(&items),
                "{sql}: {items:?} not in {told_items:?}"
            );
            assert!(
                told_albums.is_superset(&albums),
                "{sql}: {albums:?} not in {told_albums:?}"
            );
        }
        told
    }

    /// Checks that at most so many items and albums are told: those that are on a page with what changed, or on one
    /// that was divided or filled up with it.
    #[track_caller]
    fn check_few(&mut self, most: (usize, usize), sql: &str) {
        match self.check(sql) {
            Changes::Of { items, albums } => {
                let (n_items, n_albums) = (items.len(), albums.len());
                assert!(
                    n_items <= most.0 && n_albums <= most.1,
                    "{sql}: {n_items} items, {n_albums} albums"
                );
            }
            Changes::Unknown => panic!("{sql}: nothing is known"),
        }
    }
}

#[test]
fn a_change_names_few_rows() {
    let mut followed = Followed::new(1000);
    assert!(followed.check("SELECT 1").are_none());
    followed.check_few((2, 0), "UPDATE items SET title = 'other' WHERE id = 500");
    followed.check_few(
        (2, 0),
        "UPDATE items SET lyrics = lyrics || 'more' WHERE id = 501",
    );
    followed.check_few((2, 0), "UPDATE items SET lyrics = '' WHERE id = 999");
    followed.check_few((10, 0), "DELETE FROM items WHERE id = 7");
    followed.check_few((4, 0), "INSERT INTO items (title) VALUES ('new')");
    followed.check_few((0, 110), "UPDATE albums SET album = 'renamed' WHERE id = 3");
    followed.check_few((200, 0), "DELETE FROM item_attributes WHERE entity_id = 77");
    followed.check_few(
        (340, 0),
        "REPLACE INTO item_attributes (entity_id, key, value) VALUES (9, 'mood', 'x')",
    );
    followed.check_few(
        (0, 2),
        "INSERT INTO album_attributes (entity_id, key, value) VALUES (5, 'a', 'b')",
    );
    assert!(followed.check("SELECT 1").are_none());
}

#[test]
fn a_row_whose_end_alone_changes_is_not_missed() {
    let mut followed = Followed::new(300);
    // As long as before, so that the page of its start stays.
    let sql =
        "UPDATE items SET lyrics = substr(lyrics, 1, length(lyrics) - 4) || 'ende' WHERE id = 107";
    let told = followed.check(sql);
    let is_covered = match &told {
        Changes::Unknown => true,
        Changes::Of { items, .. } => items.contains(&ItemId(107)),
    };
    assert!(is_covered, "{told:?}");
}

#[test]
fn a_database_that_is_made_anew_is_followed() {
    let mut followed = Followed::new(500);
    followed.check("VACUUM");
    followed.check_few((4, 0), "UPDATE items SET title = 'other' WHERE id = 50");
    followed.check("ALTER TABLE items ADD COLUMN another TEXT");
    followed.check_few((4, 0), "UPDATE items SET title = 'third' WHERE id = 50");
    followed.check("DELETE FROM items WHERE id % 3 = 0");
    followed.check("DELETE FROM items");
}

#[test]
fn changes_in_a_log_are_seen() {
    let mut followed = Followed::new(500);
    followed.check("PRAGMA journal_mode = WAL");
    followed.check_few((4, 0), "UPDATE items SET title = 'other' WHERE id = 50");
    followed.check_few((4, 0), "DELETE FROM items WHERE id = 51");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_differs_is_told(steps in prop::collection::vec((0..7_u8, 1..400_i64, 0..9000_usize), 1..12)) {
        let mut followed = Followed::new(300);
        for (step, id, len) in steps {
            let text = "x".repeat(len);
            let sql = match step {
                0 => format!("UPDATE items SET lyrics = '{text}' WHERE id = {id}"),
                1 => format!("DELETE FROM items WHERE id BETWEEN {id} AND {id} + {len} % 50"),
                2 => format!("INSERT OR REPLACE INTO items (id, lyrics) VALUES ({id}, '{text}')"),
                3 => format!("UPDATE albums SET comp = {len} WHERE id = {id} / 10"),
                4 => format!("DELETE FROM item_attributes WHERE entity_id = {id}"),
                5 => format!("REPLACE INTO item_attributes (entity_id, key, value) VALUES ({id}, 'k{len}', '{text}')"),
                _ => format!("UPDATE items SET lyrics = replace(lyrics, 'la', 'lu') WHERE id = {id}"),
            };
            followed.check(&sql);
        }
    }
}
