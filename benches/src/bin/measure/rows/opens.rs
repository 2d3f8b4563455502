//! Opening a file, reading its first 64 KiB, and closing it: what a scanner does to each file.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;

use super::files;
use crate::inputs::Origins;
use crate::lab::{Lab, Layout};
use crate::mounts::Mount;
use crate::table::{Row, Table, Target, Unit, Who, median};

const READ: usize = 64 << 10;
const FILE: u64 = 192 << 10;

pub(super) fn measure(lab: &Lab, table: &mut Table) -> Result<()> {
    let n_items = if lab.args.smoke { 20 } else { 1000 };
    let library = lab.library("opens", n_items, Origins::Sized(FILE))?;
    let origins: Vec<_> = library.origins().collect();
    let mut first = Row::new(
        "open/first",
        "open, read 64 KiB and close, the first time, warm origin",
        Unit::Micros,
    )
    .target(Target::Under(500.0))
    .target(Target::AtMost(1.0, Who::Musefs));
    let mut again = Row::new(
        "open/again",
        "the same, already rendered and cached",
        Unit::Micros,
    )
    .target(Target::AtMost(5.0, Who::Origin))
    .target(Target::AtMost(1.0, Who::Musefs));
    for _ in 0..lab.args.rounds {
        open_all(&origins)?;
        first.push(Who::Origin, open_all(&origins)?);
        again.push(Who::Origin, open_all(&origins)?);
        // What is known of a library beforehand is no first time.
        lab.forget_state()?;
        let ours = lab.mount(&library, Layout::Tree)?;
        measure_mount(Who::Musicfs, &ours, &mut first, &mut again)?;
        drop(ours);
        if let Some(theirs) = lab.mount_peer(&library, Layout::Tree)? {
            measure_mount(Who::Musefs, &theirs, &mut first, &mut again)?;
        }
    }
    table.add(first);
    table.add(again);
    Ok(())
}

fn measure_mount(who: Who, mount: &Mount, first: &mut Row, again: &mut Row) -> Result<()> {
    let files = files(mount.path())?;
    first.push(who, open_all(&files)?);
    again.push(who, open_all(&files)?);
    Ok(())
}

/// Returns the median time that a file takes, in microseconds.
fn open_all(files: &[PathBuf]) -> Result<f64> {
    let mut buf = vec![0; READ];
    let mut open = |path: &Path| -> Result<f64> {
        let start = Instant::now();
        File::open(path)?.read_exact_at(&mut buf, 0)?;
        Ok(start.elapsed().as_secs_f64() * 1e6)
    };
    let times = files
        .iter()
        .map(|path| open(path))
        .collect::<Result<Vec<_>>>()?;
    Ok(median(&times))
}
