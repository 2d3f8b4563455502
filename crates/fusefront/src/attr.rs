//! Attributes of inodes.

use std::time::{SystemTime, UNIX_EPOCH};

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

/// What the kernel was told about an inode, and so which bytes it may have cached: its modification time, which
/// moves whenever the bytes do, and its length.
///
/// Kept for every inode that the kernel holds, so in 32 bits. Two times of whole seconds that are less than 136
/// years apart differ in it, and so do two lengths; if both are others, one pair in 2^32 is taken for the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Told(u32);

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
        Told::of(self.mtime, self.len())
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
    fn of(mtime: SystemTime, len: u64) -> Self {
        // Odd, so that numbers which differ do so multiplied too: 2^32 over the golden ratio (Knuth, TAOCP 6.4),
        // and the same for the square root of two.
        const OF_NANOS: u32 = 0x9e37_79b1;
        const OF_LEN: u32 = 0xb504_f333;
        let (since, is_before) = match mtime.duration_since(UNIX_EPOCH) {
            Ok(after) => (after, false),
            Err(before) => (before.duration(), true),
        };
        let time = low(since.as_secs()).wrapping_add(since.subsec_nanos().wrapping_mul(OF_NANOS));
        let time = if is_before { time.wrapping_neg() } else { time };
        Self(time.wrapping_add(low(len).wrapping_mul(OF_LEN)))
    }
}

/// Returns the lower half of a number.
fn low(number: u64) -> u32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[track_caller]
    fn check(versions: impl Iterator<Item = (SystemTime, u64)>) {
        let mut told: Vec<_> = versions.map(|(time, len)| Told::of(time, len).0).collect();
        let n_versions = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), n_versions);
    }

    #[test]
    fn other_times_and_other_lengths_are_told_apart() {
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        check((0..1000).map(|second| (now + Duration::from_secs(second), 40_000_000)));
        check((0..1000).map(|nano| (now + Duration::from_nanos(nano), 40_000_000)));
        check((0..1000).map(|len| (now, len << 10)));
        check((0..1000).map(|both| (now + Duration::from_secs(both), both)));
        let before = (1..1000).map(|second| UNIX_EPOCH - Duration::from_secs(second));
        check(before.chain([now]).map(|time| (time, 0)));
    }

    #[test]
    fn what_is_kept_of_each_inode_is_small() {
        assert_eq!(size_of::<Told>(), 4);
    }
}
