//! Programs that watch the mount learn what changes in the library.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use fixtures::Library;
use tempfile::TempDir;

use crate::support::{Mounted, eventually, execute, files_below, fixture_mounted, send, served};

/// Returns whether a program can be run; says so loudly, or fails, where it cannot.
#[track_caller]
fn can_run(program: &str) -> bool {
    let started = Command::new(program)
        .arg("--help")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if let Err(error) = started {
        fixtures::skip(&format!("with {program}: {error}"));
        return false;
    }
    true
}

/// Another program, which is ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// inotifywait(1) on a whole mount.
struct Inotifywait {
    _running: Running,
    lines: Receiver<String>,
    told: Vec<String>,
}

impl Inotifywait {
    /// Starts it, and waits until it watches.
    fn start(mounted: &Mounted) -> Self {
        let mut child = Command::new("inotifywait")
            .args(["--monitor", "--recursive", "--format", "%e %w%f"])
            .args(["--event", "create,delete,attrib,close_write"])
            .arg(mounted.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let running = Running(child);
        let mut errors = errors.lines().map_while(Result::ok);
        assert!(errors.any(|line| line.contains("Watches established")));
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self {
            _running: running,
            lines: receiver,
            told: Vec::new(),
        }
    }

    #[track_caller]
    fn expect(&mut self, mounted: &Mounted, event: &str, path: &Path) {
        let line = format!("{event} {}", path.display());
        eventually(&line, mounted, || {
            self.told.extend(self.lines.try_iter());
            self.told.contains(&line)
        });
    }
}

/// Mounts the fixture, and watches it.
fn watched() -> Option<(Library, Mounted, Inotifywait)> {
    if !can_run("inotifywait") {
        return None;
    }
    let (library, mounted) = fixture_mounted(&[])?;
    let watcher = Inotifywait::start(&mounted);
    Some((library, mounted, watcher))
}

#[test]
fn inotifywait_is_told_of_names_and_of_tags() {
    let Some((library, mounted, mut watcher)) = watched() else {
        return;
    };
    let item = library.case("flac-every-field");
    let before = served(&mounted, &library, &item.case);
    let set = |assignment: &str| {
        let sql = format!("UPDATE items SET {assignment} WHERE id = {}", item.id);
        execute(&library, &sql);
    };
    set("isrc = 'ZZ-ISRC-NEW'");
    watcher.expect(&mounted, "ATTRIB", &before);
    watcher.expect(&mounted, "CLOSE_WRITE,CLOSE", &before);
    set("title = 'Another Name'");
    watcher.expect(&mounted, "DELETE", &before);
    let after = served(&mounted, &library, &item.case);
    watcher.expect(&mounted, "CREATE", &after);
    watcher.expect(&mounted, "CLOSE_WRITE,CLOSE", &after);
    execute(
        &library,
        &format!("DELETE FROM items WHERE id = {}", item.id),
    );
    watcher.expect(&mounted, "DELETE", &after);
    let others = watcher.told.iter().filter(|line| {
        let is_of = |path: &Path| line.ends_with(path.to_str().unwrap());
        !is_of(&before) && !is_of(&after)
    });
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(library.changed_origins().is_empty());
}

/// Returns the time of each file of a mount, as the kernel has it.
fn times(mounted: &Mounted) -> BTreeMap<PathBuf, i64> {
    let files = files_below(mounted.path()).into_iter();
    let files = files.map(|file| mounted.path().join(file));
    files
        .map(|file| (file.clone(), fs::metadata(&file).unwrap().mtime()))
        .collect()
}

/// Whether or not sizes and times are kept, and whatever programs have seen before watchers are told.
#[test]
fn inotifywait_is_told_of_all_that_another_configuration_changes() {
    for (options, is_paused) in [("nostate", false), ("default_state", false), ("", true)] {
        if !can_run("inotifywait") {
            return;
        }
        let is_kept = options != "nostate";
        let options = if is_kept { "noatime" } else { options };
        let Some((library, mounted)) = fixture_mounted(&["-o", options]) else {
            return;
        };
        if is_kept {
            eventually("all known", &mounted, || {
                mounted.log().contains("sizes and times are known")
            });
        }
        if is_paused {
            send("USR1", mounted.pid());
        }
        let before = times(&mounted);
        let mut watcher = Inotifywait::start(&mounted);
        let mut config = fs::read_to_string(library.config()).unwrap();
        config.push_str("\nid3v23: yes\n");
        fs::write(library.config(), config).unwrap();
        eventually("reloaded", &mounted, || mounted.log().contains("reloaded"));
        let after = times(&mounted);
        if is_paused {
            send("USR1", mounted.pid());
        }
        let moved = after.iter().filter(|&(path, time)| before[path] != *time);
        let moved: BTreeSet<String> = moved
            .map(|(path, _)| format!("ATTRIB {}", path.display()))
            .collect();
        assert!(moved.len() > 3 && moved.len() < after.len(), "{moved:?}");
        eventually("told of all", &mounted, || {
            watcher.told.extend(watcher.lines.try_iter());
            moved.iter().all(|line| watcher.told.contains(line))
        });
        let told = watcher
            .told
            .iter()
            .filter(|line| line.starts_with("ATTRIB"));
        let mut told: Vec<String> = told.cloned().collect();
        told.sort();
        assert_eq!(told, moved.into_iter().collect::<Vec<_>>(), "{options}");
    }
}

/// Returns the children of a process, each with a line on it (proc(5), `children` and `stat`).
fn children(pid: u32) -> Vec<(u32, String)> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let lists = tasks
        .map_while(Result::ok)
        .map(|task| task.path().join("children"));
    let lists = lists.filter_map(|list| fs::read_to_string(list).ok());
    let numbers: Vec<u32> = lists
        .flat_map(|list| {
            let numbers = list
                .split_whitespace()
                .map(|number| number.parse().unwrap());
            numbers.collect::<Vec<_>>()
        })
        .collect();
    let numbers = numbers.into_iter();
    let lines = numbers.filter_map(|number| {
        let line = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
        Some((number, line))
    });
    lines.collect()
}

#[test]
fn who_tells_watchers_is_replaced_when_killed_and_ends_with_the_mount() {
    let Some((library, mounted, mut watcher)) = watched() else {
        return;
    };
    let item = library.case("flac-every-field");
    let path = served(&mounted, &library, &item.case);
    assert_eq!(children(mounted.pid()), []);
    let mut tellers = BTreeSet::new();
    for round in 0..3 {
        let sql = format!("UPDATE items SET isrc = 'R{round}' WHERE id = {}", item.id);
        execute(&library, &sql);
        watcher.told.clear();
        watcher.expect(&mounted, "CLOSE_WRITE,CLOSE", &path);
        // It may still have something to do when others learn of it.
        let mut teller = None;
        eventually("one process that tells and waits", &mounted, || {
            teller = match &children(mounted.pid())[..] {
                [(teller, line)] if line.contains("(musicfs-watch) S") => Some(*teller),
                _ => None,
            };
            teller.is_some()
        });
        let teller = teller.unwrap();
        assert!(tellers.insert(teller));
        if round < 2 {
            send("KILL", teller);
        }
    }
    mounted.stop_by("TERM");
    let last = tellers.into_iter().next_back().unwrap();
    let start = Instant::now();
    while fs::exists(format!("/proc/{last}")).unwrap() {
        assert!(start.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(10));
    }
}

/// A music player daemon that keeps its database up to date by itself, without any output.
struct Mpd {
    _running: Running,
    folder: TempDir,
}

impl Mpd {
    fn start(music: &Path) -> Self {
        let folder = TempDir::with_prefix("musicfs-mpd-").unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let configuration = format!(
            "music_directory \"{}\"\ndb_file \"{}\"\nlog_file \"{}\"\nbind_to_address \"{}\"\n\
             auto_update \"yes\"\nfilesystem_charset \"UTF-8\"\n\
             audio_output {{\n type \"null\"\n name \"none\"\n}}\n",
            music.display(),
            path("database"),
            path("log"),
            path("socket"),
        );
        fs::write(folder.path().join("mpd.conf"), configuration).unwrap();
        let child = Command::new("mpd")
            .arg("--no-daemon")
            .arg(folder.path().join("mpd.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            _running: Running(child),
            folder,
        }
    }

    /// Returns what it answers; nothing as long as it does not listen.
    fn ask(&self, command: &str) -> Vec<String> {
        let Ok(mut stream) = UnixStream::connect(self.folder.path().join("socket")) else {
            return Vec::new();
        };
        writeln!(stream, "{command}\nclose").unwrap();
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines.collect()
    }

    /// Returns whether it knows a file by that title.
    fn knows(&self, file: &Path, title: &str) -> bool {
        let answer = self.ask(&format!("find Title \"{title}\""));
        let file = format!("file: {}", file.display());
        answer.contains(&file)
    }

    fn is_idle(&self) -> bool {
        let status = self.ask("status");
        !status.is_empty() && !status.iter().any(|line| line.starts_with("updating_db"))
    }
}

#[test]
fn mpd_updates_its_database_by_itself() {
    if !can_run("mpd") {
        return;
    }
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    let item = library.case("flac-every-field");
    let path = || {
        let path = served(&mounted, &library, &item.case);
        path.strip_prefix(mounted.path()).unwrap().to_owned()
    };
    let set = |assignment: &str| {
        let sql = format!("UPDATE items SET {assignment} WHERE id = {}", item.id);
        execute(&library, &sql);
    };
    // Without these, its first look at the library could find what is to change.
    set("title = 'The First Title'");
    eventually("renamed", &mounted, || mounted.path().join(path()).exists());
    let mpd = Mpd::start(mounted.path());
    eventually("the first update", &mounted, || {
        mpd.knows(&path(), "The First Title") && mpd.is_idle()
    });
    set("title = 'The Second Title'");
    eventually("the new name", &mounted, || {
        mpd.knows(&path(), "The Second Title")
    });
    eventually("the old name to be gone", &mounted, || {
        !mpd.knows(&path(), "The First Title")
    });
    set("albumartist = 'Somebody Else'");
    eventually("the new folder", &mounted, || {
        mpd.knows(&path(), "The Second Title")
    });
    eventually("the old folder to be gone", &mounted, || {
        let counted = mpd.ask("count Title \"The Second Title\"");
        counted.iter().any(|line| line == "songs: 1")
    });
    assert!(!mounted.log().contains("WARN"), "{}", mounted.log());
    assert!(library.changed_origins().is_empty());
}
