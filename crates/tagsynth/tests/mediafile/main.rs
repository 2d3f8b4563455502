//! Files are read as the real mediafile reads them, and covers embedded as it embeds them.
//!
//! Where beets is not installed nothing is checked, loudly; with `MUSICFS_REQUIRE_TOOLS=1` that fails.

#![allow(
    clippy::doc_markdown,
    reason = "names of formats and programs are not code"
)]

#[cfg(test)]
mod ape;

#[cfg(test)]
mod asf;

#[cfg(test)]
#[path = "../../src/asf/names.rs"]
mod asf_names;
mod chunked;

#[cfg(test)]
#[path = "../../src/tests/cover_file.rs"]
mod cover_file;

#[cfg(test)]
mod flac;

#[cfg(test)]
mod id3;

#[cfg(test)]
#[path = "../../src/keys.rs"]
mod keys;

#[cfg(test)]
mod mp4;

#[cfg(test)]
#[path = "../../src/mp4/keys.rs"]
mod mp4_keys;

#[cfg(test)]
mod ogg;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use splice::ReadAt;
use tagsynth::{Composed, Cover, Field, Options, TagSet, Value, parse, render};
use tempfile::{NamedTempFile, TempDir};

/// Asserts that `files`, named by number and `extension`, are read as mediafile reads them.
#[track_caller]
fn check_reading(extension: &str, files: &[Vec<u8>]) {
    let folder = folder_of(extension, files);
    compare(&folder);
}

/// Asserts that what mediafile writes to copies of `file` is read as mediafile reads it.
#[track_caller]
fn check_written_by_mediafile(extension: &str, file: &[u8]) {
    if let Some(folder) = written_by_mediafile(extension, file) {
        compare(&folder);
    }
}

/// Returns copies of `file` with any values that mediafile writes to them, or `None` without beets.
fn written_by_mediafile(extension: &str, file: &[u8]) -> Option<TempDir> {
    let folder = folder_of(extension, &vec![file.to_vec(); 50]);
    let seed = std::env::var("MUSICFS_SEED").unwrap_or_else(|_| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.expect("it is past 1970").as_nanos().to_string()
    });
    eprintln!("repeat with MUSICFS_SEED={seed}");
    let args = [&*seed].into_iter().chain(fields());
    mediafile("write", folder.path(), args).map(|_| folder)
}

/// Writes tags over copies of files, by mediafile and by rendering; returns theirs and ours.
///
/// Ours is what there was where nothing can be rendered. Without beets there is none.
fn updated(extension: &str, cases: &[(Vec<u8>, TagSet<'static>)]) -> Vec<[Vec<u8>; 2]> {
    let name = format!("a.{extension}");
    let origins: Vec<_> = cases.iter().map(|(origin, _)| origin.clone()).collect();
    let folder = folder_of(extension, &origins);
    let path = |index: usize| folder.path().join(format!("{index:05}.{extension}"));
    for (index, (_, tags)) in cases.iter().enumerate() {
        let line = |&field: &Field| format!("{} {}\n", field.name(), shown(tags.get(field)));
        let lines: String = Field::ALL.iter().map(line).collect();
        fs::write(format!("{}.tags", path(index).display()), lines).expect("there is room");
    }
    if mediafile("update", folder.path(), []).is_none() {
        return Vec::new();
    }
    let both = cases.iter().enumerate().map(|(index, (origin, tags))| {
        let theirs = fs::read(path(index)).expect("it stays");
        let rendering = render(origin, name.as_bytes(), tags, None, &Options::default());
        let ours = rendering.map_or_else(
            |_| origin.clone(),
            |rendering| bytes_of(&Composed::new(&rendering.plan, origin, None)),
        );
        [theirs, ours]
    });
    both.collect()
}

/// Asserts that files with a cover have the same pictures as after mediafile embedded it.
#[track_caller]
fn check_embedding(extension: &str, files: &[Vec<u8>]) {
    for picture in [cover_file::jpeg(70_000), cover_file::png(300)] {
        let ours: Vec<_> = files
            .iter()
            .map(|file| embed(extension, file, &picture))
            .collect();
        let ours = folder_of(extension, &ours);
        let theirs = folder_of(extension, files);
        let mut cover = NamedTempFile::new().expect("there is room");
        cover.write_all(&picture).expect("there is room");
        let cover = cover.path().to_str().expect("the system names it in ASCII");
        if mediafile("embed", theirs.path(), [cover]).is_none() {
            return;
        }
        let pictures = |folder: &TempDir| mediafile("pictures", folder.path(), []);
        let found = pictures(&ours).expect("it was there just now");
        assert_eq!(Some(&found), pictures(&theirs).as_ref());
        assert!(found.lines().count() >= files.len());
    }
}

/// Renders a file with its own tags and a cover.
fn embed(extension: &str, file: &[u8], picture: &[u8]) -> Vec<u8> {
    let name = format!("a.{extension}");
    let tags = parse(file, name.as_bytes()).expect("the file is valid");
    let cover = Cover::new(&picture).expect("memory reads");
    rendered(extension, file, &tags, cover)
}

fn rendered(extension: &str, file: &[u8], tags: &TagSet<'_>, cover: Option<Cover<'_>>) -> Vec<u8> {
    let name = format!("a.{extension}");
    let rendering = render(file, name.as_bytes(), tags, cover, &Options::default());
    let rendering = rendering.expect("the file is valid");
    bytes_of(&Composed::new(&rendering.plan, file, cover))
}

fn bytes_of(file: &impl ReadAt) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(file.len()).expect("the file is small")];
    let n = file.read_at(&mut bytes, 0).expect("memory reads");
    assert_eq!(n, bytes.len());
    bytes
}

fn fields<'a>() -> impl Iterator<Item = &'a str> {
    Field::ALL.iter().map(|field| field.name())
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
fn mediafile<'a>(
    command: &str,
    folder: &Path,
    args: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let mut python = fixtures::beets_python()?;
    python
        .args(["-c", include_str!("mediafile.py"), command])
        .arg(folder)
        .args(args);
    let output = python.output().expect("it was there just now");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).expect("the script prints ASCII"))
}

/// Compares what is read of every file in a folder, line by line.
#[track_caller]
fn compare(folder: &TempDir) {
    let Some(expect) = mediafile("read", folder.path(), fields()) else {
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
