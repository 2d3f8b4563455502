//! Journals by themselves.

use catalog::Entity;
use tempfile::TempDir;

use super::*;

fn cell(field: &str, old: Raw, new: Raw) -> Cell {
    Cell {
        entity: Entity::Item,
        row: 4,
        field: field.to_owned(),
        old,
        new,
    }
}

fn draft(cells: &[Cell]) -> Draft<'_> {
    Draft {
        item: ItemId(4),
        path: Path::new("/music/a.flac"),
        undoes: None,
        note: None,
        cells,
    }
}

fn open() -> (TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    (folder, journal)
}

fn all(journal: &Journal) -> Vec<Entry> {
    journal.entries(Filter::All, None).unwrap()
}

#[test]
fn values_come_back_as_they_were() {
    let (folder, journal) = open();
    let cells = [
        cell("title", Raw::Null, Raw::Text(b"a\xff".to_vec())),
        cell("year", Raw::Int(1), Raw::Real(1.0)),
        cell("path", Raw::Blob(b"1".to_vec()), Raw::Text(b"1".to_vec())),
    ];
    let id = journal.begin(&draft(&cells)).unwrap();
    drop(journal);
    let journal = Journal::look(folder.path()).unwrap().unwrap();
    let entry = all(&journal).pop().unwrap();
    assert_eq!((entry.id, entry.state), (id, State::Pending));
    assert_eq!(entry.cells, cells);
    assert_eq!(entry.path, Path::new("/music/a.flac"));
}

#[test]
fn the_last_edit_comes_first_and_undoing_one_marks_it() {
    let (_folder, journal) = open();
    let first = journal.begin(&draft(&[])).unwrap();
    journal.settle(first, State::Done, None).unwrap();
    let undo = Draft {
        undoes: Some(first),
        note: Some("undone".to_owned()),
        ..draft(&[])
    };
    let second = journal.begin(&undo).unwrap();
    let state = |id| journal.entries(Filter::Only(id), None).unwrap()[0].state;
    assert_eq!(state(first), State::Done);
    journal.settle(second, State::Done, None).unwrap();
    assert_eq!(state(first), State::Undone);
    let entries = all(&journal);
    assert_eq!([entries[0].id, entries[1].id], [second, first]);
    assert_eq!(entries[0].note.as_deref(), Some("undone"));
    assert!(
        journal
            .entries(Filter::In(State::Done), None)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn what_is_refused_is_kept() {
    let (_folder, journal) = open();
    let id = journal
        .reject(&draft(&[]), State::Refused, &b"edited"[..])
        .unwrap();
    let entry = all(&journal).pop().unwrap();
    let name = entry.kept.unwrap();
    assert_eq!(name, format!("{id}-a.flac"));
    let kept = std::fs::read(journal.kept_folder().join(name)).unwrap();
    assert_eq!(kept, b"edited");
}

#[test]
fn what_is_no_journal_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Journal::look(folder.path()).unwrap().is_none());
    let path = folder.path().join(FILE);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE mine (x)").unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    for error in [
        Journal::open(folder.path()).unwrap_err(),
        Journal::look(folder.path()).unwrap_err(),
    ] {
        let error = format!("{error:#}");
        assert!(error.contains("not a journal of musicfs"), "{error}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
