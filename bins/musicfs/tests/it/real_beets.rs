//! The real beets changes the library while the tree is mounted, walked through and played from.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use fixtures::{Library, tool};
use rustix::io::Errno;

use crate::support::{
    Mounted, beet, can_mount, eventually, execute, files_below, library_with, read_anew,
    run_to_end, succeed,
};

/// Somebody who walks through a mount all the time.
struct Walker {
    is_over: Arc<AtomicBool>,
    n_walks: Arc<AtomicU64>,
    /// What every walk since the last look has found.
    always: Arc<Mutex<Option<BTreeSet<PathBuf>>>>,
    thread: Option<JoinHandle<()>>,
}

impl Walker {
    fn start(root: &Path) -> Self {
        let (is_over, n_walks) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let always = Arc::<Mutex<Option<BTreeSet<PathBuf>>>>::default();
        let thread = {
            let (root, is_over) = (root.to_owned(), Arc::clone(&is_over));
            let (n_walks, always) = (Arc::<AtomicU64>::clone(&n_walks), Arc::clone(&always));
            thread::spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    let found = walk(&root);
                    let mut always = always.lock().unwrap();
                    *always = Some(match always.take() {
                        None => found,
                        Some(always) => always.intersection(&found).cloned().collect(),
                    });
                    n_walks.fetch_add(1, Ordering::SeqCst);
                    drop(always);
                    thread::sleep(Duration::from_millis(5));
                }
            })
        };
        Self {
            is_over,
            n_walks,
            always,
            thread: Some(thread),
        }
    }

    /// Waits until a walk that began after this has ended.
    #[track_caller]
    fn wait(&self, mounted: &Mounted) {
        let before = self.n_walks.load(Ordering::SeqCst);
        eventually("walked through", mounted, || {
            let thread = self.thread.as_ref().unwrap();
            assert!(!thread.is_finished(), "a walk failed");
            self.n_walks.load(Ordering::SeqCst) > before + 1
        });
    }

    fn forget(&self) {
        *self.always.lock().unwrap() = None;
    }
}

impl Drop for Walker {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let ended = self.thread.take().unwrap().join();
        if !thread::panicking() {
            ended.expect("every walk succeeds");
        }
    }
}

/// Lists everything and looks at it, as a media server does; returns what could be looked at.
fn walk(root: &Path) -> BTreeSet<PathBuf> {
    let is_there = |path: &PathBuf| match fs::metadata(root.join(path)) {
        Ok(_) => true,
        // While beets moves what it imports, the library names files that are no longer there.
        Err(error) => {
            let number = error.raw_os_error().map(Errno::from_raw_os_error);
            assert!(
                matches!(number, Some(Errno::NOENT | Errno::IO)),
                "{error}: {}",
                path.display()
            );
            false
        }
    };
    files_below(root).into_iter().filter(is_there).collect()
}

/// A library that is mounted, with somebody walking through it.
struct Living {
    walker: Walker,
    mounted: Mounted,
    library: Library,
}

impl Living {
    /// Mounts a library that is configured with `more`.
    fn start(more: &str, args: &[&str]) -> Option<Self> {
        if !can_mount() {
            return None;
        }
        Self::of(library_with(more), args)
    }

    fn of(library: Library, args: &[&str]) -> Option<Self> {
        fixtures::beets_python()?;
        let mounted = Mounted::library(&library, args);
        let walker = Walker::start(mounted.path());
        Some(Self {
            walker,
            mounted,
            library,
        })
    }

    fn beet(&self, args: &[&str]) -> Command {
        beet(&self.library, args).expect("it was there before")
    }

    /// Has programs change the library while every file is open.
    ///
    /// Afterwards the mount shows the library's names, and nothing else; what has gone is gone for those who
    /// knew it, what has stayed was there all the time, and who has a file open reads what it was. Of
    /// `n_rewritten` files at most the origins were written anew by them, so that reading them may fail, or shows
    /// what was written where a file is its origin to the byte.
    #[track_caller]
    fn step(&self, command: Command, n_rewritten: usize) {
        self.steps([command], n_rewritten);
    }

    #[track_caller]
    fn steps<const N: usize>(&self, commands: [Command; N], n_rewritten: usize) {
        let before: BTreeSet<_> = files_below(self.mounted.path()).into_iter().collect();
        let open: Vec<_> = before.iter().map(|path| self.open(path)).collect();
        let origins: BTreeSet<_> = self.origins();
        self.walker.forget();
        let what = format!("{commands:?}");
        for command in commands {
            let output = run_to_end(command);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{what}: {said}");
        }
        let named = self.await_names();
        for path in before.difference(&named) {
            let looked = fs::symlink_metadata(self.mounted.path().join(path));
            let kind = looked.map_err(|error| error.kind()).err();
            assert_eq!(
                kind,
                Some(ErrorKind::NotFound),
                "{what}: {}",
                path.display()
            );
        }
        self.walker.wait(&self.mounted);
        let always = self.walker.always.lock().unwrap().clone().unwrap();
        let stayed: BTreeSet<_> = before.intersection(&named).cloned().collect();
        assert!(
            always.is_superset(&stayed),
            "{what}: missing for a moment: {:?}",
            &stayed - &always
        );
        let mut n_failed = 0;
        for (path, (file, bytes)) in before.iter().zip(&open) {
            match read_anew(file, bytes.len()) {
                Ok(now) => {
                    let is_rewritten = n_rewritten > 0 && origins.contains(bytes);
                    assert!(
                        is_rewritten || now == *bytes,
                        "{what}: {} is another",
                        path.display()
                    );
                }
                Err(error) => {
                    assert_eq!(error.raw_os_error(), Some(Errno::IO.raw_os_error()));
                    n_failed += 1;
                }
            }
        }
        assert!(
            n_failed <= n_rewritten,
            "{what}: {n_failed} can no longer be read: {}",
            self.mounted.log()
        );
        drop(open);
        self.check(&what, n_rewritten == 0);
    }

    /// Waits until the mount shows the library's names, and returns them.
    #[track_caller]
    fn await_names(&self) -> BTreeSet<PathBuf> {
        let named: BTreeSet<_> = self.named().into_iter().map(|(_, path)| path).collect();
        eventually("the tree of the database", &self.mounted, || {
            files_below(self.mounted.path())
                .into_iter()
                .eq(named.iter().cloned())
        });
        named
    }

    /// Checks that the names are those of the files on disk, or not; which number beets gives to the second of
    /// a name depends on what it did before.
    #[track_caller]
    fn check_on_disk(&self, is_same: bool) {
        let names = |root: &Path| -> Vec<PathBuf> {
            let unnumbered = |path: PathBuf| {
                let end = path.extension().unwrap().to_owned();
                let bare = path.with_extension("");
                let is_number = |end: &OsStr| end == "1" || end == "2";
                if bare.extension().is_some_and(is_number) {
                    bare.with_extension(end)
                } else {
                    path
                }
            };
            let mut names: Vec<_> = files_below(root).into_iter().map(unnumbered).collect();
            names.sort();
            names
        };
        let (shown, on_disk) = (names(self.mounted.path()), names(&self.library.music()));
        assert_eq!(shown == on_disk, is_same, "{shown:?} {on_disk:?}");
    }

    /// Returns a checksum of the audio of every item, as ffmpeg reads it from the mount.
    fn audio(&self) -> Vec<(i64, String)> {
        let sum = |(id, path)| {
            let mut ffmpeg = tool("ffmpeg")?;
            ffmpeg
                .args(["-v", "error", "-i"])
                .arg(self.mounted.path().join(path));
            ffmpeg.args(["-map", "0:a", "-c", "copy", "-f", "md5", "-"]);
            let output = run_to_end(ffmpeg);
            assert!(output.status.success(), "{output:?}");
            Some((id, String::from_utf8(output.stdout).unwrap()))
        };
        self.named().into_iter().filter_map(sum).collect()
    }

    /// Returns what is in every file of the library's folder.
    fn origins(&self) -> BTreeSet<Vec<u8>> {
        let music = self.library.music();
        let files = files_below(&music).into_iter();
        files
            .map(|path| fs::read(music.join(path)).unwrap())
            .collect()
    }

    fn open(&self, path: &Path) -> (File, Vec<u8>) {
        let path = self.mounted.path().join(path);
        (File::open(&path).unwrap(), fs::read(&path).unwrap())
    }

    /// Returns what `musicfs paths` prints.
    fn named(&self) -> Vec<(i64, PathBuf)> {
        let config = self.library.config();
        let entries = crate::support::paths(&["--config".as_ref(), config.as_os_str()]);
        entries
            .into_iter()
            .map(|entry| (entry.id, entry.path))
            .collect()
    }

    /// Checks that names and tags are what the real beets makes of the library, as soon as nobody has the
    /// files open that were opened before.
    #[track_caller]
    fn check(&self, what: &str, is_strict: bool) {
        let config = self.library.config();
        let printed = succeed(&["paths".as_ref(), "--config".as_ref(), config.as_os_str()]);
        let mut said = String::new();
        eventually("what beets would make", &self.mounted, || {
            let mut python = fixtures::beets_python().unwrap();
            python
                .args(["-c", include_str!("real_beets.py")])
                .arg(&config)
                .arg(self.mounted.path());
            let mut python = python
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            python.stdin.take().unwrap().write_all(&printed).unwrap();
            let output = python.wait_with_output().unwrap();
            let now = String::from_utf8_lossy(&output.stderr).into_owned();
            if !output.status.success() && now != said {
                eprintln!("{what}: {now}");
                said = now;
            }
            let printed = String::from_utf8_lossy(&output.stdout);
            let is_told = printed.trim().parse::<usize>().is_ok();
            // That an origin was written anew is noticed when its file is opened.
            let is_wrong = output.status.success() && !is_told && is_strict;
            assert!(!is_wrong, "{what}: {printed}");
            output.status.success() && is_told
        });
    }
}

/// Encodes an album of three tracks with ffmpeg, below the library's folder; `None` without ffmpeg.
fn album(library: &Library, name: &str, extension: &str) -> Option<PathBuf> {
    let folder = library.folder().join("new").join(name);
    fs::create_dir_all(&folder).unwrap();
    for track in 1..=3 {
        let mut ffmpeg = tool("ffmpeg")?;
        let tone = format!("sine=frequency={}:duration=1", 220 * track);
        ffmpeg.args(["-v", "error", "-f", "lavfi", "-i", &tone, "-shortest"]);
        let tags = [
            format!("title={name} {track}"),
            format!("artist=The {name}s"),
            format!("album={name}"),
            format!("track={track}/3"),
            "date=1987".to_owned(),
        ];
        for tag in &tags {
            ffmpeg.args(["-metadata", tag]);
        }
        ffmpeg.arg(folder.join(format!("{track}.{extension}")));
        let output = run_to_end(ffmpeg);
        assert!(output.status.success(), "{output:?}");
    }
    Some(folder)
}

#[test]
fn imports_show() {
    let Some(living) = Living::start("import: {quiet_fallback: asis}\n", &[]) else {
        return;
    };
    let n_before = living.named().len();
    let imports: [(&str, &str, &[&str]); 5] = [
        ("Copied", "flac", &["-A", "-c"]),
        ("Tagged", "mp3", &["-a", "-c", "-q"]),
        ("Moved", "m4a", &["-A", "-m"]),
        ("Staying", "opus", &["-A", "-C"]),
        ("Single", "wv", &["-A", "-c", "-s"]),
    ];
    for (n, (name, extension, args)) in imports.into_iter().enumerate() {
        let Some(folder) = album(&living.library, name, extension) else {
            return;
        };
        let import = [&["import", "-q"], args, &[folder.to_str().unwrap()]].concat();
        living.step(living.beet(&import), 0);
        let named = living.named();
        assert_eq!(named.len(), n_before + 3 * (n + 1));
        let is_new = |(_, path): &&(i64, PathBuf)| path.to_string_lossy().contains(name);
        assert_eq!(named.iter().filter(is_new).count(), 3, "{named:?}");
    }
    assert_eq!(living.library.changed_origins(), Vec::<PathBuf>::new());
}

#[test]
fn files_that_are_moved_show_where_they_go() {
    let Some(living) = Living::start("", &["-o", "rw"]) else {
        return;
    };
    living.step(living.beet(&["move"]), 0);
    living.check_on_disk(true);
    // The names change with the configuration, and again when their origins follow.
    let config = living.library.config();
    let mut append = Command::new("sh");
    let script = "printf '%s\\n' \
        'paths: {default: \"$genres/$albumartist - $album%aunique{}/$track $title\", singleton: \"$title\"}' >> \"$1\"";
    append.args(["-c", script, "sh"]).arg(&config);
    living.step(append, 0);
    living.check_on_disk(false);
    living.step(living.beet(&["move", "-a", "album:Shapes"]), 0);
    living.step(living.beet(&["move"]), 0);
    living.check_on_disk(true);
    let elsewhere = living.library.folder().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let elsewhere = elsewhere.to_str().unwrap();
    living.step(living.beet(&["move", "-d", elsewhere, "format:FLAC"]), 0);
}

#[test]
fn files_that_are_written_show_what_was_written() {
    let Some(living) = Living::start("", &[]) else {
        return;
    };
    let n_items = living.named().len();
    let audio = living.audio();
    living.step(
        living.beet(&["modify", "-y", "-w", "-M", "title=Written Ü $id"]),
        n_items,
    );
    let long = format!("comments={}", "Longer than any padding. ".repeat(2000));
    living.step(living.beet(&["modify", "-y", "-w", "-M", &long]), n_items);
    living.step(
        living.beet(&[
            "modify",
            "-y",
            "-w",
            "-m",
            "-a",
            "album=Together",
            "album:Shapes",
        ]),
        n_items,
    );
    living.step(living.beet(&["write", "-f"]), n_items);
    assert_eq!(living.audio(), audio);
    living.step(living.beet(&["remove", "-f", "-d", "format:MP3"]), n_items);
    // What changes on disk alone is in the library when beets has looked.
    let Some(mut metaflac) = tool("metaflac") else {
        return;
    };
    let origin = |case| living.library.origin(living.library.case(case));
    metaflac.args(["--remove-tag=TITLE", "--set-tag=TITLE=By another program"]);
    metaflac.arg(origin("flac-every-field"));
    let mut rm = Command::new("rm");
    rm.arg(origin("ogg-every-field"));
    living.steps([metaflac, rm, living.beet(&["update"])], 2);
    let printed = run_to_end(living.beet(&["list", "title:By another program"]));
    assert!(!printed.stdout.is_empty());
}

/// A plugin that stores what it likes, of items and of albums.
const PLUGIN: &str = "
from beets.plugins import BeetsPlugin
from beets.ui import Subcommand

class Moods(BeetsPlugin):
    def commands(self):
        command = Subcommand('moods')
        command.func = self.moods
        return [command]

    def moods(self, lib, options, arguments):
        for item in lib.items():
            item['mood'] = arguments[0]
            item.title = f'{item.title} ({arguments[0]})'
            item.store()
        for album in lib.albums():
            album['shelf'] = arguments[0]
            album.albumartist = f'{album.albumartist} {arguments[0]}'
            album.store()
        with lib.transaction():
            item = lib.items().get()
            item.artist = 'In one transaction'
            item.store()
            lib.albums()[0].remove()
";

#[test]
fn what_plugins_write_shows() {
    let more = "
plugins: [ftintitle, moods]
zero: {fields: genres, update_database: yes}
paths: {default: '%if{$mood,$mood,none}/$album%aunique{}/$track $artist $title'}
";
    if !can_mount() {
        return;
    }
    let library = library_with(more);
    let plugins = library.folder().join("plugins");
    fs::create_dir(&plugins).unwrap();
    fs::write(plugins.join("moods.py"), PLUGIN).unwrap();
    let mut config = File::options().append(true).open(library.config()).unwrap();
    writeln!(config, "pluginpath: {}", plugins.display()).unwrap();
    let Some(living) = Living::of(library, &["-o", "rw"]) else {
        return;
    };
    let n_items = living.named().len();
    for mood in ["calm", "furious"] {
        living.step(living.beet(&["moods", mood]), 0);
    }
    let all = living.named();
    assert!(
        all.iter().any(|(_, path)| path.starts_with("furious")),
        "{all:?}"
    );
    assert!(all.len() < n_items);
    execute(
        &living.library,
        "UPDATE items SET artist = artist || ' feat. Somebody Else', albumartist = artist",
    );
    // Or the files would move while the next step opens them.
    living.await_names();
    // It writes to the files, too.
    living.step(living.beet(&["ftintitle"]), n_items);
    let all = living.named();
    assert!(
        all.iter()
            .any(|(_, path)| path.to_str().is_some_and(|path| path.contains("feat."))),
        "{all:?}"
    );
    let mut zero = living.beet(&["-p", "zero", "zero"]);
    // It asks whether it may.
    let yes = living.library.folder().join("yes");
    fs::write(&yes, "y\n").unwrap();
    zero.stdin(File::open(yes).unwrap());
    living.step(zero, n_items);
    let left = run_to_end(living.beet(&["list", "genres::."]));
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

#[test]
fn statements_of_other_programs_show() {
    let Some(living) = Living::start("", &[]) else {
        return;
    };
    let statements = [
        "UPDATE items SET title = 'Title ' || id",
        "BEGIN; UPDATE albums SET album = 'Album ' || id; UPDATE items SET album = 'Album ' || album_id; COMMIT",
        "PRAGMA journal_mode = WAL; UPDATE items SET artist = 'Written ahead'",
        "DELETE FROM items WHERE id % 5 = 0",
        "VACUUM",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "UPDATE items SET id = id + 1000",
    ];
    for statement in statements {
        let Some(mut sqlite) = tool("sqlite3") else {
            return;
        };
        sqlite
            .args(["-bail", "-cmd", ".timeout 10000"])
            .arg(living.library.database())
            .arg(statement);
        living.step(sqlite, 0);
    }
    assert_eq!(living.library.changed_origins(), Vec::<PathBuf>::new());
}
