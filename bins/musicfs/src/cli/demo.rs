//! `musicfs demo`.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::output;
use crate::mount::Mount;
use crate::mount_options::{Keeping, MountOptions};
use crate::source::{Overrides, Source};
use crate::xdg;

/// Mounts a small sample library, to see what musicfs does.
///
/// The library is unpacked to a cache folder; your own files and settings are not touched.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to mount it; created if it does not exist. A folder beside the library if not given.
    mountpoint: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let folder = cache_folder()?.join("demo");
    let config = crate::demo::unpack(&folder)?;
    let mountpoint = args
        .mountpoint
        .clone()
        .unwrap_or_else(|| folder.join("mnt"));
    if fs::symlink_metadata(&mountpoint).is_err() {
        fs::create_dir_all(&mountpoint)
            .with_context(|| format!("cannot create {}", mountpoint.display()))?;
    }
    let mountpoint = crate::mountpoint::prepare(&mountpoint, false)?;
    let source = Source::open(Overrides {
        config: Some(config),
        ..Overrides::default()
    })?;
    let mut options = MountOptions {
        // It is made anew each time.
        keeping: Keeping::Nothing,
        ..MountOptions::default()
    };
    super::announce::by_process(&mut options);
    let mount = Mount::start(source, &mountpoint, &options)?;
    print_hints(mount.mountpoint(), &folder)?;
    mount.wait()
}

/// Returns our folder for files that can be made again.
fn cache_folder() -> Result<PathBuf> {
    let base = xdg::folder("XDG_CACHE_HOME", ".cache")
        .context("neither XDG_CACHE_HOME nor HOME names a folder for the sample library")?;
    Ok(base.join("musicfs"))
}

fn print_hints(mountpoint: &Path, folder: &Path) -> Result<()> {
    let mut out = output::stdout();
    let mount = mountpoint.display();
    let music = folder.join("music");
    let example = mountpoint.join("Square & Saw/Waveforms (2019)/01 Sawtooth Stroll.flac");
    let program = env::args_os().next().unwrap_or_else(|| "musicfs".into());
    writeln!(
        out,
        "The sample library is mounted at {mount}

Its files on disk are badly named and tagged; the mount shows them as beets knows them.
In another terminal, try:

  # names by beets' path templates
  find '{mount}' -type f
  # the files behind them, untouched
  find '{music}' -type f
  # tags from the database
  ffprobe -hide_banner '{example}'
  # how the header of that file is made
  '{program}' render-header --config '{config}' '{origin}'

Ctrl-C unmounts it.",
        program = program.display(),
        music = music.display(),
        config = folder.join("config.yaml").display(),
        example = example.display(),
        origin = music.join("rips/SQUARE_SAW/track01.flac").display(),
    )?;
    out.flush()?;
    Ok(())
}
