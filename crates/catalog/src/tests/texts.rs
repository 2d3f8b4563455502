//! Which items have lyrics of some kind.

use super::db::{empty, schema};
use crate::{ItemId, Library};

#[test]
fn lyrics_are_tested_one_by_one_whatever_they_are() {
    let (_folder, path, writer) = empty();
    let sql = "
        INSERT INTO items (id, lyrics) VALUES (-3, 'yes'), (1, 'no'), (2, NULL), (3, X'796573'), (4, 7);
        WITH RECURSIVE more(id) AS (SELECT 10 UNION ALL SELECT id + 1 FROM more WHERE id < 5000)
        INSERT INTO items (id, lyrics) SELECT id, CASE WHEN id % 1000 = 0 THEN 'yes' ELSE '' END FROM more;
    ";
    writer.execute_batch(sql).unwrap();
    let library = Library::open(&path, schema()).unwrap();
    let found = library.items_with_lyrics(|text| text == b"yes").unwrap();
    let expected = [-3, 3, 1000, 2000, 3000, 4000, 5000];
    assert_eq!(found, expected.map(ItemId));
}
