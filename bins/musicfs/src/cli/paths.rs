//! `musicfs paths`.

use std::io::Write;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use super::output;
use super::source::NamedSourceArgs;
use crate::naming::{self, Named};

/// Prints the id and the path of every item, without mounting and without touching any origin.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: NamedSourceArgs,
    /// One JSON object a line: `id`, `path`, and `destination` where beets' own destination differs
    /// from the path in the mount. A path that is not UTF-8 is in `path_b64`, as base64.
    #[arg(long)]
    json: bool,
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
    out.flush()?;
    Ok(())
}

fn write_json(out: &mut impl Write, named: &Named) -> Result<()> {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(named.id.0));
    insert_path(&mut object, "path", &named.path);
    if let Some(destination) = &named.destination {
        insert_path(&mut object, "destination", destination);
    }
    let mut line = serde_json::to_string(&Value::Object(object))?;
    // Many programs take these for ends of lines (Unicode Standard §5.8), inside a string too.
    for end in ['\u{85}', '\u{2028}', '\u{2029}'] {
        if line.contains(end) {
            line = line.replace(end, &format!("\\u{:04x}", u32::from(end)));
        }
    }
    writeln!(out, "{line}")?;
    Ok(())
}

/// Puts a path under `key`, or, if it is not UTF-8, its base64 under `key_b64`.
fn insert_path(object: &mut Map<String, Value>, key: &str, path: &[u8]) {
    match std::str::from_utf8(path) {
        Ok(path) => object.insert(key.to_owned(), json!(path)),
        Err(_) => object.insert(format!("{key}_b64"), json!(BASE64.encode(path))),
    };
}
