//! Finds out in the background what programs will ask for: the size and time of every file.
//!
//! First, what is kept from earlier mounts is taken for known wherever the item's row still is what it
//! was; that reads two databases and no file. Then, at low priority, every origin is looked at, and
//! what is new or changed is rendered. Whoever is reading goes first. Where nothing is kept, nothing is done
//! but to look at files that the kernel still holds after everything was read again, so that watchers can be
//! told which are others.

mod faults;
mod progress;
mod recall;
mod tasks;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Result;
use fusefront::{Error, Publisher, Traffic};
use vtree::LeafId;

use crate::caught::caught;
use crate::leaf::{Leaf, item_of};
use crate::library::{BeetsLibrary, Row};
use crate::parallel;
use faults::Faults;
use progress::Progress;
pub(crate) use recall::recall;
use recall::{batches, sidecars};
use tasks::Next;
pub(crate) use tasks::Tasks;

/// The lowest priority of a thread (`nice(2)`); that of its reads follows (`ioprio_set(2)`).
const LOWEST_PRIORITY: i32 = 19;
/// For how long nobody must have waited for an origin.
const QUIET: Duration = Duration::from_millis(50);
/// How long to wait for that, before one more file is dealt with all the same: programs that read all the time
/// must not keep it from ever being done. They need not wait for it, since it takes none of the threads that serve
/// them, and an open renders by itself what is just being rendered here.
const PATIENCE: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(10);
/// How often what was found out is written.
const FLUSH_INTERVAL: Duration = Duration::from_secs(2);
/// How long to rest where the library cannot be read.
const REST: Duration = Duration::from_secs(2);
/// How long to wait for an origin when all is to end.
const GRACE: Duration = Duration::from_secs(1);

/// Finds out about a library on a thread of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Background {
    tasks: Tasks,
    thread: JoinHandle<()>,
}

impl Background {
    /// Starts to find out everything about a library that is mounted.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub(crate) fn start(
        library: Arc<BeetsLibrary>,
        publisher: Publisher,
        traffic: Arc<Traffic>,
    ) -> Result<Self> {
        let tasks = Tasks::default();
        let mut worker = Worker {
            tasks: tasks.clone(),
            library,
            publisher,
            traffic,
            flushed: Instant::now(),
            faults: Faults::default(),
        };
        let thread = thread::Builder::new().name("background".to_owned());
        let thread = thread.spawn(move || worker.run())?;
        Ok(Self { tasks, thread })
    }

    /// Returns what says what is to be done.
    pub(crate) fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.tasks.end();
        // It may wait for an origin that never answers, and is then left to the end of the process.
        parallel::wait_for(&self.thread, GRACE);
    }
}

/// The state of the thread.
struct Worker {
    tasks: Tasks,
    library: Arc<BeetsLibrary>,
    publisher: Publisher,
    traffic: Arc<Traffic>,
    /// When what was found out was written last.
    flushed: Instant,
    faults: Faults,
}

impl Worker {
    fn run(&mut self) {
        let is_kept = self.library.state().is_kept();
        self.guarded(|worker| {
            if is_kept && let Err(error) = recall(&worker.library, &worker.publisher.snapshot()) {
                failed(error);
            }
        });
        lower_priority();
        if is_kept {
            self.tasks.add(None);
        }
        loop {
            match self.tasks.next(FLUSH_INTERVAL) {
                Next::End => return,
                next => self.guarded(|worker| worker.do_next(next)),
            }
        }
    }

    /// Does something; where that panics, the rest is done all the same.
    fn guarded(&mut self, work: impl FnOnce(&mut Self)) {
        let done = caught(|| {
            work(self);
            Ok(())
        });
        if let Err(error) = done {
            tracing::error!(error, "something is not done in the background");
        }
    }

    fn do_next(&mut self, next: Next) {
        match next {
            Next::All => {
                let looked = self.look_at_all();
                self.or_later(looked, None);
            }
            Next::Doubted => {
                let settled = self.settle();
                // They are doubted still.
                self.or_later(settled, Some(&[]));
            }
            Next::Leaf(leaf) => {
                let looked = self.look_at(leaf);
                self.or_later(looked, Some(&[leaf]));
            }
            Next::Nothing | Next::End => {}
        }
        self.flush_at_times();
    }

    /// Puts leaves off, all for `None`, if the library could not be read.
    fn or_later(&self, done: Result<(), Error>, leaves: Option<&[LeafId]>) {
        if let Err(error) = done {
            failed(error);
            self.tasks.rest(REST);
            self.tasks.add(leaves);
        }
    }

    /// Looks at every file that is shown.
    fn look_at_all(&mut self) -> Result<(), Error> {
        let mut progress = Progress::new(self.publisher.snapshot().n_files());
        let views = self.library.views();
        for rows in batches(&self.library) {
            for row in rows? {
                // The views of a file one after the other: its origin is at hand then.
                let id = row.digest.id;
                for leaf in views.iter().map(|&view| Leaf::item(view, id).id()) {
                    if !self.is_shown(leaf) {
                        continue;
                    }
                    self.settle()?;
                    self.make_way();
                    if self.tasks.is_over() {
                        return Ok(());
                    }
                    let looked = self.look(leaf, Some(&row));
                    progress.add(looked.map(|has_changed| self.tell_of(leaf, has_changed)));
                    self.flush_at_times();
                }
            }
        }
        for leaf in sidecars(&self.publisher.snapshot()) {
            self.make_way();
            if self.tasks.is_over() {
                return Ok(());
            }
            let looked = self.look(leaf, None);
            progress.add(looked.map(|has_changed| self.tell_of(leaf, has_changed)));
            self.flush_at_times();
        }
        self.library.state().flush();
        progress.finish();
        Ok(())
    }

    /// Looks at the file of a leaf, and has the kernel ask again if something else is told of it now.
    fn look_at(&mut self, leaf: LeafId) -> Result<(), Error> {
        let has_changed = self.find_out(leaf)?;
        self.tell_of(leaf, has_changed);
        Ok(())
    }

    /// Looks at leaves that are doubted, and has watchers told of those that are others.
    fn settle(&mut self) -> Result<(), Error> {
        while !self.tasks.is_over()
            && let Some(heard) = self.tasks.next_doubted()
        {
            match self.find_out(heard.leaf()) {
                Ok(were_found) => self.publisher.settle(&heard, were_found),
                Err(error) => {
                    self.tasks.doubt([heard]);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Looks at the file of a leaf once nobody waits for origins; returns whether something else is told of it
    /// now, as far as that can be found out.
    fn find_out(&mut self, leaf: LeafId) -> Result<bool, Error> {
        self.make_way();
        if self.tasks.is_over() || !self.is_shown(leaf) {
            return Ok(false);
        }
        let row = match item_of(leaf).map(|_| self.library.row(leaf)) {
            // It will soon be gone from the tree too.
            Some(Err(Error::Gone)) => return Ok(false),
            row => row.transpose()?,
        };
        let looked = self.look(leaf, row.as_ref());
        Ok(looked.unwrap_or_else(|error| {
            unknown(error);
            false
        }))
    }

    fn is_shown(&self, leaf: LeafId) -> bool {
        self.publisher.snapshot().leaf(leaf).is_some()
    }

    /// Looks at the file of an item, by its row, or at what lies beside items; returns whether something else is
    /// told of it now.
    fn look(&mut self, leaf: LeafId, row: Option<&Row>) -> Result<bool, Error> {
        let Self {
            library,
            publisher,
            faults,
            ..
        } = self;
        let path = || {
            let snapshot = publisher.snapshot();
            let path = snapshot.leaf(leaf).map(|node| node.path());
            PathBuf::from(OsString::from_vec(path.unwrap_or_default()))
        };
        let looked = faults.guard(leaf, path, || match row {
            Some(row) => library.refresh(leaf, row),
            None => library.refresh_sidecar(leaf),
        });
        match looked {
            // It will soon be gone from the tree too.
            Err(Error::Gone) => Ok(false),
            looked => looked,
        }
    }

    fn tell_of(&self, leaf: LeafId, has_changed: bool) {
        if has_changed {
            self.publisher.changed(leaf);
        }
    }

    /// Waits while it is paused, or programs wait for origins.
    fn make_way(&self) {
        self.tasks.wait_if_paused();
        let start = Instant::now();
        while !self.traffic.is_quiet_for(QUIET)
            && start.elapsed() < PATIENCE
            && !self.tasks.is_over()
        {
            thread::sleep(POLL);
        }
    }

    fn flush_at_times(&mut self) {
        if self.flushed.elapsed() >= FLUSH_INTERVAL {
            self.library.state().flush();
            self.flushed = Instant::now();
        }
    }
}

/// Has this thread make way for all others.
fn lower_priority() {
    // Linux takes this for the thread, not the process (`setpriority(2)`).
    if let Err(error) = rustix::process::setpriority_process(None, LOWEST_PRIORITY) {
        tracing::debug!(%error, "the priority in the background cannot be lowered");
    }
}

fn failed(error: Error) {
    let error = format!("{:#}", anyhow::Error::from(error));
    tracing::debug!(error, "cannot go on in the background");
}

/// Says that a file could not be looked at; whoever asks for it will wait for its origin.
fn unknown(error: Error) {
    let error = format!("{:#}", anyhow::Error::from(error));
    tracing::debug!(error, "size and time cannot be found out");
}
