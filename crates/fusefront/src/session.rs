//! A mounted filesystem.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use fuser::BackgroundSession;
use vtree::Tree;

use crate::announce::{Announcer, MOST_PATIENCE};
use crate::device::Device;
use crate::dispatch::Fuse;
use crate::mountpoint::{self, How, unmount};
use crate::publisher::Publisher;
use crate::{Error, Library, Options, Traffic, window};

/// How long to wait for the threads of a session after its mount is gone. Where the mount was copied
/// into another namespace, the session lives on there.
const GRACE: Duration = Duration::from_secs(2);

/// A mounted filesystem, answered by threads in the background; dropping it unmounts.
pub struct Session {
    mountpoint: PathBuf,
    publisher: Publisher,
    traffic: Arc<Traffic>,
    serving: Option<Serving>,
}

/// What there is for as long as a session runs.
struct Serving {
    background: BackgroundSession,
    thread: JoinHandle<io::Result<()>>,
    auto_unmount: bool,
}

/// Unmounts a session from elsewhere, such as a thread that waits for signals.
#[derive(Debug, Clone)]
pub struct Unmounter {
    mountpoint: PathBuf,
}

impl Session {
    /// Mounts `tree` on the directory `mountpoint`; returns when the kernel accepted it.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`], or [`Error::Mount`] if the kernel or `fusermount3` refuses.
    pub fn mount(
        tree: Arc<Tree>,
        library: impl Library,
        mountpoint: &Path,
        options: &Options,
    ) -> Result<Self, Error> {
        let config = options.config()?;
        let error = |source| Error::Mount {
            mountpoint: mountpoint.to_owned(),
            source,
        };
        // The current directory may be another one when the session is to be unmounted.
        let mountpoint = mountpoint.canonicalize().map_err(error)?;
        let fuse = Fuse::new(tree, library, options)?;
        let (publisher, traffic, own) = (fuse.publisher(), fuse.traffic(), fuse.own());
        let session = fuser::Session::new(fuse, &mountpoint, &config).map_err(error)?;
        // No request is read before the threads are spawned.
        let _ = publisher.notifier.set(session.notifier());
        let device = Device::of(&session).map_err(error)?;
        let _ = publisher.device.set(device);
        let mut background = session.spawn().map_err(error)?;
        let idle = thread::Builder::new().spawn(|| Ok(())).map_err(error)?;
        let thread = std::mem::replace(&mut background.guard, idle);
        tracing::info!(mountpoint = %mountpoint.display(), "mounted");
        window::widen(&mountpoint);
        if let Some(hands) = &options.announces {
            let (tree, held) = (publisher.tree.clone(), publisher.held.clone());
            let started = Announcer::start(&mountpoint, hands, own, tree, held, MOST_PATIENCE);
            let announcer = started.map_err(error)?;
            let _ = publisher.announcer.set(announcer);
        }
        let serving = Some(Serving {
            background,
            thread,
            auto_unmount: options.auto_unmount,
        });
        Ok(Self {
            mountpoint,
            publisher,
            traffic,
            serving,
        })
    }

    /// Returns where the filesystem is mounted.
    pub fn mountpoint(&self) -> &Path {
        &self.mountpoint
    }

    /// Returns the number of the device that stands for the mount (`st_dev`), without a request.
    ///
    /// # Errors
    ///
    /// If nothing can be known of the mountpoint.
    pub fn device(&self) -> io::Result<u64> {
        mountpoint::device(&self.mountpoint)
    }

    /// Returns what publishes snapshots and other changes, from any thread.
    pub fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    /// Returns what counts that which is served.
    pub fn traffic(&self) -> Arc<Traffic> {
        self.traffic.clone()
    }

    /// Returns what unmounts this session from another thread, which ends [`Session::wait`].
    pub fn unmounter(&self) -> Unmounter {
        let mountpoint = self.mountpoint.clone();
        Unmounter { mountpoint }
    }

    /// Returns whether the filesystem was unmounted, by whomever.
    pub fn is_finished(&self) -> bool {
        let serving = self.serving.as_ref();
        serving.is_none_or(|serving| serving.thread.is_finished())
    }

    /// Waits until the filesystem is unmounted, by whomever.
    ///
    /// # Errors
    ///
    /// [`Error::Session`] if it ended otherwise.
    pub fn wait(&mut self) -> Result<(), Error> {
        let Some(serving) = self.serving.take() else {
            return Ok(());
        };
        let ended = serving.join();
        tracing::info!(mountpoint = %self.mountpoint.display(), "unmounted");
        ended.map_err(|source| Error::Session {
            mountpoint: self.mountpoint.clone(),
            source,
        })
    }

    /// Unmounts the filesystem if nobody uses it.
    ///
    /// # Errors
    ///
    /// [`Error::Unmount`] if somebody does; it is then still served. [`Error::Session`] if the session
    /// had ended with an error.
    pub fn unmount(&mut self) -> Result<(), Error> {
        if !self.is_finished() {
            self.unmounter().unmount()?;
            self.await_threads();
        }
        if self.is_finished() {
            return self.wait();
        }
        self.abandon();
        Ok(())
    }

    /// Waits a moment for the threads, now that the mount is gone.
    fn await_threads(&self) {
        let start = Instant::now();
        while !self.is_finished() && start.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Leaves the threads to whoever still has files open.
    fn abandon(&mut self) {
        if let Some(serving) = self.serving.take() {
            tracing::warn!(mountpoint = %self.mountpoint.display(), "unmounted, but still in use");
            dispose(serving.background, serving.auto_unmount);
        }
    }
}

impl Unmounter {
    /// Returns what unmounts the filesystem that some other process serves at `mountpoint`.
    pub fn of(mountpoint: &Path) -> Self {
        let mountpoint = mountpoint.to_owned();
        Self { mountpoint }
    }

    /// Unmounts the filesystem if nobody uses it.
    ///
    /// # Errors
    ///
    /// [`Error::Unmount`].
    pub fn unmount(&self) -> Result<(), Error> {
        self.run(How::IfIdle)
    }

    /// Takes the mount out of the tree at once; open files are served until they are closed.
    ///
    /// # Errors
    ///
    /// [`Error::Unmount`].
    pub fn detach(&self) -> Result<(), Error> {
        self.run(How::Lazily)
    }

    fn run(&self, how: How) -> Result<(), Error> {
        unmount(&self.mountpoint, how).map_err(|source| Error::Unmount {
            mountpoint: self.mountpoint.clone(),
            source,
        })
    }
}

impl Serving {
    fn join(self) -> io::Result<()> {
        let ended = self.thread.join();
        dispose(self.background, self.auto_unmount);
        match ended {
            // The kernel tells a thread so, instead of ENODEV, that reads while the last user of a
            // detached mount goes away.
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionAborted => Ok(()),
            Ok(ended) => ended,
            Err(_) => Err(io::Error::other("a thread of the session panicked")),
        }
    }
}

/// Ends what fuser keeps of a session whose mount is gone.
fn dispose(background: BackgroundSession, auto_unmount: bool) {
    // Dropping it unmounts whatever is at the path by then, even if it is not ours: fuser 0.18 takes
    // the connection's end for its being alive (`is_mounted` in `mnt/mod.rs`). With auto_unmount,
    // dropping it only lets `fusermount3` go.
    if auto_unmount {
        drop(background);
    } else {
        std::mem::forget(background);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.serving.is_none() {
            return;
        }
        if let Err(error) = self.unmount()
            && self.serving.is_some()
        {
            tracing::debug!(error = error.chain(), "unmounting lazily");
            if let Err(error) = self.unmounter().detach() {
                tracing::warn!(error = error.chain(), "the mount stays behind");
            }
            self.await_threads();
            self.abandon();
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut session = f.debug_struct("Session");
        session.field("mountpoint", &self.mountpoint);
        session
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
