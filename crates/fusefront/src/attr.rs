//! Attributes of inodes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{FileAttr, FileType, INodeNo};
use vtree::{Dir, InodeNo};

use crate::LeafAttr;

/// What programs are advised to read at a time: a readahead window of the kernel.
const BLOCK_SIZE: u32 = 128 << 10;
/// The unit of `st_blocks` (`stat(2)`).
const SECTOR: u64 = 512;

/// Whose the files are, and who may do what; the same for all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) file_mode: u16,
    pub(crate) dir_mode: u16,
}

/// The attributes of one inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attr {
    pub(crate) ino: InodeNo,
    pub(crate) content: Content,
    pub(crate) mtime: SystemTime,
    pub(crate) ctime: SystemTime,
    /// Whether they may change without the kernel being told.
    pub(crate) is_passing: bool,
}

/// What an inode holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A file of so many bytes.
    File { len: u64 },
    /// A directory with so many directories in it.
    Dir { n_dirs: u32 },
}

/// What the kernel was told about an inode. The time moves whenever the bytes do, so this says which
/// bytes it may have cached, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Told {
    len: u64,
    /// Nanoseconds since 1970.
    mtime: i64,
}

impl Attr {
    pub(crate) fn of_leaf(ino: InodeNo, attr: LeafAttr) -> Self {
        let LeafAttr { len, mtime, ctime } = attr;
        let content = Content::File { len };
        Self {
            ino,
            content,
            mtime,
            ctime,
            is_passing: false,
        }
    }

    pub(crate) fn of_dir(ino: InodeNo, dir: Dir<'_>) -> Self {
        let n_dirs = dir.n_dirs();
        Self {
            ino,
            content: Content::Dir { n_dirs },
            mtime: dir.mtime(),
            ctime: dir.mtime(),
            is_passing: false,
        }
    }

    /// Returns what stands in for the attributes of a file that has none now.
    pub(crate) fn unknown(ino: InodeNo) -> Self {
        let content = Content::File { len: 0 };
        let (mtime, ctime) = (UNIX_EPOCH, UNIX_EPOCH);
        Self {
            ino,
            content,
            mtime,
            ctime,
            is_passing: true,
        }
    }

    pub(crate) fn len(&self) -> u64 {
        match self.content {
            Content::File { len } => len,
            Content::Dir { .. } => 0,
        }
    }

    pub(crate) fn told(&self) -> Told {
        let len = self.len();
        let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).ok();
        let mtime = match self.mtime.duration_since(UNIX_EPOCH) {
            Ok(after) => nanos(after).unwrap_or(i64::MAX),
            Err(before) => nanos(before.duration()).map_or(i64::MIN, |nanos| -nanos),
        };
        Told { len, mtime }
    }

    /// Returns the attributes as the kernel takes them.
    pub(crate) fn to_kernel(self, owner: &Owner) -> FileAttr {
        let (kind, perm, nlink, blksize) = match self.content {
            Content::File { .. } => (FileType::RegularFile, owner.file_mode, 1, BLOCK_SIZE),
            Content::Dir { n_dirs } => {
                let nlink = n_dirs.saturating_add(2);
                (FileType::Directory, owner.dir_mode, nlink, 4096)
            }
        };
        FileAttr {
            ino: INodeNo(self.ino.0),
            size: self.len(),
            blocks: self.len().div_ceil(SECTOR),
            atime: self.mtime,
            mtime: self.mtime,
            ctime: self.ctime,
            crtime: self.ctime,
            kind,
            perm,
            nlink,
            uid: owner.uid,
            gid: owner.gid,
            rdev: 0,
            blksize,
            flags: 0,
        }
    }
}

impl Told {
    /// Returns the attributes of a file that this was told of.
    pub(crate) fn attr(self, ino: InodeNo) -> Attr {
        let since = Duration::from_nanos(self.mtime.unsigned_abs());
        let mtime = if self.mtime < 0 {
            UNIX_EPOCH.checked_sub(since)
        } else {
            UNIX_EPOCH.checked_add(since)
        };
        let mtime = mtime.unwrap_or(UNIX_EPOCH);
        let (len, ctime) = (self.len, mtime);
        Attr::of_leaf(ino, LeafAttr { len, mtime, ctime })
    }
}
