//! What the kernel is to forget of directories.
//!
//! To forget a name, the kernel takes the directory's lock, which a lookup in it holds until it is answered,
//! and that may take until an origin answers. So names are sent by threads of their own: one directory at a
//! time by each, so that one that is locked delays no other, and never two for one directory. What comes for
//! a directory meanwhile is sent together, by the same thread.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vtree::InodeNo;

/// The most threads, and so the most directories that may be locked before others have to wait.
const MOST_SENDERS: usize = 32;
/// How long to wait for directories while nothing is sent.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is to be sent, and what is being sent.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    state: Mutex<State>,
    /// That the last of what was due was sent.
    sent: Condvar,
}

#[derive(Debug, Default)]
struct State {
    due: HashMap<InodeNo, Due>,
    /// The directories of which something is due and nothing is being sent, in turn.
    turns: VecDeque<InodeNo>,
    sending: HashSet<InodeNo>,
    n_senders: usize,
    n_sent: u64,
}

/// What the kernel is to forget of a directory.
#[derive(Debug, Default)]
pub(crate) struct Due {
    /// Whether its attributes, and how it is listed.
    pub(crate) is_changed: bool,
    pub(crate) names: BTreeSet<Vec<u8>>,
    /// The entries whose attributes are to be forgotten once the kernel has taken in what was answered by now
    /// of this directory's names.
    pub(crate) entries: BTreeSet<InodeNo>,
}

impl Notices {
    /// Adds what is due of a directory.
    pub(crate) fn add(&self, dir: InodeNo, due: Due) {
        let mut state = self.lock();
        let is_first = !state.due.contains_key(&dir);
        let all = state.due.entry(dir).or_default();
        all.is_changed |= due.is_changed;
        all.names.extend(due.names);
        all.entries.extend(due.entries);
        if is_first && !state.sending.contains(&dir) {
            state.turns.push_back(dir);
        }
    }

    /// Counts senders in for what is due, and returns how many.
    pub(crate) fn enter(&self) -> usize {
        let mut state = self.lock();
        let n_more = state.turns.len().min(MOST_SENDERS - state.n_senders);
        state.n_senders += n_more;
        n_more
    }

    /// Returns what a sender is to send next; with `None`, it is counted out.
    pub(crate) fn next(&self) -> Option<(InodeNo, Due)> {
        let mut state = self.lock();
        let Some(dir) = state.turns.pop_front() else {
            state.n_senders -= 1;
            return None;
        };
        state.sending.insert(dir);
        Some((dir, state.due.remove(&dir).unwrap_or_default()))
    }

    /// Notes that all was sent that was to be sent of a directory.
    pub(crate) fn done(&self, dir: InodeNo) {
        let mut state = self.lock();
        state.sending.remove(&dir);
        state.n_sent += 1;
        if state.due.contains_key(&dir) {
            state.turns.push_back(dir);
        }
        if state.turns.is_empty() {
            self.sent.notify_all();
        }
    }

    /// Waits until all was sent that is due of some directories, but not for those that are locked.
    pub(crate) fn wait(&self, dirs: &[InodeNo]) {
        let mut state = self.lock();
        while dirs.iter().any(|dir| state.is_under_way(*dir)) {
            let n_sent = state.n_sent;
            let waited = self.sent.wait_timeout(state, PATIENCE);
            let (after, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = after;
            if timeout.timed_out() && state.n_sent == n_sent {
                tracing::debug!("a directory is locked, and keeps its old names for now");
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_under_way(&self, dir: InodeNo) -> bool {
        self.due.contains_key(&dir) || self.sending.contains(&dir)
    }
}
