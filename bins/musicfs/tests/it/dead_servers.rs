//! Origins on servers that do not answer: nobody waits but those who asked for them.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use fixtures::Library;

use crate::support::{Entry, Mounted, can_mount, execute, paths, send};

const PATIENCE: Duration = Duration::from_secs(30);

/// A server that is stopped, and goes on when this is dropped, before anybody is waited for.
struct Stopped<'a>(&'a Mounted);

impl<'a> Stopped<'a> {
    fn new(server: &'a Mounted) -> Self {
        send("STOP", server.pid());
        Self(server)
    }
}

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        send("CONT", self.0.pid());
    }
}

/// Has a thread ask for something that a stopped server has; returns when it waits for the answer.
fn ask<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    request: impl FnOnce() + Send + 'scope,
) -> ScopedJoinHandle<'scope, ()> {
    let (begins, has_begun) = mpsc::channel();
    let asking = scope.spawn(move || {
        begins.send(rustix::thread::gettid()).unwrap();
        request();
    });
    let thread = has_begun.recv().unwrap().as_raw_pid();
    let start = Instant::now();
    // "S" and "D" sleep; proc(5), `/proc/pid/stat`.
    let sleeps = || {
        let about =
            fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap_or_default();
        about
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with(['S', 'D']))
    };
    while !sleeps() {
        assert!(!asking.is_finished(), "the server is not stopped");
        assert!(start.elapsed() < PATIENCE, "nobody waits");
        thread::sleep(Duration::from_millis(1));
    }
    asking
}

/// Reads a file on a thread that is left behind if it takes too long.
#[track_caller]
fn check_answer(path: &Path) {
    let (done, is_done) = mpsc::channel();
    let file = path.to_owned();
    thread::spawn(move || done.send(fs::read(file).map(|bytes| bytes.len())));
    let answer = is_done.recv_timeout(PATIENCE);
    assert!(
        matches!(answer, Ok(Ok(len)) if len > 0),
        "{}: {answer:?}",
        path.display()
    );
}

#[test]
fn two_dead_servers_hold_up_nobody_elses_files() {
    if !can_mount() {
        return;
    }
    let [elsewhere, library] = [(); 2].map(|()| Library::copy_to_temp());
    let servers = [(); 2].map(|()| Mounted::library(&elsewhere, &["-o", "nostate"]));
    let named = paths(&[OsStr::new("--config"), library.config().as_os_str()]);
    let (local, remote) = named.split_at(2);
    let (first, second) = remote.split_at(remote.len() / 2);
    for (server, entries) in servers.iter().zip([first, second]) {
        for Entry { id, path } in entries {
            let path = server.path().join(path);
            let path = path.to_str().unwrap().replace('\'', "''");
            let sql = format!("UPDATE items SET path = CAST('{path}' AS BLOB) WHERE id = {id}");
            execute(&library, &sql);
        }
    }
    let mounted = Mounted::library(&library, &["-o", "nostate"]);
    let shown: Vec<_> = named
        .iter()
        .map(|entry| mounted.path().join(&entry.path))
        .collect();
    let (local, remote) = shown.split_at(local.len());
    let (first, second) = remote.split_at(first.len());
    // Of some files it is known where they are, of most nothing.
    for known in [&local[0], &first[0], &second[0]] {
        assert!(fs::metadata(known).unwrap().len() > 0);
    }
    thread::scope(|scope| {
        let stopped = servers.each_ref().map(Stopped::new);
        let mut waiting = Vec::new();
        for files in [first, second] {
            for _ in 0..20 {
                waiting.push(ask(scope, || drop(fs::read(&files[0]))));
            }
            for file in &files[1..] {
                waiting.push(ask(scope, move || drop(fs::metadata(file))));
            }
        }
        check_answer(&local[0]);
        check_answer(&local[1]);
        assert!(!waiting.iter().any(ScopedJoinHandle::is_finished));
        drop(stopped);
    });
}
