//! What becomes of edits while others have a database locked.

use std::mem::MaybeUninit;
use std::thread;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

use super::*;

#[test]
fn a_locked_library_is_waited_for_and_then_busy() {
    let edited = Edited::new();
    let id = edited.id("flac-every-field");
    let bytes = edited.retagged(id, Field::Title, TagValue::text("New"));
    let other = edited.place.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    edited.check_refused(id, &bytes, State::Busy, "locked by another process");
    other.execute_batch("COMMIT").unwrap();
    edited.commit(id, &bytes).unwrap();
    // A reader that came first keeps it from being committed.
    let bytes = edited.retagged(id, Field::Title, TagValue::text("Newer"));
    other
        .execute_batch("BEGIN; SELECT count(*) FROM items")
        .unwrap();
    edited.check_refused(id, &bytes, State::Busy, "locked by another process");
    let cells = edited.last().cells;
    assert_eq!(cells[0].field, "title", "what was to be written is noted");
}

#[test]
fn so_is_one_that_cannot_even_be_read() {
    let edited = Edited::new();
    let id = edited.id("flac-every-field");
    let bytes = edited.retagged(id, Field::Title, TagValue::text("New"));
    let before = edited.place.rows();
    let other = edited.place.database();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = edited.commit(id, &bytes).unwrap_err();
    other.execute_batch("COMMIT").unwrap();
    assert!(matches!(error, Error::Busy), "{error:?}");
    assert_eq!(edited.place.rows(), before);
    edited.check_kept(
        &bytes,
        State::Busy,
        "library.db is locked by another process",
    );
}

/// Saves a title while the journal is locked, does something else once that is rehearsed, which is given what
/// unlocks the journal, and checks that the save was taken, by one edit without a note.
#[track_caller]
fn check_saved(edited: &Edited, meanwhile: impl FnOnce(&dyn Fn())) {
    let id = edited.id("flac-every-field");
    let bytes = edited.retagged(id, Field::Title, TagValue::text("Mine"));
    let journal = Connection::open(edited.place.state().join("journal.db")).unwrap();
    journal.execute_batch("BEGIN IMMEDIATE").unwrap();
    // SQLite's own journal tells when the edit has the library.
    let events = inotify::init(CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&events, &edited.place.root, WatchFlags::CREATE).unwrap();
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = inotify::Reader::new(&events, &mut buffer);
    thread::scope(|scope| {
        let saved = scope.spawn(|| edited.commit(id, &bytes));
        let is_of_library = |event: inotify::Event<'_>| {
            let name = event.file_name();
            name.is_some_and(|name| name.to_bytes() == b"library.db-journal")
        };
        while !is_of_library(events.next().unwrap()) {}
        meanwhile(&|| journal.execute_batch("COMMIT").unwrap());
        saved.join().unwrap().unwrap();
    });
    assert_eq!(edited.field(id, "title"), text("Mine"));
    let last = edited.last();
    assert_eq!((last.id, last.state, last.note), (1, State::Done, None));
}

/// An edit that waits for the journal has nobody else wait for the library, and is noted as it is made.
#[test]
fn a_locked_journal_locks_no_library() {
    let edited = Edited::new();
    check_saved(&edited, |unlock| {
        let other = edited.place.database();
        let written = other.execute_batch("UPDATE items SET title = 'Theirs'");
        unlock();
        written.unwrap();
    });
    edited.undo(None, false).unwrap();
    let id = edited.id("flac-every-field");
    assert_eq!(edited.field(id, "title"), text("Theirs"));
}

/// Whoever looks for what a killed mount left finds an edit that is noted and not made yet.
#[test]
fn an_edit_that_others_take_for_given_up_is_noted_anew() {
    let edited = Edited::new();
    check_saved(&edited, |unlock| {
        let other = edited.place.database();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        unlock();
        let journal = Journal::open(&edited.place.state()).unwrap();
        while journal.entries(Filter::All, None).unwrap().is_empty() {
            thread::yield_now();
        }
        assert_eq!(edited.last().state, State::Pending);
        let note = Some("given up");
        journal.settle(1, State::Interrupted, note).unwrap();
        other.execute_batch("ROLLBACK").unwrap();
    });
}
