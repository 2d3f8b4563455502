//! A small value for each of very many leaves.
//!
//! The numbers of leaves are mostly dense, as those of database rows are. So values lie in runs of 16
//! with consecutive numbers, and what finds a run is shared by them: about three bytes a value, where a
//! map from each number would take twenty to forty. Numbers that are not dense cost a run each, no more.

use std::array;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::LeafId;

/// How many values a run has room for.
const RUN: usize = 16;
/// How many parts are locked apart from each other, so that threads rarely meet.
const N_SHARDS: usize = 64;

/// A map from leaves to small values, for many threads.
#[derive(Debug)]
pub struct LeafMap<T> {
    shards: [RwLock<HashMap<u64, Run<T>>>; N_SHARDS],
}

#[derive(Debug)]
struct Run<T> {
    /// A bit for each place that holds a value.
    held: u16,
    values: Box<[T; RUN]>,
}

impl<T: Copy + Default> Default for LeafMap<T> {
    fn default() -> Self {
        let shards = array::from_fn(|_| RwLock::default());
        Self { shards }
    }
}

impl<T: Copy + Default> LeafMap<T> {
    /// Returns the value of `leaf`.
    pub fn get(&self, leaf: LeafId) -> Option<T> {
        let (number, place) = split(leaf);
        self.read(number).get(&number)?.get(place)
    }

    /// Replaces the value of `leaf` by what `change` makes of it, and returns that; `None` stands for no
    /// value. Nobody sees or changes it meanwhile.
    pub fn update(&self, leaf: LeafId, change: impl FnOnce(Option<T>) -> Option<T>) -> Option<T> {
        let (number, place) = split(leaf);
        let mut shard = self.write(number);
        let before = shard.get(&number).and_then(|run| run.get(place));
        let after = change(before);
        match (after, before) {
            (Some(value), _) => shard.entry(number).or_default().set(place, value),
            (None, Some(_)) => {
                if shard.get_mut(&number).is_some_and(|run| run.clear(place)) {
                    shard.remove(&number);
                }
            }
            (None, None) => {}
        }
        after
    }

    /// Returns the leaves that have values, in no order.
    pub fn keys(&self) -> Vec<LeafId> {
        let mut keys = Vec::new();
        for shard in &self.shards {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            for (&number, run) in &*shard {
                let places = (0..RUN).filter(|&place| run.get(place).is_some());
                keys.extend(places.filter_map(|place| join(number, place)));
            }
        }
        keys
    }

    /// Returns how many leaves have values.
    pub fn len(&self) -> usize {
        let of_shard = |shard: &RwLock<HashMap<u64, Run<T>>>| -> usize {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            shard
                .values()
                .map(|run| run.held.count_ones() as usize)
                .sum()
        };
        self.shards.iter().map(of_shard).sum()
    }

    /// Returns about how many bytes of memory the values take.
    pub fn memory(&self) -> usize {
        // What a hash map keeps beside each entry that there is room for, of which an eighth stays free.
        const PER_ENTRY: usize = 1;
        let of_shard = |shard: &RwLock<HashMap<u64, Run<T>>>| {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            let room = (shard.capacity() * 8).div_ceil(7);
            let entries = room * (size_of::<(u64, Run<T>)>() + PER_ENTRY);
            entries + shard.len() * size_of::<[T; RUN]>()
        };
        size_of::<Self>() + self.shards.iter().map(of_shard).sum::<usize>()
    }

    /// Returns whether no leaf has a value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self, number: u64) -> RwLockReadGuard<'_, HashMap<u64, Run<T>>> {
        let shard = &self.shards[shard_of(number)];
        shard.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, number: u64) -> RwLockWriteGuard<'_, HashMap<u64, Run<T>>> {
        let shard = &self.shards[shard_of(number)];
        shard.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Copy + Default> Default for Run<T> {
    fn default() -> Self {
        let values = Box::new([T::default(); RUN]);
        Self { held: 0, values }
    }
}

impl<T: Copy> Run<T> {
    fn get(&self, place: usize) -> Option<T> {
        (self.held >> place & 1 == 1).then(|| self.values[place])
    }

    fn set(&mut self, place: usize, value: T) {
        self.values[place] = value;
        self.held |= 1 << place;
    }

    /// Takes a value away, and returns whether it was the last.
    fn clear(&mut self, place: usize) -> bool {
        self.held &= !(1 << place);
        self.held == 0
    }
}

/// Returns the run that a leaf is in, and its place there.
fn split(leaf: LeafId) -> (u64, usize) {
    let run = RUN as u64;
    let place = usize::try_from(leaf.get() % run).expect("it is below 16");
    (leaf.get() / run, place)
}

fn join(number: u64, place: usize) -> Option<LeafId> {
    LeafId::new(number * RUN as u64 + place as u64).ok()
}

fn shard_of(number: u64) -> usize {
    usize::try_from(number % N_SHARDS as u64).expect("it is below 64")
}
