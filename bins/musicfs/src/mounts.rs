//! What is mounted where, as the kernel tells without asking any filesystem.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::makedev;

/// The mounts that this process sees; proc(5), `/proc/pid/mountinfo`.
const TABLE: &str = "/proc/self/mountinfo";

/// A filesystem that is mounted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// The number of its device, as `stat` tells it of most filesystems.
    pub(crate) device: u64,
    pub(crate) mountpoint: PathBuf,
    /// Its type, such as `ext4` or `fuse.musicfs`.
    pub(crate) kind: String,
}

/// What is mounted; those that came last are last.
#[derive(Debug, Default)]
pub(crate) struct Mounts(Vec<Mount>);

/// What is mounted, read again when it changed.
#[derive(Debug, Default)]
pub(crate) struct MountTable(Mutex<Option<Read>>);

/// What was read, and the file that tells of changes.
#[derive(Debug)]
struct Read {
    table: File,
    mounts: Mounts,
}

impl Mounts {
    /// Reads what is mounted.
    ///
    /// # Errors
    ///
    /// If procfs is not mounted.
    pub(crate) fn read() -> io::Result<Self> {
        Ok(Self::parse(&std::fs::read(TABLE)?))
    }

    fn parse(table: &[u8]) -> Self {
        let lines = table.split(|&byte| byte == b'\n');
        Self(lines.filter_map(Mount::parse).collect())
    }

    /// Returns the topmost filesystem that is mounted exactly at `path`.
    pub(crate) fn at(&self, path: &Path) -> Option<&Mount> {
        self.0.iter().rfind(|mount| mount.mountpoint == path)
    }

    /// Returns the filesystem that `path` (absolute, its links not followed) is on.
    pub(crate) fn of(&self, path: &Path) -> Option<&Mount> {
        path.ancestors().find_map(|path| self.at(path))
    }
}

impl MountTable {
    /// Returns the device that `path` (absolute, its links not followed) is on, if procfs tells. Waits for no
    /// filesystem.
    pub(crate) fn device_of(&self, path: &Path) -> Option<u64> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !read.as_ref().is_some_and(Read::is_current) {
            *read = Read::new().ok();
        }
        let mounts = &read.as_ref()?.mounts;
        mounts.of(path).map(|mount| mount.device)
    }
}

impl Read {
    fn new() -> io::Result<Self> {
        let table = File::open(TABLE)?;
        let mounts = Mounts::read()?;
        Ok(Self { table, mounts })
    }

    /// Returns whether nothing was mounted or unmounted since the table was opened.
    fn is_current(&self) -> bool {
        // A change is told as an error, and as urgent data.
        let mut table = [PollFd::new(&self.table, PollFlags::PRI)];
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        poll(&mut table, Some(&at_once)).is_ok_and(|n_changed| n_changed == 0)
    }
}

impl Mount {
    fn parse(line: &[u8]) -> Option<Self> {
        let mut words = line.split(|&byte| byte == b' ');
        let device = std::str::from_utf8(words.nth(2)?).ok()?;
        let (major, minor) = device.split_once(':')?;
        let device = makedev(major.parse().ok()?, minor.parse().ok()?);
        let mountpoint = unescape(words.nth(1)?);
        let kind = words.skip_while(|word| word != b"-").nth(1)?;
        Some(Self {
            device,
            mountpoint,
            kind: String::from_utf8_lossy(kind).into_owned(),
        })
    }
}

/// Undoes the octal escapes (`\040` for a space) of a path in mountinfo.
fn unescape(word: &[u8]) -> PathBuf {
    let mut path = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&byte, after)) = rest.split_first() {
        let octal = (byte == b'\\').then(|| after.get(..3)).flatten();
        let digits = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        path.push(value.unwrap_or(byte));
        rest = if value.is_some() { &after[3..] } else { after };
    }
    PathBuf::from(OsString::from_vec(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = b"\
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:50 / /mnt/my\\040music ro,nosuid,nodev - fuse.musicfs musicfs ro,user_id=0
41 22 0:51 / /mnt/a rw - tmpfs none rw
42 41 0:52 / /mnt/a rw - fuse.other other rw
";

    #[track_caller]
    fn check(path: &str, expected: Option<&str>) {
        let mounts = Mounts::parse(TABLE);
        let found = mounts.at(Path::new(path));
        assert_eq!(found.map(|mount| mount.kind.as_str()), expected);
    }

    #[test]
    fn escaped_mountpoints_are_found() {
        check("/mnt/my music", Some("fuse.musicfs"));
    }

    #[test]
    fn the_topmost_mount_counts() {
        check("/mnt/a", Some("fuse.other"));
    }

    #[test]
    fn a_folder_below_a_mount_is_none() {
        check("/mnt/a/b", None);
    }

    #[test]
    fn a_path_is_on_the_filesystem_that_is_mounted_nearest() {
        let mounts = Mounts::parse(TABLE);
        for (path, device) in [
            ("/", makedev(0, 21)),
            ("/mnt/my musician", makedev(0, 21)),
            ("/mnt/my music", makedev(0, 50)),
            ("/mnt/a/b/c.flac", makedev(0, 52)),
        ] {
            let found = mounts.of(Path::new(path)).map(|mount| mount.device);
            assert_eq!(found, Some(device), "{path}");
        }
    }

    #[test]
    fn the_device_of_a_path_is_that_of_its_files() {
        let device = rustix::fs::stat("/proc/self/mountinfo").unwrap().st_dev;
        let table = MountTable::default();
        for _ in 0..2 {
            assert_eq!(table.device_of(Path::new("/proc/none/such")), Some(device));
        }
    }
}
