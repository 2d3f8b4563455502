//! A filesystem that shows a folder, counts what is asked of the files in its folders, and takes its time to
//! answer reads.
//!
//! It stands in for origins on a server: each read waits for a round trip, as many of them at once as
//! the kernel asks for. Each line on standard input is answered by what was counted since the last.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use fuser::{
    Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo, LockOwner,
    MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry,
    ReplyOpen, Request,
};

/// How long the kernel may keep names and attributes; nothing changes.
const LIFETIME: Duration = Duration::from_hours(1);
/// How many reads may wait at once.
const N_THREADS: usize = 16;

/// Shows a folder until it is unmounted.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Milliseconds that each read takes.
    #[arg(long)]
    milliseconds: u64,
    folder: PathBuf,
    mountpoint: PathBuf,
}

/// What was asked for.
#[derive(Debug, Default)]
struct Counts {
    opens: AtomicU64,
    reads: AtomicU64,
    bytes: AtomicU64,
}

struct Delayed {
    delay: Duration,
    counts: Arc<Counts>,
    paths: RwLock<Paths>,
    files: Mutex<HashMap<u64, Arc<Opened>>>,
    last_fh: AtomicU64,
}

/// A file that is open.
struct Opened {
    file: File,
    /// Whether it is an origin: what lies in the shown folder itself is the library's database.
    counts: bool,
}

/// Inodes are numbered as they are found, from the root on.
#[derive(Default)]
struct Paths {
    by_number: Vec<PathBuf>,
    numbers: HashMap<PathBuf, u64>,
}

impl Paths {
    fn number(&mut self, path: PathBuf) -> u64 {
        if let Some(number) = self.numbers.get(&path) {
            return *number;
        }
        self.by_number.push(path.clone());
        let number = self.by_number.len() as u64;
        self.numbers.insert(path, number);
        number
    }
}

impl Delayed {
    fn path(&self, ino: INodeNo) -> Result<PathBuf, Errno> {
        let index = usize::try_from(ino.0 - 1).expect("numbers come from here");
        let paths = self.paths.read().expect("no thread panics");
        paths.by_number.get(index).cloned().ok_or(Errno::ENOENT)
    }

    fn attr(&self, path: PathBuf) -> io::Result<FileAttr> {
        let metadata = fs::symlink_metadata(&path)?;
        let ino = self.paths.write().expect("no thread panics").number(path);
        Ok(attr(ino, &metadata))
    }

    fn read(&self, fh: FileHandle, offset: u64, size: u32) -> io::Result<Vec<u8>> {
        let file = self
            .files
            .lock()
            .expect("no thread panics")
            .get(&fh.0)
            .cloned();
        let file = file.ok_or(io::ErrorKind::NotFound)?;
        let mut bytes = vec![0; size as usize];
        let n = file.file.read_at(&mut bytes, offset)?;
        bytes.truncate(n);
        if file.counts {
            self.counts.reads.fetch_add(1, Ordering::Relaxed);
            self.counts.bytes.fetch_add(n as u64, Ordering::Relaxed);
        }
        thread::sleep(self.delay);
        Ok(bytes)
    }

    fn list(&self, ino: INodeNo, offset: u64, reply: &mut ReplyDirectory) -> Result<(), Errno> {
        let path = self.path(ino)?;
        let mut entries: Vec<_> = fs::read_dir(&path)?.collect::<io::Result<_>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        for (entry, next) in entries.into_iter().zip(1..).skip(skip) {
            let kind = kind(entry.file_type()?.is_dir());
            let number = self
                .paths
                .write()
                .expect("no thread panics")
                .number(entry.path());
            if reply.add(INodeNo(number), next, kind, entry.file_name()) {
                break;
            }
        }
        Ok(())
    }
}

impl Filesystem for Delayed {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self
            .path(parent)
            .and_then(|path| Ok(self.attr(path.join(name))?));
        match found {
            Ok(attr) => reply.entry(&LIFETIME, &attr, Generation(0)),
            Err(errno) => reply.error(errno),
        }
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.path(ino).and_then(|path| Ok(self.attr(path)?)) {
            Ok(attr) => reply.attr(&LIFETIME, &attr),
            Err(errno) => reply.error(errno),
        }
    }

    fn open(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let opened = self.path(ino).and_then(|path| {
            let counts = path.parent() != Some(&*self.path(INodeNo::ROOT)?);
            let file = File::open(path)?;
            Ok(Opened { file, counts })
        });
        match opened {
            Ok(file) => {
                let n = u64::from(file.counts);
                self.counts.opens.fetch_add(n, Ordering::Relaxed);
                let fh = self.last_fh.fetch_add(1, Ordering::Relaxed);
                self.files
                    .lock()
                    .expect("no thread panics")
                    .insert(fh, Arc::new(file));
                // Nothing is kept from one open to the next, or not all would be counted.
                reply.opened(FileHandle(fh), FopenFlags::empty());
            }
            Err(errno) => reply.error(errno),
        }
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        fh: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.read(fh, offset, size) {
            Ok(bytes) => reply.data(&bytes),
            Err(error) => reply.error(error.into()),
        }
    }

    fn release(
        &self,
        _: &Request,
        _: INodeNo,
        fh: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.files.lock().expect("no thread panics").remove(&fh.0);
        reply.ok();
    }

    fn readdir(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        match self.list(ino, offset, &mut reply) {
            Ok(()) => reply.ok(),
            Err(errno) => reply.error(errno),
        }
    }
}

pub(crate) fn run(args: Args) -> Result<()> {
    let mut paths = Paths::default();
    paths.number(args.folder);
    let counts = Arc::new(Counts::default());
    let delayed = Delayed {
        delay: Duration::from_millis(args.milliseconds),
        counts: counts.clone(),
        paths: RwLock::new(paths),
        files: Mutex::default(),
        last_fh: AtomicU64::new(1),
    };
    thread::spawn(move || answer(&counts));
    let mut config = fuser::Config::default();
    config.mount_options = vec![MountOption::FSName("delayed".to_owned()), MountOption::RO];
    config.n_threads = Some(N_THREADS);
    config.clone_fd = true;
    Ok(fuser::mount(delayed, args.mountpoint, &config)?)
}

/// Answers each line with the numbers of opens, reads and bytes since the last.
fn answer(counts: &Counts) {
    for _ in io::stdin().lock().lines() {
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        let (opens, reads) = (take(&counts.opens), take(&counts.reads));
        let bytes = take(&counts.bytes);
        if writeln!(io::stdout(), "{opens} {reads} {bytes}").is_err() {
            break;
        }
    }
}

fn kind(is_dir: bool) -> FileType {
    if is_dir {
        FileType::Directory
    } else {
        FileType::RegularFile
    }
}

fn attr(ino: u64, metadata: &Metadata) -> FileAttr {
    let mtime = metadata.modified().unwrap_or(UNIX_EPOCH);
    FileAttr {
        ino: INodeNo(ino),
        size: metadata.len(),
        blocks: metadata.blocks(),
        atime: mtime,
        mtime,
        ctime: mtime,
        crtime: SystemTime::UNIX_EPOCH,
        kind: kind(metadata.is_dir()),
        perm: 0o555,
        nlink: 1,
        uid: metadata.uid(),
        gid: metadata.gid(),
        rdev: 0,
        blksize: 4096,
        flags: 0,
    }
}
