//! `musicfs paths`.

use std::io::Write;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::output;
use super::source::NamedSourceArgs;
use crate::naming::{self, Named};

/// Prints the id and the path of every item, without mounting and without touching any origin.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One JSON object a line: `id`, `path`, and `destination` where beets' own destination differs
    /// from the path in the mount. A path that is not UTF-8 is in `path_b64`, as base64.
    #[arg(long)]
    json: bool,
    /// What lies beside the items too: covers and whatever else the configuration asks for. These lines
    /// have a word such as `cover` in place of the id; in JSON it is under `sidecar`.
    #[arg(long)]
    sidecars: bool,
    #[command(flatten)]
    source: NamedSourceArgs,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let names = naming::name_all(&args.source.open()?)?;
    let mut out = output::stdout();
    for named in names.iter() {
        if args.json {
            write_json(&mut out, &named)?;
        } else {
            let id = named.id.0.to_string();
            output::write_line(&mut out, &[id.as_bytes(), b"\t", &named.path])?;
        }
    }
    if args.sidecars {
        for (kind, path) in names.sidecars() {
            if args.json {
                let mut object = Map::new();
                object.insert("sidecar".to_owned(), json!(kind.word()));
                output::insert_path(&mut object, "path", &path);
                out.write_all(output::json_line(&Value::Object(object)).as_bytes())?;
            } else {
                output::write_line(&mut out, &[kind.word().as_bytes(), b"\t", &path])?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

fn write_json(out: &mut impl Write, named: &Named) -> Result<()> {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(named.id.0));
    output::insert_path(&mut object, "path", &named.path);
    if let Some(destination) = &named.destination {
        output::insert_path(&mut object, "destination", destination);
    }
    out.write_all(output::json_line(&Value::Object(object)).as_bytes())?;
    Ok(())
}
