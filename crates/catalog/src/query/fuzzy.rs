//! The terms of the `fuzzy` plugin: how alike two texts are, as Python's `difflib` measures it.

use std::collections::HashMap;
use std::ops::Range;

/// The length from which on characters that are too common are left out.
const POPULAR_FROM: usize = 200;

/// A text, and how alike another one must be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FuzzyTest {
    pattern: Vec<char>,
    is_lower: bool,
    threshold: f64,
}

impl FuzzyTest {
    pub(super) fn new(pattern: &str, threshold: f64) -> Self {
        Self {
            pattern: pattern.chars().collect(),
            is_lower: is_lower(pattern),
            threshold,
        }
    }

    /// Tells whether a text is alike enough; case matters if the pattern has capitals.
    pub(super) fn matches(&self, text: &str) -> bool {
        let lowered;
        let text = if self.is_lower {
            lowered = text.to_lowercase();
            lowered.as_str()
        } else {
            text
        };
        let text: Vec<char> = text.chars().collect();
        let (ours, theirs) = (length(self.pattern.len()), length(text.len()));
        let mut threshold = self.threshold;
        if ours < theirs {
            // A short pattern may match a part of the text.
            threshold *= 2.0 * ours / (ours + theirs);
        }
        // The bound is cheap, and far from most texts.
        bound(&self.pattern, &text) >= threshold && ratio(&self.pattern, &text) >= threshold
    }
}

/// Tells whether Python's `str.islower` is true of a text.
pub(super) fn is_lower(text: &str) -> bool {
    // Besides capitals, only title-case letters such as `ǅ` have another lower case.
    let is_other = |letter: char| letter.is_uppercase() || !letter.to_lowercase().eq([letter]);
    text.chars().any(char::is_lowercase) && !text.chars().any(is_other)
}

#[expect(clippy::cast_precision_loss, reason = "no text is that long")]
fn length(len: usize) -> f64 {
    len as f64
}

/// Returns what the ratio would be if the order of characters did not matter; it is never more.
fn bound(one: &[char], two: &[char]) -> f64 {
    let mut left: HashMap<char, usize> = HashMap::new();
    for &letter in two {
        *left.entry(letter).or_default() += 1;
    }
    let mut common = 0;
    for letter in one {
        if let Some(count) = left.get_mut(letter).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    let all = one.len() + two.len();
    if all == 0 {
        1.0
    } else {
        2.0 * length(common) / length(all)
    }
}

/// Returns twice the number of characters in common, in order, over that of all.
fn ratio(one: &[char], two: &[char]) -> f64 {
    if one.is_empty() && two.is_empty() {
        return 1.0;
    }
    let index = index(two);
    let mut common = 0;
    let mut todo = vec![(0..one.len(), 0..two.len())];
    while let Some((a, b)) = todo.pop() {
        let (start_a, start_b, size) = longest(one, two, &index, &a, &b);
        if size > 0 {
            common += size;
            todo.push((a.start..start_a, b.start..start_b));
            todo.push((start_a + size..a.end, start_b + size..b.end));
        }
    }
    2.0 * length(common) / length(one.len() + two.len())
}

/// Returns where each character is, without the popular ones of a long text.
fn index(text: &[char]) -> HashMap<char, Vec<usize>> {
    let mut index: HashMap<char, Vec<usize>> = HashMap::new();
    for (at, &letter) in text.iter().enumerate() {
        index.entry(letter).or_default().push(at);
    }
    if text.len() >= POPULAR_FROM {
        let most = text.len() / 100 + 1;
        index.retain(|_, places| places.len() <= most);
    }
    index
}

/// Returns the first of the longest runs that two ranges have in common.
fn longest(
    one: &[char],
    two: &[char],
    index: &HashMap<char, Vec<usize>>,
    a: &Range<usize>,
    b: &Range<usize>,
) -> (usize, usize, usize) {
    let (mut best_a, mut best_b, mut best) = (a.start, b.start, 0);
    let mut lengths: HashMap<usize, usize> = HashMap::new();
    for at in a.clone() {
        let mut next = HashMap::new();
        let places = index.get(&one[at]).map_or(&[][..], Vec::as_slice);
        for &place in places.iter().filter(|place| b.contains(place)) {
            let before = place.checked_sub(1).and_then(|before| lengths.get(&before));
            let size = before.map_or(1, |before| before + 1);
            next.insert(place, size);
            if size > best {
                (best_a, best_b, best) = (at + 1 - size, place + 1 - size, size);
            }
        }
        lengths = next;
    }
    // Popular characters do not start a run, but they may widen one.
    while best_a > a.start && best_b > b.start && one[best_a - 1] == two[best_b - 1] {
        (best_a, best_b, best) = (best_a - 1, best_b - 1, best + 1);
    }
    while best_a + best < a.end && best_b + best < b.end && one[best_a + best] == two[best_b + best]
    {
        best += 1;
    }
    (best_a, best_b, best)
}
