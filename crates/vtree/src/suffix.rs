//! Numbers for the names that are wanted more than once.
//!
//! The rule is that of beets' `util.unique_path`: `.N` goes before the extension, a name that has
//! such a number already continues it, and numbers that are taken are passed over.

use std::collections::{HashMap, HashSet};

use crate::name::{join, split_extension};

/// The names of one directory that were made up, and the numbers that are used up.
#[derive(Default)]
pub(crate) struct Suffixes {
    made: HashSet<Vec<u8>>,
    /// By base and extension: from a number that is taken, to one that may be free. Following these
    /// links keeps many copies of many names from counting up from the start each time.
    links: HashMap<(Vec<u8>, Vec<u8>), HashMap<u64, u64>>,
}

impl Suffixes {
    /// Makes up the next free name like `wanted`, where `taken` knows the names of the others.
    pub(crate) fn next(&mut self, wanted: &[u8], taken: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let (base, extension) = split_extension(wanted);
        let (base, number) = split_number(base);
        let links = self
            .links
            .entry((base.to_vec(), extension.to_vec()))
            .or_default();
        let start = number + 1;
        let mut number = start;
        loop {
            while let Some(&next) = links.get(&number) {
                number = next;
            }
            let name = join(base, format!(".{number}").as_bytes(), extension);
            links.insert(number, number + 1);
            if !taken(&name) && self.made.insert(name.clone()) {
                shorten(links, start, number + 1);
                return name;
            }
        }
    }
}

/// Makes the links from `number` on lead to `end` at once.
fn shorten(links: &mut HashMap<u64, u64>, mut number: u64, end: u64) {
    while let Some(next) = links.get_mut(&number) {
        number = std::mem::replace(next, end);
        if number == end {
            break;
        }
    }
}

/// Splits `.N` from the end of a base name; one without a number counts from 0.
fn split_number(base: &[u8]) -> (&[u8], u64) {
    let digits = base
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (rest, digits) = base.split_at(base.len() - digits);
    // More digits than this are no number that we gave.
    let number = (1..=18).contains(&digits.len()).then(|| {
        digits
            .iter()
            .fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    });
    match (rest.strip_suffix(b"."), number) {
        (Some(base), Some(number)) => (base, number),
        _ => (base, 0),
    }
}
