//! The other program, musefs, where it is installed.
//!
//! It reads the tags of the origins into a database of its own, and names files by them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::inputs::Library;
use crate::mounts::Mount;

/// The installed program.
#[derive(Debug)]
pub(crate) struct Peer {
    program: PathBuf,
}

impl Peer {
    /// Takes the program that was given, or the one in `PATH`.
    pub(crate) fn find(given: Option<PathBuf>) -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let in_path = || env::split_paths(&path).map(|folder| folder.join("musefs"));
        let program = given.or_else(|| in_path().find(|path| path.is_file()))?;
        Some(Self { program })
    }

    pub(crate) fn version(&self) -> Result<String> {
        let output = Command::new(&self.program).arg("--version").output();
        let output = output.with_context(|| format!("cannot run {}", self.program.display()))?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Mounts the origins of a library, under the names of their tags.
    ///
    /// What it knows of them is kept in the folder `database`.
    pub(crate) fn mount(
        &self,
        library: &Library,
        database: &Path,
        template: &str,
        mountpoint: &Path,
    ) -> Result<Mount> {
        let database = self.scan(library, database)?;
        let mut command = Command::new(&self.program);
        command.arg("mount").arg(mountpoint);
        command.arg("--db").arg(database);
        command.args(["--template", template]);
        Mount::start(&mut command, mountpoint)
    }

    /// Returns its database of a library's origins, made unless an earlier run has.
    fn scan(&self, library: &Library, folder: &Path) -> Result<PathBuf> {
        let (database, done) = (folder.join("musefs.db"), folder.join("done"));
        if !done.exists() {
            eprintln!("musefs scans {}", library.folder.display());
            fs::create_dir_all(folder)?;
            let mut command = Command::new(&self.program);
            command.arg("scan").arg(library.music());
            command.arg("--db").arg(&database).arg("--quiet");
            let status = command.stdout(Stdio::null()).status()?;
            if !status.success() {
                bail!("musefs cannot scan {}: {status}", library.folder.display());
            }
            fs::write(done, "")?;
        }
        Ok(database)
    }
}
