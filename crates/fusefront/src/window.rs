//! The readahead window of a mount: how much the kernel asks for at once when a file is streamed.
//!
//! FUSE may choose no more than the kernel offers, which is 128 KiB. What may be set for every other
//! filesystem (`read_ahead_kb` of its `bdi`, see sysfs-class-bdi in the kernel's documentation) may be
//! set for a mount of ours too, once it is there, and by root alone.

use std::path::Path;
use std::{fs, io};

use rustix::fs::{major, minor};

use crate::mountpoint::device;

/// Beyond this, nothing was gained by a larger window; a request holds 1 MiB at most.
const KIBIBYTES: u32 = 512;

/// Widens the window of the mount at `mountpoint` if we may, for files that are opened from now on.
pub(crate) fn widen(mountpoint: &Path) {
    if let Err(error) = set(mountpoint) {
        tracing::debug!(%error, "the readahead window stays as it is");
    }
}

fn set(mountpoint: &Path) -> io::Result<()> {
    let device = device(mountpoint)?;
    let (major, minor) = (major(device), minor(device));
    let path = format!("/sys/class/bdi/{major}:{minor}/read_ahead_kb");
    fs::write(path, KIBIBYTES.to_string())
}
