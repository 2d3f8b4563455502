//! What the first walk of a later mount reads of origins: nothing, if their sizes are kept.

use std::time::Duration;

use anyhow::{Context, Result};

use super::walk;
use crate::inputs::Origins;
use crate::lab::{Lab, Layout};
use crate::mounts::Ends;
use crate::table::{Row, Table, Target, Unit, Who};

/// What the state of a library may take until it is written.
const SETTLING: Duration = Duration::from_secs(2);

pub(super) fn measure(lab: &Lab, table: &mut Table) -> Result<()> {
    let n_items = if lab.args.smoke { 20 } else { 1000 };
    let library = lab.library("quiet", n_items, Origins::Small)?;
    let (mut counting, there) = lab.mount_delayed(&library, 0)?;
    let mut ends = counting.take_ends()?;
    let what =
        format!("bytes of origins that the first `ls -lR` of a second mount reads, of {n_items}");
    let mut row = Row::new("quiet", what, Unit::Bytes).target(Target::Under(0.0));
    lab.forget_state()?;
    for who in [Who::Musicfs, Who::Musefs] {
        let mount = || match who {
            Who::Musicfs => lab.mount(&there, Layout::Tree).map(Some),
            _ => lab.mount_peer(&there, Layout::Tree),
        };
        let Some(first) = mount()? else { continue };
        walk(first.path())?;
        std::thread::sleep(SETTLING);
        drop(first);
        let second = mount()?.context("it was there before")?;
        counts(&mut ends)?;
        walk(second.path())?;
        let (opens, reads, bytes) = counts(&mut ends)?;
        row.push(who, bytes);
        row.note(format!("{}: {opens} opens and {reads} reads", who.name()));
    }
    table.add(row);
    Ok(())
}

/// Returns what was asked of the origins since the last time: opens, reads, bytes.
fn counts(ends: &mut Ends) -> Result<(f64, f64, f64)> {
    let line = ends.ask()?;
    let numbers = line.split_whitespace().map(str::parse);
    let numbers = numbers.collect::<Result<Vec<f64>, _>>()?;
    match numbers[..] {
        [opens, reads, bytes] => Ok((opens, reads, bytes)),
        _ => anyhow::bail!("no counts: {line:?}"),
    }
}
