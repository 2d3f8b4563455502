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
const PATIENCE: Duration = Duration::from_secs(3);
/// Milliseconds that a change may take, by the library's size.
const TARGETS: [(u32, f64); 2] = [(100_000, 100.0), (1_000_000, 1000.0)];

pub(super) fn measure(lab: &Lab, table: &mut Table) -> Result<()> {
    let mut sizes = vec![lab.args.items, lab.args.most_items];
    sizes.dedup();
    for n_items in sizes {
        // Its database is written to, so it is no other row's.
        let library = lab.library("edited", n_items, Origins::None)?;
        add(lab, table, &library)?;
    }
    Ok(())
}

fn add(lab: &Lab, table: &mut Table, library: &Library) -> Result<()> {
    let n_items = library.n_items;
    let what = format!("one item of {n_items} renamed in the database, until the mount shows it");
    let mut row = Row::new(format!("reload/{n_items}"), what, Unit::Millis);
    for (_, most) in TARGETS.iter().filter(|(n, _)| *n == n_items) {
        row = row.target(Target::Under(*most));
    }
    let mount = lab.mount(library, Layout::Tree)?;
    let folder = mount.path().join(folder_of_last(lab, library)?);
    let can_reload = lab.has_command("reload")?;
    for round in 0..lab.args.rounds {
        let reload = can_reload.then(|| {
            let mut command = lab.command("reload");
            command.arg(mount.path()).stdout(Stdio::null());
            command
        });
        let Some(took) = change(library, &folder, round, reload)? else {
            row.note(format!("not shown within {} s", PATIENCE.as_secs()));
            break;
        };
        row.push(Who::Musicfs, took.as_secs_f64() * 1e3);
    }
    if !can_reload {
        row.note("there is no `musicfs reload`; the change was only waited for");
    }
    table.add(row);
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
    round: usize,
    reload: Option<Command>,
) -> Result<Option<Duration>> {
    let database = Connection::open(library.folder.join("library.db"))?;
    let title = format!("Renamed {} {round}", std::process::id());
    let update = "UPDATE items SET title = ? WHERE id = ?";
    let n_changed = database.execute(update, (&title, library.n_items))?;
    let start = Instant::now();
    ensure!(n_changed == 1, "the last item is not there");
    if let Some(mut reload) = reload {
        reload.status()?;
    }
    while !shows(folder, &title)? {
        if start.elapsed() > PATIENCE {
            return Ok(None);
        }
        sleep(Duration::from_micros(500));
    }
    Ok(Some(start.elapsed()))
}

fn shows(folder: &Path, title: &str) -> Result<bool> {
    for entry in fs::read_dir(folder)? {
        if entry?.file_name().to_string_lossy().contains(title) {
            return Ok(true);
        }
    }
    Ok(false)
}
