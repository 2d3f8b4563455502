//! Work on many things at once, whose results come in their order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// More threads than cores, since most of the time is spent waiting for disks.
const MOST_THREADS: usize = 16;
const THREADS_PER_CORE: usize = 2;

/// Does `work` on each of `things`; returns the results in the order of the things.
///
/// # Panics
///
/// If `work` does.
pub fn map<T: Sync, U: Send>(things: &[T], work: impl Fn(&T) -> U + Sync) -> Vec<U> {
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
    #[test]
    fn results_come_in_order() {
        let things: Vec<u32> = (0..1000).collect();
        let doubled = super::map(&things, |thing| thing * 2);
        assert!(doubled.into_iter().eq((0..1000).map(|thing| thing * 2)));
        assert!(super::map(&[], |thing: &u8| *thing).is_empty());
    }
}
