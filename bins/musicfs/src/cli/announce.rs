//! `musicfs announce`.

use std::env;

use anyhow::{Context, Result};
use fusefront::Hands;

use crate::mount_options::MountOptions;

/// Does through a mount what programs that watch it are to be told; started by `musicfs mount` alone.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run() -> Result<()> {
    fusefront::announce().context("this is for `musicfs mount` to start")
}

/// Has a mount start this program for that.
pub(super) fn by_process(options: &mut MountOptions) {
    let announces = &mut options.session.announces;
    if let (Some(hands), Ok(program)) = (announces, env::current_exe()) {
        *hands = Hands::Process(vec![program.into(), "announce".into()]);
    }
}
