//! The notification whose outcome counts.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::{Errno, write};
use vtree::InodeNo;

/// `FUSE_NOTIFY_INVAL_INODE` of `linux/fuse.h`.
const INVAL_INODE: i32 = 2;
/// The size of `struct fuse_out_header` and of `struct fuse_notify_inval_inode_out`.
const LEN: u32 = 16 + 24;

/// The device by which the kernel is answered and told, of a session.
#[derive(Debug)]
pub(crate) struct Device(OwnedFd);

impl Device {
    /// Keeps the device of a session.
    ///
    /// # Errors
    ///
    /// If there can be no further descriptor of it.
    pub(crate) fn of(session: impl AsFd) -> io::Result<Self> {
        let device = session.as_fd().try_clone_to_owned()?;
        Ok(Self(device))
    }

    /// Has the kernel forget an inode's attributes, and what it has cached of its content from `offset` on,
    /// nothing if that is negative; returns whether it knows the inode. ([`fuser::Notifier`] does not say.)
    ///
    /// # Errors
    ///
    /// If the kernel refuses.
    pub(crate) fn inval_inode(&self, ino: InodeNo, offset: i64) -> io::Result<bool> {
        let mut message = Vec::with_capacity(LEN as usize);
        #[expect(
            clippy::host_endian_bytes,
            reason = "the kernel reads them as they are in its memory"
        )]
        {
            // A notification answers no request, and has its code where answers have their errno.
            message.extend(LEN.to_ne_bytes());
            message.extend(INVAL_INODE.to_ne_bytes());
            message.extend(0_u64.to_ne_bytes());
            message.extend(ino.0.to_ne_bytes());
            message.extend(offset.to_ne_bytes());
            // Up to the end.
            message.extend(0_i64.to_ne_bytes());
        }
        match write(&self.0, &message) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
