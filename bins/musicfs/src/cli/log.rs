//! `musicfs log`.

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::Result;
use catalog::Schema;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::journal::{JournalArgs, value, write_cells};
use super::{output, values};
use crate::journal::{Entry, Filter, Journal};
use crate::logging::tell;

/// Lists the edits that were written through mounts of a library, the last one first.
///
/// Each with its number, when the file was saved, its state, and what was changed. States: done (it is in
/// the library), undone, refused and busy (it is not; the note says why, and the edited file is kept
/// where the line `kept` says, the oldest only while there is room), interrupted (the mount was killed
/// before the save was complete), pending (it is being made).
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// No more than so many edits.
    #[arg(short = 'n', long, value_name = "N")]
    most: Option<u32>,
    /// One JSON object a line: `id`, `time`, `state`, `item`, `origin`, `changes` with `table`, `row`,
    /// `field`, `old` and `new` of each, and where there are any `note`, `kept` and `undoes`. A path
    /// that is not UTF-8 is under `…_b64`, as base64.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    journal: JournalArgs,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let (source, folder) = args.journal.open()?;
    let Some(journal) = Journal::look(&folder)? else {
        let folder = folder.display();
        tell(format_args!("no edits: there is no journal in {folder}"));
        return Ok(());
    };
    let schema = source.library.schema();
    let zone = &schema.formats.zone;
    let kept = journal.kept_folder();
    let mut out = output::stdout();
    for entry in journal.entries(Filter::All, args.most)? {
        if args.json {
            let line = output::json_line(&Value::Object(object(schema, &entry, &kept)));
            out.write_all(line.as_bytes())?;
        } else {
            write(&mut out, schema, &entry, &kept, zone)?;
        }
    }
    Ok(out.flush()?)
}

fn write(
    out: &mut impl Write,
    schema: &Schema,
    entry: &Entry,
    kept: &Path,
    zone: &TimeZone,
) -> io::Result<()> {
    let time = Timestamp::from_millisecond(entry.time).unwrap_or_default();
    let time = time.to_zoned(zone.clone());
    let (id, state, item) = (entry.id, entry.state.word(), entry.item.0);
    let time = time.strftime("%Y-%m-%d %H:%M:%S");
    let head = format!("{id}\t{time}\t{state}\titem {item}\t");
    output::write_line(out, &[head.as_bytes(), entry.path.as_os_str().as_bytes()])?;
    if let Some(note) = &entry.note {
        writeln!(out, "    {note}")?;
    }
    write_cells(out, schema, entry, &entry.cells)?;
    if let Some(name) = &entry.kept {
        let path = kept.join(name);
        let lost: &[u8] = if path.exists() { b"" } else { b" (removed)" };
        output::write_line(out, &[b"    kept: ", path.as_os_str().as_bytes(), lost])?;
    }
    Ok(())
}

fn object(schema: &Schema, entry: &Entry, kept: &Path) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("id", json!(entry.id));
    let time = Timestamp::from_millisecond(entry.time).unwrap_or_default();
    put("time", json!(time.to_string()));
    put("state", json!(entry.state.word()));
    put("item", json!(entry.item.0));
    if let Some(note) = &entry.note {
        put("note", json!(note));
    }
    if let Some(undoes) = entry.undoes {
        put("undoes", json!(undoes));
    }
    let changes = entry.cells.iter().map(|cell| {
        let [old, new] = [&cell.old, &cell.new].map(|raw| values::json(&value(schema, cell, raw)));
        let (table, row, field) = (cell.entity.table(), cell.row, &cell.field);
        json!({"table": table, "row": row, "field": field, "old": old, "new": new})
    });
    put("changes", changes.collect());
    output::insert_path(&mut object, "origin", entry.path.as_os_str().as_bytes());
    if let Some(name) = &entry.kept {
        output::insert_path(&mut object, "kept", kept.join(name).as_os_str().as_bytes());
    }
    object
}
