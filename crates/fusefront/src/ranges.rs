//! A set of offsets, as ranges.

use std::collections::BTreeMap;
use std::ops::Range;

/// Half-open ranges, apart from each other and not empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ranges {
    /// Where each range ends, by where it starts.
    ends: BTreeMap<u64, u64>,
    total: u64,
}

impl Ranges {
    /// Returns how many offsets there are in all.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Returns how many ranges they are in.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Adds a range.
    pub(crate) fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let Range { mut start, mut end } = range;
        let touching = self.ends.range(..=end).rev();
        let touching: Vec<_> = touching
            .take_while(|&(_, &last)| last >= start)
            .map(|(&first, &last)| first..last)
            .collect();
        for old in touching {
            start = start.min(old.start);
            end = end.max(old.end);
            self.ends.remove(&old.start);
            self.total -= old.end - old.start;
        }
        self.ends.insert(start, end);
        self.total += end - start;
    }

    /// Takes away all offsets from `end` on.
    pub(crate) fn cut(&mut self, end: u64) {
        for (start, last) in self.ends.split_off(&end) {
            self.total -= last - start;
        }
        if let Some((_, last)) = self.ends.iter_mut().next_back()
            && *last > end
        {
            self.total -= *last - end;
            *last = end;
        }
    }

    /// Returns the parts of `range` in order, each with whether it is in the set.
    pub(crate) fn split(&self, range: Range<u64>) -> Vec<(Range<u64>, bool)> {
        let mut parts = Vec::new();
        let mut at = range.start;
        let mut push = |part: Range<u64>, is_in| {
            if !part.is_empty() {
                parts.push((part, is_in));
            }
        };
        let before = self.ends.range(..=at).next_back();
        let rest = self.ends.range(at + 1..range.end.max(at + 1));
        for (&start, &end) in before.into_iter().chain(rest) {
            let (start, end) = (start.max(at), end.min(range.end));
            if start < end {
                push(at..start, false);
                push(start..end, true);
                at = end;
            }
        }
        push(at..range.end, false);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEN: u64 = 64;

    /// A set of offsets below [`LEN`], one bit each.
    fn naive(set: u64, range: Range<u64>) -> Vec<(Range<u64>, bool)> {
        let mut parts: Vec<(Range<u64>, bool)> = Vec::new();
        for at in range {
            let is_in = set >> at & 1 == 1;
            match parts.last_mut() {
                Some((part, same)) if *same == is_in => part.end = at + 1,
                _ => parts.push((at..at + 1, is_in)),
            }
        }
        parts
    }

    #[test]
    fn it_is_the_set_of_its_offsets() {
        let mut state = 7_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005) + 1;
            (state >> 33) % below
        };
        for _ in 0..300 {
            let (mut ranges, mut set) = (Ranges::default(), 0_u64);
            for _ in 0..12 {
                let start = random(LEN);
                let end = start + random((LEN - start).min(10) + 1);
                if random(5) == 0 {
                    ranges.cut(start);
                    set &= (1 << start) - 1;
                } else {
                    ranges.insert(start..end);
                    (start..end).for_each(|at| set |= 1 << at);
                }
                assert_eq!(ranges.total(), u64::from(set.count_ones()));
                let (from, to) = (random(LEN), random(LEN));
                let (from, to) = (from.min(to), from.max(to));
                assert_eq!(ranges.split(from..to), naive(set, from..to));
            }
            let all = naive(set, 0..LEN);
            assert_eq!(ranges.len(), all.iter().filter(|(_, is_in)| *is_in).count());
        }
    }
}
