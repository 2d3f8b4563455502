//! Fields that older versions of beets kept under other names.
//!
//! A database of beets before 2.7 has `genre`, one text, where beets now has `genres`, a list;
//! the same happened to the people of a track. beets fills the new column when it first opens the
//! database for writing. Until then, what it would write is read from the old one.

use rusqlite::{Connection, OptionalExtension};

use crate::db::{prepare_if_there, quoted};
use crate::schema::Entity;

/// The list, the text that it was, and what beets calls the change.
const CHANGES: [(&str, &str, &str); 5] = [
    ("arrangers", "arranger", "multi_arranger_field"),
    ("composers", "composer", "multi_composer_field"),
    ("genres", "genre", "multi_genre_field"),
    ("lyricists", "lyricist", "multi_lyricist_field"),
    ("remixers", "remixer", "multi_remixer_field"),
];

/// Returns SQL for a fixed field of `entity`, in a database whose table has `columns`.
///
/// The field's own column, NULL if there is none, or what beets would make of an older one.
pub(crate) fn expression(
    connection: &Connection,
    entity: Entity,
    name: &str,
    columns: &[String],
) -> rusqlite::Result<String> {
    let has = |name: &str| columns.iter().any(|column| column == name);
    let own = if has(name) {
        quoted(name)
    } else {
        "NULL".to_owned()
    };
    match CHANGES.iter().find(|change| change.0 == name) {
        Some((_, old, change)) if has(old) && !is_done(connection, entity, change)? => {
            Ok(format!("COALESCE(NULLIF({own}, ''), {})", split(old)))
        }
        _ => Ok(own),
    }
}

/// Returns the lists whose older form is the column `old`, if it is one.
pub(crate) fn list_of(old: &str) -> Option<&'static str> {
    CHANGES
        .iter()
        .find(|change| change.1 == old)
        .map(|change| change.0)
}

/// Returns SQL for a text whose first separator among the known ones becomes the list's.
fn split(old: &str) -> String {
    let old = quoted(old);
    let case = |separator| {
        format!(
            "WHEN instr({old}, '{separator}') THEN replace({old}, '{separator}', char(92, 9216))"
        )
    };
    let cases = ["; ", ", ", " / "].map(case).join(" ");
    format!("CASE {cases} ELSE {old} END")
}

/// Tells whether beets has made the change already, so that an empty list is meant.
fn is_done(connection: &Connection, entity: Entity, change: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM migrations WHERE name = ?1 AND table_name = ?2";
    let Some(mut statement) = prepare_if_there(connection, sql)? else {
        return Ok(false);
    };
    let found = statement
        .query_row([change, entity.table()], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}
