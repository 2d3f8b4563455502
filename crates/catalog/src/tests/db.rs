//! Opening libraries, following their changes, and single rows.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::synthetic;
use crate::{AlbumId, Error, Formats, ItemId, Library, RawValue, Schema, Selection, Types, Value};

/// Made by the real beets; `tests-data/make_library.py` says how.
pub(super) const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests-data/library.db");

pub(super) fn schema() -> Schema {
    let zone = jiff::tz::TimeZone::UTC;
    let formats = Formats {
        zone,
        directory: b"/music".to_vec(),
        ..Formats::default()
    };
    let mut types = Types::default();
    types.enable("mpdstats");
    Schema { types, formats }
}

pub(super) fn real() -> Library {
    Library::open(Path::new(REAL), schema()).unwrap()
}

/// Makes an empty library in a folder of its own.
pub(super) fn empty() -> (TempDir, PathBuf, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file:odd?mode=rw#%41 name.db");
    let writer = synthetic::empty(&folder.path().join("library.db")).unwrap();
    drop(writer);
    std::fs::rename(folder.path().join("library.db"), &path).unwrap();
    let writer = Connection::open_with_flags(&path, plain_flags()).unwrap();
    (folder, path, writer)
}

fn plain_flags() -> rusqlite::OpenFlags {
    rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE
}

fn titles(library: &Library) -> Vec<String> {
    let mut selection = Selection::default();
    let title = selection.item("title");
    let scan = library.scan(&selection).unwrap();
    let text = |row: crate::ItemRow<'_>| {
        let mut out = String::new();
        row.show(title, &mut out);
        out
    };
    scan.items().map(text).collect()
}

#[track_caller]
fn check_refused(content: Option<&[u8]>, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    if let Some(content) = content {
        std::fs::write(&path, content).unwrap();
    }
    let error = Library::open(&path, Schema::default()).unwrap_err();
    assert_eq!(
        error.to_string().replace(path.to_str().unwrap(), "PATH"),
        expected
    );
}

#[test]
fn a_missing_file_is_named_and_not_created() {
    check_refused(None, "PATH: no such file");
}

#[test]
fn another_kind_of_file_is_refused() {
    check_refused(Some(&[b'x'; 4096]), "PATH is not an SQLite database");
}

#[test]
fn an_empty_file_is_no_library() {
    check_refused(
        Some(b""),
        "PATH has no table `items`, so it is not a beets library",
    );
}

#[test]
fn a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Library::open(folder.path(), Schema::default()).unwrap_err();
    assert!(matches!(error, Error::NotAFile { .. }), "{error:?}");
}

#[test]
fn a_damaged_database_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    synthetic::fill(&path, 500).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    // Everything but the schema page becomes garbage.
    bytes[4096..].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    let error = Library::open(&path, Schema::default())
        .and_then(|library| library.scan(&Selection::default()))
        .unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
}

#[test]
fn a_path_that_looks_like_a_uri_is_a_path() {
    let (_folder, path, writer) = empty();
    writer
        .execute("INSERT INTO items (title) VALUES ('a')", [])
        .unwrap();
    assert_eq!(titles(&Library::open(&path, schema()).unwrap()), ["a"]);
}

#[test]
fn what_reads_cannot_write() {
    let (_folder, path, _writer) = empty();
    let library = Library::open(&path, schema()).unwrap();
    let write = "INSERT INTO items (title) VALUES ('a')";
    let error = library
        .read(|connection| connection.execute(write, []))
        .unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error}");
}

#[test]
fn commits_of_others_change_the_revision_and_only_they_do() {
    let (_folder, path, writer) = empty();
    let library = Library::open(&path, schema()).unwrap();
    let before = library.revision().unwrap();
    let glimpse = library.glimpse();
    titles(&library);
    assert_eq!(before, library.revision().unwrap());
    assert!(glimpse.is_some() && glimpse == library.glimpse());
    // The files' times are as coarse as the kernel's clock.
    std::thread::sleep(std::time::Duration::from_millis(50));
    writer
        .execute("INSERT INTO items (title) VALUES ('a')", [])
        .unwrap();
    let after = library.revision().unwrap();
    assert_ne!(before, after);
    assert_ne!(glimpse, library.glimpse());
    assert_eq!(after, library.revision().unwrap());
    assert_eq!(titles(&library), ["a"]);
}

#[test]
fn a_file_that_replaces_the_library_is_read() {
    let (folder, path, writer) = empty();
    let library = Library::open(&path, schema()).unwrap();
    let before = library.revision().unwrap();
    assert!(titles(&library).is_empty());
    drop(writer);
    let other = folder.path().join("other.db");
    synthetic::fill(&other, 3).unwrap();
    std::fs::rename(other, &path).unwrap();
    assert_ne!(before, library.revision().unwrap());
    assert_eq!(titles(&library).len(), 3);
}

#[test]
fn a_library_that_is_gone_is_an_error() {
    let (_folder, path, writer) = empty();
    let library = Library::open(&path, schema()).unwrap();
    drop(writer);
    std::fs::remove_file(path).unwrap();
    assert!(matches!(library.revision(), Err(Error::Missing { .. })));
    assert_eq!(library.glimpse(), None);
    assert!(matches!(
        library.item(ItemId(1)),
        Err(Error::Missing { .. })
    ));
}

#[test]
fn an_uncommitted_write_is_not_seen_and_not_waited_for() {
    let (_folder, path, writer) = empty();
    let library = Library::open(&path, schema()).unwrap();
    writer
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO items (title) VALUES ('a')")
        .unwrap();
    assert!(titles(&library).is_empty());
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(titles(&library), ["a"]);
}

#[test]
fn a_commit_in_progress_is_waited_for() {
    let (_folder, path, writer) = empty();
    let library = Library::open(&path, schema()).unwrap();
    writer
        .execute_batch("BEGIN EXCLUSIVE; INSERT INTO items (title) VALUES ('a')")
        .unwrap();
    let commit = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        writer.execute_batch("COMMIT").unwrap();
    });
    assert_eq!(titles(&library), ["a"]);
    commit.join().unwrap();
}

#[test]
fn a_reader_leaves_no_lock_behind() {
    let (_folder, path, writer) = empty();
    let library = Library::open(&path, schema()).unwrap();
    titles(&library);
    library.revision().unwrap();
    library.item(ItemId(1)).unwrap();
    writer.busy_timeout(std::time::Duration::ZERO).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE; ROLLBACK").unwrap();
}

#[test]
fn a_library_in_wal_mode_is_followed() {
    let (_folder, path, writer) = empty();
    let mode: String = writer
        .query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    let library = Library::open(&path, schema()).unwrap();
    let before = library.revision().unwrap();
    writer
        .execute("INSERT INTO items (title) VALUES ('a')", [])
        .unwrap();
    assert_eq!(titles(&library), ["a"]);
    assert_ne!(before, library.revision().unwrap());
}

#[test]
fn a_library_in_wal_mode_that_nobody_else_has_open_is_read() {
    let (_folder, path, writer) = empty();
    writer
        .query_row("PRAGMA journal_mode=WAL", [], |_| Ok(()))
        .unwrap();
    writer
        .execute("INSERT INTO items (title) VALUES ('a')", [])
        .unwrap();
    drop(writer);
    assert_eq!(titles(&Library::open(&path, schema()).unwrap()), ["a"]);
}

#[test]
fn a_half_written_library_says_how_to_repair_it() {
    let (folder, path, writer) = empty();
    let mut writer = writer;
    writer
        .execute_batch("PRAGMA cache_size = 2; PRAGMA cache_spill = 1")
        .unwrap();
    let transaction = writer.transaction().unwrap();
    for _ in 0..200 {
        let sql = "INSERT INTO items (lyrics) VALUES (zeroblob(3000))";
        transaction.execute(sql, []).unwrap();
    }
    // What a power cut leaves: pages in the database, and the journal that takes them back.
    let copy = folder.path().join("copy.db");
    let journal = |path: &Path| PathBuf::from(format!("{}-journal", path.display()));
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(journal(&path), journal(&copy)).unwrap();
    let error = Library::open(&copy, schema()).unwrap_err();
    assert!(matches!(error, Error::HalfWritten { .. }), "{error:?}");
}

#[test]
fn threads_share_a_library() {
    let library = real();
    let read = || {
        for _ in 0..50 {
            assert!(library.item(ItemId(1)).unwrap().is_some());
            assert_eq!(titles(&library).len(), 5);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(read);
        }
    });
}

#[test]
fn an_item_has_columns_and_attributes() {
    let item = real().item(ItemId(3)).unwrap().unwrap();
    assert_eq!(item.get("title"), Value::Text("Alone".to_owned()));
    assert_eq!(item.get("initial_key"), Value::Text("Cm".to_owned()));
    assert_eq!(item.get("rating"), Value::Float(4.0));
    assert_eq!(item.get("album_id"), Value::Null);
    assert_eq!(item.album_id(), None);
    assert_eq!(item.get("no such field"), Value::Null);
    assert_eq!(item.raw("no such field"), None);
    let attributes: Vec<_> = item.attributes().collect();
    assert_eq!(attributes, [("rating", RawValue::Text(b"4"))]);
}

#[test]
fn paths_are_absolute_and_keep_their_bytes() {
    let library = real();
    let path = |id| library.item(ItemId(id)).unwrap().unwrap().path();
    assert_eq!(path(2), b"/music/Radiohead/Kid A/2-01\xff.flac");
    assert_eq!(path(5), b"/elsewhere/lost.m4a");
    let cover = library.album(AlbumId(1)).unwrap().unwrap().artpath();
    assert_eq!(cover.unwrap(), b"/music/Radiohead/Kid A/cover.jpg");
    assert_eq!(library.album(AlbumId(2)).unwrap().unwrap().artpath(), None);
}

#[test]
fn an_item_is_found_by_its_path_however_it_is_stored() {
    let (_folder, path, writer) = empty();
    for stored in ["X'612F62'", "'a/c'", "X'2F6D757369632F64'", "'/else/e'"] {
        writer
            .execute(&format!("INSERT INTO items (path) VALUES ({stored})"), [])
            .unwrap();
    }
    let library = Library::open(&path, schema()).unwrap();
    let id = |path: &[u8]| library.item_by_path(path).unwrap().map(|item| item.id().0);
    assert_eq!(id(b"/music/a/b"), Some(1));
    assert_eq!(id(b"/music/a/c"), Some(2));
    assert_eq!(id(b"/music/d"), Some(3));
    assert_eq!(id(b"/else/e"), Some(4));
    assert_eq!(id(b"/musica/b"), None);
}
