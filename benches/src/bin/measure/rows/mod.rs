//! The rows of the table, by what they measure.

pub(crate) mod growth;
pub(crate) mod handles;
mod mounting;
mod opens;
mod pass;
mod passthrough;
mod quiet;
mod reads;
mod reload;
mod remote;
mod walks;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::lab::Lab;
use crate::table::Table;

/// Rows that are measured together, which begin so.
type Group = (&'static [&'static str], fn(&Lab, &mut Table) -> Result<()>);

const GROUPS: [Group; 9] = [
    (&["read"], reads::measure),
    (&["passthrough"], passthrough::measure),
    (&["delayed"], remote::measure),
    (&["open"], opens::measure),
    (&["walk", "flat", "memory"], walks::measure),
    (&["mount"], mounting::measure),
    (&["reload", "follow"], reload::measure),
    (&["handles"], handles::measure),
    (&["quiet"], quiet::measure),
];

/// Measures every row that is wanted; what fails does not stop the others.
pub(crate) fn all(lab: &Lab, table: &mut Table) {
    for (ids, measure) in GROUPS {
        if ids.iter().any(|id| lab.wants(id))
            && let Err(error) = measure(lab, table)
        {
            table.fail(ids[0], &error);
        }
    }
}

/// What a walk found.
#[derive(Debug, Default, Clone, Copy)]
struct Walked {
    files: u64,
    folders: u64,
    /// The bytes of the names of the files.
    names: u64,
}

impl Walked {
    #[expect(clippy::cast_precision_loss, reason = "names are short")]
    fn mean_name(&self) -> f64 {
        self.names as f64 / self.files.max(1) as f64
    }
}

/// Walks a tree as `ls -lR` does: lists each folder, and asks for the attributes of each entry.
fn walk(folder: &Path) -> Result<Walked> {
    let mut walked = Walked::default();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        walked.folders += 1;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            // Relative to the open folder, as by `ls` and `find`.
            let metadata = entry.metadata();
            let metadata = metadata.with_context(|| entry.path().display().to_string())?;
            if metadata.is_dir() {
                left.push(entry.path());
            } else {
                walked.files += 1;
                walked.names += entry.file_name().len() as u64;
            }
        }
    }
    Ok(walked)
}

/// Returns the files of a tree, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut left) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                left.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
