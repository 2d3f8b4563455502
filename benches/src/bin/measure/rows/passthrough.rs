//! Reading files that the kernel reads by itself: those that are their origins, and composed ones.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use benches::stream::forget;

use super::files;
use super::pass::{Order, rate, read_through};
use crate::facts::bytes_read;
use crate::inputs::{Library, Origins};
use crate::lab::{Attempt, Lab, Layout};
use crate::mounts::Mount;
use crate::table::{Row, Table, Target, Unit, Who};

/// An album, so that more than one file is copied.
const N_FILES: u32 = 4;

/// Reads virtual files that are their origins, to the byte, and then others that are composed.
pub(super) fn measure(lab: &Lab, table: &mut Table) -> Result<()> {
    let library = lab.library("written", N_FILES, Origins::Sized(lab.args.stream << 20))?;
    write_tags(lab, &library)?;
    let mount = lab.mount(&library, Layout::Tree)?;
    let (file, origin) = pair(&library, &mount)?;
    ensure!(
        fs::read(&file)? == fs::read(&origin)?,
        "a written file is not its origin"
    );
    let mut row = Row::new(
        "passthrough",
        "1 MiB in sequence, the first time, of a file that is its origin",
        Unit::MibPerSecond,
    )
    .target(Target::AtLeast(0.95, Who::Origin));
    if !is_handed_over(&file, &mount)? {
        row.note(
            "the kernel does not read such a file by itself: its bytes came through the program",
        );
    }
    compare(lab, &mut row, &file, &origin)?;
    table.add(row);
    drop(mount);
    composed(lab, table)
}

/// Reads a file whose header is rendered and whose audio is shared with its origin.
fn composed(lab: &Lab, table: &mut Table) -> Result<()> {
    let library = lab.library("composed", N_FILES, Origins::Sized(lab.args.stream << 20))?;
    let mount = lab.mount_with(&library, Layout::Tree, &["--passthrough"])?;
    let (file, origin) = pair(&library, &mount)?;
    if !is_handed_over(&file, &mount)? {
        let folder = lab.folder().display();
        ensure!(
            !fixtures::tools_required(),
            "files cannot be composed in {folder}, and MUSICFS_REQUIRE_TOOLS=1 asks for it"
        );
        eprintln!("NOT MEASURED: files cannot be composed in {folder}, for the kernel to read");
        return Ok(());
    }
    ensure!(
        fs::read(&file)? != fs::read(&origin)?,
        "a file without tags of the library's is its origin"
    );
    let mut row = Row::new(
        "passthrough/composed",
        "1 MiB in sequence, the first time, of a file that was composed for the kernel",
        Unit::MibPerSecond,
    )
    .target(Target::AtLeast(0.95, Who::Origin));
    compare(lab, &mut row, &file, &origin)?;
    table.add(row);
    Ok(())
}

/// Returns a file of the mount, and its origin.
fn pair(library: &Library, mount: &Mount) -> Result<(PathBuf, PathBuf)> {
    let file = files(mount.path())?.swap_remove(0);
    let origin = library.origins().min().context("there is an origin")?;
    Ok((file, origin))
}

/// Returns whether the kernel reads a file without asking the program.
fn is_handed_over(file: &Path, mount: &Mount) -> Result<bool> {
    forget(file);
    let before = bytes_read(mount.pid())?;
    let len = read_through(file)?;
    Ok(bytes_read(mount.pid())? - before < len / 2)
}

fn compare(lab: &Lab, row: &mut Row, file: &Path, origin: &Path) -> Result<()> {
    let read = |path: &Path| -> Result<f64> {
        read_through(origin)?;
        rate(&[path.to_owned()], Order::Sequence)
    };
    let ours = || {
        forget(file);
        read(file)
    };
    let contenders: Vec<(Who, Attempt<'_>)> = vec![
        (Who::Origin, Box::new(|| read(origin))),
        (Who::Musicfs, Box::new(ours)),
    ];
    lab.measure(row, contenders)
}

/// Gives origins the tags that the library has for them, as `beet write` would, by copying what is
/// mounted.
fn write_tags(lab: &Lab, library: &Library) -> Result<()> {
    let done = library.folder.join("written");
    if done.exists() {
        return Ok(());
    }
    let mount = lab.mount(library, Layout::Tree)?;
    let mut origins: Vec<_> = library.origins().collect();
    origins.sort();
    let mut copies = Vec::new();
    for (file, origin) in files(mount.path())?.iter().zip(&origins) {
        let copy = origin.with_extension("new");
        fs::copy(file, &copy)?;
        copies.push((copy, origin));
    }
    drop(mount);
    for (copy, origin) in copies {
        fs::rename(&copy, origin)?;
        File::open(origin)?.sync_all()?;
        forget(origin);
        read_through(origin)?;
    }
    fs::write(done, "")?;
    Ok(())
}
