//! Finds out what became of edits during which the mount was killed.

use anyhow::Result;
use catalog::{Edit, Library};

use super::Refusal;
use super::undo::current;
use crate::journal::{Entry, Filter, Journal, State};

/// Settles edits that are pending although nobody is making them: nobody can while this has the right
/// to write to the library, and who is about to notes its edit anew. Returns how many there were.
///
/// So they are settled before that right is given up: the library is locked as long as that takes, 5 s at
/// most for each if others write to the journal. There are none unless a mount was killed.
///
/// The library has all of an edit or nothing. So it has it if any column holds what only the edit gave
/// it; whoever changed rows in between cannot change that for the worse.
///
/// # Errors
///
/// If the library is locked or cannot be read, or the journal cannot be written to.
pub(crate) fn recover(library: &Library, journal: &Journal) -> Result<usize> {
    if journal.entries(Filter::Pending, Some(1))?.is_empty() {
        return Ok(0);
    }
    library.edit(|edit| {
        let pending = journal.entries(Filter::Pending, None)?;
        for entry in &pending {
            let (state, note) = if is_made(edit, entry)? {
                (State::Done, None)
            } else {
                (
                    State::Interrupted,
                    Some("the mount ended before the edit was in the library"),
                )
            };
            journal.settle(entry.id, state, note)?;
        }
        Ok(pending.len())
    })
}

fn is_made(edit: &Edit<'_>, entry: &Entry) -> Result<bool, Refusal> {
    // The time of an item is set by others too, to the very same: `beet update` has it from the file.
    let told = entry.cells.iter().filter(|cell| !cell.is_mtime());
    for cell in told {
        if cell.old != cell.new && current(edit, cell)?.is_some_and(|now| now == cell.new) {
            return Ok(true);
        }
    }
    Ok(false)
}
