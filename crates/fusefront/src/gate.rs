//! Bounds how many threads wait for origins.
//!
//! A request that may wait for an origin runs on the thread that received it, if fewer than the limit
//! wait for the same group of origins, and fewer than all but two for any. Otherwise it is set aside,
//! and run by the next thread that comes back. So a dead server takes away some threads, never all.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

type Job = Box<dyn FnOnce() + Send>;

/// Lets requests through to their origins.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    per_group: usize,
    in_all: usize,
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

impl Gate {
    /// Makes a gate for a session of `n_threads`.
    pub(crate) fn new(n_threads: usize) -> Self {
        let in_all = n_threads.saturating_sub(2).max(1);
        Self {
            state: Mutex::default(),
            per_group: (n_threads / 2).clamp(1, in_all),
            in_all,
        }
    }

    /// Runs `job` now, or has it run by the next thread that comes back from an origin.
    pub(crate) fn run(&self, group: u64, job: impl FnOnce() + Send + 'static) {
        let mut state = self.lock();
        if !state.enter(group, self) {
            let waiting = &mut state.groups.entry(group).or_default().waiting;
            waiting.push_back(Box::new(job));
            return;
        }
        drop(state);
        guarded(job);
        let mut next = self.lock().leave(group, self);
        while let Some((group, job)) = next {
            guarded(job);
            next = self.lock().leave(group, self);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts a thread in, unless too many wait already.
    fn enter(&mut self, group: u64, gate: &Gate) -> bool {
        let is_room_in_all = self.n_running < gate.in_all;
        let group = self.groups.entry(group).or_default();
        let is_room = is_room_in_all && group.n_running < gate.per_group;
        if is_room {
            group.n_running += 1;
            self.n_running += 1;
        }
        is_room
    }

    /// Counts a thread out, and in again for a request that was set aside.
    fn leave(&mut self, group: u64, gate: &Gate) -> Option<(u64, Job)> {
        self.n_running -= 1;
        if let Some(group) = self.groups.get_mut(&group) {
            group.n_running -= 1;
        }
        let may_run = |group: &Group| group.n_running < gate.per_group && !group.waiting.is_empty();
        let next = self.groups.iter().find(|(_, group)| may_run(group));
        let next = next.map(|(&number, _)| number);
        self.groups
            .retain(|_, group| group.n_running > 0 || !group.waiting.is_empty());
        let number = next?;
        let job = self.groups.get_mut(&number)?.waiting.pop_front()?;
        self.enter(number, gate).then_some((number, job))
    }
}

/// Runs a handler; if it panics, its reply is dropped, which answers the kernel with `EIO`.
pub(crate) fn guarded(handler: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(handler)).is_err() {
        tracing::error!("a request made its handler panic");
    }
}
