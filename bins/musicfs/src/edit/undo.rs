//! Takes an edit back.

use anyhow::{Result, bail};
use catalog::{Edit, Entity, Library};

use super::Refusal;
use crate::journal::{Cell, Draft, Entry, Filter, Journal, Raw, State};

/// What was taken back.
#[derive(Debug)]
pub(crate) struct Undone {
    /// The edit.
    pub(crate) edit: Entry,
    /// What the columns got back; in place of `old` what was there.
    pub(crate) cells: Vec<Cell>,
}

/// Gives the columns of an edit, or of the last one that is in the library, what they had before.
///
/// # Errors
///
/// If there is no such edit, if it is not in the library, if rows are gone, and if a column holds
/// something else than the edit gave it, unless that is forced.
pub(crate) fn undo(
    library: &Library,
    journal: &Journal,
    id: Option<i64>,
    force: bool,
) -> Result<Undone> {
    let filter = id.map_or(Filter::In(State::Done), Filter::Only);
    let found = journal.entries(filter, Some(1))?.pop();
    let Some(entry) = found else {
        match id {
            Some(id) => bail!("there is no edit {id}; `musicfs log` lists them"),
            None => bail!("there is no edit to undo"),
        }
    };
    if entry.state != State::Done {
        let (id, state) = (entry.id, entry.state.word());
        bail!("edit {id} is {state}, and not in the library");
    }
    let (noted, cells) = library.edit(|edit| {
        let cells = cells(edit, journal, &entry, force)?;
        for cell in &cells {
            edit.set_raw(cell.entity, cell.row, &cell.field, cell.new.borrow())?;
        }
        let noted = journal.begin(&Draft {
            item: entry.item,
            path: &entry.path,
            undoes: Some(entry.id),
            note: Some(format!("undoes {}", entry.id)),
            cells: &cells,
        })?;
        Ok::<_, anyhow::Error>((noted, cells))
    })?;
    journal.settle(noted, State::Done, None)?;
    Ok(Undone { edit: entry, cells })
}

/// Returns what undoing an edit changes.
fn cells(edit: &Edit<'_>, journal: &Journal, entry: &Entry, force: bool) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    let mut others = Vec::new();
    for cell in &entry.cells {
        let now = current(edit, cell)?;
        let Some(now) = now else {
            let (table, row) = (cell.entity.table(), cell.row);
            bail!(
                "edit {} is of row {row} of `{table}`, which is gone",
                entry.id
            );
        };
        let is_others = now != cell.new;
        // Read or written by beets since: that time holds. It holds for other edits of the row too, which
        // beets would take back if it found an older one.
        if cell.is_mtime() && (is_others || journal.has_other(entry.id, cell)?) {
            continue;
        }
        if is_others && now != cell.old {
            others.push(cell.label(entry.item));
        }
        cells.push(Cell {
            old: now,
            new: cell.old.clone(),
            ..cell.clone()
        });
    }
    if !others.is_empty() && !force {
        bail!(
            "changed since edit {}: {}; `--force` undoes it all the same",
            entry.id,
            others.join(", ")
        );
    }
    Ok(cells)
}

/// Returns what a column holds now; `None` if the row is gone.
pub(super) fn current(edit: &Edit<'_>, cell: &Cell) -> Result<Option<Raw>, Refusal> {
    let (id, name) = (cell.row, cell.field.as_str());
    Ok(match cell.entity {
        Entity::Item => edit
            .item(catalog::ItemId(id))?
            .map(|item| Raw::of(item.raw(name))),
        Entity::Album => edit
            .album(catalog::AlbumId(id))?
            .map(|album| Raw::of(album.raw(name))),
    })
}
