//! Walking a library, and what memory that leaves taken.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{Walked, walk};
use crate::facts::{Cached, forget};
use crate::inputs::{Library, Origins};
use crate::lab::{Attempt, Lab, Layout};
use crate::mounts::Mount;
use crate::table::{Row, Table, Target, Unit, Who};

/// What a mount may take whatever the size of the library.
const FIXED_MEMORY: f64 = 20e6;

/// A tree to be walked.
#[derive(Clone, Copy)]
struct Tree<'a> {
    who: Who,
    folder: &'a Path,
}

pub(super) fn measure(lab: &Lab, table: &mut Table) -> Result<()> {
    let library = library(lab)?;
    if lab.wants("walk") || lab.wants("memory") {
        walks(lab, table, &library)?;
    }
    if lab.wants("flat") {
        flat(lab, table, &library)?;
    }
    Ok(())
}

/// Returns the library that is walked, with its plain trees.
pub(super) fn library(lab: &Lab) -> Result<Library> {
    let library = lab.library("walks", lab.args.items, Origins::Small)?;
    // A second name is a change of the file's status, which has musefs take it for another file: all
    // names are given before it looks.
    for layout in [Layout::Tree, Layout::Flat] {
        make_plain(lab, &library, layout)?;
    }
    Ok(library)
}

fn walks(lab: &Lab, table: &mut Table, library: &Library) -> Result<()> {
    let plain = plain(library, Layout::Tree);
    lab.forget_state()?;
    let ours = lab.mount(library, Layout::Tree)?;
    let theirs = lab.mount_peer(library, Layout::Tree)?;
    let n_files = walk(&plain)?.files;
    let mut unknown = Row::new(
        "walk/unknown",
        "walk with `stat`, of files that nothing is known of",
        Unit::FilesPerSecond,
    );
    let mut memory = Row::new(
        "memory",
        format!("resident memory per track after walks of {n_files}, over 20 MB"),
        Unit::Bytes,
    );
    let mounts = [(Who::Musicfs, Some(&ours)), (Who::Musefs, theirs.as_ref())];
    let mounts = mounts.map(|(who, mount)| mount.map(|mount| (who, mount)));
    let mut trees = vec![Tree {
        who: Who::Origin,
        folder: &plain,
    }];
    let mut name = 0.0;
    for (who, mount) in mounts.into_iter().flatten() {
        let (rate, walked) = timed(mount.path())?;
        unknown.push(who, rate);
        note_files(&mut unknown, who, walked, n_files);
        if who == Who::Musicfs {
            name = walked.mean_name();
        }
        trees.push(Tree {
            who,
            folder: mount.path(),
        });
    }
    table.add(unknown);
    let cold = [
        Target::AtLeast(1.5, Who::Origin),
        Target::AtLeast(5.0, Who::Musefs),
    ];
    add_walk(
        lab,
        table,
        &trees,
        "walk",
        &cold,
        Target::AtLeast(1.2, Who::Origin),
    )?;
    for (who, mount) in mounts.into_iter().flatten() {
        note_memory(&mut memory, who, mount, n_files)?;
    }
    let mut memory = memory.target(Target::Under((120.0 + name).round()));
    memory.note(format!("names are {name:.0} bytes long on average"));
    table.add(memory);
    Ok(())
}

/// Measures everything in one directory.
fn flat(lab: &Lab, table: &mut Table, library: &Library) -> Result<()> {
    let plain = plain(library, Layout::Flat);
    let ours = lab.mount(library, Layout::Flat)?;
    let theirs = lab.mount_peer(library, Layout::Flat)?;
    let mut trees = vec![
        Tree {
            who: Who::Origin,
            folder: &plain,
        },
        Tree {
            who: Who::Musicfs,
            folder: ours.path(),
        },
    ];
    if let Some(theirs) = &theirs {
        trees.push(Tree {
            who: Who::Musefs,
            folder: theirs.path(),
        });
    }
    for tree in &trees {
        walk(tree.folder)?;
    }
    let as_origin = Target::AtLeast(1.0, Who::Origin);
    add_walk(lab, table, &trees, "flat", &[as_origin], as_origin)
}

/// Adds the walks of some trees, with nothing of them known to the kernel and again.
fn add_walk(
    lab: &Lab,
    table: &mut Table,
    trees: &[Tree<'_>],
    id: &str,
    cold: &[Target],
    again: Target,
) -> Result<()> {
    let what = if id == "flat" {
        "`stat` of all of one directory"
    } else {
        "walk with `stat`"
    };
    let new =
        |when: &str, what: String| Row::new(format!("{id}/{when}"), what, Unit::FilesPerSecond);
    let may_forget = forget(Cached::Names);
    let unable = "only root can have the kernel forget";
    let mut row = new("cold", format!("{what}, the kernel having nothing cached"));
    row = cold.iter().fold(row, |row, target| row.target(*target));
    let mut names = new(
        "names",
        format!("{what}, the kernel knowing no names, but the blocks that they are on"),
    );
    for (row, forgotten) in [(&mut row, Cached::Everything), (&mut names, Cached::Names)] {
        if may_forget {
            measure_trees(lab, row, trees, Some(forgotten))?;
        } else {
            row.note(unable);
        }
    }
    table.add(row);
    table.add(names);
    let mut row = new("again", format!("{what}, again")).target(again);
    measure_trees(lab, &mut row, trees, None)?;
    table.add(row);
    Ok(())
}

/// Measures walks, before each of which the kernel forgets something, or has walked the same.
fn measure_trees(
    lab: &Lab,
    row: &mut Row,
    trees: &[Tree<'_>],
    forgotten: Option<Cached>,
) -> Result<()> {
    let attempt = |folder| -> Attempt<'_> {
        Box::new(move || {
            if let Some(cached) = forgotten {
                forget(cached);
            } else {
                walk(folder)?;
            }
            Ok(timed(folder)?.0)
        })
    };
    let contenders = trees.iter().map(|tree| (tree.who, attempt(tree.folder)));
    lab.measure(row, contenders.collect())
}

/// Walks a tree; returns the files a second, and what was found.
#[expect(clippy::cast_precision_loss, reason = "a rate has three digits")]
fn timed(folder: &Path) -> Result<(f64, Walked)> {
    let start = Instant::now();
    let walked = walk(folder)?;
    Ok((walked.files as f64 / start.elapsed().as_secs_f64(), walked))
}

fn note_files(row: &mut Row, who: Who, walked: Walked, expected: u64) {
    let Walked { files, folders, .. } = walked;
    if files != expected {
        row.note(format!("{} shows {files} files of {expected}", who.name()));
    }
    row.note(format!("{} shows {folders} directories", who.name()));
}

#[expect(clippy::cast_precision_loss, reason = "a size has three digits")]
fn note_memory(row: &mut Row, who: Who, mount: &Mount, n_files: u64) -> Result<()> {
    let taken = mount.resources()?;
    let resident = taken.resident as f64;
    row.push(who, ((resident - FIXED_MEMORY) / n_files as f64).max(0.0));
    let anonymous = taken.anonymous as f64 / 1e6;
    let name = who.name();
    row.note(format!(
        "{name}: {:.1} MB resident, {anonymous:.1} MB of it anonymous",
        resident / 1e6
    ));
    Ok(())
}

/// Returns the folder of plain files under the names that a mount has for them.
fn plain(library: &Library, layout: Layout) -> PathBuf {
    library.folder.join(match layout {
        Layout::Tree => "plain",
        Layout::Flat => "flat",
    })
}

/// Gives the origins second names, those of the mount: each is a file of its own, as in a music folder.
fn make_plain(lab: &Lab, library: &Library, layout: Layout) -> Result<()> {
    let folder = plain(library, layout);
    let done = folder.with_extension("done");
    if done.exists() {
        return Ok(());
    }
    let mut command = lab.musicfs("paths", library, layout);
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let output = BufReader::new(child.stdout.take().context("standard output is piped")?);
    let mut n_files = 0;
    // Both go by id.
    for (line, origin) in output.lines().zip(library.origins()) {
        let line = line?;
        let (_, path) = line.split_once('\t').context("a path follows the id")?;
        let path = folder.join(path);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::hard_link(origin, path)?;
        n_files += 1;
    }
    ensure!(
        child.wait()?.success() && n_files == library.n_items,
        "musicfs cannot name all items"
    );
    fs::write(done, "")?;
    Ok(())
}
