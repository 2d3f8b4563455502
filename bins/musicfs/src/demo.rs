//! The sample library that the program carries inside itself.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

#[path = "../demo/files.rs"]
mod files;

/// Unpacks the sample library below `folder` and returns the path of its configuration.
///
/// A file that is there already, with the right bytes, is left alone, so that a demo can run while
/// another one serves the same files.
///
/// # Errors
///
/// If a file cannot be written.
pub(crate) fn unpack(folder: &Path) -> Result<PathBuf> {
    for (name, bytes) in files::FILES {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|there| there == *bytes) {
            continue;
        }
        write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(folder.join("config.yaml"))
}

/// Writes a file that is never seen half-written.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let partial = path.with_extension(format!("partial-{}", std::process::id()));
    let mut file = fs::File::create(&partial)?;
    file.write_all(bytes)?;
    fs::rename(partial, path)
}
