//! The command line.

mod announce;
mod check;
mod demo;
mod diff;
mod journal;
mod log;
mod materialize;
mod memory;
mod mount;
mod output;
mod paths;
mod progress;
mod reload;
mod render_header;
mod source;
mod umount;
mod undo;
mod values;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::logging::tell;

/// Mounts a beets music library as a filesystem: names from beets' path templates, tags from the
/// beets database, audio from the untouched files on disk.
#[derive(Debug, Parser)]
#[command(name = "musicfs", version, after_help = ENVIRONMENT)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Mount(mount::Args),
    Umount(umount::Args),
    Reload(reload::Args),
    Paths(paths::Args),
    RenderHeader(render_header::Args),
    Check(check::Args),
    Diff(diff::Args),
    Log(log::Args),
    Undo(undo::Args),
    Materialize(materialize::Args),
    Demo(demo::Args),
    #[command(hide = true)]
    Announce(announce::Args),
}

const ENVIRONMENT: &str = "\
Environment:
  BEETSDIR          the folder of config.yaml and library.db, as for beets
  MUSICFS_LOG       what is logged: error, warn, info (default), debug, trace, or
                    per crate, as in `fusefront=debug,info`
  MUSICFS_UNIDECODE the folder of Python's Unidecode, for names in ASCII exactly as
                    beets has them; found where beets is installed if not given";

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    crate::logging::init();
    let done = match &cli.command {
        Command::Check(args) => return finish(check::run(args)),
        Command::Diff(args) => return finish(diff::run(args)),
        Command::Materialize(args) => return finish(materialize::run(args)),
        Command::Mount(args) => mount::run(args),
        Command::Umount(args) => umount::run(args),
        Command::Reload(args) => reload::run(args),
        Command::Paths(args) => paths::run(args),
        Command::RenderHeader(args) => render_header::run(args),
        Command::Log(args) => log::run(args),
        Command::Undo(args) => undo::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Announce(_) => announce::run(),
    };
    finish(done.map(|()| ExitCode::SUCCESS))
}

/// Tells what went wrong, if anything did.
fn finish(done: anyhow::Result<ExitCode>) -> ExitCode {
    match done {
        Ok(code) => code,
        // Whoever reads our output has seen enough, as in `musicfs paths | head`.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            tell(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
