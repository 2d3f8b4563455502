//! Vorbis and Opus in Ogg: other programs find the new tags, the audio of the origin, and no fault.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fixtures::{Ogg, OggPage, tool};
use splice::ReadAt as _;
use tagsynth::{Composed, Cover, Field, Options, TagSet, Value, render};
use tempfile::TempDir;

/// An origin and its rendering.
struct Pair {
    origin: PathBuf,
    served: PathBuf,
    _folder: TempDir,
}

/// Renders a file with a title that no origin has, and with a cover or long lyrics.
fn pair(extension: &str, origin: &[u8], picture: Option<&[u8]>, lyrics: usize) -> Pair {
    let mut tags = TagSet::default();
    tags.set(Field::Title, Value::text("Treefingers é"));
    tags.set(Field::Lyrics, Value::text("la ".repeat(lyrics / 3)));
    let name = format!("a.{extension}");
    let cover = picture
        .as_ref()
        .map(|picture| Cover::new(picture).expect("memory reads"));
    let cover = cover.flatten();
    let rendering = render(origin, name.as_bytes(), &tags, cover, &Options::default());
    let rendering = rendering.expect("the file is valid");
    let composed = Composed::new(&rendering.plan, origin, cover);
    let mut bytes = vec![0; usize::try_from(composed.len()).expect("the file is small")];
    let n = composed.read_at(&mut bytes, 0).expect("memory reads");
    assert_eq!(n, bytes.len());

    let folder = TempDir::new().expect("there is room");
    let path = |name: &str| folder.path().join(format!("{name}.{extension}"));
    let (origin_path, served) = (path("origin"), path("served"));
    fs::write(&origin_path, origin).expect("there is room");
    fs::write(&served, bytes).expect("there is room");
    Pair {
        origin: origin_path,
        served,
        _folder: folder,
    }
}

/// Files of every shape that programs must be able to read, each with tags that fit, tags for which
/// the header grows, and tags for which pages get other numbers.
fn pairs(extension: &str) -> Vec<Pair> {
    let start = || {
        if extension == "opus" {
            Ogg::opus()
        } else {
            Ogg::vorbis()
        }
    };
    let tagged = || start().comments("old", &["TITLE=old", "MOOD=kept"]);
    let audio = |ogg: Ogg| ogg.packet_len(1500).n_pages(30);
    // ffmpeg shows the comments of the last link.
    let second = audio(start().comments("old", &["TITLE=Treefingers é"]));
    let second = second.serial(7).build();
    let picture = "METADATA_BLOCK_PICTURE=".to_owned() + &STANDARD.encode(block(&png(150_000)));
    let mut origins = vec![
        start().build(),
        audio(tagged()).build(),
        audio(tagged()).rest(&[0; 6000]).page_segments(3).build(),
        audio(tagged())
            .setup_rest(&[0; 9000])
            .page_segments(9)
            .build(),
        audio(start().comments("old", &[&picture])).build(),
        [audio(tagged()).build(), second].concat(),
    ];
    let other = audio(tagged()).serial(7);
    origins.push(side_by_side(&audio(tagged()), &other));
    let pairs = origins.iter().flat_map(|origin| {
        let some = |picture, lyrics| pair(extension, origin, picture, lyrics);
        [
            some(None, 5000),
            some(None, 100_000),
            some(Some(&*png(300_000)), 0),
        ]
    });
    pairs.collect()
}

/// Returns the start of a PNG of one pixel, which is all that is looked at, and more.
fn png(len: usize) -> Vec<u8> {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";
    [head.to_vec(), vec![7; len]].concat()
}

/// Returns a picture as a FLAC block, a front cover (RFC 9639 §8.8).
fn block(picture: &[u8]) -> Vec<u8> {
    let len = u32::try_from(picture.len()).expect("it is small");
    let lead = b"\0\0\0\x03\0\0\0\x09image/png".to_vec();
    [
        lead,
        vec![0; 20],
        len.to_be_bytes().to_vec(),
        picture.to_vec(),
    ]
    .concat()
}

/// Two streams whose pages take turns.
fn side_by_side(a: &Ogg, b: &Ogg) -> Vec<u8> {
    let pages = |ogg: &Ogg| [ogg.header_pages(), ogg.audio_pages()].concat();
    let pairs = pages(a).into_iter().zip(pages(b));
    let pages = pairs.flat_map(|(a, b)| [a, b]);
    pages.flat_map(|page| OggPage::to_bytes(&page)).collect()
}

/// Returns what a program prints about a file; `None` if it is not installed.
fn output(program: &str, args: &[&str], file: &Path) -> Option<String> {
    let mut command = tool(program)?;
    let output = command
        .args(args)
        .arg(file)
        .output()
        .expect("it was there just now");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program}: {text}");
    Some(text)
}

/// Asserts that a program finds no fault in any served file, and prints `expect` for it.
#[track_caller]
fn check(extension: &str, program: &str, args: &[&str], expect: &str) {
    for pair in pairs(extension) {
        let Some(text) = output(program, args, &pair.served) else {
            return;
        };
        let words = ["warning", "error", "corrupt", "hole", "missing"];
        let is_fault = |line: &&str| words.iter().any(|word| line.to_lowercase().contains(word));
        let fault = text.lines().find(is_fault);
        assert_eq!(fault, None, "{program}: {text}");
        assert!(text.contains(expect), "{program}: {text}");
    }
}

#[test]
fn ogginfo_finds_no_fault() {
    check("ogg", "ogginfo", &[], "TITLE=Treefingers é");
}

#[test]
fn opusinfo_finds_no_fault() {
    check("opus", "opusinfo", &[], "TITLE=Treefingers é");
}

#[test]
fn oggz_validates() {
    for extension in ["ogg", "opus"] {
        check(extension, "oggz-validate", &[], "");
    }
}

#[test]
fn libsndfile_reads_vorbis() {
    check("ogg", "sndfile-info", &[], "Treefingers");
}

#[test]
fn ffprobe_reads_the_new_title() {
    let args = ["-v", "warning", "-show_entries", "stream_tags=title"];
    for extension in ["ogg", "opus"] {
        check(extension, "ffprobe", &args, "=Treefingers é");
    }
}

#[test]
fn ffmpeg_finds_the_same_packets() {
    for extension in ["ogg", "opus"] {
        for pair in pairs(extension) {
            let hash = |file: &Path| {
                let mut command = tool("ffmpeg")?;
                command.args(["-v", "error", "-i"]).arg(file);
                command.args(["-map", "0:a:0", "-c", "copy", "-f", "streamhash", "-"]);
                let output = command.output().expect("it was there just now");
                // It complains of pictures that are none.
                assert!(output.status.success() && !output.stdout.is_empty());
                Some(output.stdout)
            };
            assert_eq!(hash(&pair.served), hash(&pair.origin));
        }
    }
}
