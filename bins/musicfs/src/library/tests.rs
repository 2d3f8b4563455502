//! What is told of files whose rows change meanwhile.

use fixtures::Library as Fixture;
use fusefront::Library as _;
use rusqlite::Connection;

use super::*;
use crate::leaf::Leaf;
use crate::source::Overrides;

/// A row that was read before a change says nothing of what the file is after it, though what was kept of
/// the file fits.
#[test]
fn a_row_that_was_read_before_a_change_is_read_again() {
    let fixture = Fixture::copy_to_temp();
    let source = Source::open(Overrides {
        config: Some(fixture.config()),
        ..Overrides::default()
    });
    let source = source.unwrap();
    let origins = Arc::new(Origins::unmounted(source.directory()));
    let state = State::open(Ok(fixture.folder().to_owned()));
    let library = BeetsLibrary::new(&source, origins, state);
    // Its length follows its tags.
    let id = fixture.case("wv-every-field").id;
    let leaf = Leaf::item(ViewNo::UNNAMED, ItemId(id)).id();
    let before = library.attr(leaf).unwrap();
    let rows = library.rows(None, 1024).unwrap();
    let row = rows.iter().find(|row| row.digest.id.0 == id).unwrap();
    let connection = Connection::open(fixture.database()).unwrap();
    let sql = "UPDATE items SET title = title || ' is longer now' WHERE id = ?1";
    assert_eq!(connection.execute(sql, [id]).unwrap(), 1);
    library.doubt(Some(&[leaf]));
    assert!(
        library.refresh(leaf, row).unwrap(),
        "something else is told"
    );
    let told = library.attr(leaf).unwrap();
    let (reader, _) = library.open(leaf).unwrap();
    assert_eq!(told.len, reader.len());
    assert_ne!(told.len, before.len);
}
