//! Taking a mount away.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

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

/// Unmounts what is mounted at `path`, with the help of `fusermount3` where only root may.
pub(crate) fn unmount(path: &Path, how: How) -> io::Result<()> {
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
