//! Origins on a server that takes its time to answer `close`.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, Generation,
    INodeNo, LockOwner, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyEntry, Request,
};

use super::support::{PATHS, REMOTE, at, can_mount, mount, noise};
use crate::answer::absent;

const LEN: usize = 200_000;
const LIFETIME: Duration = Duration::from_mins(1);

/// A server with one file, of the name `origin`.
#[derive(Debug, Default)]
struct Server {
    /// Held by a test for as long as closing is to take.
    busy: Mutex<()>,
    is_closing: AtomicBool,
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
    let start = Instant::now();
    while !remote.server.is_closing.load(Ordering::Acquire) {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it is not closed"
        );
        sleep(Duration::from_millis(5));
    }
    std::thread::scope(|scope| {
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
