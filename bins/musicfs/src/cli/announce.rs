//! `musicfs announce`.

use anyhow::{Context, Result};
use fusefront::Hands;

use crate::mount_options::MountOptions;

/// Does through a mount what programs that watch it are to be told; started by `musicfs mount` alone.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run() -> Result<()> {
    fusefront::announce().context("this is for `musicfs mount` to start")
}

/// Has a mount start this program for that: by what runs now, since another version may be at its path by
/// then.
pub(super) fn by_process(options: &mut MountOptions) {
    if let Some(hands) = &mut options.session.announces {
        *hands = Hands::Process(vec!["/proc/self/exe".into(), "announce".into()]);
    }
}
