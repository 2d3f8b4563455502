//! Mounts a library and serves it until it is unmounted.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use fusefront::{Audience, Session};
use rustix::fs::Access;
use vtree::{Snapshot, Tree};

use crate::background::Background;
use crate::control::Control;
use crate::edit;
use crate::follow::{Followed, Follower};
use crate::journal::Journal;
use crate::library::BeetsLibrary;
use crate::limits;
use crate::mount_options::MountOptions;
use crate::mountpoint::would_hide;
use crate::naming;
use crate::origins::Origins;
use crate::signals::Catcher;
use crate::source::Source;
use crate::work::Counts;

/// A mounted library.
#[derive(Debug)]
pub(crate) struct Mount {
    session: Session,
    catcher: Catcher,
    library: Arc<BeetsLibrary>,
    origins: Arc<Origins>,
    _control: Option<Control>,
    _follower: Follower,
    background: Option<Background>,
}

impl Mount {
    /// Builds the tree of `source` and mounts it; returns when the kernel shows it.
    ///
    /// `mountpoint` is as [`mountpoint::prepare`](crate::mountpoint::prepare) returns it.
    ///
    /// # Errors
    ///
    /// When the library cannot be read, has nothing to mount, or the kernel refuses the mount.
    pub(crate) fn start(
        mut source: Source,
        mountpoint: &Path,
        options: &MountOptions,
    ) -> Result<Self> {
        let catcher = Catcher::start()?;
        let start = Instant::now();
        let revision = source.library.revision()?;
        let (snapshot, register) = naming::name_all(&source)?.into_parts();
        if !options.allow_empty {
            check_not_empty(&snapshot, &source)?;
        }
        check_uncovered(&source, mountpoint, options)?;
        limits::raise();
        let origins = Arc::new(origins(&source, mountpoint)?);
        let (n_files, n_dirs) = (snapshot.n_files(), snapshot.n_dirs());
        let library = Arc::new(library(&source, &origins, options)?);
        let tree = Arc::new(Tree::new(snapshot));
        source.read_through(origins.clone());
        library.adopt(&register.extras);
        library.go_by(&tree);
        let session = catcher.mount(|| {
            let session = Session::mount(tree, library.clone(), mountpoint, &options.session);
            session.map_err(|error| explain(error, options))
        })?;
        let device = session.device();
        // Whatever came of it, requests wait for it.
        origins.set_mount(device.as_ref().ok().copied());
        let device =
            device.with_context(|| format!("the mount at {} is gone", mountpoint.display()))?;
        let milliseconds = start.elapsed().as_millis();
        tracing::info!(files = n_files, directories = n_dirs, milliseconds, "ready");
        let (publisher, traffic) = (session.publisher(), session.traffic());
        let background = Background::start(library.clone(), publisher, traffic)?;
        let tasks = background.tasks();
        let follower = Follower::start(Followed {
            source,
            library: library.clone(),
            publisher: session.publisher(),
            register,
            revision,
            background: tasks.clone(),
            allow_empty: options.allow_empty,
        })?;
        let control = Control::start(device, follower.reloader());
        let control = control.inspect_err(|error| {
            tracing::warn!(%error, "`musicfs reload` cannot reach this mount");
        });
        catcher.reload_by(follower.reloader());
        library.follow_by(follower.reloader());
        catcher.pause(tasks);
        Ok(Self {
            session,
            catcher,
            library,
            origins,
            _control: control.ok(),
            _follower: follower,
            background: Some(background),
        })
    }

    /// Returns where the library is mounted.
    pub(crate) fn mountpoint(&self) -> &Path {
        self.session.mountpoint()
    }

    /// Serves until the library is unmounted, or until SIGINT or SIGTERM, which unmount it. SIGHUP has
    /// the library read again.
    ///
    /// # Errors
    ///
    /// If the session ends in any other way.
    pub(crate) fn wait(mut self) -> Result<()> {
        let ended = self.session.wait();
        self.catcher.stop();
        drop(self.background.take());
        self.library.state().flush();
        let Counts {
            rows,
            opens,
            looks,
            reads,
            bytes,
            renders,
            composed,
        } = self.origins.work().counts();
        let traffic = self.session.traffic();
        let (served, served_bytes) = (traffic.n_reads(), traffic.n_bytes());
        tracing::info!(
            rows,
            opens,
            looks,
            reads,
            bytes,
            renders,
            composed,
            served,
            served_bytes,
            "work done"
        );
        Ok(ended?)
    }
}

/// Refuses a tree without files.
fn check_not_empty(snapshot: &Snapshot, source: &Source) -> Result<()> {
    if snapshot.n_files() == 0 {
        let database = source.library.path().display();
        bail!(
            "no item of {database} is selected, and media servers forget what they no longer \
             see; check the query, or add `-o allow_empty` to mount an empty folder"
        );
    }
    Ok(())
}

/// Makes what serves the content of a library.
fn library(
    source: &Source,
    origins: &Arc<Origins>,
    options: &MountOptions,
) -> Result<BeetsLibrary> {
    let state = options.keeping.state(source.library.path())?;
    let composing = options.composing.as_ref();
    let composer = composing.and_then(|composing| composing.composer(source.directory(), origins));
    let library = BeetsLibrary::new(source, origins.clone(), state).composing(composer);
    if options.session.writing.is_none() {
        return Ok(library);
    }
    Ok(library.write_through(journal(source, options)?))
}

/// Opens the journal of edits, and settles those that an earlier mount was killed over.
fn journal(source: &Source, options: &MountOptions) -> Result<Journal> {
    let library = &source.library;
    let path = library.path();
    let lacking = library.lacking()?;
    if !lacking.is_empty() {
        tracing::warn!(
            fields = lacking.join(", "),
            "the database is of an older beets than 2.14, and has no columns for these fields: edits of them are refused"
        );
    }
    rustix::fs::access(path, Access::WRITE_OK).with_context(|| {
        let path = path.display();
        format!("option `rw`: {path} may not be written to, so that no edit can be taken")
    })?;
    let folder = options.keeping.claim(path);
    let folder = folder.context("option `rw`: edits are noted in a journal")?;
    let journal = Journal::open(&folder).context("option `rw`")?;
    match edit::recover(library, &journal) {
        Ok(0) => {}
        Ok(edits) => tracing::info!(
            edits,
            "settled what an earlier mount left, see `musicfs log`"
        ),
        // They stay pending, and harm nothing.
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(error, "what an earlier mount left cannot be settled now");
        }
    }
    Ok(journal)
}

/// Refuses to cover what the mount itself goes on using by its path.
fn check_uncovered(source: &Source, mountpoint: &Path, options: &MountOptions) -> Result<()> {
    let database = source.library.path();
    // A folder that is not known is none that could be covered.
    let state = options.keeping.folder(database).ok();
    let move_it = format!("move that out of {}", mountpoint.display());
    let paths = [
        ("database", Some(database), move_it.as_str()),
        ("configuration", Some(source.configuration()), &move_it),
        (
            "state folder",
            state.as_deref(),
            "name another one with `-o state=FOLDER`",
        ),
    ];
    for (what, path, advice) in paths {
        let Some(path) = path else { continue };
        if would_hide(mountpoint, path) {
            bail!(
                "the mount would hide its own {what}, {}; mount somewhere else, or {advice}",
                path.display()
            );
        }
    }
    Ok(())
}

/// Prepares for opening origins; a music directory that is away is told of, and may come later.
fn origins(source: &Source, mountpoint: &Path) -> Result<Origins> {
    let directory = source.directory();
    if !directory.is_dir() {
        tracing::warn!(
            directory = %directory.display(),
            "the music directory is not there; files will be unreadable until it is"
        );
    }
    let origins = Origins::new(directory, mountpoint)
        .with_context(|| format!("cannot open the music directory {}", directory.display()))?;
    if origins.are_covered() {
        tracing::warn!(
            directory = %directory.display(),
            "the mount covers the music directory: until it is unmounted, run no beets command that looks at \
             files; `beet update` would take those that have other names here for deleted"
        );
    }
    Ok(origins)
}

/// Adds what to do about an error of mounting, where that is known.
fn explain(error: fusefront::Error, options: &MountOptions) -> anyhow::Error {
    let has_no_room = matches!(error, fusefront::Error::Folder { .. });
    let error = anyhow::Error::from(error);
    if has_no_room {
        return anyhow!("{error:#}; set TMPDIR to a folder that can be written");
    }
    let is_refused = format!("{error:#}").contains("user_allow_other");
    if is_refused && options.session.audience != Audience::Owner {
        return anyhow!("{error:#}: add the line `user_allow_other` to /etc/fuse.conf");
    }
    error
}
