//! What becomes of edits while others have a database locked.

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
