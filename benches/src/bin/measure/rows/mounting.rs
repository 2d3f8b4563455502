//! How long it takes from starting the program until the first `ls` of the mount is answered.

use anyhow::Result;

use super::walks;
use crate::inputs::{Library, Origins};
use crate::lab::{Attempt, Lab, Layout};
use crate::table::{Row, Table, Target, Unit, Who};

/// Milliseconds that a library may take, by its size.
const TARGETS: [(u32, f64); 2] = [(100_000, 500.0), (1_000_000, 4000.0)];

pub(super) fn measure(lab: &Lab, table: &mut Table) -> Result<()> {
    // Mounting looks at no origin. The peer is given those that it has scanned before.
    let walked = walks::library(lab)?;
    add(lab, table, &walked, true)?;
    if lab.args.most_items != lab.args.items {
        let largest = lab.library("bare", lab.args.most_items, Origins::None)?;
        add(lab, table, &largest, false)?;
    }
    Ok(())
}

fn add(lab: &Lab, table: &mut Table, library: &Library, has_origins: bool) -> Result<()> {
    let n_items = library.n_items;
    let what = format!("mount of {n_items} items until the first `ls` is answered");
    let mut row = Row::new(format!("mount/{n_items}"), what, Unit::Millis);
    for (_, most) in TARGETS.iter().filter(|(n, _)| *n == n_items) {
        row = row.target(Target::Under(*most));
    }
    let ours = || Ok(lab.mount(library, Layout::Tree)?.until_listed.as_secs_f64() * 1e3);
    let mut contenders: Vec<(Who, Attempt<'_>)> = vec![(Who::Musicfs, Box::new(ours))];
    let has_peer = has_origins && lab.mount_peer(library, Layout::Tree)?.is_some();
    if has_peer {
        let theirs = || {
            let mount = lab.mount_peer(library, Layout::Tree)?;
            Ok(mount.map_or(f64::NAN, |mount| mount.until_listed.as_secs_f64() * 1e3))
        };
        contenders.push((Who::Musefs, Box::new(theirs)));
    } else if !has_origins {
        row.note("musefs is not measured: it must have read every origin before");
    }
    lab.measure(&mut row, contenders)?;
    table.add(row);
    Ok(())
}
