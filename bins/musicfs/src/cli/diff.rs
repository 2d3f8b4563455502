//! `musicfs diff`.

use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use catalog::Entity;
use serde_json::{Map, Value, json};
use splice::Origin;

use super::source::{NamedSourceArgs, items};
use super::values::{self, Shower};
use super::{output, progress};
use crate::diff::{Difference, differences};
use crate::logging::tell;
use crate::naming::Named;
use crate::source::Source;

/// Shows where the tags of files on disk differ from the database, field by field.
///
/// Prints what `beet write` would change: the file's value, and the database's, which the mount shows.
/// In colours on a terminal; NO_COLOR turns them off. Files that cannot be read are named on standard
/// error, and make the status 1. Reads origins and the database, writes nothing, and needs no mount.
#[derive(Debug, clap::Args)]
#[expect(clippy::doc_markdown, reason = "this is what --help prints")]
pub(super) struct Args {
    /// One JSON object a line, for each item that differs: `id`, `path`, `origin`, and `fields`, with
    /// `file` and `database` of each. A path that is not UTF-8 is under `…_b64`, as base64.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: NamedSourceArgs,
}

/// What was found of an item.
struct Found {
    origin: PathBuf,
    differences: Vec<Difference>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let source = args.source.open_with_origins()?;
    let names = items(&source)?;
    let shower = Shower::new(source.library.schema());
    let mut n_failed = 0;
    progress::for_each(
        &names,
        |named| look(&source, named),
        |out, named, found| {
            match found {
                Ok(Some(found)) if !found.differences.is_empty() => {
                    write(out, named, &found, (!args.json).then_some(&shower))?;
                }
                Ok(_) => {}
                Err(error) => {
                    n_failed += 1;
                    tell(format_args!("{error:#}"));
                }
            }
            Ok(())
        },
    )?;
    Ok(if n_failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Looks at an item; `None` if it was removed from the library meanwhile.
fn look(source: &Source, named: &Named) -> Result<Option<Found>> {
    let Some(item) = source.library.item(named.id)? else {
        return Ok(None);
    };
    let path = PathBuf::from(std::ffi::OsString::from_vec(item.path()));
    let failed = |path: &Path| format!("item {}: {}", named.id.0, path.display());
    let origin = Origin::open(&path).with_context(|| failed(&path))?;
    match differences(&origin, path.as_os_str().as_bytes(), &item) {
        Ok(differences) => Ok(Some(Found {
            origin: path,
            differences,
        })),
        // Nothing is ever written to such a file.
        Err(tagsynth::Error::Unsupported { .. } | tagsynth::Error::Unrecognised) => Ok(None),
        Err(error) => Err(error).with_context(|| failed(&path)),
    }
}

/// Writes what was found, for users, or for programs where there is nothing to show it by.
fn write(
    out: &mut impl Write,
    named: &Named,
    found: &Found,
    shower: Option<&Shower<'_>>,
) -> io::Result<()> {
    let Some(shower) = shower else {
        let line = output::json_line(&Value::Object(object(named, found)));
        return out.write_all(line.as_bytes());
    };
    let id = named.id.0.to_string();
    output::write_line(out, &[id.as_bytes(), b"\t", &named.path])?;
    for difference in &found.differences {
        let name = difference.field.name();
        let values = [&difference.file, &difference.database];
        shower.change(out, name, (Entity::Item, name), values)?;
    }
    Ok(())
}

fn object(named: &Named, found: &Found) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(named.id.0));
    output::insert_path(&mut object, "path", &named.path);
    output::insert_path(&mut object, "origin", found.origin.as_os_str().as_bytes());
    let field = |difference: &Difference| {
        let (file, database) = (&difference.file, &difference.database);
        let values = json!({"file": values::json(file), "database": values::json(database)});
        (difference.field.name().to_owned(), values)
    };
    let fields: Map<String, Value> = found.differences.iter().map(field).collect();
    object.insert("fields".to_owned(), Value::Object(fields));
    object
}
