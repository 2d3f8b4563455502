//! Other programs read what this crate renders.
//!
//! A program that is not installed is skipped, loudly; with `MUSICFS_REQUIRE_TOOLS=1` it fails.

#[cfg(test)]
#[path = "../src/tests/flac_file.rs"]
mod flac_file;

#[cfg(test)]
#[path = "../src/tests/mp3_file.rs"]
mod mp3_file;

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use fixtures::{Ape, ApeTag, tool};
use flac_file::{FlacFile, flac_file, picture_block};
use mp3_file::{Id3File, apev2, audio, id3_file, id3v1, picture};
use splice::ReadAt as _;
use tagsynth::{Composed, Field, Options, TagSet, Value, render};
use tempfile::TempDir;

/// Files of every shape that programs must be able to read.
fn files() -> Vec<FlacFile> {
    let comments = flac_file().comments(&[b"TITLE=old", b"MOOD=kept"]);
    vec![
        flac_file(),
        comments.clone(),
        comments.clone().padding(3),
        comments.clone().padding(5000),
        comments.clone().block(6, picture_block(9000)).padding(100),
        comments.block(3, [0xff; 18]).block(2, *b"Appl"),
        flac_file().comments(&[b"TITLE=another old"]),
    ]
}

/// Renders a file with a title that no origin has.
fn retitled(file: &FlacFile) -> Vec<u8> {
    let origin = file.bytes();
    let mut tags = TagSet::default();
    tags.set(Field::Title, Value::text("Treefingers é"));
    tags.set(Field::Artists, Value::list(["a", "b"]));
    let rendering = render(&origin, b"a.flac", &tags, None, &Options::default());
    let rendering = rendering.expect("the file is valid");
    let composed = Composed::new(&rendering.plan, &origin, None);
    let mut bytes = vec![0; usize::try_from(composed.len()).expect("the file is small")];
    let n = composed.read_at(&mut bytes, 0).expect("memory reads");
    assert_eq!(n, bytes.len());
    assert!(bytes.ends_with(&origin[file.header_len()..]));
    bytes
}

/// Runs a program with `input` on its standard input; `None` if it is not installed.
fn run(program: &str, args: &[&str], input: &[u8]) -> Option<Output> {
    let pipe = Stdio::piped;
    let child = Command::new(program)
        .args(args)
        .stdin(pipe())
        .stdout(pipe())
        .stderr(pipe())
        .spawn();
    let Ok(mut child) = child else {
        let required = std::env::var_os("MUSICFS_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(!required, "{program} is required but not installed");
        eprintln!("SKIPPED: {program} is not installed");
        return None;
    };
    let mut stdin = child.stdin.take().expect("it is piped");
    // A program that has seen enough closes its end.
    let _ = stdin.write_all(input);
    drop(stdin);
    Some(child.wait_with_output().expect("the program ends"))
}

#[test]
fn flac_decodes_every_frame() {
    for file in files() {
        let Some(output) = run("flac", &["--test", "--silent", "-"], &retitled(&file)) else {
            return;
        };
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn flac_refuses_a_damaged_frame() {
    let mut file = flac_file();
    file.audio[7] ^= 1;
    if let Some(output) = run("flac", &["--test", "--silent", "-"], &retitled(&file)) {
        assert!(!output.status.success());
    }
}

#[test]
fn ffprobe_reads_the_new_title() {
    let args = [
        "-v",
        "error",
        "-show_entries",
        "format_tags",
        "-f",
        "flac",
        "pipe:0",
    ];
    for file in files() {
        let Some(output) = run("ffprobe", &args, &retitled(&file)) else {
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("TAG:TITLE=Treefingers é"), "{text}");
        assert!(text.contains("TAG:ARTISTS=a;b"), "{text}");
    }
}

/// MP3 files of every shape that programs must be able to read.
fn mp3_files() -> Vec<Id3File> {
    let mut footer = id3_file(4).frame("TIT2", b"\0old");
    footer.flags = 0x10;
    footer.footer = true;
    vec![
        id3_file(0),
        id3_file(0).tail(id3v1("v1", "note", 1, 17)),
        id3_file(2).frame("TT2", b"\0old").padding(9),
        id3_file(3).frame("APIC", picture("image/jpeg", "", 40_000)),
        id3_file(4).frame("TIT2", b"\0old").tail(apev2()),
        footer,
    ]
}

/// Renders an MP3 file with a title that no origin has.
fn retitled_mp3(file: &Id3File, id3v23: bool) -> Vec<u8> {
    let origin = file.bytes();
    let mut tags = TagSet::default();
    tags.set(Field::Title, Value::text("Treefingers é"));
    tags.set(Field::Track, Value::Int(5));
    let options = Options {
        id3v23,
        ..Options::default()
    };
    let rendering = render(&origin, b"a.mp3", &tags, None, &options).expect("the file is valid");
    let composed = Composed::new(&rendering.plan, &origin, None);
    let mut bytes = vec![0; usize::try_from(composed.len()).expect("the file is small")];
    let n = composed.read_at(&mut bytes, 0).expect("memory reads");
    assert_eq!(n, bytes.len());
    let header_len = usize::try_from(rendering.header_len).expect("the file is small");
    assert!(bytes[header_len..].starts_with(&audio()));
    bytes
}

#[test]
fn ffprobe_reads_the_new_title_of_mp3() {
    let args = [
        "-v",
        "error",
        "-show_entries",
        "format_tags",
        "-f",
        "mp3",
        "pipe:0",
    ];
    for (file, id3v23) in mp3_files().iter().zip([false, true].into_iter().cycle()) {
        let Some(output) = run("ffprobe", &args, &retitled_mp3(file, id3v23)) else {
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("TAG:title=Treefingers é"), "{text}");
        assert!(text.contains("TAG:track=5"), "{text}");
    }
}

/// Renders a file tagged by `APEv2` with a title that no origin has.
fn retitled_ape(file: &Ape) -> Vec<u8> {
    let origin = file.build();
    let mut tags = TagSet::default();
    tags.set(Field::Title, Value::text("Treefingers é"));
    let rendering = render(&origin, file.name, &tags, None, &Options::default());
    let rendering = rendering.expect("the file is valid");
    let composed = Composed::new(&rendering.plan, &origin, None);
    let mut bytes = vec![0; usize::try_from(composed.len()).expect("the file is small")];
    let n = composed.read_at(&mut bytes, 0).expect("memory reads");
    assert_eq!(n, bytes.len());
    bytes
}

/// Asserts that a program finds nothing wrong with a file, and says `expect`.
#[track_caller]
fn check_program(name: &str, arguments: &[&str], file: &Path, expect: &str) {
    let Some(mut command) = tool(name) else {
        return;
    };
    let file = file.to_str().expect("the system names it in ASCII");
    let argument = |argument: &&str| argument.replace("FILE", file);
    let output = command.args(arguments.iter().map(argument)).output();
    let output = output.expect("it was there just now");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{name}: {said}");
    assert!(said.contains(expect), "{name}: {said}");
}

/// Files tagged by `APEv2` of every shape that programs must be able to read.
fn ape_files() -> impl Iterator<Item = Ape> {
    let old = ApeTag::new()
        .text("Title", "old")
        .item("Cover Art (Front)", 2, [7; 9000]);
    Ape::all().into_iter().flat_map(move |file| {
        let v1 = id3v1("v1", "note", 1, 17);
        [
            file.clone(),
            file.clone().front(&v1),
            file.clone().tag(&old),
            file.tag(&old.clone().without_header()).tail(&v1),
        ]
    })
}

/// Returns the digest of what ffmpeg decodes.
fn decoded(path: &Path) -> Option<Vec<u8>> {
    let mut command = tool("ffmpeg")?;
    command.args(["-v", "quiet", "-i"]).arg(path);
    let output = command.args(["-f", "md5", "-"]).output();
    let digest = output.expect("it was there just now").stdout;
    assert!(digest.starts_with(b"MD5="), "{}", path.display());
    Some(digest)
}

#[test]
fn programs_read_the_new_title_of_apev2() {
    let folder = TempDir::new().expect("there is room");
    let title = "Treefingers é";
    for file in ape_files() {
        let path = folder.path().join(OsStr::from_bytes(file.name));
        fs::write(&path, file.build()).expect("there is room");
        let before = decoded(&path);
        fs::write(&path, retitled_ape(&file)).expect("there is room");
        assert_eq!(decoded(&path), before);
        let arguments = ["-v", "error", "-show_entries", "format_tags", "FILE"];
        check_program("ffprobe", &arguments, &path, title);
        match file.name {
            b"a.wv" => {
                check_program("wvunpack", &["-q", "-v", "FILE"], &path, "");
                check_program("wvtag", &["-q", "-l", "FILE"], &path, title);
            }
            b"a.ape" => {}
            _ => check_program("mpcdec", &["FILE", "/dev/null"], &path, ""),
        }
    }
}
