//! Mounts a library and serves it until it is unmounted.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};
use fusefront::{Session, Unmounter};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use vtree::Tree;

use crate::library::BeetsLibrary;
use crate::mount_options::MountOptions;
use crate::naming;
use crate::origins::Origins;
use crate::source::Source;

/// A mounted library.
#[derive(Debug)]
pub struct Mount {
    session: Session,
    signals: Signals,
}

impl Mount {
    /// Builds the tree of `source` and mounts it; returns when the kernel shows it.
    ///
    /// `mountpoint` is as [`mountpoint::prepare`](crate::mountpoint::prepare) returns it.
    ///
    /// # Errors
    ///
    /// When the library cannot be read or the kernel refuses the mount.
    pub fn start(source: Source, mountpoint: &Path, options: &MountOptions) -> Result<Self> {
        // A signal that comes just after the kernel shows the mount must find us ready to unmount.
        let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot catch signals")?;
        let start = Instant::now();
        let snapshot = naming::name_all(&source)?.into_snapshot();
        tracing::info!(
            files = snapshot.n_files(),
            directories = snapshot.n_dirs(),
            seconds = start.elapsed().as_secs_f32(),
            "tree built"
        );
        let directory = source.directory();
        if !directory.is_dir() {
            tracing::warn!(
                directory = %directory.display(),
                "the music directory is not there; files will be unreadable until it is"
            );
        }
        let origins = Origins::new(directory, mountpoint)
            .with_context(|| format!("cannot open the music directory {}", directory.display()))?;
        let render = source.rendering()?;
        let origins = Arc::new(origins);
        let library = BeetsLibrary::new(source.library, origins.clone(), render);
        let tree = Arc::new(Tree::new(snapshot));
        let session = Session::mount(tree, library, mountpoint, &options.session)?;
        let root = rustix::fs::stat(session.mountpoint());
        // Whatever came of it, requests wait for it.
        origins.set_mount(root.map(|root| root.st_dev).ok());
        root.with_context(|| format!("the mount at {} does not answer", mountpoint.display()))?;
        Ok(Self { session, signals })
    }

    /// Returns where the library is mounted.
    pub fn mountpoint(&self) -> &Path {
        self.session.mountpoint()
    }

    /// Serves until the library is unmounted, or until SIGINT, SIGTERM or SIGHUP, which unmount it.
    ///
    /// # Errors
    ///
    /// If the session ends in any other way.
    pub fn wait(mut self) -> Result<()> {
        let handle = self.signals.handle();
        let unmounter = self.session.unmounter();
        let signals = self.signals;
        let catcher = thread::spawn(move || unmount_on(signals, &unmounter));
        let ended = self.session.wait();
        handle.close();
        // It has nothing left to do; a panic in it was already reported.
        let _ = catcher.join();
        Ok(ended?)
    }
}

/// Unmounts on the first signal. While the mount is in use it is detached: nobody finds it any more,
/// and it ends when the last file is closed. A second signal ends the process at once.
fn unmount_on(mut signals: Signals, unmounter: &Unmounter) {
    let mut arrived = signals.forever();
    let Some(signal) = arrived.next() else { return };
    tracing::info!(signal, "unmounting");
    if let Err(error) = unmounter.unmount() {
        tracing::warn!(%error, "in use; detached, and served until the last file is closed");
        if let Err(error) = unmounter.detach() {
            tracing::error!(%error, "cannot detach");
        }
    }
    if arrived.next().is_some() {
        std::process::exit(1);
    }
}
