//! Files of formats that the fixture library lacks are saved through the mount, and read back.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixtures::{Ape, Asf, Dsf, Library, tool};
use rusqlite::Connection;

use crate::saves::Saving;
use crate::support::{beet_says, can_mount, eventually, library_with, run_to_end, served_item};

/// How a program sets the composer of a file.
type Save = fn(&Path, &str) -> Command;

const PROGRAMS: [(&str, Save); 3] = [
    ("mutagen", |path, composer| {
        let script = "
import sys
from mediafile import MediaFile
file = MediaFile(sys.argv[1])
file.composers = [sys.argv[2]]
file.save()
";
        python(script, path, composer)
    }),
    ("TagLib", |path, composer| {
        let script = "
import sys, taglib
file = taglib.File(sys.argv[1])
file.tags['COMPOSER'] = [sys.argv[2]]
file.save()
";
        python(script, path, composer)
    }),
    ("Kid3", |path, composer| {
        let mut kid3 = Command::new("kid3-cli");
        let set = format!("set composer '{composer}'");
        kid3.args(["-c", &set, "-c", "save"]).arg(path);
        kid3
    }),
];

fn python(script: &str, path: &Path, composer: &str) -> Command {
    let mut python = fixtures::beets_python().expect("it was there before");
    python.args(["-c", script]).arg(path).arg(composer);
    python
}

/// Makes a file of each format, those that ffmpeg and mpcenc encode with sound in them.
fn make(folder: &Path) -> Option<()> {
    fs::create_dir(folder).unwrap();
    for ape in Ape::all() {
        fs::write(folder.join(OsStr::from_bytes(ape.name)), ape.build()).unwrap();
    }
    fs::write(folder.join("a.wma"), Asf::new().build()).unwrap();
    fs::write(folder.join("a.dsf"), Dsf::new().build()).unwrap();
    let mut ffmpeg = tool("ffmpeg")?;
    let wav = folder.join("sound.wav");
    ffmpeg.args([
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=3",
        "-ac",
        "2",
    ]);
    ffmpeg.args(["-ar", "44100"]).arg(&wav);
    ffmpeg
        .args(["-c:a", "wmav2", "-ac", "2"])
        .arg(folder.join("sound.wma"));
    assert!(run_to_end(ffmpeg).status.success());
    let mut mpcenc = tool("mpcenc")?;
    mpcenc
        .args(["--silent", "--overwrite"])
        .arg(&wav)
        .arg(folder.join("sound.mpc"));
    let output = run_to_end(mpcenc);
    assert!(output.status.success(), "{output:?}");
    fs::remove_file(wav).unwrap();
    Some(())
}

/// Returns the number and the path of each item below a folder.
fn items(library: &Library, folder: &Path) -> Vec<(i64, PathBuf)> {
    let connection = Connection::open(library.database()).unwrap();
    let mut statement = connection.prepare("SELECT id, path FROM items").unwrap();
    let rows = statement.query_map([], |row| {
        let path: Vec<u8> = row.get(1)?;
        let path = library.music().join(OsStr::from_bytes(&path));
        Ok((row.get(0)?, path))
    });
    let rows = rows.unwrap().map(Result::unwrap);
    rows.filter(|(_, path)| path.starts_with(folder)).collect()
}

#[test]
fn what_the_real_beets_makes_of_saves_in_further_formats() {
    if !can_mount() || fixtures::beets_python().is_none() || tool("kid3-cli").is_none() {
        return;
    }
    let library = library_with("import: {copy: no, write: no, duplicate_action: keep}\n");
    let folder = library.music().join("made");
    if make(&folder).is_none() {
        return;
    }
    let import = ["import", "-q", "-A", "-s"].map(OsStr::new);
    if beet_says(&library, &[&import[..], &[folder.as_os_str()]].concat()).is_none() {
        return;
    }
    let items = items(&library, &folder);
    assert_eq!(items.len(), 8, "{items:?}");
    let origins: Vec<_> = items
        .iter()
        .map(|(_, path)| fs::read(path).unwrap())
        .collect();
    let saving = Saving::of(library);
    for (id, origin) in &items {
        let name = origin.file_name().unwrap().to_str().unwrap();
        for (program, save) in PROGRAMS {
            for composer in [
                format!("{program} {name}"),
                format!("{program} {name} ").repeat(400),
            ] {
                let composer = composer.trim_end();
                eprintln!("{program} saves {name}");
                saving.check_item(*id, composer, |path| save(path, composer));
                check_read_back(&saving, *id, composer);
            }
        }
    }
    // Nothing is taken back, and nothing else changes.
    let update = ["update", "-M"].map(OsStr::new);
    let query = std::ffi::OsString::from(format!("path:{}", folder.display()));
    let said = beet_says(&saving.library, &[&update[..], &[&query]].concat());
    assert_eq!(said.as_deref(), Some(""));
    for ((id, origin), bytes) in items.iter().zip(&origins) {
        let name = origin.file_name().unwrap().to_str().unwrap();
        let last = format!("Kid3 {name} ").repeat(400);
        assert_eq!(saving.composer_of(*id), last.trim_end());
        assert!(fs::read(origin).unwrap() == *bytes, "{name}");
    }
}

/// Checks that the mounted file comes to say what was saved, whoever reads it.
#[track_caller]
fn check_read_back(saving: &Saving, id: i64, composer: &str) {
    let script = "
import sys, mutagen, taglib
from mediafile import MediaFile
print(MediaFile(sys.argv[1]).composer == sys.argv[2], taglib.File(sys.argv[1]).tags.get('COMPOSER') == [sys.argv[2]])
";
    let mut said = String::new();
    eventually("read back", &saving.mounted, || {
        let path = served_item(&saving.mounted, &saving.library, id);
        let output = run_to_end(python(script, &path, composer));
        said = String::from_utf8_lossy(&output.stdout).into_owned();
        said == "True True\n"
    });
}
