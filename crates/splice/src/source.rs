//! The origin: opened once and read-only, and read by `pread`.
#![expect(
    unsafe_code,
    reason = "an ioctl is unsafe; `share` states why it holds"
)]

use std::fs::{File, Metadata};
use std::io;
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::OnceLock;

use rustix::fs::{Advice, Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl;

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
}

/// An audio file on disk, open for reading.
#[derive(Debug)]
pub struct Origin {
    file: File,
    stamp: Stamp,
    is_far: OnceLock<bool>,
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
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(Error::NotRegular);
        }
        let (stamp, is_far) = (Stamp::of(&metadata), OnceLock::new());
        Ok(Self {
            file,
            stamp,
            is_far,
        })
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
        let now = Stamp::of(&self.file.metadata()?);
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
        let mut done = 0;
        while done < buf.len() {
            let at = offset + done as u64;
            match self.file.read_at(&mut buf[done..], at) {
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
        let kind = || u64::try_from(rustix::fs::fstatfs(&self.file).ok()?.f_type).ok();
        let is_far = || kind().is_some_and(|kind| !LOCAL.contains(&kind));
        *self.is_far.get_or_init(is_far)
    }

    /// Has the kernel fetch a range, without waiting for it.
    pub(crate) fn will_need(&self, range: &Range<u64>) {
        let mut at = range.start;
        while at < range.end {
            let len = NonZeroU64::new(WINDOW.min(range.end - at));
            // It is advice: where it is not taken, the read that comes waits.
            let _ = rustix::fs::fadvise(&self.file, at, len, Advice::WillNeed);
            at += WINDOW;
        }
    }

    /// Lets `to` share the bytes at `range`, at offset `at`; returns whether that was possible.
    ///
    /// Both offsets must be whole blocks, as must the length but at the end of both files.
    pub(crate) fn share(&self, range: &Range<u64>, to: &File, at: u64) -> Result<bool, Error> {
        let argument = CloneRange {
            fd: self.file.as_raw_fd().into(),
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

impl AsFd for Origin {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl ReadAt for Origin {
    fn len(&self) -> u64 {
        self.stamp.len
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            match self.file.read_at(&mut buf[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
}
