//! `musicfs check`.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use anyhow::Result;
use indicatif::HumanBytes;
use serde_json::{Map, Value, json};

use super::output;
use super::progress;
use super::source::{NamedSourceArgs, items};
use crate::check::{Checker, Finding, Report};
use crate::logging::tell;
use crate::naming::Named;

/// Looks at every item, and reports what is wrong and what differs.
///
/// Reports, per item: files that are missing, unreadable or cut short, files that are served with
/// their own tags and why, names that other items took, tags that differ from the file's (what
/// `beet write` would change), and sizes. Ends with status 1 if anything but tags is wrong. Reads
/// origins and the database, writes nothing, and needs no mount.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One JSON object a line, for every item: `id`, `path`, `origin`, `findings`, and the sizes
    /// `origin_size` and `served_size`. A path that is not UTF-8 is under `…_b64`, as base64.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: NamedSourceArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let source = args.source.open_with_origins()?;
    let names = items(&source)?;
    let checker = Checker::new(&source);
    let mut totals = Totals::default();
    let look = |named: &Named| checker.look(named);
    progress::for_each(&names, look, |out, _, report| {
        // One that was removed from the library meanwhile is none of it.
        if let Some(report) = report? {
            totals.add(&report);
            write(out, &report, args.json)?;
        }
        Ok(())
    })?;
    tell(&totals);
    Ok(if totals.n_wrong == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn write(out: &mut impl Write, report: &Report, json: bool) -> std::io::Result<()> {
    if json {
        let line = output::json_line(&Value::Object(object(report)));
        return out.write_all(line.as_bytes());
    }
    let id = report.id.0.to_string();
    for finding in &report.findings {
        let detail = detail(finding, report);
        let word = finding.word().as_bytes();
        let parts = [
            id.as_bytes(),
            b"\t",
            &report.path,
            b"\t",
            word,
            b"\t",
            &detail,
        ];
        output::write_line(out, &parts)?;
    }
    Ok(())
}

/// Returns what a finding says beside its word.
fn detail(finding: &Finding, report: &Report) -> Vec<u8> {
    let origin = report.origin.as_os_str().as_bytes();
    match finding {
        Finding::Missing => origin.to_vec(),
        Finding::Unreadable(text) | Finding::Truncated(text) | Finding::Unsupported(text) => {
            [origin, b": ", text.as_bytes()].concat()
        }
        Finding::NameTaken(destination) => destination.clone(),
        Finding::Tags(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
            names.join(" ").into_bytes()
        }
    }
}

fn object(report: &Report) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(report.id.0));
    output::insert_path(&mut object, "path", &report.path);
    output::insert_path(&mut object, "origin", report.origin.as_os_str().as_bytes());
    if let Some(sizes) = report.sizes {
        object.insert("origin_size".to_owned(), json!(sizes.origin));
        object.insert("served_size".to_owned(), json!(sizes.served));
    }
    let findings = report.findings.iter().map(|finding| {
        let mut object = Map::new();
        object.insert("what".to_owned(), json!(finding.word()));
        match finding {
            Finding::Missing => {}
            Finding::Unreadable(text) | Finding::Truncated(text) | Finding::Unsupported(text) => {
                object.insert("why".to_owned(), json!(text));
            }
            Finding::NameTaken(destination) => {
                output::insert_path(&mut object, "destination", destination);
            }
            Finding::Tags(fields) => {
                let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
                object.insert("fields".to_owned(), json!(names));
            }
        }
        Value::Object(object)
    });
    object.insert("findings".to_owned(), findings.collect());
    object
}

/// What was found of all items.
#[derive(Debug, Default)]
struct Totals {
    n_items: u64,
    /// Items with which something is wrong.
    n_wrong: u64,
    /// How often each word was found.
    words: BTreeMap<&'static str, u64>,
    origin: u64,
    served: u64,
}

impl Totals {
    fn add(&mut self, report: &Report) {
        self.n_items += 1;
        self.n_wrong += u64::from(report.findings.iter().any(Finding::is_wrong));
        for finding in &report.findings {
            *self.words.entry(finding.word()).or_default() += 1;
        }
        if let Some(sizes) = report.sizes {
            self.origin += sizes.origin;
            self.served += sizes.served;
        }
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (items, wrong) = (self.n_items, self.n_wrong);
        write!(f, "{items} items, {wrong} with something wrong")?;
        for (word, count) in &self.words {
            write!(f, ", {count} {word}")?;
        }
        let (origin, served) = (HumanBytes(self.origin), HumanBytes(self.served));
        write!(f, "; {origin} on disk, {served} in the mount")
    }
}
