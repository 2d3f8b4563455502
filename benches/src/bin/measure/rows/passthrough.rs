//! Reading virtual files that are their origins, to the byte: the kernel may read these by itself.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use benches::stream::forget;

use super::files;
use super::pass::{Order, rate, read_through};
use crate::facts::bytes_read;
use crate::inputs::{Library, Origins};
use crate::lab::{Lab, Layout};
use crate::table::{Row, Table, Target, Unit, Who};

/// An album, so that more than one file is copied.
const N_FILES: u32 = 4;

/// Reads virtual files that are their origins, to the byte.
pub(super) fn measure(lab: &Lab, table: &mut Table) -> Result<()> {
    let library = lab.library("written", N_FILES, Origins::Sized(lab.args.stream << 20))?;
    write_tags(lab, &library)?;
    let mut row = Row::new(
        "passthrough",
        "1 MiB in sequence, the first time, of a file that is its origin",
        Unit::MibPerSecond,
    )
    .target(Target::AtLeast(0.95, Who::Origin));
    let mount = lab.mount(&library, Layout::Tree)?;
    let (file, origin) = (
        files(mount.path())?.swap_remove(0),
        library.origins().min().context("there is an origin")?,
    );
    ensure!(
        fs::read(&file)? == fs::read(&origin)?,
        "a written file is not its origin"
    );
    forget(&file);
    let before = bytes_read(mount.pid())?;
    let len = read_through(&file)?;
    if bytes_read(mount.pid())? - before >= len / 2 {
        row.note(
            "the kernel does not read such a file by itself: its bytes came through the program",
        );
    }
    let read = |path: &Path| -> Result<f64> {
        read_through(&origin)?;
        rate(&[path.to_owned()], Order::Sequence)
    };
    let ours = || {
        forget(&file);
        read(&file)
    };
    lab.measure(
        &mut row,
        vec![
            (Who::Origin, Box::new(|| read(&origin))),
            (Who::Musicfs, Box::new(ours)),
        ],
    )?;
    table.add(row);
    Ok(())
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
