//! How long it takes until a change of one item shows in the mount.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;

use crate::inputs::{Library, Origins};
use crate::lab::{Lab, Layout};
use crate::table::{Row, Table, Target, Unit, Who};

/// How long a change is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Milliseconds that a change may take once the mount knows of it, by the library's size.
const TARGETS: [(u32, f64); 2] = [(100_000, 100.0), (1_000_000, 1000.0)];
/// Milliseconds that it may take if nobody tells the mount.
const UNTOLD: f64 = 1000.0;

pub(super) fn measure(lab: &Lab, table: &mut Table) -> Result<()> {
    let mut sizes = vec![lab.args.items, lab.args.most_items];
    sizes.dedup();
    for n_items in sizes {
        // Its database is written to, so it is no other row's.
        let library = lab.library("edited", n_items, Origins::None)?;
        let mount = lab.mount(&library, Layout::Tree)?;
        let folder = mount.path().join(folder_of_last(lab, &library)?);
        let what =
            format!("one item of {n_items} renamed in the database, until the mount shows it");
        let mut told = Row::new(format!("reload/{n_items}"), what.clone(), Unit::Millis);
        for (_, most) in TARGETS.iter().filter(|(n, _)| *n == n_items) {
            told = told.target(Target::Under(*most));
        }
        let id = format!("follow/{n_items}");
        let mut untold = Row::new(id, format!("{what}, which nobody tells it"), Unit::Millis)
            .target(Target::Under(UNTOLD));
        for round in 0..lab.args.rounds {
            let mut reload = lab.command("reload");
            reload.arg(mount.path()).stdout(Stdio::null());
            let ways = [(&mut told, Some(reload)), (&mut untold, None)];
            for (way, (row, reload)) in ways.into_iter().enumerate() {
                let title = format!("Renamed {} {round} {way}", std::process::id());
                let took = change(&library, &folder, &title, reload)?;
                row.push(Who::Musicfs, took.as_secs_f64() * 1e3);
                // The mount rests after work: somebody who changes one row now is measured, not a flood of them.
                sleep(took * 8);
            }
        }
        table.add(told);
        table.add(untold);
    }
    Ok(())
}

/// Returns the folder that the last item is in.
fn folder_of_last(lab: &Lab, library: &Library) -> Result<PathBuf> {
    let mut command = lab.musicfs("paths", library, Layout::Tree);
    let output = command
        .args(["-q", &format!("id:{}", library.n_items)])
        .output()?;
    let path = String::from_utf8(output.stdout)?;
    let (_, path) = path
        .trim_end()
        .split_once('\t')
        .context("a path follows the id")?;
    let folder = Path::new(path).parent().context("a file has a folder")?;
    Ok(folder.to_owned())
}

/// Renames the last item; returns how long it took from the commit until its name was in its folder.
fn change(
    library: &Library,
    folder: &Path,
    title: &str,
    reload: Option<Command>,
) -> Result<Duration> {
    let database = Connection::open(library.folder.join("library.db"))?;
    let update = "UPDATE items SET title = ? WHERE id = ?";
    let n_changed = database.execute(update, (title, library.n_items))?;
    let start = Instant::now();
    ensure!(n_changed == 1, "the last item is not there");
    if let Some(mut reload) = reload {
        ensure!(reload.status()?.success(), "the mount cannot be reloaded");
    }
    while !shows(folder, title)? {
        ensure!(start.elapsed() < PATIENCE, "{title} is not shown");
        sleep(Duration::from_micros(500));
    }
    Ok(start.elapsed())
}

fn shows(folder: &Path, title: &str) -> Result<bool> {
    for entry in fs::read_dir(folder)? {
        if entry?.file_name().to_string_lossy().contains(title) {
            return Ok(true);
        }
    }
    Ok(false)
}
