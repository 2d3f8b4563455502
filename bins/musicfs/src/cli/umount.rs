//! `musicfs umount`.

use std::path::PathBuf;

use anyhow::Result;

/// Unmounts a mounted library.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where it is mounted.
    mountpoint: PathBuf,
    /// Detach it at once, even while files are open; it ends when the last one is closed.
    #[arg(short = 'z', long)]
    lazy: bool,
}

pub(super) fn run(args: &Args) -> Result<()> {
    crate::mountpoint::unmount(&args.mountpoint, args.lazy)
}
