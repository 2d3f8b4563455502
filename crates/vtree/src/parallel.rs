//! What several processors do at once.

use std::cmp::Ordering;
use std::num::NonZero;
use std::thread::{self, available_parallelism};

/// What is sorted faster than threads are started.
const FEW: usize = 8192;
/// More processors than this gain little, since one of them merges.
const MOST_THREADS: usize = 8;

/// Sorts `things`; equal ones keep their order.
pub(crate) fn sort_by<T: Send>(things: &mut [T], compare: impl Fn(&T, &T) -> Ordering + Sync) {
    let n_threads = available_parallelism().map_or(1, NonZero::get);
    let run = things.len().div_ceil(n_threads.min(MOST_THREADS)).max(FEW);
    if things.len() > run {
        thread::scope(|scope| {
            for part in things.chunks_mut(run) {
                scope.spawn(|| part.sort_by(&compare));
            }
        });
    }
    // Of runs that are sorted, this merges them.
    things.sort_by(compare);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_things_are_sorted_and_equal_ones_keep_their_order() {
        for n_things in [0, 1, FEW, FEW + 1, 5 * FEW + 3] {
            // A generator of full period (Knuth, TAOCP 3.2.1.2, theorem A).
            let mut state = 1_u32;
            let mut random = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state >> 20
            };
            let mut things: Vec<_> = (0..n_things).map(|place| (random(), place)).collect();
            let mut expected = things.clone();
            expected.sort_unstable();
            sort_by(&mut things, |a, b| a.0.cmp(&b.0));
            assert!(things == expected);
        }
    }
}
