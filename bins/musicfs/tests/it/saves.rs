//! Files are saved through the mount by the programs that people tag and copy with.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixtures::{Library, tool};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{
    Mounted, can_mount, eventually, files_below, mountpoint, musicfs, paths, run_to_end, served,
    served_item, succeed,
};

/// What is between the values of a list in beets' database (`beets/dbcore/types.py`).
const LIST_DELIMITER: &str = r"\␀";

/// A library that is mounted for writing.
pub(crate) struct Saving {
    pub(crate) library: Library,
    pub(crate) mounted: Mounted,
    state: TempDir,
}

impl Saving {
    pub(crate) fn start() -> Option<Self> {
        if !can_mount() {
            return None;
        }
        Some(Self::of(Library::copy_to_temp()))
    }

    pub(crate) fn of(library: Library) -> Self {
        let state = TempDir::new().unwrap();
        let options = format!("rw,state={}", state.path().display());
        let mounted = Mounted::library(&library, &["-o", &options]);
        Self {
            library,
            mounted,
            state,
        }
    }

    /// Returns a folder for what is needed besides.
    pub(crate) fn folder(&self) -> &Path {
        self.state.path()
    }

    fn composer(&self, case: &str) -> String {
        self.composer_of(self.library.case(case).id)
    }

    /// Returns the first composer that the library has for an item.
    pub(crate) fn composer_of(&self, id: i64) -> String {
        let connection = Connection::open(self.library.database()).unwrap();
        let sql = "SELECT composers FROM items WHERE id = ?";
        let composers: String = connection.query_row(sql, [id], |row| row.get(0)).unwrap();
        let first = composers.split(LIST_DELIMITER).next();
        first.unwrap_or_default().to_owned()
    }

    /// Runs a subcommand on the journal, which must succeed, and returns what it printed.
    #[track_caller]
    pub(crate) fn journal(&self, command: &str, more: &[&str]) -> Vec<u8> {
        let config = self.library.config();
        let command = [command.as_ref(), "--config".as_ref(), config.as_os_str()];
        let state = ["--state".as_ref(), self.state.path().as_os_str()];
        let more: Vec<&OsStr> = more.iter().map(OsStr::new).collect();
        succeed(&[&command[..], &state, &more].concat())
    }

    fn n_commits(&self) -> usize {
        let printed = self.journal("log", &["--json"]);
        printed.split(|&byte| byte == b'\n').count() - 1
    }

    #[track_caller]
    pub(crate) fn check(&self, case: &str, composer: &str, save: impl FnOnce(&Path) -> Command) {
        self.check_item(self.library.case(case).id, composer, save);
    }

    /// Has a program set the composer of a file, given its path in the mount, and checks that it is in
    /// the library then, by one commit, and that nothing else came of it.
    #[track_caller]
    pub(crate) fn check_item(&self, id: i64, composer: &str, save: impl FnOnce(&Path) -> Command) {
        let n_before = self.n_commits();
        let path = served_item(&self.mounted, &self.library, id);
        let command = save(&path);
        let what = format!("{command:?}");
        let output = run_to_end(command);
        let said = String::from_utf8_lossy(&output.stderr);
        let log = || self.mounted.log();
        assert!(output.status.success(), "{what}: {said}{}", log());
        assert_eq!(self.composer_of(id), composer, "{what}: {said}{}", log());
        assert_eq!(
            self.n_commits(),
            n_before + 1,
            "{what}: one save, one commit"
        );
        self.check_names();
        assert!(self.library.changed_origins().is_empty(), "{what}");
    }

    /// Checks that the mount comes to show what is in the library, and nothing else: what a program
    /// leaves out of a file, such as the mark of a compilation, may give it another name.
    #[track_caller]
    pub(crate) fn check_names(&self) {
        let config = self.library.config();
        eventually("the library's names alone", &self.mounted, || {
            let named = paths(&["--config".as_ref(), config.as_os_str()]);
            let mut named: Vec<_> = named.into_iter().map(|entry| entry.path).collect();
            named.sort();
            files_below(self.mounted.path()) == named
        });
    }

    /// Puts an edited copy of a file elsewhere.
    fn edited(&self, case: &str, composer: &str) -> PathBuf {
        let path = served(&self.mounted, &self.library, case);
        let copy = self.state.path().join(path.file_name().unwrap());
        fs::copy(&path, &copy).unwrap();
        let output = run_to_end(set_by_metaflac(&copy, composer));
        assert!(output.status.success(), "{output:?}");
        copy
    }
}

fn set_by_metaflac(path: &Path, composer: &str) -> Command {
    let mut command = Command::new("metaflac");
    let tag = format!("--set-tag=COMPOSER={composer}");
    command.args(["--remove-tag=COMPOSER", &tag]).arg(path);
    command
}

/// The first save renames the folder that the others are in.
#[test]
fn kid3_saves_all_files_of_an_album_that_it_renames() {
    let (Some(_), Some(saving)) = (tool("kid3-cli"), Saving::start()) else {
        return;
    };
    let first = served(&saving.mounted, &saving.library, "flac-plain");
    let folder = first.parent().unwrap();
    let n_files = fs::read_dir(folder).unwrap().count();
    assert!(n_files > 5);
    let mut kid3 = Command::new("kid3-cli");
    for command in [
        "select all",
        "set album 'Aaa Renamed'",
        "set composer 'Kid'",
        "save",
    ] {
        kid3.args(["-c", command]);
    }
    kid3.arg(folder);
    let output = run_to_end(kid3);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    assert_eq!(saving.n_commits(), n_files);
    eventually("all files under their new names", &saving.mounted, || {
        let found = files_below(saving.mounted.path());
        let found = found
            .iter()
            .filter(|path| path.to_string_lossy().contains("Aaa Renamed"));
        found.count() == n_files
    });
    assert!(!folder.exists());
}

#[test]
fn kid3_saves_in_every_format() {
    let (Some(_), Some(saving)) = (tool("kid3-cli"), Saving::start()) else {
        return;
    };
    for format in ["flac", "mp3", "ogg", "opus", "m4a", "wav", "aiff", "wv"] {
        let case = format!("{format}-every-field");
        // The second is too long for any padding.
        for composer in [
            format!("Kid {format}"),
            format!("Kid {format} ").repeat(800),
        ] {
            let composer = composer.trim_end();
            saving.check(&case, composer, |path| {
                let mut kid3 = Command::new("kid3-cli");
                let set = format!("set composer '{composer}'");
                kid3.args(["-c", &set, "-c", "save"]).arg(path);
                kid3
            });
        }
    }
}

/// While a player has a file open, everybody reads what it was opened with. Whoever saves that with another
/// tag has not set the others back.
#[test]
fn what_was_saved_or_changed_meanwhile_stays_while_a_player_has_the_file_open() {
    let (Some(_), Some(saving)) = (tool("metaflac"), Saving::start()) else {
        return;
    };
    let case = "flac-every-field";
    let id = saving.library.case(case).id;
    let path = served(&saving.mounted, &saving.library, case);
    let player = fs::File::open(&path).unwrap();
    let connection = Connection::open(saving.library.database()).unwrap();
    let change = |isrc: &str| {
        let sql = "UPDATE items SET isrc = ?1 WHERE id = ?2";
        assert_eq!(connection.execute(sql, (isrc, id)).unwrap(), 1);
    };
    let says = || -> (String, String) {
        let sql = "SELECT isrc, grouping FROM items WHERE id = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        connection.query_row(sql, [id], row).unwrap()
    };
    let group = |grouping: &str, how: &[&str]| {
        let mut metaflac = Command::new("metaflac");
        let tag = format!("--set-tag=GROUPING={grouping}");
        metaflac
            .args(["--remove-tag=GROUPING", &tag])
            .args(how)
            .arg(&path);
        let output = run_to_end(metaflac);
        assert!(output.status.success(), "{output:?}");
    };
    for how in [&["--dont-use-padding"][..], &[]] {
        saving.check(case, &format!("Composer {how:?}"), |path| {
            let mut metaflac = set_by_metaflac(path, &format!("Composer {how:?}"));
            metaflac.args(how);
            metaflac
        });
        change(&format!("ISRC {}", how.len()));
        group(&format!("Group {}", how.len()), how);
        let expected = (
            format!("ISRC {}", how.len()),
            format!("Group {}", how.len()),
        );
        assert_eq!(says(), expected, "{how:?}");
        assert_eq!(saving.composer(case), format!("Composer {how:?}"));
    }
    drop(player);
    saving.check_names();
    assert!(saving.library.changed_origins().is_empty());
}

/// The file that is saved in place is what was saved there before, whatever took its place meanwhile, and it
/// is what others read who put a file in its place.
#[test]
fn saves_go_on_from_the_last_one_in_place_while_a_player_has_the_file_open() {
    let (Some(_), Some(saving)) = (tool("metaflac"), Saving::start()) else {
        return;
    };
    let case = "flac-every-field";
    let id = saving.library.case(case).id;
    let player = fs::File::open(served(&saving.mounted, &saving.library, case)).unwrap();
    saving.check(case, "First", |path| set_by_metaflac(path, "First"));
    let connection = Connection::open(saving.library.database()).unwrap();
    let in_place: &[&str] = &[];
    let ways = [&["--dont-use-padding"], in_place];
    for (n, how) in ways.into_iter().enumerate() {
        let (composer, isrc) = (format!("Other {n}"), format!("ISRC {n}"));
        let sql = "UPDATE items SET composers = ?1, isrc = ?2 WHERE id = ?3";
        let changed = connection.execute(sql, (&composer, &isrc, id));
        assert_eq!(changed.unwrap(), 1);
        saving.check(case, &composer, |path| {
            let mut metaflac = Command::new("metaflac");
            let tag = format!("--set-tag=GROUPING=Group {n}");
            metaflac.args(["--remove-tag=GROUPING", &tag]);
            metaflac.args(how).arg(path);
            metaflac
        });
        let sql = "SELECT isrc, grouping FROM items WHERE id = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let now: (String, String) = connection.query_row(sql, [id], row).unwrap();
        assert_eq!(now, (isrc, format!("Group {n}")));
    }
    drop(player);
}

#[test]
fn metaflac_saves_in_place_and_beside() {
    let (Some(_), Some(saving)) = (tool("metaflac"), Saving::start()) else {
        return;
    };
    let case = "flac-every-field";
    saving.check(case, "In place", |path| set_by_metaflac(path, "In place"));
    saving.check(case, "Beside", |path| {
        let mut metaflac = set_by_metaflac(path, "Beside");
        metaflac.args(["--dont-use-padding", "--preserve-modtime"]);
        metaflac
    });
}

#[test]
fn ffmpeg_writes_beside_and_mv_puts_it_there() {
    let (Some(_), Some(saving)) = (tool("ffmpeg"), Saving::start()) else {
        return;
    };
    for format in ["flac", "mp3", "m4a"] {
        let composer = format!("Encoded {format}");
        saving.check(&format!("{format}-every-field"), &composer, |path| {
            let script = "
                ffmpeg -v error -i \"$1\" -map 0 -c copy -metadata composer=\"$2\" \"$1.tmp.$3\" &&
                mv \"$1.tmp.$3\" \"$1\"";
            let mut shell = Command::new("sh");
            shell.args(["-c", script, "sh"]).arg(path);
            shell.args([&composer, format]);
            shell
        });
    }
}

#[test]
fn edited_copies_are_copied_back() {
    let Some(saving) = Saving::start() else {
        return;
    };
    let programs: [&[&str]; 9] = [
        &["cp"],
        &["cp", "-p"],
        &["rsync"],
        &["rsync", "-a", "--checksum"],
        &["rsync", "--inplace"],
        &["rsync", "-a", "--inplace", "--no-whole-file"],
        &["gio", "copy"],
        &["gio", "copy", "-p"],
        // What EasyTAG does with a file that it made elsewhere.
        &["gio", "move"],
    ];
    let case = "flac-every-field";
    for words in programs {
        if tool("metaflac").is_none() || tool(words[0]).is_none() {
            continue;
        }
        let composer = words.join(" ");
        let copy = saving.edited(case, &composer);
        saving.check(case, &composer, |path| {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]).arg(&copy).arg(path);
            command
        });
    }
}

/// A file is written through memory, and by several descriptors one after another.
#[test]
fn a_mapped_file_is_saved_when_it_is_closed() {
    let (Some(_), Some(_), Some(saving)) = (tool("metaflac"), tool("python3"), Saving::start())
    else {
        return;
    };
    let script = "
import mmap, os, sys
new = open(sys.argv[1], 'rb').read()
os.close(os.open(sys.argv[2], os.O_RDWR))
file = os.open(sys.argv[2], os.O_RDWR)
os.ftruncate(file, len(new))
with mmap.mmap(file, len(new)) as map:
    map[:] = new
os.close(file)
os.close(os.open(sys.argv[2], os.O_RDWR))
";
    let case = "flac-every-field";
    let copy = saving.edited(case, "Mapped");
    saving.check(case, "Mapped", |path| {
        let mut python = Command::new("python3");
        python.args(["-c", script]).args([copy.as_path(), path]);
        python
    });
}

#[test]
fn what_taglib_saves_in_every_format() {
    let (Some(_), Some(saving)) = (fixtures::beets_python(), Saving::start()) else {
        return;
    };
    let script = "
import sys, taglib
file = taglib.File(sys.argv[1])
file.tags['COMPOSER'] = [sys.argv[2]]
file.save()
";
    for format in ["flac", "mp3", "ogg", "opus", "m4a", "wav", "aiff", "wv"] {
        let composer = format!("Lib {format}");
        saving.check(&format!("{format}-every-field"), &composer, |path| {
            let mut python = fixtures::beets_python().unwrap();
            python.args(["-c", script]).arg(path).arg(&composer);
            python
        });
    }
}

#[test]
fn without_a_folder_for_what_is_written_nothing_is_mounted() {
    let library = Library::copy_to_temp();
    let [mountpoint, state] = [(); 2].map(|()| TempDir::new().unwrap());
    let mut command = musicfs();
    command.env("TMPDIR", "/nonexistent/tmp");
    command.arg("mount").arg(mountpoint.path());
    command.arg("--config").arg(library.config());
    let output = run_to_end({
        command.args(["-o", &format!("rw,state={}", state.path().display())]);
        command
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        said.contains("/nonexistent/tmp") && said.contains("TMPDIR"),
        "{said}"
    );
}

/// Files of other names are bounded in number, and nothing of them is left once the mount has ended.
#[test]
fn files_of_other_names_are_forgotten_with_the_mount() {
    const MOST: usize = 512;
    if !can_mount() {
        return;
    }
    let library = Library::copy_to_temp();
    let [state, scratch] = [(); 2].map(|()| TempDir::new().unwrap());
    let mount = || {
        let (folder, mountpoint) = mountpoint();
        let mut command = musicfs();
        command.env("TMPDIR", scratch.path());
        let config = library.config();
        let options = format!("rw,state={}", state.path().display());
        let args = [
            "--config".as_ref(),
            config.as_os_str(),
            "-o".as_ref(),
            options.as_ref(),
        ];
        Mounted::run(command, folder, mountpoint, &args)
    };
    let mounted = mount();
    let named = files_below(mounted.path());
    let content = b"left behind ".repeat(100_000);
    fs::write(mounted.path().join("left behind"), &content).unwrap();
    let create = |n| fs::File::create_new(mounted.path().join(format!("other {n}")));
    let made = (1..).map(|n| create(n).map(drop));
    let made: Vec<_> = made.take(MOST).collect();
    let (refused, made) = made.split_last().unwrap();
    assert!(made.iter().all(Result::is_ok));
    let refused = refused.as_ref().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::StorageFull);
    assert_eq!(files_below(mounted.path()).len(), named.len() + MOST);
    assert!(fs::read(mounted.path().join("left behind")).unwrap() == content);
    mounted.stop_by("TERM");
    let mounted = mount();
    assert_eq!(files_below(mounted.path()), named);
    mounted.stop_by("TERM");
    assert_eq!(files_below(scratch.path()), Vec::<PathBuf>::new());
    for file in files_below(state.path()) {
        let bytes = fs::read(state.path().join(&file)).unwrap();
        let mark = b"left behind";
        let has_mark = bytes.windows(mark.len()).any(|bytes| bytes == mark);
        assert!(!has_mark, "{}", file.display());
    }
    assert!(library.changed_origins().is_empty());
}

/// What would take an item's file away is refused, and leaves everything as it was.
#[test]
fn nothing_is_removed_or_moved() {
    let Some(saving) = Saving::start() else {
        return;
    };
    let path = served(&saving.mounted, &saving.library, "flac-every-field");
    let before = fs::read(&path).unwrap();
    let dir = path.parent().unwrap();
    let copy = saving.state.path().join("copy.flac");
    fs::write(&copy, &before).unwrap();
    let programs: [(&str, Vec<&OsStr>); 4] = [
        ("rm", vec!["-f".as_ref(), path.as_os_str()]),
        ("rm", vec!["-rf".as_ref(), dir.as_os_str()]),
        ("rmdir", vec![dir.as_os_str()]),
        // Between filesystems, mv(1) first removes what is there.
        ("mv", vec![copy.as_os_str(), path.as_os_str()]),
    ];
    for (program, args) in programs {
        let mut command = Command::new(program);
        command.args(args);
        assert!(!run_to_end(command).status.success(), "{program}");
        assert!(copy.exists() && fs::read(&path).unwrap() == before);
    }
    saving.check_names();
    assert_eq!(saving.n_commits(), 0);
}
