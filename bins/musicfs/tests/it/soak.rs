//! Everything at once, for a while: edits of the database and of files, reloads, walks and plays.
//!
//! It lasts 15 seconds, or as many as `MUSICFS_SOAK` says, and says ten times how much was done, and what memory
//! and how many descriptors the mount has by then.
//!
//! In 15 seconds there are some 20 reloads, 100 saves, 200 edits and 5,000 plays. That finds a descriptor that each
//! save, edit or play leaves open, and that each reload does in a minute. Memory grows by what caches may hold in
//! any case, so that a leak is found only if it is more: of 150 KiB a save in 15 seconds; in ten minutes, of 50 bytes
//! a play, or of 10 KiB a reload. That what is printed levels off is for a reader to see.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fixtures::{Item, Library};
use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Mounted, can_mount, eventually, files_below, run, run_to_end, succeed};

/// What the memory of a mount may grow by, in bytes: at once, by what is at work; with each change, by the plan of a
/// file that has not been there before; and in all, by the cache of those plans (16 MiB, `OPENED` in `plans.rs`), the
/// rows of files that were asked for last, and the pages of databases.
const AT_ONCE: u64 = 16 << 20;
const EACH_CHANGE: u64 = 4 << 10;
const IN_ALL: u64 = (16 + 16) << 20;
/// How many more descriptors may be open at the end: origins that were not read yet, and connections to databases.
const MORE_OPEN: usize = 64;
/// How often it is said how far it is.
const N_LINES: u32 = 10;

/// Numbers that look random (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }

    fn choose<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let below = u64::try_from(from.len()).unwrap();
        &from[usize::try_from(self.next(below)).unwrap()]
    }
}

/// What goes on, and how much of it.
struct Soak<'a> {
    library: &'a Library,
    mounted: &'a Mounted,
    is_over: AtomicBool,
    n_edits: AtomicU64,
    n_walks: AtomicU64,
    n_plays: AtomicU64,
    n_reloads: AtomicU64,
    n_saves: AtomicU64,
    /// The item of each inode.
    ids: BTreeMap<u64, i64>,
    /// The audio in the file of each inode, where it is in one piece.
    audio: BTreeMap<u64, Vec<u8>>,
}

impl<'a> Soak<'a> {
    fn new(library: &'a Library, mounted: &'a Mounted) -> Self {
        let audio = audio(library, mounted);
        assert!(audio.len() > 3);
        let titles = library.items().iter().map(|item| &item.fields["title"]);
        let is_capital = |title: &Value| !title.as_str().unwrap().starts_with(char::is_lowercase);
        assert!(titles.into_iter().all(is_capital));
        Self {
            library,
            mounted,
            is_over: AtomicBool::new(false),
            n_edits: AtomicU64::new(0),
            n_walks: AtomicU64::new(0),
            n_plays: AtomicU64::new(0),
            n_reloads: AtomicU64::new(0),
            n_saves: AtomicU64::new(0),
            ids: ids(library, mounted),
            audio,
        }
    }

    /// Does everything at once, so long; returns the saves that the editor was told of, the first one first.
    fn all_at_once(&self, seed: u64, time: Duration) -> Vec<(i64, char)> {
        let random = |of: u64| Random(seed.wrapping_add(of));
        thread::scope(|scope| {
            scope.spawn(|| {
                let connection = Connection::open(self.library.database()).unwrap();
                connection.busy_timeout(Duration::from_secs(30)).unwrap();
                let mut random = random(1);
                self.go_on(&self.n_edits, || self.edit(&connection, &mut random));
            });
            for of in [2, 3] {
                let mut random = random(of);
                scope.spawn(move || self.go_on(&self.n_plays, || self.play(&mut random)));
            }
            scope.spawn(|| self.go_on(&self.n_walks, || self.walk()));
            scope.spawn(|| {
                let mut random = random(4);
                self.go_on(&self.n_reloads, || self.reload(&mut random));
            });
            let saver = scope.spawn(|| {
                let (mut random, mut told) = (random(5), Vec::new());
                while !self.is_over.load(Ordering::Relaxed) {
                    if let Some(save) = self.save(&told, &mut random) {
                        told.push(save);
                        self.n_saves.fetch_add(1, Ordering::Relaxed);
                    }
                }
                told
            });
            for _ in 0..N_LINES {
                sleep(time / N_LINES);
                self.say();
            }
            self.is_over.store(true, Ordering::Relaxed);
            saver.join().unwrap()
        })
    }

    /// Says what was done, and what the mount has by now.
    fn say(&self) {
        let (counts, pid) = (self.counts(), self.mounted.pid());
        let (memory, descriptors) = (taken(pid), descriptors(pid));
        eprintln!(
            "edits, walks, plays, reloads, saves: {counts:?}; memory: {memory}, descriptors: {descriptors}"
        );
    }

    /// Returns how much was done of each.
    fn counts(&self) -> [u64; 5] {
        let counts = [
            &self.n_edits,
            &self.n_walks,
            &self.n_plays,
            &self.n_reloads,
            &self.n_saves,
        ];
        counts.map(|counter| counter.load(Ordering::Relaxed))
    }

    /// Does something again and again, until it is over.
    fn go_on(&self, counter: &AtomicU64, mut act: impl FnMut()) {
        while !self.is_over.load(Ordering::Relaxed) {
            act();
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Changes a row as beets might, in a transaction of its own.
    fn edit(&self, connection: &Connection, random: &mut Random) {
        let item = random.choose(self.library.items());
        let (id, word) = (item.id, random.next(7));
        let sql = match random.next(8) {
            0 => format!("UPDATE items SET title = 'Title {word}' WHERE id = {id}"),
            1 => format!("UPDATE items SET album = 'Album {word}' WHERE id = {id}"),
            2 => format!("UPDATE albums SET albumartist = 'Artist {word}' WHERE id % 7 = {word}"),
            3 => format!("UPDATE items SET track = {word} WHERE id = {id}"),
            4 => format!("UPDATE items SET genres = 'Genre {word}' WHERE id = {id}"),
            5 => format!(
                "INSERT INTO item_attributes (entity_id, key, value) VALUES ({id}, 'mood', '{word}') \
                 ON CONFLICT (entity_id, key) DO UPDATE SET value = excluded.value"
            ),
            // An item that goes, and comes back with another number's worth of time between.
            6 => format!(
                "CREATE TABLE IF NOT EXISTS gone AS SELECT * FROM items WHERE 0; \
                 INSERT INTO gone SELECT * FROM items WHERE id = {id}; \
                 DELETE FROM items WHERE id = {id}"
            ),
            _ => "CREATE TABLE IF NOT EXISTS gone AS SELECT * FROM items WHERE 0; \
                  INSERT INTO items SELECT * FROM gone; DELETE FROM gone"
                .to_owned(),
        };
        let sql = format!("BEGIN IMMEDIATE; {sql}; COMMIT");
        connection.execute_batch(&sql).expect("the statements run");
        sleep(Duration::from_millis(random.next(120)));
    }

    /// Looks at everything; what is listed may be gone a moment later, but nothing else may go wrong.
    fn walk(&self) {
        for path in files_below(self.mounted.path()) {
            match fs::metadata(self.mounted.path().join(&path)) {
                Ok(metadata) => assert!(metadata.len() > 0, "{}", path.display()),
                Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{}", path.display()),
            }
        }
    }

    /// Reads a file slowly, as it was when it was opened.
    fn play(&self, random: &mut Random) {
        let paths = files_below(self.mounted.path());
        let path = random.choose(&paths);
        let mut file = match File::open(self.mounted.path().join(path)) {
            Ok(file) => file,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{}", path.display());
                return;
            }
        };
        let metadata = file.metadata().unwrap();
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        loop {
            let n_read = file.read(&mut piece).unwrap();
            if n_read == 0 {
                break;
            }
            bytes.extend_from_slice(&piece[..n_read]);
            sleep(Duration::from_millis(random.next(3)));
        }
        let path = path.display();
        assert_eq!(bytes.len() as u64, metadata.len(), "{path}");
        if let Some(audio) = self.audio.get(&metadata.ino()) {
            let is_whole = bytes.windows(audio.len()).any(|window| window == audio);
            assert!(is_whole, "{path}: the audio is another");
        }
    }

    /// Gives the title in a file another first letter, in place, as a tag editor does; returns the number of
    /// the item and the letter if the editor was told that it is saved. `told` is what was returned before.
    fn save(&self, told: &[(i64, char)], random: &mut Random) -> Option<(i64, char)> {
        sleep(Duration::from_millis(random.next(200)));
        let mut paths = files_below(self.mounted.path());
        paths.retain(|path| {
            path.extension()
                .is_some_and(|extension| extension == "flac")
        });
        if paths.is_empty() {
            return None;
        }
        let path = self.mounted.path().join(random.choose(&paths));
        // As long as this is open, the editor sees the same.
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{}", path.display());
                return None;
            }
        };
        let mut head = vec![0; 16 << 10];
        let n_read = file.read_at(&mut head, 0).unwrap();
        // After its length, and so no other tag that ends so.
        let tag = b"\0\0TITLE=";
        let mut places = head[..n_read].windows(tag.len() + 1);
        let is_there =
            |bytes: &[u8]| bytes.starts_with(tag) && bytes[tag.len()].is_ascii_alphabetic();
        let at = places.position(is_there)?;
        let at = at + tag.len();
        let letter = b'a' + u8::try_from(random.next(26)).unwrap();
        let id = *self.ids.get(&file.metadata().unwrap().ino())?;
        // The library may have another title than a file that was open when a save was refused. To save what
        // it has already changes nothing, and is not noted. All other titles begin with a capital.
        let last = told.iter().rev().find(|(of, _)| *of == id);
        if last.is_some_and(|&(_, last)| last == char::from(letter)) {
            return None;
        }
        // Unlike a File, dd(1) tells what close(2) said; and it makes no file where the name went.
        let script =
            "printf %s \"$1\" | dd of=\"$2\" bs=1 seek=\"$3\" conv=notrunc,nocreat status=none";
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh", &char::from(letter).to_string()]);
        shell.arg(&path).arg(at.to_string());
        let is_saved = run_to_end(shell).status.success();
        (is_saved && letter != head[at]).then_some((id, char::from(letter)))
    }

    /// Has everything read again, by all means there are.
    fn reload(&self, random: &mut Random) {
        let mountpoint = self.mounted.path().to_str().unwrap();
        let args = ["reload", mountpoint, "--all"];
        let how = usize::try_from(2 + random.next(2)).unwrap();
        let output = run(&args[..how]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        sleep(Duration::from_millis(random.next(1500)));
    }
}

/// Returns the memory of a process that no file stands for, in bytes (proc(5)).
fn taken(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kibibytes = line.unwrap().trim().trim_end_matches(" kB");
    kibibytes.parse::<u64>().unwrap() << 10
}

fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// Returns the audio of each item whose audio is in one piece, by the inode number of its file.
fn audio(library: &Library, mounted: &Mounted) -> BTreeMap<u64, Vec<u8>> {
    let in_one_piece = |item: &&Item| item.format == "FLAC" || item.format == "MP3";
    let items = library.items().iter().filter(in_one_piece);
    let paths = names(library);
    let found = items.filter_map(|item| {
        let range = item.audio.clone()?;
        let origin = fs::read(library.origin(item)).unwrap();
        let (start, end) = (usize::try_from(range.start), usize::try_from(range.end));
        let path = mounted.path().join(&paths[&item.id]);
        let ino = fs::metadata(path).unwrap().ino();
        Some((ino, origin[start.unwrap()..end.unwrap()].to_vec()))
    });
    found.collect()
}

/// Returns the number of the item of each inode.
fn ids(library: &Library, mounted: &Mounted) -> BTreeMap<u64, i64> {
    let ino = |path| fs::metadata(mounted.path().join(path)).unwrap().ino();
    let names = names(library).into_iter();
    names.map(|(id, path)| (ino(path), id)).collect()
}

/// Returns the saves that are in the library or were, the first one first: the item, and how its title begins.
fn noted(library: &Library, state: &Path) -> Vec<(i64, char)> {
    let config = library.config();
    let args = [
        "log".as_ref(),
        "--json".as_ref(),
        "--config".as_ref(),
        config.as_os_str(),
    ];
    let state = ["--state".as_ref(), state.as_os_str()];
    let printed = String::from_utf8(succeed(&[&args[..], &state].concat())).unwrap();
    let entries = printed
        .lines()
        .rev()
        .map(|line| -> Value { serde_json::from_str(line).unwrap() });
    let done = entries.filter(|entry| entry["state"] == "done");
    let titled = done.filter_map(|entry| {
        let changes = entry["changes"].as_array()?;
        let change = changes.iter().find(|change| change["field"] == "title")?;
        Some((
            entry["item"].as_i64()?,
            change["new"].as_str()?.chars().next()?,
        ))
    });
    titled.collect()
}

/// Checks that every save is among those that are noted, in the same order.
#[track_caller]
fn check_saves(saves: &[(i64, char)], noted: &[(i64, char)]) {
    let mut rest = noted.iter();
    for save in saves {
        let is_noted = rest.any(|noted| noted == save);
        assert!(is_noted, "{save:?} of {saves:?} was lost: {noted:?}");
    }
}

/// Returns the paths of all items, as `musicfs paths` gives them.
fn names(library: &Library) -> BTreeMap<i64, PathBuf> {
    let config = library.config();
    let printed = succeed(&["paths", "--config", config.to_str().unwrap()]);
    let printed = String::from_utf8(printed).unwrap();
    let lines = printed.lines().map(|line| {
        let (id, path) = line.split_once('\t').unwrap();
        (id.parse().unwrap(), PathBuf::from(path))
    });
    lines.collect()
}

fn is_music(path: &Path) -> bool {
    !path
        .extension()
        .is_some_and(|extension| extension == "jpg" || extension == "png")
}

/// Returns the number that a variable says, if it is set.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Returns a seed that is another one each time.
fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::from(now.unwrap().subsec_nanos())
}

#[test]
fn all_at_once_ends_with_equal_trees_and_nothing_lost() {
    if !can_mount() {
        return;
    }
    let time = Duration::from_secs(number("MUSICFS_SOAK").unwrap_or(15));
    let seed = number("MUSICFS_SEED").unwrap_or_else(seed);
    eprintln!("repeat with MUSICFS_SEED={seed}");
    let library = Library::copy_to_temp();
    let state = tempfile::tempdir().unwrap();
    let options = format!("rw,state={}", state.path().display());
    let mounted = Mounted::library(&library, &["-o", &options]);
    let soak = Soak::new(&library, &mounted);
    let (before, n_before) = (taken(mounted.pid()), descriptors(mounted.pid()));
    soak.say();
    let told = soak.all_at_once(seed, time);
    let counts = soak.counts();
    let after = taken(mounted.pid());
    assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
    let [n_edits, .., n_saves] = counts;
    let growth = IN_ALL.min(AT_ONCE + (n_edits + n_saves) * EACH_CHANGE);
    assert!(after < before + growth, "{before} bytes became {after}");
    check_saves(&told, &noted(&library, state.path()));
    let mut expected: Vec<_> = names(&library).into_values().collect();
    expected.sort();
    eventually("the tree of the database", &mounted, || {
        let mut found = files_below(mounted.path());
        found.retain(|path| is_music(path));
        found == expected
    });
    let n_open = descriptors(mounted.pid());
    assert!(
        n_open < n_before + MORE_OPEN,
        "{n_before}, then {n_open} descriptors are open"
    );
    assert_eq!(library.changed_origins(), Vec::<PathBuf>::new());
}
