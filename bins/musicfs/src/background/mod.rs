//! Finds out in the background what programs will ask for: the size and time of every file.
//!
//! First, what is kept from earlier mounts is taken for known wherever the item's row still is what it
//! was; that reads two databases and no file. Then, at low priority, every origin is looked at, and
//! what is new or changed is rendered. Whoever is reading goes first.

mod progress;
mod tasks;

use std::slice;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Result;
use catalog::ItemId;
use fusefront::{Error, Publisher, Traffic};
use vtree::LeafId;

use crate::leaf::{Leaf, ViewNo, item_of};
use crate::library::{BeetsLibrary, Row};
use crate::parallel;
use progress::Progress;
use tasks::Next;
pub(crate) use tasks::Tasks;

/// How many rows are read at once: few enough that beets never waits for us.
const BATCH: u32 = 1024;
/// The lowest priority of a thread (`nice(2)`); that of its reads follows (`ioprio_set(2)`).
const LOWEST_PRIORITY: i32 = 19;
/// For how long nobody must have waited for an origin.
const QUIET: Duration = Duration::from_millis(50);
/// How long to wait for that, before one more file is dealt with all the same.
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
}

impl Worker {
    fn run(&mut self) {
        if let Err(error) = self.recall() {
            failed(error);
        }
        lower_priority();
        self.tasks.add(None);
        loop {
            match self.tasks.next(FLUSH_INTERVAL) {
                Next::All => {
                    let looked = self.look_at_all();
                    self.or_later(looked, None);
                }
                Next::Leaf(leaf) => {
                    let looked = self.look_at(leaf);
                    self.or_later(looked, Some(leaf));
                }
                Next::Nothing => {}
                Next::End => return,
            }
            self.flush_at_times();
        }
    }

    /// Puts a task off, the whole of it for `None`, if the library could not be read.
    fn or_later(&self, done: Result<(), Error>, leaf: Option<LeafId>) {
        if let Err(error) = done {
            failed(error);
            self.tasks.rest(REST);
            self.tasks.add(leaf.as_ref().map(slice::from_ref));
        }
    }

    /// Takes what is kept for known where it still holds.
    fn recall(&self) -> Result<(), Error> {
        let start = Instant::now();
        let mut n_recalled = 0_usize;
        let views = self.library.views();
        for rows in self.batches() {
            let rows = rows?;
            for &view in &views {
                n_recalled += self.recall_in(view, &rows)?;
            }
        }
        for leaf in self.sidecars() {
            n_recalled += usize::from(self.library.recall_sidecar(leaf)?);
        }
        let milliseconds = start.elapsed().as_millis();
        tracing::debug!(
            files = n_recalled,
            milliseconds,
            "known from earlier mounts"
        );
        Ok(())
    }

    /// Does so for items of a view that follow one another, and returns how many are known now.
    fn recall_in(&self, view: ViewNo, rows: &[Row]) -> Result<usize, Error> {
        let leaf = |row: &Row| Leaf::item(view, row.digest.id).id();
        let [first, last] = [&rows[0], &rows[rows.len() - 1]].map(leaf);
        let kept = self.library.state().range(first, last);
        let mut kept = kept.into_iter().peekable();
        let mut n_recalled = 0;
        for row in rows {
            let leaf = leaf(row);
            while kept.next_if(|&(other, _)| other < leaf).is_some() {}
            if let Some((_, kept)) = kept.next_if(|&(other, _)| other == leaf)
                && self.is_shown(leaf)
            {
                n_recalled += usize::from(self.library.recall(leaf, row, &kept)?);
            }
        }
        Ok(n_recalled)
    }

    /// Looks at every file that is shown.
    fn look_at_all(&mut self) -> Result<(), Error> {
        let mut progress = Progress::new(self.publisher.snapshot().n_files());
        let views = self.library.views();
        for rows in self.batches() {
            for row in rows? {
                // The views of a file one after the other: its origin is at hand then.
                let id = row.digest.id;
                for leaf in views.iter().map(|&view| Leaf::item(view, id).id()) {
                    if !self.is_shown(leaf) {
                        continue;
                    }
                    self.make_way();
                    if self.tasks.is_over() {
                        return Ok(());
                    }
                    progress.add(self.look(leaf, &row));
                    self.flush_at_times();
                }
            }
        }
        for leaf in self.sidecars() {
            self.make_way();
            if self.tasks.is_over() {
                return Ok(());
            }
            progress.add(self.look_at_sidecar(leaf));
            self.flush_at_times();
        }
        self.library.state().flush();
        progress.finish();
        Ok(())
    }

    /// Looks at the file of a leaf.
    fn look_at(&self, leaf: LeafId) -> Result<(), Error> {
        self.make_way();
        if item_of(leaf).is_none() {
            if !self.tasks.is_over()
                && self.is_shown(leaf)
                && let Err(error) = self.look_at_sidecar(leaf)
            {
                unknown(error);
            }
            return Ok(());
        }
        match self.library.row(leaf) {
            _ if self.tasks.is_over() => {}
            // It will soon be gone from the tree too.
            Err(Error::Gone) => {}
            Err(error) => return Err(error),
            Ok(row) => {
                if let Err(error) = self.look(leaf, &row) {
                    unknown(error);
                }
            }
        }
        Ok(())
    }

    /// Returns all items that the library has, batch by batch, by number; no batch is empty.
    fn batches(&self) -> impl Iterator<Item = Result<Vec<Row>, Error>> + use<> {
        let library = Arc::clone(&self.library);
        let mut after: Option<ItemId> = None;
        std::iter::from_fn(move || {
            let rows = library.rows(after, BATCH);
            if let Ok(rows) = &rows {
                after = Some(rows.last()?.digest.id);
            }
            Some(rows)
        })
    }

    fn is_shown(&self, leaf: LeafId) -> bool {
        self.publisher.snapshot().leaf(leaf).is_some()
    }

    /// Looks at a file, and has the kernel ask again if something else is told of it now.
    fn look(&self, leaf: LeafId, row: &Row) -> Result<(), Error> {
        self.tell_of(leaf, self.library.refresh(leaf, row))
    }

    /// Does so with what lies beside items.
    fn look_at_sidecar(&self, leaf: LeafId) -> Result<(), Error> {
        self.tell_of(leaf, self.library.refresh_sidecar(leaf))
    }

    fn tell_of(&self, leaf: LeafId, has_changed: Result<bool, Error>) -> Result<(), Error> {
        match has_changed {
            Ok(true) => self.publisher.changed(leaf),
            // It will soon be gone from the tree too.
            Ok(false) | Err(Error::Gone) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Returns all that is shown beside items.
    fn sidecars(&self) -> Vec<LeafId> {
        let snapshot = self.publisher.snapshot();
        let leaves = snapshot.leaves().filter_map(|node| node.leaf());
        leaves.filter(|&leaf| item_of(leaf).is_none()).collect()
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
