//! What becomes of edited files.

mod albums;
mod beets;
mod locks;

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use catalog::ItemId;
use fixtures::{Ape, Asf, Dsf};
use fusefront::{Edit, Error, Library as _};
use rusqlite::Connection;
use rusqlite::types::Value as Sql;
use tagsynth::Value as TagValue;
use tempfile::TempDir;

use super::*;
use crate::journal::{Filter, Journal, State};
use crate::leaf::{Leaf, ViewNo};
use crate::library::BeetsLibrary;
use crate::origins::Origins;
use crate::source::{Overrides, Source};

/// Columns that say nothing of tags: two databases differ in when files were read, and a file that a
/// program rewrote may have another bit rate.
const OTHERS: [&str; 4] = ["mtime", "bitrate", "length", "path"];

type Rows = BTreeMap<(&'static str, i64), BTreeMap<String, Sql>>;

/// A library in a folder of its own, and what serves it.
struct Place {
    _folder: TempDir,
    root: PathBuf,
}

impl Place {
    /// Copies the fixture library, with files of the formats that it lacks, or another place.
    fn copy(of: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("library");
        let copied = Command::new("cp").arg("-a").arg(of).arg(&root).status();
        assert!(copied.unwrap().success());
        Self {
            _folder: folder,
            root,
        }
    }

    fn config(&self) -> PathBuf {
        self.root.join("config.yaml")
    }

    fn serve(&self) -> (BeetsLibrary, Arc<Origins>) {
        let source = Source::open(Overrides {
            config: Some(self.config()),
            ..Overrides::default()
        });
        let source = source.unwrap();
        let origins = Arc::new(Origins::unmounted(source.directory()));
        let state = crate::state::State::none();
        let library = BeetsLibrary::new(&source, Arc::clone(&origins), state);
        fs::create_dir_all(self.state()).unwrap();
        let journal = Journal::open(&self.state()).unwrap();
        (library.write_through(journal), origins)
    }

    fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    fn database(&self) -> Connection {
        Connection::open(self.root.join("library.db")).unwrap()
    }

    /// Returns all rows, but for columns that say nothing of tags.
    fn rows(&self) -> Rows {
        let connection = self.database();
        let mut all = Rows::new();
        for table in ["items", "albums"] {
            let sql = format!("SELECT * FROM {table}");
            let mut statement = connection.prepare(&sql).unwrap();
            let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let rows = statement.query_map([], |row| {
                let cells = names.iter().enumerate();
                let cells = cells.map(|(index, name)| Ok((name.clone(), row.get(index)?)));
                Ok((row.get("id")?, cells.collect::<rusqlite::Result<_>>()?))
            });
            for row in rows.unwrap() {
                let (id, mut row): (i64, BTreeMap<String, Sql>) = row.unwrap();
                row.retain(|name, _| !OTHERS.contains(&name.as_str()));
                all.insert((table, id), row);
            }
        }
        all
    }

    /// Returns the items of each album, and singletons by themselves: number and path.
    fn albums(&self) -> Vec<Vec<(i64, PathBuf)>> {
        let connection = self.database();
        let sql = "SELECT id, COALESCE(album_id, -id), path FROM items ORDER BY 2, 1";
        let mut statement = connection.prepare(sql).unwrap();
        let mut albums: BTreeMap<i64, Vec<_>> = BTreeMap::new();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        for row in rows.unwrap() {
            let (id, album, path): (i64, i64, Vec<u8>) = row.unwrap();
            let path = self.root.join("music").join(OsStr::from_bytes(&path));
            albums.entry(album).or_default().push((id, path));
        }
        albums.into_values().collect()
    }
}

fn leaf(id: i64) -> vtree::LeafId {
    Leaf::item(ViewNo::UNNAMED, ItemId(id)).id()
}

/// Returns the bytes that are served for an item.
fn served(library: &BeetsLibrary, id: i64) -> Vec<u8> {
    let (reader, attr) = library.open(leaf(id)).unwrap();
    let mut bytes = vec![0; usize::try_from(attr.len).unwrap()];
    assert_eq!(
        Rendered(&reader).read_at(&mut bytes, 0).unwrap(),
        bytes.len()
    );
    bytes
}

/// A library that is edited without beets, and one of its items.
struct Edited {
    place: Place,
    library: BeetsLibrary,
    origins: Arc<Origins>,
    fixture: fixtures::Library,
}

impl Edited {
    fn new() -> Self {
        Self::of(fixtures::Library::copy_to_temp())
    }

    fn of(fixture: fixtures::Library) -> Self {
        let place = Place::copy(fixture.folder());
        let (library, origins) = place.serve();
        Self {
            place,
            library,
            origins,
            fixture,
        }
    }

    fn id(&self, case: &str) -> i64 {
        self.fixture.case(case).id
    }

    fn name(&self, id: i64) -> Vec<u8> {
        self.library.digest(leaf(id)).unwrap().path
    }

    /// Returns an item's file with another value of a field.
    fn retagged(&self, id: i64, field: Field, value: TagValue<'_>) -> Vec<u8> {
        let (bytes, name) = (served(&self.library, id), self.name(id));
        let mut tags = tagsynth::parse(&bytes, &name).unwrap();
        tags.set(field, value_owned(value));
        let options = tagsynth::Options::default();
        let rendering = tagsynth::render(&bytes, &name, &tags, None, &options).unwrap();
        let composed = tagsynth::Composed::new(&rendering.plan, &bytes, None);
        let mut edited = vec![0; usize::try_from(composed.len()).unwrap()];
        assert_eq!(composed.read_at(&mut edited, 0).unwrap(), edited.len());
        edited
    }

    fn commit(&self, id: i64, bytes: &[u8]) -> Result<(), Error> {
        self.library.commit(leaf(id), &Edit::of(&bytes)).map(drop)
    }

    fn journal(&self) -> Journal {
        Journal::look(&self.place.state()).unwrap().unwrap()
    }

    fn last(&self) -> crate::journal::Entry {
        let mut last = self.journal().entries(Filter::All, Some(1)).unwrap();
        last.pop().expect("there is an edit")
    }

    fn field(&self, id: i64, name: &str) -> Sql {
        self.place.rows()[&("items", id)][name].clone()
    }

    fn source(&self) -> Source {
        Source::open(Overrides {
            config: Some(self.place.config()),
            ..Overrides::default()
        })
        .unwrap()
    }

    fn undo(&self, id: Option<i64>, force: bool) -> anyhow::Result<()> {
        let journal = Journal::open(&self.place.state()).unwrap();
        undo(&self.source().library, &journal, id, force).map(drop)
    }

    fn execute(&self, sql: &str) {
        self.place.database().execute_batch(sql).unwrap();
    }

    /// Checks that an edit is refused for a reason, and its file kept, and nothing written.
    #[track_caller]
    fn check_refused(&self, id: i64, bytes: &[u8], state: State, reason: &str) {
        let before = self.place.rows();
        let error = self.commit(id, bytes).unwrap_err();
        let is_busy = matches!(error, Error::Busy);
        assert_eq!(is_busy, state == State::Busy, "{error:?}");
        assert_eq!(self.place.rows(), before);
        self.check_kept(bytes, state, reason);
        assert_ne!(served(&self.library, id), bytes);
    }

    /// Checks that the last edit was not made for a reason, and its file kept.
    #[track_caller]
    fn check_kept(&self, bytes: &[u8], state: State, reason: &str) {
        let last = self.last();
        assert_eq!(last.state, state);
        let note = last.note.unwrap();
        assert!(note.contains(reason), "{note}");
        let kept = self.journal().kept_folder().join(last.kept.unwrap());
        assert!(fs::read(kept).unwrap() == bytes);
    }
}

fn value_owned(value: TagValue<'_>) -> TagValue<'static> {
    match value {
        TagValue::Text(text) => TagValue::text(text.into_owned()),
        TagValue::Int(int) => TagValue::Int(int),
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) -> Sql {
    Sql::Text(text.to_owned())
}

#[test]
fn an_edit_shows_at_once_and_is_noted() {
    let edited = Edited::new();
    let id = edited.id("flac-every-field");
    let old = edited.field(id, "title");
    let bytes = edited.retagged(id, Field::Title, TagValue::text("New ü"));
    edited.commit(id, &bytes).unwrap();
    assert_eq!(edited.field(id, "title"), text("New ü"));
    let shown = served(&edited.library, id);
    let shown = tagsynth::parse(&shown, &edited.name(id)).unwrap();
    assert_eq!(shown.get(Field::Title), Some(&TagValue::text("New ü")));
    let last = edited.last();
    assert_eq!(
        (last.state, last.item, last.note),
        (State::Done, ItemId(id), None)
    );
    let fields: Vec<_> = last.cells.iter().map(|cell| cell.field.as_str()).collect();
    assert_eq!(fields, ["title", "mtime"]);
    let Sql::Text(old) = old else {
        panic!("{old:?}")
    };
    assert_eq!(
        last.cells[0].old,
        crate::journal::Raw::Text(old.into_bytes())
    );
}

#[test]
fn a_file_that_is_saved_unchanged_is_no_edit() {
    let edited = Edited::new();
    let before = edited.place.rows();
    for item in edited.fixture.items() {
        let bytes = served(&edited.library, item.id);
        match edited.commit(item.id, &bytes) {
            // Formats that beets writes no tags to are refused whatever is written.
            Err(Error::Refused { .. }) => assert!(
                tagsynth::probe(&bytes, &edited.name(item.id)).is_err()
                    || tagsynth::parse(&bytes, &edited.name(item.id)).is_err(),
                "{}",
                item.case
            ),
            other => other.unwrap(),
        }
    }
    assert_eq!(edited.place.rows(), before);
    let entries = edited
        .journal()
        .entries(Filter::In(State::Done), None)
        .unwrap();
    assert!(entries.is_empty(), "{entries:?}");
}

#[test]
fn other_audio_is_refused_and_kept() {
    let edited = Edited::new();
    for case in [
        "flac-every-field",
        "mp3-every-field",
        "ogg-every-field",
        "m4a-every-field",
    ] {
        let id = edited.id(case);
        let mut bytes = edited.retagged(id, Field::Title, TagValue::text("New"));
        let audio = tagsynth::inspect(&bytes, &edited.name(id)).unwrap().audio;
        let middle = usize::try_from(u64::midpoint(audio.start, audio.end)).unwrap();
        bytes[middle] ^= 1;
        edited.check_refused(id, &bytes, State::Refused, "audio");
    }
}

#[test]
fn audio_that_was_not_written_to_is_not_read() {
    let fixture = fixtures::Library::copy_to_temp();
    let case = fixture.case("flac-every-field");
    let noise = (0..600_000_u32).map(|n| n.wrapping_mul(2_654_435_769) >> 16);
    let noise = noise.map(|n| i16::from_le_bytes([n.to_le_bytes()[0], n.to_le_bytes()[1]]));
    let flac = fixtures::Flac::new().samples(noise.collect()).build();
    fs::write(fixture.origin(case), &flac).unwrap();
    let id = case.id;
    let edited = Edited::of(fixture);
    let (reader, _) = edited.library.open(leaf(id)).unwrap();
    let bytes = edited.retagged(id, Field::Title, TagValue::text("New"));
    let name = edited.name(id);
    let audio = tagsynth::inspect(&bytes, &name).unwrap().audio;
    assert_eq!(audio.end, reader.len(), "the header has kept its length");
    let read = || edited.origins.work().counts().bytes;
    let edit = Edit::of(&bytes).over(&reader, vec![audio.clone()]);
    let before = read();
    edited.library.commit(leaf(id), &edit).unwrap();
    let n_read = read() - before;
    assert!(n_read < 256 << 10, "{n_read} of {}", audio.end);
    let again = edited.retagged(id, Field::Title, TagValue::text("Newer"));
    let before = read();
    edited.commit(id, &again).unwrap();
    assert!(read() - before >= audio.end - audio.start);
}

#[test]
fn what_cannot_be_parsed_is_refused_and_kept() {
    let edited = Edited::new();
    let id = edited.id("flac-every-field");
    edited.check_refused(id, b"", State::Refused, "cannot be read");
    edited.check_refused(id, b"no music at all", State::Refused, "cannot be read");
    let bytes = served(&edited.library, id);
    edited.check_refused(id, &bytes[..bytes.len() - 9], State::Refused, "audio");
}

#[test]
fn an_edit_of_an_item_that_was_removed_is_refused_and_kept() {
    let edited = Edited::new();
    let id = edited.id("flac-every-field");
    let bytes = edited.retagged(id, Field::Title, TagValue::text("Too late"));
    let name = edited.name(id);
    edited.execute(&format!("DELETE FROM items WHERE id = {id}"));
    let error = edited.commit(id, &bytes).unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    let last = edited.last();
    let note = last.note.unwrap();
    assert!(note.contains("removed from the library"), "{note}");
    assert_eq!(last.path.as_os_str().as_encoded_bytes(), name);
    let kept = edited.journal().kept_folder().join(last.kept.unwrap());
    assert!(fs::read(kept).unwrap() == bytes);
}

#[test]
fn what_others_changed_stays_and_what_both_changed_is_told() {
    let edited = Edited::new();
    let id = edited.id("flac-every-field");
    let (reader, _) = edited.library.open(leaf(id)).unwrap();
    let bytes = edited.retagged(id, Field::Title, TagValue::text("Mine"));
    edited.execute(&format!(
        "UPDATE items SET title = 'Theirs', isrc = 'THEIRS' WHERE id = {id}"
    ));
    edited.library.doubt(None);
    let edit = Edit::of(&bytes);
    let edit = edit.over(&reader, Vec::new());
    edited.library.commit(leaf(id), &edit).unwrap();
    assert_eq!(edited.field(id, "title"), text("Mine"));
    assert_eq!(edited.field(id, "isrc"), text("THEIRS"));
    let note = edited.last().note.unwrap();
    assert!(note.ends_with(": title"), "{note}");
}

#[test]
fn an_edit_is_undone_to_the_last_bit() {
    let edited = Edited::new();
    let id = edited.id("flac-every-field");
    let digest = || edited.library.digest(leaf(id)).unwrap().digest;
    let (before, rows) = (digest(), edited.place.rows());
    let album = edited.retagged(id, Field::Albumartist, TagValue::text("All of them"));
    edited.commit(id, &album).unwrap();
    let between = edited.place.rows();
    let n_changed = rows
        .iter()
        .filter(|(key, row)| between[key] != **row)
        .count();
    assert_eq!(n_changed, 9, "the album and its eight items");
    let year = edited.retagged(id, Field::Year, TagValue::Int(1901));
    edited.commit(id, &year).unwrap();
    edited.undo(None, false).unwrap();
    assert_eq!(edited.place.rows(), between);
    edited.undo(None, false).unwrap();
    assert_eq!(edited.place.rows(), rows);
    assert_eq!(digest(), before);
    let error = edited.undo(None, false).unwrap_err().to_string();
    assert!(error.contains("no edit to undo"), "{error}");
    let error = edited.undo(Some(1), false).unwrap_err().to_string();
    assert!(error.contains("edit 1 is undone"), "{error}");
    let error = edited.undo(Some(99), false).unwrap_err().to_string();
    assert!(error.contains("no edit 99"), "{error}");
    // Undoing is an edit, which can be undone.
    let undo = edited.last();
    assert_eq!(undo.note.as_deref(), Some("undoes 1"));
    edited.undo(Some(undo.id), false).unwrap();
    assert_eq!(edited.place.rows(), between);
    // So the first edit is in the library again, and is the last one there that is no undoing.
    let state = |id| edited.journal().entries(Filter::Only(id), None).unwrap()[0].state;
    let states = || [1, undo.id, undo.id + 1].map(state);
    assert_eq!(states(), [State::Done, State::Undone, State::Done]);
    edited.undo(Some(undo.id + 1), false).unwrap();
    assert_eq!(states(), [State::Undone, State::Done, State::Undone]);
    assert_eq!(edited.place.rows(), rows);
    edited.undo(Some(undo.id + 2), false).unwrap();
    edited.undo(None, false).unwrap();
    assert_eq!(edited.last().undoes, Some(1));
    assert_eq!(edited.place.rows(), rows);
}

#[test]
fn an_edit_of_an_album_is_undone_without_a_row_that_is_gone_if_that_is_forced() {
    let edited = Edited::new();
    let [id, other] = ["flac-every-field", "mp3-every-field"].map(|case| edited.id(case));
    let mut rows = edited.place.rows();
    let bytes = edited.retagged(id, Field::Albumartist, TagValue::text("All of them"));
    edited.commit(id, &bytes).unwrap();
    edited.execute(&format!("DELETE FROM items WHERE id = {other}"));
    let between = edited.place.rows();
    let error = edited.undo(None, false).unwrap_err().to_string();
    let expected = format!("gone since edit 1: item {other}; `--force`");
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!(edited.place.rows(), between);
    edited.undo(None, true).unwrap();
    rows.remove(&("items", other));
    assert_eq!(edited.place.rows(), rows);
    let expected = format!("undoes 1, but for what is gone: item {other}");
    assert_eq!(edited.last().note, Some(expected));
    // Undoing that gives the others what they had, and the one that is gone is no matter.
    edited.undo(Some(2), false).unwrap();
    assert_eq!(edited.place.rows(), between);
}

#[test]
fn undoing_out_of_order_leaves_later_edits_safe_from_an_update() {
    let edited = Edited::new();
    let id = edited.id("flac-every-field");
    let connection = Connection::open(edited.place.root.join("library.db")).unwrap();
    let time = || -> f64 {
        let sql = "SELECT mtime FROM items WHERE id = ?1";
        connection.query_row(sql, [id], |row| row.get(0)).unwrap()
    };
    // As `beet modify -W` leaves it: the next update of beets would read the file.
    let sql = "UPDATE items SET mtime = 0 WHERE id = ?1";
    assert_eq!(connection.execute(sql, [id]).unwrap(), 1);
    let title = edited.retagged(id, Field::Title, TagValue::text("First"));
    edited.commit(id, &title).unwrap();
    let of_file = time();
    assert!(of_file > 0.0);
    let year = edited.retagged(id, Field::Year, TagValue::Int(1901));
    edited.commit(id, &year).unwrap();
    edited.undo(Some(1), false).unwrap();
    assert_eq!(
        (time(), edited.field(id, "year")),
        (of_file, Sql::Integer(1901))
    );
    edited.undo(Some(2), false).unwrap();
    assert_ne!(edited.field(id, "title"), text("First"));
    assert_ne!(edited.field(id, "year"), Sql::Integer(1901));
}

#[test]
fn an_edit_of_a_later_item_is_its_own_whatever_the_album_says() {
    let edited = Edited::new();
    let (first, later) = (edited.id("flac-every-field"), edited.id("mp3-every-field"));
    edited.execute("UPDATE albums SET genres = 'Of the album', albumartist = 'Of the album'");
    let before = edited.place.rows();
    let bytes = edited.retagged(later, Field::Albumartist, TagValue::text("Of the item"));
    edited.commit(later, &bytes).unwrap();
    assert_eq!(edited.field(later, "albumartist"), text("Of the item"));
    let after = edited.place.rows();
    let differ = before.iter().filter(|(key, row)| after[key] != **row);
    assert_eq!(differ.count(), 1, "that item alone");
    // Of the first item, what was edited goes to the album, and to that item too.
    let bytes = edited.retagged(first, Field::Albumartist, TagValue::text("Of all"));
    edited.commit(first, &bytes).unwrap();
    assert_eq!(edited.field(later, "albumartist"), text("Of all"));
    let rows = edited.place.rows();
    let album = edited.library.digest(leaf(first)).unwrap().album.unwrap();
    let album = &rows[&("albums", album.0)];
    assert_eq!(album["albumartist"], text("Of all"));
    assert_eq!(album["genres"], text("Of the album"));
}

#[test]
fn what_changed_since_is_not_undone_unless_forced() {
    let edited = Edited::new();
    let id = edited.id("flac-every-field");
    let old = edited.field(id, "title");
    let bytes = edited.retagged(id, Field::Title, TagValue::text("Mine"));
    edited.commit(id, &bytes).unwrap();
    edited.execute(&format!(
        "UPDATE items SET title = 'Theirs', mtime = 0 WHERE id = {id}"
    ));
    let error = edited.undo(None, false).unwrap_err().to_string();
    assert!(error.contains("since edit 1: title;"), "{error}");
    assert_eq!(edited.field(id, "title"), text("Theirs"));
    edited.undo(None, true).unwrap();
    assert_eq!(edited.field(id, "title"), old);
    edited.execute(&format!("DELETE FROM items WHERE id = {id}"));
    let error = edited.undo(Some(2), true).unwrap_err().to_string();
    let expected = format!("gone from the library: item {id}");
    assert!(error.ends_with(&expected), "{error}");
}

#[test]
fn edits_that_were_cut_short_are_settled() {
    let edited = Edited::new();
    let id = edited.id("flac-every-field");
    let bytes = edited.retagged(id, Field::Title, TagValue::text("Mine"));
    edited.commit(id, &bytes).unwrap();
    let journal = Journal::open(&edited.place.state()).unwrap();
    let done = edited.last();
    journal.settle(done.id, State::Pending, None).unwrap();
    // Its time is in the library, since another edit of the same file gave it that.
    let mut cells = done.cells.clone();
    let (times, others): (Vec<_>, Vec<_>) = cells.iter_mut().partition(|cell| cell.is_mtime());
    assert_eq!((times.len(), others.len()), (1, 1));
    for cell in others {
        cell.new = crate::journal::Raw::Text(b"Never".to_vec());
    }
    let never = crate::journal::Draft {
        item: ItemId(id),
        path: Path::new("/a"),
        undoes: None,
        note: None,
        cells: &cells,
    };
    let never = journal.begin(&never).unwrap();
    let library = edited.source().library;
    assert_eq!(recover(&library, &journal).unwrap(), 2);
    let state = |id| journal.entries(Filter::Only(id), None).unwrap()[0].state;
    assert_eq!(
        (state(done.id), state(never)),
        (State::Done, State::Interrupted)
    );
    assert_eq!(recover(&library, &journal).unwrap(), 0);
}
