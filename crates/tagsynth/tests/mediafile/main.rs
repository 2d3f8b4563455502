//! Files are read as the real mediafile reads them.
//!
//! Where beets is not installed nothing is checked, loudly; with `MUSICFS_REQUIRE_TOOLS=1` that fails.

#![allow(
    clippy::doc_markdown,
    reason = "names of formats and programs are not code"
)]

#[cfg(test)]
mod flac;

#[cfg(test)]
#[path = "../../src/keys.rs"]
mod keys;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tagsynth::{Field, Value, parse};
use tempfile::TempDir;

/// Asserts that `files`, named by number and `extension`, are read as mediafile reads them.
#[track_caller]
fn check_reading(extension: &str, files: &[Vec<u8>]) {
    let folder = folder_of(extension, files);
    compare(&folder);
}

/// Asserts that what mediafile writes to copies of `file` is read as mediafile reads it.
#[track_caller]
fn check_written_by_mediafile(extension: &str, file: &[u8]) {
    let folder = folder_of(extension, &vec![file.to_vec(); 50]);
    let seed = std::env::var("MUSICFS_SEED").unwrap_or_else(|_| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.expect("it is past 1970").as_nanos().to_string()
    });
    eprintln!("repeat with MUSICFS_SEED={seed}");
    if mediafile("write", folder.path(), Some(&seed)).is_some() {
        compare(&folder);
    }
}

fn folder_of(extension: &str, files: &[Vec<u8>]) -> TempDir {
    let folder = TempDir::new().expect("there is room");
    for (index, file) in files.iter().enumerate() {
        let path = folder.path().join(format!("{index:05}.{extension}"));
        fs::write(path, file).expect("there is room");
    }
    folder
}

/// Runs the script over a folder; returns what it prints, or `None` without beets.
fn mediafile(command: &str, folder: &Path, seed: Option<&str>) -> Option<String> {
    let mut python = fixtures::beets_python()?;
    python
        .args(["-c", include_str!("mediafile.py"), command])
        .arg(folder)
        .args(seed)
        .args(Field::ALL.iter().map(|field| field.name()));
    let output = python.output().expect("it was there just now");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).expect("the script prints ASCII"))
}

/// Compares what is read of every file in a folder, line by line.
#[track_caller]
fn compare(folder: &TempDir) {
    let Some(expect) = mediafile("read", folder.path(), None) else {
        return;
    };
    let mut expect = expect.lines();
    let entries = fs::read_dir(folder.path()).expect("it was just made");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("it stays").path())
        .collect();
    paths.sort();
    for path in paths {
        let file = fs::read(&path).expect("it stays");
        for found in read(&path, &file).lines() {
            let start = file[..file.len().min(4096)].escape_ascii();
            assert_eq!(Some(found), expect.next(), "in {start}");
        }
    }
    assert_eq!(expect.next(), None);
}

/// Reads a file, and prints what the script prints.
fn read(path: &Path, file: &[u8]) -> String {
    let name = path.file_name().expect("it has one").to_string_lossy();
    let Ok(tags) = parse(file, name.as_bytes()) else {
        return format!("{name} unreadable\n");
    };
    let mut lines = String::new();
    for &field in Field::ALL {
        let value = shown(tags.get(field));
        writeln!(lines, "{name} {} {value}", field.name()).expect("a string takes everything");
    }
    lines
}

fn shown(value: Option<&Value<'_>>) -> String {
    match value {
        None => "none".to_owned(),
        Some(Value::Int(number)) => format!("int {number}"),
        Some(Value::Float(number)) => format!("float {:016x}", number.to_bits()),
        Some(Value::Text(text)) => format!("text {}", encoded(text)),
        Some(Value::List(texts)) => {
            let texts: Vec<_> = texts.iter().map(|text| encoded(text)).collect();
            format!("list {}", texts.join(" "))
        }
    }
}

fn encoded(text: &str) -> String {
    format!("{:02x?}", text.as_bytes())
}
