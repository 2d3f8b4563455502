//! The origin: opened read-only, and read by `pread`.
#![expect(
    unsafe_code,
    reason = "an ioctl is unsafe; `share` states why it holds"
)]

use std::fs::{File, Metadata};
use std::io;
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustix::fs::{Advice, Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl;

use crate::pool::{Lease, Reopen, Slot};
use crate::{Error, ReadAt};

/// Filesystems on a disk of this machine or in its memory, by the `f_type` of `statfs(2)`: ext2–4, XFS,
/// btrfs, tmpfs, F2FS, bcachefs, overlayfs. Any other may be over a network.
const LOCAL: [u64; 7] = [
    0xEF53,
    0x5846_5342,
    0x9123_683E,
    0x0102_1994,
    0xF2F5_2010,
    0xCA45_1A4E,
    0x794C_7630,
];

/// As much as the kernel fetches of what one piece of advice names: its readahead window.
const WINDOW: u64 = 128 << 10;

/// The argument of [`FICLONERANGE`]: `struct file_clone_range` of `linux/fs.h`.
#[repr(C)]
struct CloneRange {
    fd: i64,
    offset: u64,
    len: u64,
    to: u64,
}

/// The request to share a range of extents (`linux/fs.h`).
const FICLONERANGE: ioctl::Opcode = ioctl::opcode::write::<CloneRange>(0x94, 13);

/// The identity of an origin's content: equal stamps mean equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// The filesystem that the file is on.
    pub dev: u64,
    /// The file's inode number there.
    pub ino: u64,
    /// Length in bytes.
    pub len: u64,
    /// Time of the last modification, in nanoseconds since 1970.
    pub mtime: i64,
}

impl Stamp {
    /// Returns the stamp of the file that `metadata` describes.
    pub fn of(metadata: &Metadata) -> Self {
        let mtime = metadata.mtime().saturating_mul(1_000_000_000);
        Self {
            dev: metadata.dev(),
            ino: metadata.ino(),
            len: metadata.len(),
            mtime: mtime.saturating_add(metadata.mtime_nsec()),
        }
    }

    /// Returns the stamp of an open file, if that is a regular one.
    pub(crate) fn of_regular(file: &File) -> Result<Self, Error> {
        let metadata = file.metadata()?;
        if metadata.is_file() {
            Ok(Self::of(&metadata))
        } else {
            Err(Error::NotRegular)
        }
    }
}

/// An audio file on disk, open for reading.
///
/// One of a [`Pool`](crate::Pool) may have no descriptor for a while; it is opened again when it is read,
/// and refused if it is no longer what it was.
#[derive(Debug)]
pub struct Origin {
    slot: Arc<Slot>,
    stamp: Stamp,
    is_far: OnceLock<bool>,
    /// What opens it again, if it is one of a pool.
    lease: Option<Lease>,
}

impl Origin {
    /// Opens the file at `path`, and never waits for another process to open it too.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be opened, [`Error::NotRegular`] if it is no regular file.
    pub fn open(path: &Path) -> Result<Self, Error> {
        // O_NONBLOCK: opening a FIFO without a writer would wait for one.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from)?;
        Self::from_file(File::from(fd))
    }

    /// Takes over a file that is open for reading.
    ///
    /// # Errors
    ///
    /// [`Error::NotRegular`] if it is no regular file.
    pub fn from_file(file: File) -> Result<Self, Error> {
        let stamp = Stamp::of_regular(&file)?;
        Ok(Self {
            slot: Arc::new(Slot::new(file, 0)),
            stamp,
            is_far: OnceLock::new(),
            lease: None,
        })
    }

    pub(crate) fn of_pool(slot: Arc<Slot>, stamp: Stamp, lease: Lease) -> Self {
        Self {
            slot,
            stamp,
            is_far: OnceLock::new(),
            lease: Some(lease),
        }
    }

    /// Takes over another descriptor of the same file, and how it is opened again.
    pub(crate) fn renew(&self, file: File, reopen: Reopen) {
        if let Some(lease) = &self.lease {
            lease.renew(reopen);
        }
        // That it was closed meanwhile is no reason to open it once more.
        let counted = |lease: &Lease| lease.count(&self.slot);
        let _ = self.slot.get(self.now(), || {
            self.lease.iter().for_each(counted);
            Ok(file)
        });
    }

    /// Returns the descriptor.
    ///
    /// # Errors
    ///
    /// If it has to be opened again: [`Error::Io`] if that cannot be, [`Error::Truncated`] or
    /// [`Error::Changed`] if it is another file now.
    pub fn file(&self) -> Result<Arc<File>, Error> {
        self.slot.get(self.now(), || {
            let gone = || io::Error::from(io::ErrorKind::NotFound);
            let lease = self.lease.as_ref().ok_or_else(gone)?;
            let file = lease.reopen()?;
            self.check_stamp(Stamp::of_regular(&file)?)?;
            lease.count(&self.slot);
            Ok(file)
        })
    }

    fn now(&self) -> u64 {
        self.lease.as_ref().map_or(0, Lease::now)
    }

    /// Returns what identified the content when the file was opened.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Checks that the file still is what it was when it was opened.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if it is shorter now, [`Error::Changed`] if it was modified otherwise.
    pub fn check(&self) -> Result<(), Error> {
        self.check_stamp(Stamp::of(&self.file()?.metadata()?))
    }

    fn check_stamp(&self, now: Stamp) -> Result<(), Error> {
        if now.len < self.stamp.len {
            Err(Error::Truncated { at: now.len })
        } else if now == self.stamp {
            Ok(())
        } else {
            Err(Error::Changed)
        }
    }

    /// Fills `buf` with the bytes at `offset`.
    pub(crate) fn fill(&self, buf: &mut [u8], offset: u64) -> Result<(), Error> {
        let file = self.file()?;
        let mut done = 0;
        while done < buf.len() {
            let at = offset + done as u64;
            match file.read_at(&mut buf[done..], at) {
                Ok(0) => return Err(Error::Truncated { at }),
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Returns whether reading may take much longer than from a disk of this machine.
    pub fn is_far(&self) -> bool {
        let kind = || u64::try_from(rustix::fs::fstatfs(self.file().ok()?).ok()?.f_type).ok();
        let is_far = || kind().is_some_and(|kind| !LOCAL.contains(&kind));
        *self.is_far.get_or_init(is_far)
    }

    /// Has the kernel fetch a range, without waiting for it.
    pub(crate) fn will_need(&self, range: &Range<u64>) {
        let Ok(file) = self.file() else { return };
        let mut at = range.start;
        while at < range.end {
            let len = NonZeroU64::new(WINDOW.min(range.end - at));
            // It is advice: where it is not taken, the read that comes waits.
            let _ = rustix::fs::fadvise(&file, at, len, Advice::WillNeed);
            at += WINDOW;
        }
    }

    /// Lets `to` share the bytes at `range`, at offset `at`; returns whether that was possible.
    ///
    /// Both offsets must be whole blocks, as must the length but at the end of both files.
    pub(crate) fn share(&self, range: &Range<u64>, to: &File, at: u64) -> Result<bool, Error> {
        let file = self.file()?;
        let argument = CloneRange {
            fd: file.as_raw_fd().into(),
            offset: range.start,
            len: range.end - range.start,
            to: at,
        };
        // SAFETY: the kernel reads the argument, which is laid out as this request wants it.
        let done = unsafe {
            let request = ioctl::Setter::<{ FICLONERANGE }, CloneRange>::new(argument);
            ioctl::ioctl(to, request)
        };
        match done {
            Ok(()) => Ok(true),
            // As filesystems say that they cannot, or not here: ioctl_ficlonerange(2).
            Err(Errno::OPNOTSUPP | Errno::XDEV | Errno::INVAL | Errno::NOTTY | Errno::PERM) => {
                Ok(false)
            }
            Err(errno) => Err(io::Error::from(errno).into()),
        }
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        if let Some(lease) = &self.lease {
            lease.end(self);
        }
    }
}

impl ReadAt for Origin {
    fn len(&self) -> u64 {
        self.stamp.len
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let file = self.file().map_err(|error| match error {
            Error::Io(error) => error,
            other => io::Error::other(other),
        })?;
        let mut done = 0;
        while done < buf.len() {
            match file.read_at(&mut buf[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
}
