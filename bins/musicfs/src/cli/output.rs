//! What the subcommands print.

use std::io::{self, BufWriter, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

/// Returns a buffered writer to standard output; the caller flushes it.
pub(super) fn stdout() -> BufWriter<io::StdoutLock<'static>> {
    BufWriter::with_capacity(64 << 10, io::stdout().lock())
}

/// Returns whether the failure is that nobody reads our output any more.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io_error = error.downcast_ref::<io::Error>();
    io_error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Writes a line made of bytes, whatever their encoding.
pub(super) fn write_line(out: &mut impl Write, parts: &[&[u8]]) -> io::Result<()> {
    for part in parts {
        out.write_all(part)?;
    }
    out.write_all(b"\n")
}

/// Returns a value as a line that programs which split lines can read.
pub(super) fn json_line(value: &Value) -> String {
    let mut line = value.to_string();
    // Many programs take these for ends of lines (Unicode Standard §5.8), inside a string too.
    for end in ['\u{85}', '\u{2028}', '\u{2029}'] {
        if line.contains(end) {
            line = line.replace(end, &format!("\\u{:04x}", u32::from(end)));
        }
    }
    line + "\n"
}

/// Puts a path under `key`, or, if it is not UTF-8, its base64 under `key_b64`.
pub(super) fn insert_path(object: &mut Map<String, Value>, key: &str, path: &[u8]) {
    match std::str::from_utf8(path) {
        Ok(path) => object.insert(key.to_owned(), json!(path)),
        Err(_) => object.insert(format!("{key}_b64"), json!(BASE64.encode(path))),
    };
}
