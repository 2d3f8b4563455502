//! Names after random changes of a library, against those that are made of all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use catalog::{AlbumId, ItemId, Surroundings};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;
use vtree::{Node, Snapshot};

use super::{Register, Renamed};
use crate::naming::name_all;
use crate::source::{Overrides, Source};

/// A library that is changed, and its names.
struct Named {
    folder: TempDir,
    writer: Connection,
    source: Source,
    register: Register,
    snapshot: Snapshot,
    /// All rows, by table and by the item or album that they are of.
    rows: [Rows; 2],
    /// How often not all had to be named again.
    n_local: usize,
}

type Rows = BTreeMap<i64, Vec<String>>;

/// Few values for each field, so that much is alike.
const ALIKE: &str = "
    DELETE FROM items WHERE id > 40;
    DELETE FROM albums WHERE id > 9;
    UPDATE items SET title = 'T' || (id % 4), track = id % 3, disc = id % 2, comp = (id % 7 = 0),
        artist = 'X' || (id % 2), albumartist = '', year = 1990 + id % 2, tracktotal = 5,
        album_id = CASE WHEN id % 9 = 0 THEN NULL ELSE (id * 5 / 23) END, genres = 'G' || (id % 2);
    UPDATE albums SET album = 'A' || (id % 3), albumartist = 'X' || (id % 2), year = 1990 + id % 3,
        label = 'L' || (id % 2), albumtype = 'album', comp = 0,
        artpath = CASE WHEN id % 2 THEN 'art/' || id || '.jpg' END, catalognum = '', disctotal = 1 + id % 2;
";

impl Named {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("library.db");
        fixtures::synthetic_library(90, &database);
        let writer = Connection::open(&database).unwrap();
        writer.execute_batch(ALIKE).unwrap();
        let file = folder.path().join("config.yaml");
        let start = "directory: /music\nlibrary: library.db\n";
        fs::write(&file, format!("{start}{config}")).unwrap();
        let surroundings = Surroundings {
            home: Some("/nonexistent".into()),
            working_directory: "/".into(),
            ..Surroundings::default()
        };
        let overrides = Overrides {
            config: Some(file),
            library: Some(database),
            ..Overrides::default()
        };
        let source = Source::open_in(overrides, surroundings, TimeZone::UTC).unwrap();
        let (snapshot, register) = name_all(&source).unwrap().into_parts();
        Self {
            rows: rows(&writer),
            folder,
            writer,
            source,
            register,
            snapshot,
            n_local: 0,
        }
    }

    /// Runs SQL, and names what it changed; the tree must be what it would be if all were named again.
    #[track_caller]
    fn check(&mut self, sql: &str) {
        let context = || format!("{sql} in {}", self.folder.path().display());
        self.writer
            .execute_batch(sql)
            .unwrap_or_else(|error| panic!("{error}: {}", context()));
        // Whole seconds are kept of the time of the database, and directories that change get it.
        let time = SystemTime::now() + Duration::from_secs(10 * self.n_local as u64);
        let database = fs::File::options()
            .write(true)
            .open(self.database())
            .unwrap();
        database.set_modified(time).unwrap();
        drop(database);
        let rows = rows(&self.writer);
        let items = differing(&self.rows[0], &rows[0]).map(ItemId).collect();
        let albums = differing(&self.rows[1], &rows[1]).map(AlbumId).collect();
        self.rows = rows;
        let (mut expected, whole) = name_all(&self.source).unwrap().into_parts();
        expected.keep_times(&self.snapshot);
        let renamed = self
            .register
            .rename(&self.source, &items, &albums, &self.snapshot);
        match renamed.unwrap() {
            None => (self.snapshot, self.register) = (expected, whole),
            Some(Renamed {
                register,
                snapshot,
                of_albums,
            }) => {
                self.n_local += 1;
                let snapshot = snapshot.as_ref().unwrap_or(&self.snapshot);
                assert_eq!(shape(snapshot), shape(&expected), "{}", context());
                let of_albums: BTreeSet<_> = of_albums.into_iter().collect();
                // Items with the number 0 have no album.
                for album in albums.into_iter().filter(|album| album.0 != 0) {
                    let items = self.source.library.items_of(album).unwrap();
                    assert!(items.iter().all(|item| of_albums.contains(item)));
                }
                (self.snapshot, self.register) = (expected, register);
            }
        }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("library.db")
    }
}

fn rows(connection: &Connection) -> [Rows; 2] {
    [("item", "items"), ("album", "albums")].map(|(one, many)| {
        let mut all = Rows::new();
        for (table, owner) in [
            (many.to_owned(), "id"),
            (format!("{one}_attributes"), "entity_id"),
        ] {
            let sql = format!("SELECT {owner} AS of, * FROM {table} ORDER BY 1, 2");
            let mut statement = connection.prepare(&sql).unwrap();
            let n = statement.column_count();
            let mut found = statement.query([]).unwrap();
            while let Some(row) = found.next().unwrap() {
                let cells = (1..n).map(|at| format!("{:?}", row.get_ref(at).unwrap()));
                all.entry(row.get(0).unwrap())
                    .or_default()
                    .push(cells.collect());
            }
        }
        all
    })
}

fn differing<'r>(before: &'r Rows, after: &'r Rows) -> impl Iterator<Item = i64> {
    let all: BTreeSet<i64> = before.keys().chain(after.keys()).copied().collect();
    all.into_iter()
        .filter(|owner| before.get(owner) != after.get(owner))
}

/// Everything that can be seen of a tree: for each directory its path, number and time, and its entries
/// in both orders; and what leaves wanted that did not get it.
fn shape(snapshot: &Snapshot) -> Vec<String> {
    let name = |node: Node<'_>| {
        format!(
            "{} {:?}",
            node.ino().0,
            String::from_utf8_lossy(node.name())
        )
    };
    let dirs = snapshot.dirs().map(|node| {
        let dir = node.dir().unwrap();
        let entries: Vec<_> = dir.children().map(name).collect();
        let positions: Vec<_> = dir.children_after(0).map(name).collect();
        let path = String::from_utf8_lossy(&node.path()).into_owned();
        format!(
            "{path} {} {:?} {entries:?} {positions:?}",
            node.ino().0,
            dir.mtime()
        )
    });
    let wanted = snapshot.leaves().map(|node| {
        let wanted = snapshot.wanted(node.leaf().unwrap());
        format!("{} {:?}", name(node), wanted.map(String::from_utf8_lossy))
    });
    dirs.chain(wanted).collect()
}

/// Returns SQL that changes something; numbers that no row has change nothing.
fn edit(kind: u8, id: i64, value: i64) -> String {
    let album = id % 12;
    let few = value % 3;
    match kind {
        0 => format!("UPDATE items SET title = 'T{}' WHERE id = {id};", value % 4),
        1 => format!("UPDATE items SET track = {few}, tracktotal = {value} WHERE id = {id};"),
        2 => format!("UPDATE items SET album_id = {album} WHERE id = {value};"),
        3 => format!("UPDATE items SET album_id = NULL WHERE id = {id};"),
        4 => format!("DELETE FROM items WHERE id = {id};"),
        5 => format!(
            "INSERT OR REPLACE INTO items (id, path, title, artist, album, album_id, track) \
             VALUES ({id}, 'a/{value}.flac', 'T{few}', 'X', 'A', {album}, {few});"
        ),
        6 => format!("UPDATE albums SET album = 'A{few}' WHERE id = {album};"),
        7 => format!("UPDATE albums SET year = 1990 + {few}, label = 'L{few}' WHERE id = {album};"),
        8 => format!("DELETE FROM albums WHERE id = {album};"),
        9 => format!(
            "INSERT OR REPLACE INTO albums (id, album, albumartist, year) \
             VALUES ({album}, 'A{few}', 'X{few}', 1990);"
        ),
        10 => format!(
            "INSERT OR REPLACE INTO item_attributes (entity_id, key, value) \
             VALUES ({id}, '{}', 'M{few}');",
            ["mood", "Mood"][usize::from(value == 0)]
        ),
        11 => format!(
            "INSERT OR REPLACE INTO album_attributes (entity_id, key, value) \
             VALUES ({album}, 'mood', 'M{few}');"
        ),
        12 => format!("DELETE FROM item_attributes WHERE entity_id = {id};"),
        13 => format!("UPDATE items SET comp = NOT comp, year = 1990 + {few} WHERE id = {id};"),
        14 => format!("UPDATE items SET artist = 'X{few}', genres = 'G{few}' WHERE id = {id};"),
        15 => {
            format!("UPDATE albums SET albumartist = '', albumtype = 'a{few}' WHERE id = {album};")
        }
        _ => format!("UPDATE items SET path = 'a/{value}.mp3', disc = {few} WHERE id = {id};"),
    }
}

/// Configurations, and whether their names are of the kind for which not all are named again.
const CONFIGURATIONS: [(&str, bool); 16] = [
    ("", true),
    (
        "paths: {default: '$album%aunique{}/$track $title', comp: '$album%aunique{}/$title'}",
        true,
    ),
    (
        "paths: {default: '$album%aunique{album,year label,()}/$title', \
         comp: '$album%aunique{album,year label,[]}/$title', singleton: '$title'}",
        true,
    ),
    (
        "aunique: {keys: albumartist year, disambiguators: label album}\npaths: {default: '$year%aunique{}/$title'}",
        true,
    ),
    (
        "paths: {default: '$mood/$title', 'mood:m1': 'one/$title', singleton: 'single/$mood'}",
        true,
    ),
    ("paths: {default: '$album/%ifdef{mood,$mood}/$title'}", true),
    (
        "plugins: missing\npaths: {default: '$album $missing/$title', comp: '$album $albumtotal $title'}",
        true,
    ),
    (
        "paths: {default: '%if{$comp,$title/$track,$title}', 'year:1991': '$title/$track/$disc'}",
        true,
    ),
    (
        "plugins: rewrite\nrewrite:\n  artist x1: Y\n  album a2: A1\npaths: {default: '$albumartist/$album%aunique{}/$title'}",
        true,
    ),
    (
        "plugins: advancedrewrite\nadvancedrewrite:\n  - match: 'year:1991'\n    replacements: {album: Other}\n\
         paths: {default: '$album%aunique{}/$title'}",
        true,
    ),
    (
        "musicfs:\n  views:\n    Years: {path: '$year/$album%aunique{year}/$title', query: 'genres:G1'}\n    \
         Moods: $mood/$title\n    All:\n",
        true,
    ),
    (
        "paths: {default: '$album/CD$disc/$title'}\nart_filename: $album%aunique{}",
        true,
    ),
    ("paths: {default: '$title'}\nart_filename: T1", true),
    ("paths: {default: '$album%aunique{title}/$title'}", false),
    (
        "paths: {default: '$album $missing%aunique{album,missing}/$title'}\nplugins: missing",
        false,
    ),
    (
        "paths: {default: '$title', singleton: '$title%sunique{title,year}'}",
        false,
    ),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn what_is_named_anew_is_what_naming_all_would_give(
        which in 0..CONFIGURATIONS.len(),
        steps in prop::collection::vec(
            prop::collection::vec((0_u8..18, 1_i64..44, 0_i64..44), 1..5),
            1..10,
        ),
    ) {
        let (config, is_local) = CONFIGURATIONS[which];
        let mut named = Named::new(config);
        for step in &steps {
            let sql: String = step.iter().map(|&(kind, id, value)| edit(kind, id, value)).collect();
            named.check(&sql);
        }
        // An attribute that comes into use concerns all names.
        let least = if is_local { steps.len().saturating_sub(3) } else { 0 };
        prop_assert!(named.n_local >= least, "{} of {}", named.n_local, steps.len());
        prop_assert!(is_local || named.n_local == 0);
    }
}

#[test]
fn each_configuration_is_followed_without_naming_all() {
    for (config, is_local) in CONFIGURATIONS {
        let mut named = Named::new(config);
        for kind in 0..18 {
            for (id, value) in [(3, 7), (18, 30), (27, 1)] {
                named.check(&edit(kind, id, value));
            }
        }
        assert_eq!(named.n_local > 40, is_local, "{config}: {}", named.n_local);
    }
}

#[test]
fn a_query_about_the_present_has_all_named_again() {
    let mut named = Named::new("paths: {default: '$title', 'added:-1d..': 'new/$title'}");
    std::thread::sleep(Duration::from_millis(1100));
    named.check("UPDATE items SET title = 'Other' WHERE id = 3");
    assert_eq!(named.n_local, 0);
}

#[test]
fn the_size_of_a_file_is_looked_at_again() {
    let mut named = Named::new("paths: {default: '$title $filesize'}");
    named.check("UPDATE items SET title = 'Other' WHERE id = 3");
    assert_eq!(named.n_local, 0);
}
