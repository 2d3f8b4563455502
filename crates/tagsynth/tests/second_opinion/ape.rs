//! Files tagged by `APEv2`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use fixtures::{Ape, ApeTag, tool};
use splice::ReadAt as _;
use tagsynth::{Composed, Field, Options, TagSet, Value, render};
use tempfile::TempDir;

use fixtures::id3v1;

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
