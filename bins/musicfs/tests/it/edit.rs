//! Tags that are written through a mount, by the real mediafile.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use fixtures::Library;
use insta::{assert_snapshot, with_settings};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    Mounted, can_mount, eventually, execute, musicfs, refuse, run, seed, send, served,
};

const SCRIPT: &str = include_str!("edits.py");

/// A library that is mounted for writing, with a state of its own that outlives the mount.
struct Place {
    library: Library,
    state: TempDir,
}

impl Place {
    /// Prepares a library; `None` if nothing can be mounted, or there is no beets.
    fn new() -> Option<Self> {
        let is_there = can_mount() && fixtures::beets_python().is_some();
        is_there.then(|| Self {
            library: Library::copy_to_temp(),
            state: TempDir::new().unwrap(),
        })
    }

    fn mount(&self) -> Mounted {
        let state = self.state.path().display();
        Mounted::library(&self.library, &["-o", &format!("rw,state={state}")])
    }

    /// Runs a subcommand on the library's journal.
    fn journal(&self, command: &str, more: &[&str]) -> std::process::Output {
        let config = self.library.config();
        let mut args = vec![OsStr::new(command), "--config".as_ref(), config.as_os_str()];
        args.extend(["--state".as_ref(), self.state.path().as_os_str()]);
        args.extend(more.iter().map(OsStr::new));
        run(&args)
    }

    fn entries(&self) -> Vec<Value> {
        let output = self.journal("log", &["--json"]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let printed = String::from_utf8(output.stdout).unwrap();
        printed
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn query<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        let connection = Connection::open(self.library.database()).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn title(&self, case: &str) -> String {
        let id = self.library.case(case).id;
        self.query(&format!("SELECT title FROM items WHERE id = {id}"))
    }
}

fn python(script: &str, args: &[&OsStr]) -> std::process::Output {
    let mut python = fixtures::beets_python().unwrap();
    python.args(["-c", script]).args(args).output().unwrap()
}

/// Sets the title of a file as beets, Picard and others save it; returns the errno of what failed.
#[track_caller]
fn retitle(path: &Path, title: &str) -> Option<i32> {
    let script = "
import sys
from mediafile import MediaFile, UnreadableFileError
try:
    file = MediaFile(sys.argv[1])
    file.title = sys.argv[2]
    file.save()
except UnreadableFileError as error:
    cause = error.__cause__ or error.__context__
    while cause and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__ or (cause.args and cause.args[0])
    print(cause.errno)
";
    let output = python(script, &[path.as_os_str(), OsStr::new(title)]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.trim().parse().ok()
}

#[test]
fn a_saved_title_renames_the_file_and_is_undone() {
    let Some(place) = Place::new() else { return };
    let mounted = place.mount();
    let case = "flac-every-field";
    let old = place.title(case);
    let before = served(&mounted, &place.library, case);
    assert_eq!(retitle(&before, "Edited Ü"), None);
    assert_eq!(place.title(case), "Edited Ü");
    let after = served(&mounted, &place.library, case);
    assert_ne!(before, after);
    eventually("renamed", &mounted, || after.exists() && !before.exists());
    let shown = python(
        "import sys; from mediafile import MediaFile; print(MediaFile(sys.argv[1]).title)",
        &[after.as_os_str()],
    );
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), "Edited Ü\n");
    assert!(place.journal("undo", &[]).status.success());
    assert_eq!(place.title(case), old);
    eventually("renamed back", &mounted, || {
        before.exists() && !after.exists()
    });
    assert!(place.library.changed_origins().is_empty());
}

#[test]
fn what_is_saved_in_every_format_stays_after_an_update() {
    let Some(place) = Place::new() else { return };
    let mounted = place.mount();
    let config = place.library.config();
    let mut cases = Vec::new();
    for extension in ["flac", "mp3", "ogg", "opus", "m4a", "wav", "aiff", "wv"] {
        let case = format!("{extension}-every-field");
        let path = served(&mounted, &place.library, &case);
        assert_eq!(
            retitle(&path, &format!("Edited {extension}")),
            None,
            "{case}"
        );
        cases.push((case, format!("Edited {extension}")));
    }
    let update = python(SCRIPT, &[OsStr::new("update"), config.as_os_str()]);
    let errors = String::from_utf8_lossy(&update.stderr);
    assert!(update.status.success(), "{errors}");
    for (case, title) in cases {
        assert_eq!(place.title(&case), title);
    }
    assert!(place.library.changed_origins().is_empty());
}

#[test]
fn a_save_that_is_not_taken_fails_and_is_kept() {
    let Some(place) = Place::new() else { return };
    let mounted = place.mount();
    let case = "mp3-every-field";
    let (old, path) = (place.title(case), served(&mounted, &place.library, case));
    let before = fs::read(&path).unwrap();
    let other = Connection::open(place.library.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(retitle(&path, "Too Late"), Some(16), "EBUSY");
    other.execute_batch("ROLLBACK").unwrap();
    let spoilt = "
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
os.pwrite(fd, b'spoilt' * 50, os.fstat(fd).st_size // 2)
try:
    os.close(fd)
except OSError as error:
    print(error.errno)
";
    let output = python(spoilt, &[path.as_os_str()]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "5\n", "EIO");
    assert_eq!(place.title(case), old);
    assert!(fs::read(&path).unwrap() == before);
    let entries = place.entries();
    let states: Vec<_> = entries.iter().map(|entry| &entry["state"]).collect();
    assert_eq!(states, ["refused", "busy"]);
    for entry in &entries {
        let kept = fs::read(entry["kept"].as_str().unwrap()).unwrap();
        assert!(kept != before && !kept.is_empty());
    }
    let log = place.journal("log", &[]);
    let log = String::from_utf8(log.stdout).unwrap();
    let (folder, state) = (place.library.folder(), place.state.path());
    let filters = vec![
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[time]"),
        (folder.to_str().unwrap(), "[library]"),
        (state.to_str().unwrap(), "[state]"),
    ];
    with_settings!({filters => filters}, { assert_snapshot!("log__not_taken", log) });
}

/// Nobody can so much as read a database that is locked so.
#[test]
fn a_save_into_a_database_that_is_locked_exclusively_is_busy() {
    let Some(place) = Place::new() else { return };
    let mounted = place.mount();
    let case = "flac-every-field";
    let (old, path) = (place.title(case), served(&mounted, &place.library, case));
    let before = fs::read(&path).unwrap();
    let script = "
import os, sqlite3, sys
path, database, old = sys.argv[1:]
bytes = open(path, 'rb').read()
start = bytes.index(b'TITLE=' + os.fsencode(old)) + 6
file = os.open(path, os.O_RDWR)
os.pwrite(file, b'X', start)
lock = sqlite3.connect(database, isolation_level=None)
lock.execute('BEGIN EXCLUSIVE')
try:
    os.close(file)
except OSError as error:
    print(error.errno)
lock.execute('ROLLBACK')
";
    let database = place.library.database();
    let args = [path.as_os_str(), database.as_os_str(), OsStr::new(&old)];
    let output = python(script, &args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "16\n",
        "EBUSY: {said}"
    );
    assert_eq!(place.title(case), old);
    assert!(fs::read(&path).unwrap() == before);
    let entries = place.entries();
    assert_eq!(entries[0]["state"], "busy");
    let kept = fs::read(entries[0]["kept"].as_str().unwrap()).unwrap();
    assert!(kept.len() == before.len() && kept != before);
    let log = mounted.log();
    assert!(
        log.contains("library.db is locked") && !log.contains("origin"),
        "{log}"
    );
}

#[test]
fn the_log_shows_what_was_edited_and_undone() {
    let Some(place) = Place::new() else { return };
    let mounted = place.mount();
    for (case, title) in [
        ("flac-every-field", "One"),
        ("ogg-every-field", "Two\nLines"),
    ] {
        let path = served(&mounted, &place.library, case);
        assert_eq!(retitle(&path, title), None);
    }
    let undone = place.journal("undo", &["1"]);
    let undone = String::from_utf8(undone.stdout).unwrap();
    execute(&place.library, "UPDATE items SET title = 'Other'");
    let refused = place.journal("undo", &[]);
    assert_eq!(refused.status.code(), Some(1));
    let refused = String::from_utf8(refused.stderr).unwrap();
    let log = String::from_utf8(place.journal("log", &[]).stdout).unwrap();
    let folder = place.library.folder().to_str().unwrap();
    let filters = vec![
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[time]"),
        (folder, "[library]"),
    ];
    with_settings!({filters => filters}, {
        assert_snapshot!("log__edited", format!("{undone}---\n{refused}---\n{log}"));
    });
}

/// A folder that was named for two libraries by mistake is that of the first, wherever that is moved.
#[test]
fn the_folder_of_a_librarys_edits_is_no_other_librarys() {
    let Some(place) = Place::new() else { return };
    let case = "flac-every-field";
    let old = place.title(case);
    let mounted = place.mount();
    let path = served(&mounted, &place.library, case);
    assert_eq!(retitle(&path, "Edited"), None);
    drop(mounted);
    let other = Library::copy_to_temp();
    let (config, target) = (other.config(), TempDir::new().unwrap());
    let config = ["--config".as_ref(), config.as_os_str()];
    let state = ["--state".as_ref(), place.state.path().as_os_str()];
    let mut refused = vec![
        [&["log".as_ref()], &config[..], &state].concat(),
        [&["undo".as_ref()], &config[..], &state].concat(),
        [
            &["materialize".as_ref(), target.path().as_os_str()],
            &config[..],
            &state,
        ]
        .concat(),
    ];
    let options = ["rw", "ro"].map(|how| format!("{how},state={}", place.state.path().display()));
    for options in &options {
        let options = [
            "mount".as_ref(),
            target.path().as_os_str(),
            "-o".as_ref(),
            options.as_ref(),
        ];
        refused.push([&options[..], &config].concat());
    }
    for args in refused {
        let said = refuse(&args);
        for database in [place.library.database(), other.database()] {
            assert!(
                said.contains(database.to_str().unwrap()),
                "{args:?}: {said}"
            );
        }
        assert!(said.contains("name another folder"), "{args:?}: {said}");
    }
    assert_eq!(place.entries()[0]["state"], "done");
    let moved = place.library.folder().join("moved.db");
    fs::rename(place.library.database(), &moved).unwrap();
    let undone = place.journal("undo", &["--library", moved.to_str().unwrap()]);
    let errors = String::from_utf8_lossy(&undone.stderr);
    assert!(undone.status.success(), "{errors}");
    fs::rename(&moved, place.library.database()).unwrap();
    assert_eq!(place.title(case), old);
    assert_eq!(place.entries()[0]["note"], "undoes 1");
}

#[test]
fn writing_needs_a_journal() {
    let library = Library::copy_to_temp();
    let folder = TempDir::new().unwrap();
    let config = library.config();
    let mut args = vec![OsStr::new("mount"), folder.path().as_os_str()];
    args.extend(["--config".as_ref(), config.as_os_str()]);
    args.extend(["-o", "rw,nostate"].map(OsStr::new));
    let output = run(&args);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("`nostate` leaves no folder"), "{errors}");
}

/// Saves titles one after another, and prints each that was taken.
const SAVER: &str = "
import sys
from mediafile import MediaFile
import glob, os
folder, number = sys.argv[1], 0
while True:
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            try:
                file = MediaFile(path)
                number += 1
                file.title = f'saved {number}'
                # How often the file was saved, to tell the last one.
                file.comments = f'{number}'
                file.save()
            except Exception:
                if not os.path.exists(folder) or number > 9999:
                    sys.exit()
                continue
            print(f'{os.fsencode(name).hex()} saved {number}', flush=True)
";

#[test]
fn a_mount_that_is_killed_loses_nothing_that_was_saved() {
    let Some(place) = Place::new() else { return };
    let seed = seed();
    // Names that do not change with titles, so that the program finds its files again.
    let config = place.library.config();
    let mut text = fs::read_to_string(&config).unwrap();
    text.push_str("\npaths:\n  default: all/$id\n  singleton: all/$id\n  comp: all/$id\n");
    fs::write(&config, text).unwrap();
    let mut n_saved = 0;
    for round in 0..6 {
        let mounted = place.mount();
        let mut program = fixtures::beets_python().unwrap();
        let mut program = program
            .args(["-c", SAVER])
            .arg(mounted.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut saved = Vec::new();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        for _ in 0..3 + round {
            saved.extend(lines.next().map(Result::unwrap));
        }
        let pause = (seed.wrapping_mul(round + 1).wrapping_mul(2_654_435_761) >> 12) % 60_000;
        std::thread::sleep(Duration::from_micros(pause));
        send("KILL", mounted.pid());
        saved.extend(lines.map_while(Result::ok));
        let _ = program.wait();
        let unmounted = musicfs()
            .args(["umount", "--lazy"])
            .arg(mounted.path())
            .status();
        assert!(unmounted.unwrap().success());
        drop(mounted);
        check_saved(&place, &saved);
        n_saved += saved.len();
    }
    assert!(n_saved > 20, "{n_saved}");
    // The next mount settles what the last one left.
    drop(place.mount());
    for entry in place.entries() {
        let state = entry["state"].as_str().unwrap();
        assert!(["done", "interrupted"].contains(&state), "{entry}");
    }
    assert_eq!(place.query::<String>("PRAGMA integrity_check"), "ok");
    assert!(place.library.changed_origins().is_empty());
}

/// Checks that the last title that was saved to each file, or a later one, is in the library, and that
/// no save is there in part.
#[track_caller]
fn check_saved(place: &Place, saved: &[String]) {
    let number = |text: &str| {
        text.strip_prefix("saved ")
            .and_then(|n| n.parse::<u32>().ok())
    };
    for line in saved {
        let (name, title) = line.split_once(' ').unwrap();
        let id = unhex(name);
        let id = Path::new(OsStr::from_bytes(&id)).file_stem().unwrap();
        let id = id.to_str().unwrap();
        let sql = |field| format!("SELECT {field} FROM items WHERE id = {id}");
        let found: String = place.query(&sql("title"));
        let (found, title) = (number(&found), number(title));
        assert!(found >= title, "item {id}: {found:?} < {title:?}");
        let comments: String = place.query(&sql("comments"));
        assert_eq!(comments.parse().ok(), found, "item {id}");
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let bytes = (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16));
    bytes.collect::<Result<_, _>>().unwrap()
}
