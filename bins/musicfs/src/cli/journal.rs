//! The options that say which journal is meant, and how its edits are written.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use catalog::{Schema, Value};

use super::source::SourceArgs;
use super::values::Shower;
use crate::journal::{Cell, Entry, Raw};
use crate::mount_options::Keeping;
use crate::source::Source;
use crate::state;

/// Which library's journal.
#[derive(Debug, clap::Args)]
pub(super) struct JournalArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// The folder of the journal, if the library was mounted with `-o state=FOLDER`.
    #[arg(long, value_name = "FOLDER", help_heading = "Library")]
    state: Option<PathBuf>,
}

impl JournalArgs {
    /// Opens the library, and returns it with the folder of its journal, which is no other library's.
    pub(super) fn open(&self) -> Result<(Source, PathBuf)> {
        let source = self.source.open()?;
        let keeping = Keeping::in_folder(self.state.as_deref());
        let folder = keeping.folder(source.library.path())?;
        state::check(&folder, source.library.path())?;
        Ok((source, folder))
    }
}

/// Returns what a column of an edit holds, as beets reads it.
pub(super) fn value(schema: &Schema, cell: &Cell, raw: &Raw) -> Value {
    schema.decode(cell.entity, &cell.field, raw.borrow())
}

/// Writes what became of the columns of an edit, a line each.
pub(super) fn write_cells(
    out: &mut impl Write,
    schema: &Schema,
    entry: &Entry,
    cells: &[Cell],
) -> io::Result<()> {
    let shower = Shower::new(schema);
    for cell in cells.iter().filter(|cell| !cell.is_mtime()) {
        let label = cell.label(entry.item);
        let values = [&cell.old, &cell.new].map(|raw| value(schema, cell, raw));
        let [old, new] = &values;
        shower.change(out, &label, (cell.entity, &cell.field), [old, new])?;
    }
    Ok(())
}
