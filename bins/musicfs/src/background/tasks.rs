//! What is to be done in the background, as other threads say it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fusefront::Heard;
use vtree::LeafId;

/// Says what is to be done, from any thread.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tasks {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    todo: Mutex<Todo>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Todo {
    /// Whether everything is to be looked at.
    all: bool,
    leaves: BTreeSet<LeafId>,
    /// What the kernel had heard of leaves that are to be looked at, and told of if they are others.
    doubted: BTreeMap<LeafId, Heard>,
    is_paused: bool,
    is_over: bool,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Everything is to be looked at.
    All,
    /// This leaf is to be looked at.
    Leaf(LeafId),
    /// Leaves are doubted.
    Doubted,
    /// There was nothing to do for a while.
    Nothing,
    /// It is over.
    End,
}

impl Tasks {
    /// Has leaves looked at; `None` stands for all.
    pub(crate) fn add(&self, leaves: Option<&[LeafId]>) {
        let mut todo = self.todo();
        match leaves {
            Some(leaves) => todo.leaves.extend(leaves),
            None => todo.all = true,
        }
        self.shared.wake.notify_all();
    }

    /// Has leaves looked at before all others, and watchers told of those that are others than the kernel had
    /// heard.
    pub(crate) fn doubt(&self, heard: impl IntoIterator<Item = Heard>) {
        let mut todo = self.todo();
        for heard in heard {
            // What was heard first is what watchers know.
            todo.doubted.entry(heard.leaf()).or_insert(heard);
        }
        self.shared.wake.notify_all();
    }

    /// Returns what the kernel had heard of a leaf that is doubted, once.
    pub(super) fn next_doubted(&self) -> Option<Heard> {
        let (_, heard) = self.todo().doubted.pop_first()?;
        Some(heard)
    }

    /// Stops until told otherwise, or goes on.
    pub(crate) fn toggle(&self) {
        let mut todo = self.todo();
        todo.is_paused = !todo.is_paused;
        if todo.is_paused {
            tracing::info!("paused in the background; another SIGUSR1 goes on");
        } else {
            tracing::info!("going on in the background");
        }
        self.shared.wake.notify_all();
    }

    /// Ends it.
    pub(super) fn end(&self) {
        self.todo().is_over = true;
        self.shared.wake.notify_all();
    }

    pub(super) fn is_over(&self) -> bool {
        self.todo().is_over
    }

    /// Waits while it is paused.
    pub(super) fn wait_if_paused(&self) {
        let mut todo = self.todo();
        while todo.is_paused && !todo.is_over {
            let woken = self.shared.wake.wait(todo);
            todo = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for so long, unless it is over before.
    pub(super) fn rest(&self, time: Duration) {
        let goes_on = |todo: &mut Todo| !todo.is_over;
        drop(
            self.shared
                .wake
                .wait_timeout_while(self.todo(), time, goes_on),
        );
    }

    /// Waits for something to do, but no longer than `most`.
    pub(super) fn next(&self, most: Duration) -> Next {
        let idle = |todo: &mut Todo| {
            let has_work = todo.all || !todo.leaves.is_empty() || !todo.doubted.is_empty();
            !todo.is_over && (todo.is_paused || !has_work)
        };
        let woken = self.shared.wake.wait_timeout_while(self.todo(), most, idle);
        let (mut todo, timeout) = woken.unwrap_or_else(PoisonError::into_inner);
        if todo.is_over {
            return Next::End;
        }
        if timeout.timed_out() {
            return Next::Nothing;
        }
        if !todo.doubted.is_empty() {
            return Next::Doubted;
        }
        if std::mem::take(&mut todo.all) {
            return Next::All;
        }
        todo.leaves.pop_first().map_or(Next::Nothing, Next::Leaf)
    }

    fn todo(&self) -> MutexGuard<'_, Todo> {
        self.shared
            .todo
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::ZERO;

    fn leaf(number: u64) -> LeafId {
        LeafId::new(number).unwrap()
    }

    #[test]
    fn everything_comes_first_and_leaves_come_once() {
        let tasks = Tasks::default();
        tasks.add(Some(&[leaf(2), leaf(1), leaf(2)]));
        tasks.add(None);
        assert_eq!(tasks.next(AT_ONCE), Next::All);
        assert_eq!(tasks.next(AT_ONCE), Next::Leaf(leaf(1)));
        assert_eq!(tasks.next(AT_ONCE), Next::Leaf(leaf(2)));
        assert_eq!(tasks.next(AT_ONCE), Next::Nothing);
    }

    #[test]
    fn what_is_paused_goes_on_later() {
        let tasks = Tasks::default();
        tasks.toggle();
        tasks.add(Some(&[leaf(1)]));
        assert_eq!(tasks.next(AT_ONCE), Next::Nothing);
        tasks.toggle();
        assert_eq!(tasks.next(AT_ONCE), Next::Leaf(leaf(1)));
    }

    #[test]
    fn the_end_waits_for_nothing() {
        let tasks = Tasks::default();
        tasks.toggle();
        tasks.add(None);
        tasks.end();
        tasks.wait_if_paused();
        tasks.rest(Duration::from_secs(100));
        assert_eq!(tasks.next(Duration::from_secs(100)), Next::End);
    }
}
