//! `musicfs undo`.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use anyhow::{Result, bail};

use super::journal::{JournalArgs, write_cells};
use super::output;
use crate::edit;
use crate::journal::Journal;
use crate::state;

/// Takes an edit that was written through a mount back: the library gets what it had before.
///
/// Refuses if a field was changed since, or a row is gone. Done to the database in one transaction, and noted as an edit
/// itself; a mount follows at once, and none is needed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The number of the edit, as `musicfs log` shows it; the last one that is in the library if not
    /// given.
    id: Option<i64>,
    /// Undo it even if a field was changed since; where rows are gone, the others get what they had.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    journal: JournalArgs,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let (source, folder) = args.journal.open()?;
    if Journal::look(&folder)?.is_none() {
        bail!("no edits: there is no journal in {}", folder.display());
    }
    state::claim(&folder, source.library.path())?;
    let journal = Journal::open(&folder)?;
    edit::recover(&source.library, &journal)?;
    let undone = edit::undo(&source.library, &journal, args.id, args.force)?;
    let mut out = output::stdout();
    let (id, item) = (undone.edit.id, undone.edit.item.0);
    let head = format!("edit {id} is undone\titem {item}\t");
    let path = undone.edit.path.as_os_str().as_bytes();
    output::write_line(&mut out, &[head.as_bytes(), path])?;
    write_cells(
        &mut out,
        source.library.schema(),
        &undone.edit,
        &undone.cells,
    )?;
    for row in &undone.gone {
        output::write_line(&mut out, &[b"    gone: ", row.as_bytes()])?;
    }
    Ok(out.flush()?)
}
