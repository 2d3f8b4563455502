//! How the cost grows with the library.

use std::time::Instant;

use anyhow::Result;

use super::walk;
use crate::facts::{Cached, forget};
use crate::inputs::Origins;
use crate::lab::{Lab, Layout};
use crate::mounts::Mount;
use crate::table::{Row, Table, Unit, Who};

/// What a library of one size costs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub(crate) n_items: u32,
    /// Seconds until the first listing.
    pub(crate) mount: f64,
    /// Resident memory after the walks, in MB.
    pub(crate) memory: f64,
    /// Files a second, with nothing of the tree in the kernel.
    pub(crate) walk: f64,
}

/// Measures libraries of 1,000 items and ten times more as often as there is room.
pub(crate) fn measure(lab: &Lab, table: &mut Table) -> Result<Vec<Point>> {
    let mut points = Vec::new();
    let sizes = std::iter::successors(Some(1000_u32), |n| n.checked_mul(10));
    for n_items in sizes.take_while(|n| *n <= lab.args.most_items) {
        let library = lab.library("linked", n_items, Origins::Linked)?;
        lab.forget_state()?;
        let ours = point(n_items, &lab.mount(&library, Layout::Tree)?)?;
        for (id, what, unit, value) in [
            (
                "mount",
                "mount until the first `ls`",
                Unit::Millis,
                ours.mount * 1e3,
            ),
            ("walk", "walk, kernel cold", Unit::FilesPerSecond, ours.walk),
            (
                "memory",
                "resident memory, after walks",
                Unit::Megabytes,
                ours.memory,
            ),
        ] {
            let what = format!("{what}, of {n_items} items");
            let mut row = Row::new(format!("growth/{id}/{n_items}"), what, unit);
            row.push(Who::Musicfs, value);
            table.add(row);
        }
        points.push(ours);
    }
    Ok(points)
}

#[expect(clippy::cast_precision_loss, reason = "a rate has three digits")]
fn point(n_items: u32, mount: &Mount) -> Result<Point> {
    // The first walk finds out what the second is about.
    walk(mount.path())?;
    forget(Cached::Names);
    let start = Instant::now();
    let walked = walk(mount.path())?;
    let took = start.elapsed().as_secs_f64();
    let memory = mount.resources()?.resident as f64 / 1e6;
    Ok(Point {
        n_items,
        mount: mount.until_listed.as_secs_f64(),
        memory,
        walk: walked.files as f64 / took,
    })
}
