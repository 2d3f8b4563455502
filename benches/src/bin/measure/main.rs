//! Measures a mounted library beside the filesystem that its files are on, and beside `musefs`.
//!
//!     cargo run --release -p benches --bin measure
//!
//! It makes libraries of its own, mounts them with the program that users run, and prints one row for
//! each thing that it measures: medians of several rounds, in each of which all contenders take part.
//! A row that has a target says whether it is met. Nothing fails because something took long.

mod delayed;
mod facts;
mod inputs;
mod lab;
mod mounts;
mod peer;
mod plot;
mod rows;
mod serve;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};

use crate::lab::Lab;
use crate::table::Table;

/// Measures a mounted library beside the filesystem that its files are on, and beside `musefs`.
#[derive(Debug, Parser)]
#[command(name = "measure", args_conflicts_with_subcommands = true)]
struct Args {
    /// Items of the library that is walked.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    items: u32,
    /// Items of the largest library that is mounted.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    most_items: u32,
    /// Handles to have open at once.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    handles: usize,
    /// The size of each of the four files that are streamed.
    #[arg(long, value_name = "MIB", default_value_t = 128)]
    stream: u64,
    /// How often each thing is measured.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Everything once, with tiny inputs, to see whether it works.
    #[arg(long)]
    smoke: bool,
    /// Only rows whose id begins so; may be given several times.
    #[arg(long, value_name = "ROW")]
    only: Vec<String>,
    /// The program to measure; built in release from this workspace if not given.
    #[arg(long, value_name = "PATH")]
    musicfs: Option<PathBuf>,
    /// The peer, `musefs`; looked for in PATH if not given.
    #[arg(long, value_name = "PATH")]
    peer: Option<PathBuf>,
    /// Where inputs are made, and kept for the next run; a temporary folder if not given.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Writes all that was measured to a file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measures how the cost grows with the library too, and draws it, as SVG.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What this program does as a process of its own beside the one that measures.
#[derive(Debug, Subcommand)]
enum Role {
    #[command(hide = true)]
    Serve(serve::Args),
    #[command(hide = true)]
    Delay(delayed::Args),
    #[command(hide = true)]
    Hold(rows::handles::Args),
}

fn main() -> ExitCode {
    let mut args = Args::parse();
    let done = match args.role.take() {
        Some(Role::Serve(args)) => serve::run(&args),
        Some(Role::Delay(args)) => delayed::run(args),
        Some(Role::Hold(args)) => rows::handles::hold(&args),
        None => measure(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("measure: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(mut args: Args) -> Result<()> {
    if args.smoke {
        (args.items, args.most_items, args.handles) = (200, 1000, 200);
        (args.stream, args.rounds) = (1, 1);
    }
    if !benches::mounted::can_mount() {
        return Ok(());
    }
    let (json, plot) = (args.json.take(), args.plot.take());
    let lab = Lab::new(args)?;
    let mut table = Table::new(facts::machine(lab.folder()));
    rows::all(&lab, &mut table);
    if let Some(path) = &plot {
        let growth = rows::growth::measure(&lab, &mut table)?;
        let svg = plot::draw(&growth);
        std::fs::write(path, svg).with_context(|| format!("cannot write {}", path.display()))?;
    }
    table.note_machine("load after", facts::load());
    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    {
        println!("{table}");
    }
    if let Some(path) = &json {
        let text = serde_json::to_string_pretty(&table.to_json())?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    match table.failures() {
        [] => Ok(()),
        failures => bail!("not all could be measured: {}", failures.join("; ")),
    }
}
