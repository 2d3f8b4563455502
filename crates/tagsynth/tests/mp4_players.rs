//! Programs show the new tags of MP4 files, and decode the same audio from them as before.
//!
//! A program that is not installed is skipped, loudly; with `MUSICFS_REQUIRE_TOOLS=1` it fails.

use std::fs;
use std::path::Path;
use std::process::Output;

use fixtures::mp4::{Media, atom, free_item, item, meta};
use fixtures::{Mp4, beets_python, tool};
use splice::ReadAt as _;
use tagsynth::{Composed, Cover, Field, Options, TagSet, Value, render};
use tempfile::TempDir;

/// A title that no origin has.
const TITLE: &str = "Treefingers é";
/// The smallest PNG: one pixel.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\
    \0\0\0\x0aIDAT\x78\x9c\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71\0\0\0\0IEND\xae\x42\x60\x82";

/// Files of every shape that programs must be able to read.
fn files() -> Vec<Mp4> {
    let items = [
        item(b"\xa9nam", 1, &[b"old"]),
        item(b"gnre", 0, &[b"\0\x12"]),
        free_item("MOOD", 1, &[b"kept"]),
    ];
    let tagged = Mp4::new().items(&items, 0);
    let quicktime = atom(b"meta", atom(b"hdlr", [0; 25]));
    vec![
        Mp4::new(),
        Mp4::new().items(&items, 9000),
        tagged.clone(),
        tagged.clone().free(9000),
        tagged.clone().last(),
        tagged.clone().n_tracks(2),
        tagged.clone().media(Media::Fragments),
        tagged.clone().media(Media::RelativeFragments),
        tagged.clone().media(Media::Long),
        Mp4::new().udta(atom(b"name", b"x")),
        Mp4::new().udta(meta(&[])),
        Mp4::new().udta(quicktime),
        tagged
            .before(atom(b"uuid", [7; 30]))
            .tail(atom(b"free", b"")),
    ]
}

/// Renders a file with another title, lists and a cover.
fn retitled(origin: &[u8]) -> Vec<u8> {
    let mut tags = TagSet::default();
    tags.set(Field::Title, Value::text(TITLE));
    tags.set(Field::Track, Value::Int(5));
    tags.set(Field::Genres, Value::list(["Ambient", "Rock"]));
    let cover = Cover::new(&PIXEL).expect("memory reads");
    let rendering = render(origin, b"a.m4a", &tags, cover, &Options::default());
    let rendering = rendering.expect("the file is valid");
    let composed = Composed::new(&rendering.plan, origin, cover);
    let mut bytes = vec![0; usize::try_from(composed.len()).expect("the file is small")];
    let n = composed.read_at(&mut bytes, 0).expect("memory reads");
    assert_eq!(n, bytes.len());
    bytes
}

/// Runs a program over a file; `None` if it is not installed.
fn run(program: &str, args: &[&str], file: &Path) -> Option<Output> {
    let mut command = tool(program)?;
    let file = file.to_str().expect("the system names it in ASCII");
    command.args(
        args.iter()
            .map(|arg| if *arg == "FILE" { file } else { arg }),
    );
    Some(command.output().expect("it was there just now"))
}

/// Asserts that a program says all of this of each file, and nothing is wrong with it.
#[track_caller]
fn check(program: &str, args: &[&str], expect: &[&str]) {
    let folder = TempDir::new().expect("there is room");
    let path = folder.path().join("a.m4a");
    for file in files() {
        let rendered = retitled(&file.build());
        fs::write(&path, &rendered).expect("there is room");
        let Some(output) = run(program, args, &path) else {
            return;
        };
        let file = &rendered[..rendered.len().min(2000)].escape_ascii();
        let said = String::from_utf8_lossy(&output.stdout);
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && complaints.is_empty(),
            "{complaints} in {file}"
        );
        for text in expect {
            assert!(said.contains(text), "{said} in {file}");
        }
    }
}

#[test]
fn ffprobe_reads_the_new_tags() {
    check(
        "ffprobe",
        &[
            "-v",
            "error",
            "-show_entries",
            "format_tags:stream=codec_name",
            "FILE",
        ],
        &[
            &format!("TAG:title={TITLE}"),
            "TAG:track=5",
            "TAG:genre=Ambient",
            "codec_name=png",
        ],
    );
}

#[test]
fn atomic_parsley_reads_the_new_tags() {
    let title = format!("\"©nam\" contains: {TITLE}");
    check(
        "AtomicParsley",
        &["FILE", "-t"],
        &[&title, "\"trkn\" contains: 5", "1 piece of artwork"],
    );
}

#[test]
fn wide_sizes_are_read() {
    // AtomicParsley does not know them in moov.
    let origin = Mp4::new()
        .long()
        .items(&[item(b"\xa9nam", 1, &[b"old"])], 0);
    let folder = TempDir::new().expect("there is room");
    let path = folder.path().join("a.m4a");
    fs::write(&path, retitled(&origin.build())).expect("there is room");
    let args = ["-v", "error", "-show_entries", "format_tags", "FILE"];
    if let Some(output) = run("ffprobe", &args, &path) {
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(&format!("TAG:title={TITLE}")), "{said}");
    }
}

#[test]
fn mediainfo_reads_the_new_tags() {
    let format = "--Output=General;%Title%|%Track/Position%|%Genre%|%Cover%";
    check(
        "mediainfo",
        &[format, "FILE"],
        &[&format!("{TITLE}|5|Ambient / Rock|Yes")],
    );
}

#[test]
fn taglib_reads_the_new_tags() {
    let folder = TempDir::new().expect("there is room");
    let path = folder.path().join("a.m4a");
    let script = "import sys, taglib; print(ascii(taglib.File(sys.argv[1]).tags))";
    for file in files() {
        fs::write(&path, retitled(&file.build())).expect("there is room");
        let Some(mut python) = beets_python() else {
            return;
        };
        let output = python.args(["-c", script]).arg(&path).output();
        let output = output.expect("it was there just now");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(said.contains(r"'TITLE': ['Treefingers \xe9']"), "{said}");
        assert!(said.contains("'GENRE': ['Ambient', 'Rock']"), "{said}");
    }
}

#[test]
fn ffmpeg_decodes_the_same_audio() {
    let folder = TempDir::new().expect("there is room");
    let path = folder.path().join("a.m4a");
    let decoded = |bytes: Vec<u8>| {
        fs::write(&path, bytes).expect("there is room");
        let args = [
            "-v",
            "error",
            "-i",
            "FILE",
            "-map",
            "0:a",
            "-f",
            "streamhash",
            "-",
        ];
        let output = run("ffmpeg", &args, &path)?;
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success() && complaints.is_empty(),
            "{complaints}"
        );
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for file in files() {
        let origin = file.build();
        let rendered = decoded(retitled(&origin));
        let expect = decoded(origin);
        assert_eq!(rendered, expect);
        assert!(expect.is_none_or(|digests| digests.contains("0,a,SHA256=")));
    }
}
