//! Work on many things at once, whose results come in their order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// More threads than cores, since most of the time is spent waiting for disks.
const MOST_THREADS: usize = 16;
const THREADS_PER_CORE: usize = 2;

/// Waits until a thread has ended, but no longer than `most`; returns whether it has.
pub(crate) fn wait_for<T>(thread: &JoinHandle<T>, most: Duration) -> bool {
    let start = Instant::now();
    while !thread.is_finished() {
        if start.elapsed() >= most {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Does `work` on each of `things`; returns the results in the order of the things.
///
/// # Panics
///
/// If `work` does.
pub(crate) fn map<T: Sync, U: Send>(things: &[T], work: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(things.len()));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let n_threads = (cores * THREADS_PER_CORE)
        .min(MOST_THREADS)
        .min(things.len());
    thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(thing) = things.get(index) else {
                        break;
                    };
                    let result = work(thing);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn results_come_in_order() {
        let things: Vec<u32> = (0..1000).collect();
        let doubled = super::map(&things, |thing| thing * 2);
        assert!(doubled.into_iter().eq((0..1000).map(|thing| thing * 2)));
        assert!(super::map(&[], |thing: &u8| *thing).is_empty());
    }

    #[test]
    fn a_thread_that_waits_for_ever_is_not_waited_for() {
        let (end, is_over) = mpsc::channel::<()>();
        let thread = thread::spawn(move || is_over.recv());
        assert!(!super::wait_for(&thread, Duration::from_millis(10)));
        drop(end);
        assert!(super::wait_for(&thread, Duration::from_secs(100)));
    }
}
