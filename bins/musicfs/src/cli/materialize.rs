//! `musicfs materialize`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use indicatif::HumanBytes;
use splice::{Sharing, Written};

use super::output;
use super::progress;
use super::source::NamedSourceArgs;
use crate::logging::tell;
use crate::materialize::{Materializer, Outcome};
use crate::mount_options::Keeping;
use crate::naming::{self, Named};

/// Writes the files of the mount to a folder: real files, with its names and tags.
///
/// On filesystems that share extents (XFS, btrfs) a file takes no more space than its header, if DIR
/// is on the origins' filesystem. Elsewhere `--copy` copies them. Files that an earlier run wrote
/// are not written again, and nothing is ever written over: so a run that was ended can be repeated.
/// Ends with status 1 if a file could not be written, or something else has its name.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to fill; made if it is not there.
    #[arg(value_name = "DIR")]
    target: PathBuf,
    /// The folder where sizes and times are kept, if the library is mounted with `-o state=FOLDER`.
    #[arg(long, value_name = "FOLDER", help_heading = "Library")]
    state: Option<PathBuf>,
    /// Copy what cannot be shared.
    #[arg(long)]
    copy: bool,
    #[command(flatten)]
    source: NamedSourceArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let source = args.source.open_with_origins()?;
    let names: Vec<Named> = naming::name_all(&source)?.iter().collect();
    let sharing = if args.copy {
        Sharing::Preferred
    } else {
        Sharing::Required
    };
    let keeping = Keeping::in_folder(args.state.as_deref());
    let materializer = Materializer::new(&source, &args.target, sharing, &keeping)?;
    let mut totals = Totals::default();
    let write = |named: &Named| materializer.write(named);
    progress::for_each(&names, write, |out, named, outcome| {
        totals.add(&outcome);
        Ok(report(out, named, &outcome)?)
    })?;
    tell(&totals);
    if totals.n_unshared > 0 {
        let target = args.target.display();
        tell(format_args!(
            "extents cannot be shared between the origins and {target}: add --copy to copy them"
        ));
    }
    Ok(if totals.n_failed + totals.n_in_the_way == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints what went wrong with an item, if something did.
fn report(out: &mut impl Write, named: &Named, outcome: &Outcome) -> std::io::Result<()> {
    let (word, why) = match outcome {
        Outcome::Written(_) | Outcome::AlreadyThere => return Ok(()),
        Outcome::InTheWay => ("in-the-way", "something else has this name".to_owned()),
        Outcome::Failed(error) => ("failed", format!("{error:#}")),
    };
    let id = named.id.0.to_string();
    let parts = [
        id.as_bytes(),
        b"\t",
        &named.path,
        b"\t",
        word.as_bytes(),
        b"\t",
        why.as_bytes(),
    ];
    output::write_line(out, &parts)
}

/// What became of all items.
#[derive(Debug, Default)]
struct Totals {
    n_written: u64,
    n_there: u64,
    n_in_the_way: u64,
    n_failed: u64,
    /// How many of those failed because extents cannot be shared.
    n_unshared: u64,
    bytes: Written,
}

impl Totals {
    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Written(written) => {
                self.n_written += 1;
                self.bytes.shared += written.shared;
                self.bytes.copied += written.copied;
            }
            Outcome::AlreadyThere => self.n_there += 1,
            Outcome::InTheWay => self.n_in_the_way += 1,
            Outcome::Failed(error) => {
                self.n_failed += 1;
                let cause = error.downcast_ref::<splice::Error>();
                self.n_unshared += u64::from(matches!(cause, Some(splice::Error::NotShared)));
            }
        }
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (shared, copied) = (HumanBytes(self.bytes.shared), HumanBytes(self.bytes.copied));
        write!(
            f,
            "{} files written ({shared} shared, {copied} copied), {} there already, \
             {} names taken, {} failed",
            self.n_written, self.n_there, self.n_in_the_way, self.n_failed
        )
    }
}
