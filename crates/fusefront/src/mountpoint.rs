//! Where a filesystem is mounted: which one it is, and taking it away.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, StatxFlags, makedev, statx};
use rustix::io::Errno;
use rustix::mount::UnmountFlags;

/// How a mount is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Only if nobody uses it.
    IfIdle,
    /// From the tree at once, and for good when the last user is gone.
    Lazily,
}

/// How long a mount may stay in use before it counts as such: who tells watchers of a change has it open
/// for a moment.
const MOMENT: Duration = Duration::from_secs(1);

/// Returns the number of the device that stands for what is mounted at `path`, which is not asked for it:
/// SIGKILL does not end a process that waits for an answer of its own, and its mount would hang.
pub(crate) fn device(path: &Path) -> io::Result<u64> {
    let known = statx(CWD, path, AtFlags::STATX_DONT_SYNC, StatxFlags::empty())?;
    Ok(makedev(known.stx_dev_major, known.stx_dev_minor))
}

/// Unmounts what is mounted at `path`, with the help of `fusermount3` where only root may.
pub(crate) fn unmount(path: &Path, how: How) -> io::Result<()> {
    let start = Instant::now();
    loop {
        match try_to_unmount(path, how) {
            Err(error) if is_busy(&error) && start.elapsed() < MOMENT => {
                thread::sleep(MOMENT / 20);
            }
            done => return done,
        }
    }
}

fn is_busy(error: &io::Error) -> bool {
    // fusermount3 says it in words.
    error.kind() == io::ErrorKind::ResourceBusy || error.to_string().contains("resource busy")
}

fn try_to_unmount(path: &Path, how: How) -> io::Result<()> {
    let flags = match how {
        How::IfIdle => UnmountFlags::NOFOLLOW,
        How::Lazily => UnmountFlags::NOFOLLOW | UnmountFlags::DETACH,
    };
    match rustix::mount::unmount(path, flags) {
        Err(Errno::PERM) => fusermount(path, how),
        done => Ok(done?),
    }
}

fn fusermount(path: &Path, how: How) -> io::Result<()> {
    let mut command = Command::new("fusermount3");
    command.arg("-u").args((how == How::Lazily).then_some("-z"));
    command.arg("--").arg(path).stdin(Stdio::null());
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(message.trim().to_owned()))
}
