//! A mount whose library cannot be read for a while.
//!
//! The last good tree stays, one line of the log says why, and what is there again is followed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fixtures::{Library, tool};
use rusqlite::Connection;

use crate::support::{
    self, Mounted, can_mount, eventually, execute, files_below, run_to_end, send,
};

const STAYS: &str = "the last tree stays";
const AGAIN: &str = "the library can be read again";

/// A library that is mounted, and files of it that are open.
struct Troubled {
    open: Vec<(File, Vec<u8>)>,
    mounted: Mounted,
    library: Library,
}

impl Troubled {
    fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    fn start_with(args: &[&str]) -> Option<Self> {
        if !can_mount() {
            return None;
        }
        let library = Library::copy_to_temp();
        let mounted = Mounted::library(&library, args);
        let open = |path: PathBuf| {
            let path = mounted.path().join(path);
            (File::open(&path).unwrap(), fs::read(&path).unwrap())
        };
        let open = files_below(mounted.path()).into_iter().map(open).collect();
        Some(Self {
            open,
            mounted,
            library,
        })
    }

    /// Breaks the library, and mends it by something that renames the file of item 3; meanwhile everything
    /// stays as it is, and the log says why, once.
    #[track_caller]
    fn check(&self, breaks: impl FnOnce(&Path), mends: impl FnOnce(&Path)) {
        let before = files_below(self.mounted.path());
        let database = self.library.database();
        let (n_lines, n_again) = (self.reasons().len(), self.count(AGAIN));
        breaks(&database);
        eventually(STAYS, &self.mounted, || self.reasons().len() > n_lines);
        // Everything is asked for again and again meanwhile.
        for round in 0..3 {
            if round == 1 {
                send("HUP", self.mounted.pid());
            }
            std::thread::sleep(Duration::from_millis(600));
            assert_eq!(files_below(self.mounted.path()), before);
            for path in &before {
                let metadata = fs::metadata(self.mounted.path().join(path));
                assert!(metadata.unwrap().len() > 0, "{}", path.display());
            }
            for (file, bytes) in &self.open {
                assert!(support::read_anew(file, bytes.len()).unwrap() == *bytes);
            }
        }
        let reasons = self.reasons().split_off(n_lines);
        let distinct: BTreeSet<_> = reasons.iter().collect();
        assert_eq!(distinct.len(), reasons.len(), "{reasons:?}");
        mends(&database);
        let config = self.library.config();
        eventually("the tree of the mended library", &self.mounted, || {
            let mut named: Vec<_> = support::paths(&["--config".as_ref(), config.as_os_str()])
                .into_iter()
                .map(|entry| entry.path)
                .collect();
            named.sort();
            named != before && files_below(self.mounted.path()) == named
        });
        eventually(AGAIN, &self.mounted, || self.count(AGAIN) == n_again + 1);
    }

    /// Returns why the last tree stayed, each time that the log says so.
    fn reasons(&self) -> Vec<String> {
        let log = self.mounted.log();
        let reasons = log.lines().filter_map(|line| line.split_once(STAYS));
        reasons.map(|(_, reason)| reason.to_owned()).collect()
    }

    fn count(&self, words: &str) -> usize {
        self.mounted.log().matches(words).count()
    }
}

/// Renames the file of an item.
fn rename(database: &Path, title: &str) {
    let connection = Connection::open(database).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    let sql = "UPDATE items SET title = ?1 WHERE id = 3";
    assert_eq!(connection.execute(sql, [title]).unwrap(), 1);
}

#[test]
fn a_database_that_others_lock() {
    let Some(troubled) = Troubled::start() else {
        return;
    };
    let other = Connection::open(troubled.library.database()).unwrap();
    troubled.check(
        |_| {
            let sql = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;
                 UPDATE items SET title = 'While locked' WHERE id = 3";
            other.execute_batch(sql).unwrap();
        },
        |_| {
            other
                .execute_batch("COMMIT; PRAGMA locking_mode = NORMAL; SELECT 1 FROM items")
                .unwrap();
        },
    );
}

#[test]
fn a_database_that_is_half_written_or_damaged() {
    let Some(troubled) = Troubled::start() else {
        return;
    };
    let whole = troubled.library.folder().join("whole.db");
    let database = troubled.library.database();
    let keep = || fs::copy(&database, &whole).map(drop).unwrap();
    let len = || fs::metadata(&whole).unwrap().len();
    // In place, in one step, or there would be several troubles; and put there by a rename.
    let cut = |len: u64| {
        let file = File::options().write(true).open(&database).unwrap();
        file.set_len(len).unwrap();
    };
    let put_there = |bytes: &[u8]| {
        let beside = database.with_extension("new");
        fs::write(&beside, bytes).unwrap();
        fs::rename(&beside, &database).unwrap();
    };
    let scribble = |at: u64, n_bytes: usize| {
        let mut file = File::options().write(true).open(&database).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&vec![0xA5; n_bytes]).unwrap();
    };
    let halves: [&dyn Fn(); 5] = [
        &|| cut(len() / 2),
        &|| put_there(&fs::read(&whole).unwrap()[..usize::try_from(len() / 3).unwrap()]),
        &|| put_there(b""),
        // Everything behind the first page, which says when the database changed last: nobody looks of himself.
        &|| {
            scribble(4096, usize::try_from(len() - 4096).unwrap());
            send("HUP", troubled.mounted.pid());
        },
        &|| scribble(0, 100),
    ];
    for (index, spoil) in halves.into_iter().enumerate() {
        eprintln!("the {index}th way to spoil it");
        keep();
        troubled.check(
            |_| spoil(),
            |_| {
                rename(&whole, &format!("After {index}"));
                put_there(&fs::read(&whole).unwrap());
            },
        );
    }
}

/// What a writer that was killed has written of a transaction is not shown; the next one takes it back.
#[test]
fn a_database_whose_writer_was_killed() {
    let (Some(mut sqlite), Some(troubled)) = (tool("sqlite3"), Troubled::start()) else {
        return;
    };
    let script = "PRAGMA cache_size = 1; BEGIN IMMEDIATE;\n\
        UPDATE items SET title = 'Half written', lyrics = hex(zeroblob(9999));\n\
        .shell kill -9 $PPID\n";
    let input = troubled.library.folder().join("script");
    fs::write(&input, script).unwrap();
    sqlite
        .args(["-bail", "-cmd", ".timeout 10000"])
        .stdin(File::open(input).unwrap());
    troubled.check(
        |database| {
            sqlite.arg(database);
            assert!(!run_to_end(sqlite).status.success());
            let journal = fs::metadata(database.with_extension("db-journal"));
            assert!(journal.unwrap().len() > 0);
        },
        |database| rename(database, "After the repair"),
    );
    let reasons = troubled.reasons();
    assert!(
        reasons[0].contains("any beet command repairs it"),
        "{reasons:?}"
    );
}

#[test]
fn a_database_that_is_replaced_or_away() {
    let Some(troubled) = Troubled::start() else {
        return;
    };
    let away = troubled.library.folder().join("away.db");
    // Replaced, nothing is wrong at any moment.
    for title in ["One", "Two"] {
        let other = troubled.library.folder().join("other.db");
        fs::copy(troubled.library.database(), &other).unwrap();
        rename(&other, title);
        fs::rename(&other, troubled.library.database()).unwrap();
        let is_shown = || {
            let files = files_below(troubled.mounted.path());
            let name = format!("01 {title}.flac");
            files.iter().any(|path| path.ends_with(&name))
        };
        eventually(title, &troubled.mounted, is_shown);
    }
    assert_eq!(troubled.reasons(), Vec::<String>::new());
    troubled.check(
        |database| fs::rename(database, &away).unwrap(),
        |database| {
            rename(&away, "Back");
            fs::rename(&away, database).unwrap();
        },
    );
    // The whole folder, as where a disk is not mounted, cannot be moved: the configuration is in it.
    troubled.check(
        |database| {
            fs::rename(database, &away).unwrap();
            fs::create_dir(database).unwrap();
        },
        |database| {
            fs::remove_dir(database).unwrap();
            rename(&away, "Back again");
            fs::rename(&away, database).unwrap();
        },
    );
}

#[test]
fn a_database_without_its_tables() {
    // Also where a library without items may be shown: this is none.
    for args in [&[][..], &["-o", "allow_empty"]] {
        let Some(troubled) = Troubled::start_with(args) else {
            return;
        };
        troubled.check(
            |_| execute(&troubled.library, "ALTER TABLE items RENAME TO kept"),
            |database| {
                execute(&troubled.library, "ALTER TABLE kept RENAME TO items");
                rename(database, "With tables");
            },
        );
    }
}

#[test]
fn a_configuration_that_makes_no_sense() {
    let Some(troubled) = Troubled::start() else {
        return;
    };
    let config = troubled.library.config();
    let good = fs::read_to_string(&config).unwrap();
    let bad = [
        "paths: [".to_owned(),
        format!("{good}paths: [not, a, mapping]\n"),
        "library: [1, 2]\n".to_owned(),
        "\u{0}\u{1}".to_owned(),
    ];
    for (index, bad) in bad.iter().enumerate() {
        eprintln!("the {index}th configuration");
        troubled.check(
            |_| fs::write(&config, bad).unwrap(),
            |_| {
                let paths = format!("paths: {{default: '{index}/$id', comp: '{index}/$id', singleton: '{index}/$id'}}\n");
                fs::write(&config, format!("{good}{paths}")).unwrap();
            },
        );
    }
    let away = config.with_extension("away");
    troubled.check(
        |_| fs::rename(&config, &away).unwrap(),
        |_| fs::write(&config, &good).unwrap(),
    );
}
