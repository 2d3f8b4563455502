//! `musicfs reload`.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;

use super::output::stdout;

/// Has a mounted library followed at once, and waits until what changed is shown.
///
/// A mount follows its library by itself within a second. This is for scripts that must not go on
/// before, and for changes that nothing tells of.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where it is mounted.
    mountpoint: PathBuf,
    /// Read the configuration and the whole library again, whether or not they seem to have changed, as
    /// on SIGHUP.
    #[arg(long)]
    all: bool,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let has_changed = crate::control::reload(&args.mountpoint, args.all)?;
    let text = if has_changed {
        "reloaded"
    } else {
        "nothing has changed"
    };
    let mut out = stdout();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
