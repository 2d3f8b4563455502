//! Other programs read what this crate renders.
//!
//! A program that is not installed is skipped, loudly; with `MUSICFS_REQUIRE_TOOLS=1` it fails.

#[cfg(test)]
mod ape;
#[cfg(test)]
mod asf;
#[cfg(test)]
#[path = "../../src/tests/flac_file.rs"]
mod flac_file;

#[cfg(test)]
#[path = "../../src/tests/mp3_file.rs"]
mod mp3_file;

#[cfg(test)]
mod ogg;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use fixtures::{Chunked, Dsf, Id3, id3v1};
use flac_file::{FlacFile, flac_file, picture_block};
use mp3_file::{Id3File, apev2, audio, id3_file, picture};
use splice::ReadAt as _;
use tagsynth::{Composed, Cover, Field, Options, TagSet, Value, render};

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
    rendered(file, None)
}

/// Renders it with a cover too.
fn covered(file: &FlacFile) -> Vec<u8> {
    let picture = png();
    let picture = picture.as_slice();
    rendered(file, Cover::new(&picture).expect("memory reads"))
}

fn rendered(file: &FlacFile, cover: Option<Cover<'_>>) -> Vec<u8> {
    let origin = file.bytes();
    let mut tags = TagSet::default();
    tags.set(Field::Title, Value::text("Treefingers é"));
    tags.set(Field::Artists, Value::list(["a", "b"]));
    let rendering = render(&origin, b"a.flac", &tags, cover, &Options::default());
    let rendering = rendering.expect("the file is valid");
    let composed = Composed::new(&rendering.plan, &origin, cover);
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
        fixtures::skip(&format!("with {program}: it is not installed"));
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
        for bytes in [retitled(&file), covered(&file)] {
            let Some(output) = run("flac", &["--test", "--silent", "-"], &bytes) else {
                return;
            };
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{errors}");
        }
    }
}

/// Returns a PNG of one black pixel.
fn png() -> Vec<u8> {
    let mut png = Vec::from(*b"\x89PNG\r\n\x1a\n");
    let chunks: [(&[u8; 4], &[u8]); 3] = [
        // One by one pixels of 8 bits, grey.
        (b"IHDR", b"\0\0\0\x01\0\0\0\x01\x08\0\0\0\0"),
        // A stored block of two bytes, a filter and a pixel (RFC 1951 §3.2.4), and their Adler-32.
        (b"IDAT", b"\x78\x01\x01\x02\0\xfd\xff\0\0\0\x02\0\x01"),
        (b"IEND", b""),
    ];
    for (kind, data) in chunks {
        let len = u32::try_from(data.len()).expect("a few bytes");
        let chunk = [kind, data].concat();
        png.extend(len.to_be_bytes());
        png.extend(&chunk);
        png.extend(crc32fast::hash(&chunk).to_be_bytes());
    }
    png
}

#[test]
fn ffprobe_reads_the_cover() {
    let args = [
        "-v",
        "error",
        "-show_entries",
        "stream=codec_name,width:stream_tags=comment",
        "-f",
        "flac",
        "pipe:0",
    ];
    for file in files() {
        let Some(output) = run("ffprobe", &args, &covered(&file)) else {
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let pictures = text.matches("codec_name=png\nwidth=1\nTAG:comment=Cover (front)");
        assert_eq!(pictures.count(), 1, "{text}");
        assert_eq!(text.matches("[STREAM]").count(), 2, "{text}");
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
    let footer = id3_file(4).frame("TIT2", b"\0old");
    let footer = footer.with(|tag| tag.flags(0x10).footer());
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

/// Files with ID3 tags in chunks and at the end, by extension.
fn other_files() -> Vec<(&'static str, Vec<u8>)> {
    let old = Id3::new(3).frame("TIT2", b"\0old").padding(9).build();
    vec![
        ("wav", Chunked::wav().build()),
        ("wav", Chunked::wav().chunk_before(b"id3 ", &old).build()),
        (
            "wav",
            Chunked::wav()
                .chunk(b"LIST", b"INFO")
                .chunk(b"ID3 ", &old)
                .build(),
        ),
        ("aiff", Chunked::aiff().chunk(b"ANNO", b"odd").build()),
        ("aiff", Chunked::aiff().chunk_before(b"ID3 ", &old).build()),
        ("dsf", Dsf::new().build()),
        ("dsf", Dsf::new().tag(&old).build()),
    ]
}

#[test]
fn ffprobe_reads_the_new_title_of_chunks_and_ends() {
    for (extension, origin) in other_files() {
        let mut tags = TagSet::default();
        tags.set(Field::Title, Value::text("Treefingers é"));
        let name = format!("a.{extension}");
        let options = Options::default();
        let rendering = render(&origin, name.as_bytes(), &tags, None, &options);
        let rendering = rendering.expect("the file is valid");
        let composed = Composed::new(&rendering.plan, &origin, None);
        let mut bytes = vec![0; usize::try_from(composed.len()).expect("the file is small")];
        let n = composed.read_at(&mut bytes, 0).expect("memory reads");
        assert_eq!(n, bytes.len());
        let mut file = tempfile::NamedTempFile::with_suffix(&name).expect("there is room");
        file.write_all(&bytes).expect("there is room");
        let path = file.path().to_str().expect("the system names it in ASCII");
        let args = ["-v", "error", "-show_entries", "format_tags", path];
        let Some(output) = run("ffprobe", &args, b"") else {
            return;
        };
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{extension}");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            text.contains("TAG:title=Treefingers é"),
            "{extension}: {text}"
        );
    }
}
