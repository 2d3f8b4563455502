//! Reading a file whose origin is far away.

use std::path::PathBuf;

use anyhow::{Context, Result};
use benches::stream::forget;

use super::files;
use super::pass::{Order, rate};
use crate::inputs::Origins;
use crate::lab::{Attempt, Lab, Layout};
use crate::table::{Row, Table, Target, Unit, Who};

/// How long each read takes, in milliseconds.
const DELAY: u64 = 20;
/// The largest file that is worth waiting for, in MiB.
const MOST: u64 = 16;

/// Reads a file whose origin takes long to answer, beside reading that origin.
pub(super) fn measure(lab: &Lab, table: &mut Table) -> Result<()> {
    let mib = lab.args.stream.min(MOST);
    let library = lab.library("delayed", 1, Origins::Sized(mib << 20))?;
    let (_slow, there) = lab.mount_delayed(&library, DELAY)?;
    let ours = lab.mount(&there, Layout::Tree)?;
    let theirs = lab.mount_peer(&there, Layout::Tree);
    let origin = there.origins().next().context("there is an origin")?;
    let mut row = Row::new(
        "delayed",
        format!("1 MiB in sequence, of an origin whose every read takes {DELAY} ms"),
        Unit::MibPerSecond,
    )
    .target(Target::AtLeast(1.0, Who::Origin));
    let attempt = |path: PathBuf| -> Attempt<'_> {
        let origin = origin.clone();
        Box::new(move || {
            forget(&path);
            forget(&origin);
            rate(std::slice::from_ref(&path), Order::Sequence)
        })
    };
    let mut contenders = vec![
        (Who::Origin, attempt(origin.clone())),
        (Who::Musicfs, attempt(files(ours.path())?.swap_remove(0))),
    ];
    match &theirs {
        Ok(Some(theirs)) => {
            contenders.push((Who::Musefs, attempt(files(theirs.path())?.swap_remove(0))));
        }
        Ok(None) => {}
        Err(error) => row.note(format!("musefs: {error:#}")),
    }
    lab.measure(&mut row, contenders)?;
    table.add(row);
    Ok(())
}
