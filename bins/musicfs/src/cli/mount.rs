//! `musicfs mount`.

use std::path::PathBuf;

use anyhow::Result;

use super::source::NamedSourceArgs;
use crate::mount::Mount;
use crate::mount_options::MountOptions;

/// Mounts a library, read-only unless `-o rw` is given, and serves it until Ctrl-C, SIGTERM or `musicfs umount`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An empty directory.
    mountpoint: PathBuf,
    #[expect(clippy::doc_markdown, reason = "this is what --help prints")]
    /// Mount options: allow_other, allow_root, auto_unmount, nonempty (the mountpoint may hold
    /// files), allow_empty (the library may hold none), ro (read-only to the kernel too, so that
    /// programs that watch the mount are told nothing), rw (tags that are edited through the mount are
    /// written to the database, never to the files; see `musicfs log`), state=FOLDER (where sizes, times
    /// and the log of edits are kept), nostate (nothing is kept), xattr (files
    /// have `user.musicfs.item_id`, `.origin` and `.revision`), passthrough (as --passthrough),
    /// passthrough=FOLDER (the same, on the filesystem of that folder), uid=N, gid=N, file_mode=OCTAL,
    /// dir_mode=OCTAL, fsname=NAME.
    #[arg(short, value_name = "OPT,...")]
    options: Vec<String>,
    /// Have the kernel read files by itself, at the speed of the disk, where origins are on XFS or btrfs.
    ///
    /// A file that is opened is composed there as one without a name: its header is written, and the
    /// audio shared with the origin. That takes a mount by root and Linux 6.9; without these, or on
    /// another filesystem, files are served as ever. Files that are their origins need no option.
    #[arg(long)]
    passthrough: bool,
    /// Stay in the foreground, as is the default.
    #[arg(short, long)]
    foreground: bool,
    #[command(flatten)]
    source: NamedSourceArgs,
}

pub(super) fn run(args: &Args) -> Result<()> {
    super::memory::settle();
    let mut options = MountOptions::parse(args.options.iter().map(String::as_str))?;
    super::announce::by_process(&mut options);
    if args.passthrough {
        options.composing.get_or_insert_default();
    }
    let mountpoint = crate::mountpoint::prepare(&args.mountpoint, options.nonempty)?;
    Mount::start(args.source.open()?, &mountpoint, &options)?.wait()
}
