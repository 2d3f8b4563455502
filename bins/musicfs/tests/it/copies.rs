//! Programs that edit one of the copies that beets writes of a field.

use std::path::Path;
use std::process::Command;

use fixtures::tool;

use crate::saves::Saving;
use crate::support::{beet_says, run_to_end, served};

/// What a program sets: the key that it knows, and a value; without one the key goes.
type Tags<'a> = &'a [(&'a str, Option<&'a str>)];

fn metaflac(path: &Path, tags: Tags<'_>) -> Command {
    let mut metaflac = Command::new("metaflac");
    for (key, value) in tags {
        metaflac.arg(format!("--remove-tag={key}"));
        if let Some(value) = value {
            metaflac.arg(format!("--set-tag={key}={value}"));
        }
    }
    metaflac.arg(path);
    metaflac
}

fn mutagen(path: &Path, tags: Tags<'_>) -> Command {
    let script = "
import sys, mutagen
file = mutagen.File(sys.argv[1])
for key, value in zip(sys.argv[2::2], sys.argv[3::2]):
    if value:
        file[key] = value
    else:
        del file[key]
file.save()
";
    let mut python = fixtures::beets_python().expect("it was there before");
    python.args(["-c", script]).arg(path);
    for (key, value) in tags {
        python.args([*key, value.unwrap_or_default()]);
    }
    python
}

fn kid3(path: &Path, tags: Tags<'_>) -> Command {
    let mut kid3 = Command::new("kid3-cli");
    for (key, value) in tags {
        let value = value.unwrap_or_default();
        kid3.args(["-c", &format!("set '{key}' '{value}'")]);
    }
    kid3.args(["-c", "save"]).arg(path);
    kid3
}

/// Has a program edit a file of the mount, and checks what the real beets says then.
#[track_caller]
fn check(saving: &Saving, case: &str, command: impl FnOnce(&Path) -> Command, expect: &str) {
    let path = served(&saving.mounted, &saving.library, case);
    let command = command(&path);
    let what = format!("{command:?}");
    let output = run_to_end(command);
    let log = saving.mounted.log();
    assert!(output.status.success(), "{what}: {output:?}\n{log}");
    let said = says(saving, case, "$albumartist|$year|$tracktotal");
    assert_eq!(said, expect, "{what}\n{log}");
}

/// Returns what the real beets says of an item.
#[track_caller]
fn says(saving: &Saving, case: &str, format: &str) -> String {
    let query = format!("id:{}", saving.library.case(case).id);
    let said = beet_says(&saving.library, &["ls", "-f", format, &query]);
    said.expect("it was there before").trim_end().to_owned()
}

#[test]
fn taggers_edit_the_copies_that_they_know() {
    let tools = ["metaflac", "kid3-cli"].map(tool);
    if fixtures::beets_python().is_none() || tools.iter().any(Option::is_none) {
        return;
    }
    for format in ["flac", "ogg", "opus"] {
        let Some(saving) = Saving::start() else {
            return;
        };
        let case = format!("{format}-every-field");
        // Where there is no album artist, Kid3 sets the one that it is sorted by; so it comes first.
        let mut programs: Vec<fn(&Path, Tags<'_>) -> Command> = vec![kid3, mutagen];
        if format == "flac" {
            programs.push(metaflac);
        }
        for (number, program) in programs.into_iter().enumerate() {
            let check = |tags: Tags<'_>, expect: &str| {
                check(&saving, &case, |path| program(path, tags), expect);
            };
            let (artist, year) = (format!("{format} {number}"), format!("198{number}"));
            let tags = [
                ("ALBUMARTIST", Some(&*artist)),
                ("YEAR", Some(&*year)),
                ("TOTALTRACKS", Some("21")),
            ];
            check(&tags, &format!("{artist}|{year}|21"));
            // What others do not know may go; Kid3 takes `ALBUM ARTIST` for `ALBUMARTIST`.
            if number > 0 {
                let unknown = ["ALBUM ARTIST", "ALBUM_ARTIST", "YEAR", "TRACKC"];
                check(
                    &unknown.map(|key| (key, None)),
                    &format!("{artist}|{year}|21"),
                );
            }
            let date = format!("199{number}");
            let tags = [
                ("ALBUMARTIST", None),
                ("DATE", Some(&*date)),
                ("TRACKTOTAL", None),
            ];
            // beets shows the artist in place of an album artist that is not there.
            let artist = says(&saving, &case, "$artist");
            check(&tags, &format!("{artist}|{date}|00"));
        }
        assert!(saving.library.changed_origins().is_empty());
    }
}
