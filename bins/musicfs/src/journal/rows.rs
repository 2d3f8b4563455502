//! The tables of the journal, and the statements on them.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use catalog::{Entity, ItemId};
use rusqlite::{Connection, Row};

use super::{Cell, Draft, Entry, State};

/// The version of the tables below; another one is not touched (`PRAGMA user_version`).
pub(super) const VERSION: i32 = 1;

/// The columns `old` and `new` have no type, so that they hold any value as it is given.
pub(super) const SCHEMA: &str = "
    CREATE TABLE edits (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time INTEGER NOT NULL,
        item INTEGER NOT NULL,
        path BLOB NOT NULL,
        state TEXT NOT NULL,
        note TEXT,
        kept TEXT,
        undoes INTEGER REFERENCES edits
    );
    CREATE INDEX edits_by_state ON edits (state);
    CREATE TABLE cells (
        edit INTEGER NOT NULL REFERENCES edits,
        place INTEGER NOT NULL,
        entity TEXT NOT NULL,
        id INTEGER NOT NULL,
        field TEXT NOT NULL,
        old,
        new,
        PRIMARY KEY (edit, place)
    ) WITHOUT ROWID";

/// Which edits are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Filter {
    All,
    /// The one with this number.
    Only(i64),
    /// Those that are in a state, and undo no other.
    In(State),
    /// Those that may or may not be in the library.
    Pending,
}

pub(super) fn add(
    connection: &mut Connection,
    time: i64,
    draft: &Draft<'_>,
    state: State,
) -> rusqlite::Result<i64> {
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT INTO edits (time, item, path, state, note, undoes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            time,
            draft.item.0,
            draft.path.as_os_str().as_bytes(),
            state.word(),
            &draft.note,
            draft.undoes,
        ),
    )?;
    let id = transaction.last_insert_rowid();
    add_cells(&transaction, id, draft.cells)?;
    transaction.commit()?;
    Ok(id)
}

/// Notes that an edit which is pending changes something else.
pub(super) fn revise(
    connection: &mut Connection,
    id: i64,
    draft: &Draft<'_>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute(
        "UPDATE edits SET state = ?2, note = ?3 WHERE id = ?1",
        (id, State::Pending.word(), &draft.note),
    )?;
    transaction.execute("DELETE FROM cells WHERE edit = ?1", [id])?;
    add_cells(&transaction, id, draft.cells)?;
    transaction.commit()
}

fn add_cells(connection: &Connection, id: i64, cells: &[Cell]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO cells VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut insert = connection.prepare_cached(sql)?;
    for (place, cell) in (0_i64..).zip(cells) {
        let Cell {
            entity,
            row,
            field,
            old,
            new,
        } = cell;
        insert.execute((id, place, entity.table(), row, field, old, new))?;
    }
    Ok(())
}

pub(super) fn is_pending(connection: &Connection, id: i64) -> rusqlite::Result<bool> {
    let sql = "SELECT state = ?2 FROM edits WHERE id = ?1";
    connection.query_row(sql, (id, State::Pending.word()), |row| row.get(0))
}

/// Notes the state of an edit, and with one that is done, that what it undoes is undone, what that undid is
/// done again, and so on.
pub(super) fn settle(
    connection: &mut Connection,
    id: i64,
    state: State,
    note: Option<&str>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute(
        "UPDATE edits SET state = ?2, note = COALESCE(?3, note) WHERE id = ?1",
        (id, state.word(), note),
    )?;
    if state == State::Done {
        transaction.execute(
            "WITH RECURSIVE undone (id, is_undone) AS (
                 SELECT undoes, TRUE FROM edits WHERE id = ?1 AND undoes IS NOT NULL
                 UNION ALL SELECT edits.undoes, NOT is_undone
                 FROM edits JOIN undone ON edits.id = undone.id WHERE edits.undoes IS NOT NULL)
             UPDATE edits SET state = CASE WHEN undone.is_undone THEN ?2 ELSE ?3 END
             FROM undone WHERE edits.id = undone.id",
            (id, State::Undone.word(), State::Done.word()),
        )?;
    }
    transaction.commit()
}

/// Returns whether another edit of a cell's row is in the library: one that is done and undoes none.
pub(super) fn has_other(connection: &Connection, id: i64, cell: &Cell) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (
            SELECT 1 FROM cells JOIN edits ON edits.id = cells.edit
            WHERE cells.entity = ?1 AND cells.id = ?2 AND edits.id <> ?3
            AND edits.state = ?4 AND edits.undoes IS NULL)";
    let parameters = (cell.entity.table(), cell.row, id, State::Done.word());
    connection.query_row(sql, parameters, |row| row.get(0))
}

pub(super) fn set_kept(connection: &Connection, id: i64, kept: &str) -> rusqlite::Result<()> {
    connection.execute("UPDATE edits SET kept = ?2 WHERE id = ?1", (id, kept))?;
    Ok(())
}

pub(super) fn read(
    connection: &Connection,
    filter: Filter,
    most: Option<u32>,
) -> rusqlite::Result<Vec<Entry>> {
    let (which, parameter) = match filter {
        Filter::All => ("?1 IS NULL", None),
        Filter::Only(id) => ("id = ?1", Some(id.to_string())),
        Filter::In(state) => (
            "state = ?1 AND undoes IS NULL",
            Some(state.word().to_owned()),
        ),
        Filter::Pending => ("state = ?1", Some(State::Pending.word().to_owned())),
    };
    let sql = format!(
        "SELECT id, time, item, path, state, note, kept, undoes FROM edits
         WHERE {which} ORDER BY id DESC LIMIT ?2"
    );
    let mut edits = connection.prepare(&sql)?;
    let most = most.map_or(-1, i64::from);
    let rows = edits.query_map((parameter, most), entry)?;
    let mut cells = connection
        .prepare("SELECT entity, id, field, old, new FROM cells WHERE edit = ?1 ORDER BY place")?;
    let mut entries = Vec::new();
    for row in rows {
        let mut entry = row?;
        entry.cells = cells
            .query_map([entry.id], cell)?
            .collect::<Result<_, _>>()?;
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let state: String = row.get(4)?;
    Ok(Entry {
        id: row.get(0)?,
        time: row.get(1)?,
        item: ItemId(row.get(2)?),
        path: PathBuf::from(OsString::from_vec(row.get(3)?)),
        state: State::of(&state).ok_or_else(|| unknown(4, &state))?,
        note: row.get(5)?,
        kept: row.get(6)?,
        undoes: row.get(7)?,
        cells: Vec::new(),
    })
}

fn cell(row: &Row<'_>) -> rusqlite::Result<Cell> {
    let table: String = row.get(0)?;
    let entities = [Entity::Item, Entity::Album];
    let entity = entities.into_iter().find(|entity| entity.table() == table);
    Ok(Cell {
        entity: entity.ok_or_else(|| unknown(0, &table))?,
        row: row.get(1)?,
        field: row.get(2)?,
        old: row.get(3)?,
        new: row.get(4)?,
    })
}

fn unknown(column: usize, word: &str) -> rusqlite::Error {
    let kind = rusqlite::types::Type::Text;
    rusqlite::Error::FromSqlConversionFailure(column, kind, format!("no such: {word}").into())
}
