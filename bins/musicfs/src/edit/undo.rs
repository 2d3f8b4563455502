//! Takes an edit back.

use anyhow::{Error, Result, bail};
use catalog::{Edit, Entity, Library};

use super::{Refusal, Unmade, make};
use crate::journal::{Cell, Draft, Entry, Filter, Journal, Raw, State};

/// What was taken back.
#[derive(Debug)]
pub(crate) struct Undone {
    /// The edit.
    pub(crate) edit: Entry,
    /// What the columns got back; in place of `old` what was there.
    pub(crate) cells: Vec<Cell>,
    /// Rows that were changed and are gone, as text.
    pub(crate) gone: Vec<String>,
}

/// What undoing an edit changes.
#[derive(Debug, Default)]
struct Reversal {
    cells: Vec<Cell>,
    /// Columns that hold something else than the edit gave them.
    others: Vec<String>,
    /// Rows that are gone.
    gone: Vec<String>,
}

/// Gives the columns of an edit, or of the last one that is in the library, what they had before.
///
/// # Errors
///
/// If there is no such edit, if it is not in the library, if all its rows are gone, and, unless that is
/// forced, if some are or a column holds something else than the edit gave it.
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
    let undo = |edit: &Edit<'_>| {
        let reversal = reversal(edit, journal, &entry)?;
        reversal.check(entry.id, force)?;
        for cell in &reversal.cells {
            edit.set_raw(cell.entity, cell.row, &cell.field, cell.new.borrow())?;
        }
        Ok(reversal)
    };
    let draft = Draft {
        item: entry.item,
        path: &entry.path,
        undoes: Some(entry.id),
        note: None,
        cells: &[],
    };
    let undone = make(library, journal, &draft, undo, |reversal| {
        (Some(reversal.note(entry.id)), &reversal.cells)
    });
    let reversal =
        undone.map_err(|Unmade { why, noted }| give_up(journal, entry.id, why, noted))?;
    let Reversal { cells, gone, .. } = reversal;
    Ok(Undone {
        edit: entry,
        cells,
        gone,
    })
}

/// Notes that an edit is not undone after all.
fn give_up(journal: &Journal, id: i64, why: Error, noted: Option<i64>) -> Error {
    if let Some(noted) = noted {
        let note = format!("does not undo {id}: {why:#}");
        // Where that cannot be, the next mount notes it.
        let _ = journal.settle(noted, State::Interrupted, Some(&note));
    }
    why
}

impl Reversal {
    /// Refuses one that is not what the user expects, or nothing.
    fn check(&self, id: i64, force: bool) -> Result<()> {
        let gone = self.gone.join(", ");
        if self.cells.is_empty() && !self.gone.is_empty() {
            bail!("edit {id} cannot be undone: gone from the library: {gone}");
        }
        let mut reasons = Vec::new();
        if !self.others.is_empty() {
            reasons.push(format!(
                "changed since edit {id}: {}",
                self.others.join(", ")
            ));
        }
        if !self.gone.is_empty() {
            reasons.push(format!("gone since edit {id}: {gone}"));
        }
        if !reasons.is_empty() && !force {
            let what = if self.gone.is_empty() {
                "it"
            } else {
                "the rest"
            };
            let reasons = reasons.join("; ");
            bail!("{reasons}; `--force` undoes {what} all the same");
        }
        Ok(())
    }

    fn note(&self, id: i64) -> String {
        if self.gone.is_empty() {
            format!("undoes {id}")
        } else {
            format!(
                "undoes {id}, but for what is gone: {}",
                self.gone.join(", ")
            )
        }
    }
}

/// Returns what undoing an edit changes.
fn reversal(edit: &Edit<'_>, journal: &Journal, entry: &Entry) -> Result<Reversal> {
    let mut reversal = Reversal::default();
    for cell in &entry.cells {
        let Some(now) = current(edit, cell)? else {
            let row = cell.row_label();
            if !reversal.gone.contains(&row) {
                reversal.gone.push(row);
            }
            continue;
        };
        let is_others = now != cell.new;
        // Read or written by beets since: that time holds. It holds for other edits of the row too, which
        // beets would take back if it found an older one.
        if cell.is_mtime() && (is_others || journal.has_other(entry.id, cell)?) {
            continue;
        }
        if is_others && now != cell.old {
            reversal.others.push(cell.label(entry.item));
        }
        reversal.cells.push(Cell {
            old: now,
            new: cell.old.clone(),
            ..cell.clone()
        });
    }
    Ok(reversal)
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
