//! Where things are measured: the programs, the inputs, and who takes part.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::Args;
use crate::inputs::{Library, Origins};
use crate::mounts::Mount;
use crate::peer::Peer;
use crate::table::{Row, Who};

/// How both programs name files, as nearly alike as they can.
const OUR_TREE: &str = "$albumartist/$album%aunique{}/$track $title";
const THEIR_TREE: &str = "$albumartist/$album/$tracknumber $title";
/// Every file in one directory.
const OUR_FLAT: &str = "$track $title $id";
const THEIR_FLAT: &str = "$albumartist $album $tracknumber $title";

/// The variable that says where state is kept, and the folder that it names here.
const STATE: &str = "XDG_STATE_HOME";

/// The layout of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Tree,
    Flat,
}

/// Everything that measuring takes.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) args: Args,
    folder: PathBuf,
    musicfs: PathBuf,
    peer: Option<Peer>,
    _temporary: Option<TempDir>,
}

/// Measures one contender once.
pub(crate) type Attempt<'a> = Box<dyn FnMut() -> Result<f64> + 'a>;

impl Lab {
    pub(crate) fn new(mut args: Args) -> Result<Self> {
        let temporary = match &args.folder {
            Some(_) => None,
            None => Some(TempDir::with_prefix("musicfs-measure-")?),
        };
        let folder = args.folder.clone();
        let folder = folder.or_else(|| Some(temporary.as_ref()?.path().to_owned()));
        let folder = folder.context("a folder was given or made")?;
        fs::create_dir_all(&folder)?;
        let folder = folder.canonicalize()?;
        let musicfs = match args.musicfs.take() {
            Some(program) => program,
            None => build()?,
        };
        let peer = Peer::find(args.peer.take());
        match &peer {
            Some(peer) => eprintln!("the peer is {}", peer.version()?),
            None => eprintln!("NOT MEASURED beside musefs: it is not installed"),
        }
        Ok(Self {
            args,
            folder,
            musicfs,
            peer,
            _temporary: temporary,
        })
    }

    /// Returns the folder that holds all inputs.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns whether a row, or one of a group of rows, is to be measured.
    pub(crate) fn wants(&self, id: &str) -> bool {
        let only = &self.args.only;
        let is_of = |prefix: &String| id.starts_with(prefix) || prefix.starts_with(id);
        only.is_empty() || only.iter().any(is_of)
    }

    /// Returns a library of its own kind and size, made unless it is there.
    pub(crate) fn library(&self, name: &str, n_items: u32, origins: Origins) -> Result<Library> {
        let folder = self.folder.join(format!("{name}-{n_items}"));
        Library::make(&folder, n_items, origins)
    }

    /// Returns a command of musicfs on a library, and on nothing else of the user's.
    pub(crate) fn musicfs(&self, subcommand: &str, library: &Library, layout: Layout) -> Command {
        let mut command = self.command(subcommand);
        command.arg("--config").arg(library.config());
        let template = match layout {
            Layout::Tree => OUR_TREE,
            Layout::Flat => OUR_FLAT,
        };
        command.args(["--path-format", template]);
        command
    }

    /// Returns a command of musicfs that neither sees nor leaves anything of the user's.
    pub(crate) fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.musicfs);
        for name in [STATE, "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, self.folder.join(name));
        }
        command.env_remove("BEETSDIR").env("MUSICFS_LOG", "info");
        command.arg(subcommand);
        command
    }

    /// Has musicfs know nothing of any library.
    pub(crate) fn forget_state(&self) -> Result<()> {
        match fs::remove_dir_all(self.folder.join(STATE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Mounts a library by musicfs.
    pub(crate) fn mount(&self, library: &Library, layout: Layout) -> Result<Mount> {
        self.mount_with(library, layout, &[])
    }

    /// Mounts a library by musicfs, with further arguments.
    pub(crate) fn mount_with(
        &self,
        library: &Library,
        layout: Layout,
        args: &[&str],
    ) -> Result<Mount> {
        let mountpoint = self.mountpoint(Who::Musicfs);
        let mut command = self.musicfs("mount", library, layout);
        command.args(args).arg(&mountpoint);
        Mount::start(&mut command, &mountpoint)
    }

    /// Mounts a library by the peer, if that is installed.
    pub(crate) fn mount_peer(&self, library: &Library, layout: Layout) -> Result<Option<Mount>> {
        let template = match layout {
            Layout::Tree => THEIR_TREE,
            Layout::Flat => THEIR_FLAT,
        };
        let name = library
            .folder
            .file_name()
            .context("a library has a folder")?;
        let database = self.folder.join("musefs").join(name);
        let mountpoint = self.mountpoint(Who::Musefs);
        let mount = |peer: &Peer| peer.mount(library, &database, template, &mountpoint);
        self.peer.as_ref().map(mount).transpose()
    }

    /// Serves files without a library behind them.
    pub(crate) fn mount_bare(&self, zeros: bool, files: &[PathBuf]) -> Result<Mount> {
        let mountpoint = self.mountpoint(Who::Bare).with_extension(zeros.to_string());
        let mut command = Command::new(env::current_exe()?);
        command.arg("serve");
        if zeros {
            command.arg("--zeros");
        }
        command.arg(&mountpoint).args(files);
        Mount::start(&mut command, &mountpoint)
    }

    /// Shows a library through a filesystem that takes its time, and counts; returns both.
    pub(crate) fn mount_delayed(
        &self,
        library: &Library,
        milliseconds: u64,
    ) -> Result<(Mount, Library)> {
        let name = library
            .folder
            .file_name()
            .context("a library has a folder")?;
        let mountpoint = self.folder.join("mnt").join(name);
        let mut command = Command::new(env::current_exe()?);
        command.args(["delay", "--milliseconds", &milliseconds.to_string()]);
        command.arg(&library.folder).arg(&mountpoint);
        let mount = Mount::start(&mut command, &mountpoint)?;
        let there = Library {
            folder: mountpoint,
            n_items: library.n_items,
        };
        Ok((mount, there))
    }

    fn mountpoint(&self, who: Who) -> PathBuf {
        self.folder.join("mnt").join(who.name())
    }

    /// Measures all contenders in every round, each of them first in turn.
    pub(crate) fn measure(
        &self,
        row: &mut Row,
        mut contenders: Vec<(Who, Attempt<'_>)>,
    ) -> Result<()> {
        for round in 0..self.args.rounds {
            let mut results = Vec::new();
            let first = round % contenders.len();
            contenders.rotate_left(first);
            for (who, attempt) in &mut contenders {
                results.push((*who, attempt()?));
            }
            contenders.rotate_right(first);
            for (who, result) in results {
                row.push(who, result);
            }
        }
        Ok(())
    }
}

/// Builds the program as it is released, and returns its path.
fn build() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let mut command = Command::new(cargo);
    command.args([
        "build",
        "--release",
        "-p",
        "musicfs",
        "--message-format=json",
    ]);
    command.args(["--manifest-path", manifest]);
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("musicfs cannot be built");
    }
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = messages.lines().rev().map(serde_json::from_str);
    let mut programs = messages.filter_map(|message: Result<serde_json::Value, _>| {
        Some(PathBuf::from(message.ok()?.get("executable")?.as_str()?))
    });
    let program = programs.next();
    program.context("cargo does not say where musicfs is")
}
