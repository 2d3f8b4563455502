//! Bounds how many threads wait for origins.
//!
//! A request that may wait for an origin runs on the thread that received it, if fewer requests for the
//! same group of origins run than there are places left. Otherwise it is set aside, and run by the next
//! thread that comes back. So a dead server takes half of the places, a second one half of those that are
//! left, and two threads never wait for any (dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions
//! on Networking 6(2), 1998).

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The group of requests that are still to find out which origins they may wait for.
const SEEKING: u64 = u64::MAX;

/// What a request does, and in which group it goes on.
struct Job(Box<dyn FnOnce() -> Option<(u64, Job)> + Send>);

/// Lets requests through to their origins.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    n_places: usize,
}

#[derive(Default)]
struct State {
    groups: HashMap<u64, Group>,
    n_running: usize,
}

#[derive(Default)]
struct Group {
    n_running: usize,
    waiting: VecDeque<Job>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n_waiting: usize = self.groups.values().map(|group| group.waiting.len()).sum();
        let mut state = f.debug_struct("State");
        state
            .field("n_running", &self.n_running)
            .field("n_waiting", &n_waiting)
            .finish()
    }
}

impl Job {
    fn last(job: impl FnOnce() + Send + 'static) -> Self {
        Self(Box::new(move || {
            job();
            None
        }))
    }
}

impl Gate {
    /// Makes a gate for a session of `n_threads`.
    pub(crate) fn new(n_threads: usize) -> Self {
        Self {
            state: Mutex::default(),
            n_places: n_threads.saturating_sub(2).max(1),
        }
    }

    /// Runs `job` now, or has it run by the next thread that comes back from an origin.
    pub(crate) fn run(&self, group: u64, job: impl FnOnce() + Send + 'static) {
        self.go(group, Job::last(job));
    }

    /// Runs `job` likewise, in the group that `find` returns; it may wait itself, but for no origin.
    pub(crate) fn run_where(
        &self,
        find: impl FnOnce() -> u64 + Send + 'static,
        job: impl FnOnce() + Send + 'static,
    ) {
        let seek = Job(Box::new(move || Some((find(), Job::last(job)))));
        self.go(SEEKING, seek);
    }

    fn go(&self, group: u64, job: Job) {
        let mut next = self.lock().admit(group, job, self.n_places);
        while let Some((group, job)) = next {
            let onward = guarded(job.0).flatten();
            let mut state = self.lock();
            state.leave(group);
            if let Some((group, job)) = onward {
                // It may take long, so whoever is less served goes first.
                state.set_aside(group, job);
            }
            next = state.admit_waiting(self.n_places);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives a job back that may run now, and is counted; sets it aside otherwise.
    fn admit(&mut self, number: u64, job: Job, n_places: usize) -> Option<(u64, Job)> {
        let n_left = n_places - self.n_running;
        let group = self.groups.entry(number).or_default();
        if group.n_running >= n_left {
            self.set_aside(number, job);
            return None;
        }
        group.n_running += 1;
        self.n_running += 1;
        Some((number, job))
    }

    fn set_aside(&mut self, number: u64, job: Job) {
        let group = self.groups.entry(number).or_default();
        group.waiting.push_back(job);
    }

    /// Returns a job that was set aside and may run now, of the group that has fewest running; one that still
    /// seeks its group before others, since that takes no origin's time.
    fn admit_waiting(&mut self, n_places: usize) -> Option<(u64, Job)> {
        let waiting = self
            .groups
            .iter_mut()
            .filter(|(_, group)| !group.waiting.is_empty());
        let (&number, group) =
            waiting.min_by_key(|(number, group)| (group.n_running, **number != SEEKING))?;
        if group.n_running >= n_places - self.n_running {
            return None;
        }
        let job = group.waiting.pop_front()?;
        group.n_running += 1;
        self.n_running += 1;
        Some((number, job))
    }

    fn leave(&mut self, number: u64) {
        self.n_running -= 1;
        if let Some(group) = self.groups.get_mut(&number) {
            group.n_running -= 1;
            if group.n_running == 0 && group.waiting.is_empty() {
                self.groups.remove(&number);
            }
        }
    }
}

/// Runs a handler; if it panics, its reply is dropped, which answers the kernel with `EIO`.
pub(crate) fn guarded<T>(handler: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(handler));
    if result.is_err() {
        tracing::error!("a request made its handler panic");
    }
    result.ok()
}
