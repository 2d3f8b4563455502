//! As many open handles as there are files, by as many processes as that takes.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{files, walks};
use crate::lab::{Lab, Layout};
use crate::mounts::Mount;
use crate::table::{Row, Table, Target, Unit, Who};

/// Descriptors that a process needs for itself.
const SPARE: usize = 64;

/// Opens files and holds them open until standard input ends.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file that names them, one a line.
    list: PathBuf,
}

/// Opens what it is told to, says how many that were, and waits.
pub(crate) fn hold(args: &Args) -> Result<()> {
    raise_limit();
    let mut held = Vec::new();
    let mut failure = None;
    for path in fs::read_to_string(&args.list)?.lines() {
        match File::open(path) {
            Ok(file) => held.push(file),
            Err(error) => failure = Some(error),
        }
    }
    let failure = failure.map_or_else(String::new, |error| error.to_string());
    writeln!(io::stdout(), "{} {failure}", held.len())?;
    io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}

/// Raises the number of files that may be open as far as it goes without rights; returns it.
fn raise_limit() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let limit = Rlimit {
        current: maximum,
        maximum,
    };
    let _ = setrlimit(Resource::Nofile, limit);
    maximum
        .and_then(|most| usize::try_from(most).ok())
        .unwrap_or(usize::MAX)
}

pub(super) fn measure(lab: &Lab, table: &mut Table) -> Result<()> {
    let library = walks::library(lab)?;
    let what = format!("open handles at once, of {} tried", lab.args.handles);
    let mut row = Row::new("handles", what, Unit::Count);
    let ours = lab.mount(&library, Layout::Tree)?;
    let n_tried = hold_open(lab, &mut row, Who::Musicfs, &ours)?;
    drop(ours);
    if let Some(theirs) = lab.mount_peer(&library, Layout::Tree)? {
        hold_open(lab, &mut row, Who::Musefs, &theirs)?;
    }
    table.add(row.target(Target::Over(n_tried)));
    Ok(())
}

/// Opens as many files as asked for; returns that number, where there are as many.
#[expect(clippy::cast_precision_loss, reason = "there are not so many files")]
fn hold_open(lab: &Lab, row: &mut Row, who: Who, mount: &Mount) -> Result<f64> {
    let files = files(mount.path())?;
    let files = &files[..files.len().min(lab.args.handles)];
    let before = mount.resources()?;
    let share = (raise_limit() - SPARE).min(files.len().div_ceil(2));
    let mut holders = Vec::new();
    let mut n_open = 0;
    for (n, files) in files.chunks(share).enumerate() {
        let (holder, count, failure) = start_holder(lab.folder(), n, files)?;
        holders.push(holder);
        n_open += count;
        if !failure.is_empty() {
            row.note(format!("{}: {failure}", who.name()));
        }
    }
    let after = mount.resources()?;
    for mut holder in holders {
        drop(holder.stdin.take());
        holder.wait()?;
    }
    row.push(who, n_open as f64);
    row.note(format!(
        "{}: {:.1} MB resident ({:.1} MB before), {} descriptors, {} maps",
        who.name(),
        after.resident as f64 / 1e6,
        before.resident as f64 / 1e6,
        after.descriptors,
        after.maps,
    ));
    Ok(files.len() as f64)
}

/// Starts a process that holds files open; returns how many it could open, and why not more.
fn start_holder(folder: &Path, n: usize, files: &[PathBuf]) -> Result<(Child, usize, String)> {
    let list = folder.join(format!("held-{n}"));
    let paths: Vec<_> = files.iter().map(|path| path.to_string_lossy()).collect();
    fs::write(&list, paths.join("\n"))?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("hold")
        .arg(list)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let output = child.stdout.take().context("standard output is piped")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let (count, failure) = line.trim_end().split_once(' ').unwrap_or((line.trim(), ""));
    Ok((child, count.parse()?, failure.to_owned()))
}
