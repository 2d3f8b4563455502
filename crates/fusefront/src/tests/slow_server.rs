//! Origins on a server that takes its time to answer.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, Generation,
    INodeNo, LockOwner, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyEntry, Request,
};

use super::support::{PATHS, REMOTE, at, can_mount, mount, mount_to_write, noise, writing};
use super::writing::eventually;
use crate::answer::absent;
use crate::mountpoint::{How, unmount};
use crate::{Error, Writing};

const LEN: usize = 200_000;
const LIFETIME: Duration = Duration::from_mins(1);

/// A server with one file, of the name `origin`.
#[derive(Debug, Default)]
struct Server {
    /// Held by a test for as long as closing is to take.
    busy: Mutex<()>,
    is_closing: AtomicBool,
    /// Held by a test for as long as reading is to take.
    silent: Mutex<()>,
    is_reading: AtomicBool,
}

struct Answers(Arc<Server>);

fn attr(ino: INodeNo) -> FileAttr {
    let is_root = ino == INodeNo::ROOT;
    FileAttr {
        ino,
        size: LEN as u64,
        mtime: at(1_700_000_000),
        kind: if is_root {
            FileType::Directory
        } else {
            FileType::RegularFile
        },
        perm: if is_root { 0o755 } else { 0o644 },
        nlink: 1,
        ..absent()
    }
}

impl Filesystem for Answers {
    fn lookup(&self, _: &Request, _: INodeNo, _: &OsStr, reply: ReplyEntry) {
        reply.entry(&LIFETIME, &attr(INodeNo(2)), Generation(0));
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&LIFETIME, &attr(ino));
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        self.0.is_reading.store(true, Ordering::Release);
        drop(self.0.silent.lock());
        let start = usize::try_from(offset).unwrap().min(LEN);
        let end = LEN.min(start + size as usize);
        reply.data(&noise(1, LEN)[start..end]);
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        self.0.is_closing.store(true, Ordering::Release);
        drop(self.0.busy.lock());
        // It is asked for at each close.
        reply.error(Errno::EIO);
    }
}

/// A mounted server; it is unmounted before its folder is removed.
struct Remote {
    server: Arc<Server>,
    _session: BackgroundSession,
    folder: tempfile::TempDir,
}

impl Remote {
    fn mount() -> Self {
        let (server, folder) = (Arc::<Server>::default(), tempfile::tempdir().unwrap());
        let mut config = Config::default();
        config.n_threads = Some(4);
        let answers = Answers(server.clone());
        let session = fuser::Session::new(answers, folder.path(), &config).unwrap();
        Self {
            server,
            _session: session.spawn().unwrap(),
            folder,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // Somebody who served a file of it may have it open for a moment more.
        let unmounted = unmount(self.path(), How::Lazily);
        assert!(unmounted.is_ok() || thread::panicking(), "{unmounted:?}");
    }
}

/// Waits for a request.
#[track_caller]
fn wait_for(came: &AtomicBool) {
    let start = Instant::now();
    while !came.load(Ordering::Acquire) {
        assert!(start.elapsed() < Duration::from_secs(20), "it never came");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_origin_that_is_slow_to_close_holds_up_nothing_else() {
    if !can_mount() {
        return;
    }
    let remote = Remote::mount();
    let Some(mounted) = mount() else { return };
    mounted.change(REMOTE, |song| song.origin = remote.path().join("origin"));
    let path = mounted.path("Amnesiac/02 Remote.flac");
    let file = File::open(&path).unwrap();
    assert!(fs::read(&path).unwrap() == mounted.expected(REMOTE));
    let busy = remote.server.busy.lock().unwrap();
    remote.server.is_closing.store(false, Ordering::Release);
    drop(file);
    wait_for(&remote.server.is_closing);
    let start = Instant::now();
    thread::scope(|scope| {
        let others = scope.spawn(|| {
            for (leaf, path, _) in &PATHS[..5] {
                assert!(fs::read(mounted.path(path)).unwrap() == mounted.expected(*leaf));
            }
        });
        while !others.is_finished() && start.elapsed() < Duration::from_secs(20) {
            sleep(Duration::from_millis(5));
        }
        let are_held_up = !others.is_finished();
        drop(busy);
        others.join().unwrap();
        assert!(!are_held_up);
    });
}

/// The kernel drops what it has cached of a file only when what is being read of it has come.
#[test]
fn a_file_that_is_read_slowly_delays_no_news_of_others() {
    if !can_mount() {
        return;
    }
    let remote = Remote::mount();
    let soon = Writing {
        patience: Duration::from_millis(300),
        ..writing()
    };
    let Some(mounted) = mount_to_write(soon) else {
        return;
    };
    mounted.change(REMOTE, |song| song.origin = remote.path().join("origin"));
    let path = mounted.path("Amnesiac/02 Remote.flac");
    let file = File::open(&path).unwrap();
    let silent = remote.server.silent.lock().unwrap();
    remote.server.is_reading.store(false, Ordering::Release);
    thread::scope(|scope| {
        let reader = scope.spawn(|| file.read_at(&mut [0; 4096], 150_000).unwrap());
        wait_for(&remote.server.is_reading);
        // What is refused is to be dropped.
        *mounted.songs.verdict.lock().unwrap() = Some(|| Error::Busy);
        fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .and_then(|file| file.write_all_at(b"edited", 0))
            .unwrap();
        let [from, to] = [PATHS[1].1, "Kid A/away"].map(|path| mounted.path(path));
        fs::rename(&from, &to).unwrap();
        let comes_back = eventually(|| from.exists() && !to.exists());
        drop(silent);
        assert_eq!(reader.join().unwrap(), 4096);
        assert!(comes_back);
    });
    assert_eq!(mounted.commits().len(), 1);
    assert!(fs::read(&path).unwrap() == mounted.expected(REMOTE));
}
