//! Sets of characters as Python's `re` understands them: classes, categories and ignored case.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// The largest code point at which Unicode has cased letters, rounded up.
const LAST_CASED: u32 = 0x2_0000;

/// A category escape: `\d`, `\s` or `\w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    Digit,
    Space,
    Word,
}

impl Category {
    /// Returns the inside of a bracket expression that matches this category.
    pub(super) fn members(self, ascii: bool) -> &'static str {
        match (self, ascii) {
            (Self::Digit, true) => "0-9",
            (Self::Digit, false) => r"\p{Nd}",
            (Self::Space, true) => r"\x{20}\x{9}-\x{d}",
            (Self::Space, false) => {
                r"\x{20}\x{9}-\x{d}\x{1c}-\x{1f}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
            }
            (Self::Word, true) => "0-9A-Za-z_",
            (Self::Word, false) => r"\p{L}\p{N}_",
        }
    }
}

/// A set of characters: a bracket expression, an escape, or one literal.
#[derive(Debug, Clone, Default)]
pub(super) struct Class {
    pub(super) negated: bool,
    ranges: Vec<(u32, u32)>,
    categories: Vec<(Category, bool, bool)>,
}

impl Class {
    /// Returns the set of one character.
    pub(super) fn literal(code: u32) -> Self {
        let mut class = Self::default();
        class.add_range(code, code);
        class
    }

    /// Adds an inclusive range of code points.
    ///
    /// Surrogates that stand for a byte (U+DC80 to U+DCFF) become the private-use characters that
    /// carry such bytes here; other surrogates cannot occur in text and are left out.
    pub(super) fn add_range(&mut self, first: u32, last: u32) {
        self.push(first, last.min(0xD7FF));
        self.push(first.max(0xE000), last);
        let (byte_first, byte_last) = (first.max(0xDC80), last.min(0xDCFF));
        if byte_first <= byte_last {
            self.push(
                0x10_FF00 + byte_first - 0xDC00,
                0x10_FF00 + byte_last - 0xDC00,
            );
        }
    }

    fn push(&mut self, first: u32, last: u32) {
        if first <= last {
            self.ranges.push((first, last));
        }
    }

    /// Adds a category, or all that is outside it.
    pub(super) fn add_category(&mut self, category: Category, negated: bool, ascii: bool) {
        self.categories.push((category, negated, ascii));
    }

    /// Widens the set by everything that equals a member when case is ignored.
    pub(super) fn ignore_case(&mut self, ascii: bool) {
        let before = std::mem::take(&mut self.ranges);
        for &(first, last) in &before {
            self.ranges.push((first, last));
            for code in first..=last.min(LAST_CASED) {
                for equal in equals(code, ascii) {
                    self.ranges.push((equal, equal));
                }
            }
        }
        self.ranges.sort_unstable();
        self.ranges.dedup();
    }

    /// Writes the set as a bracket expression.
    pub(super) fn write(&self, out: &mut String) {
        if self.ranges.is_empty() && self.categories.is_empty() {
            out.push_str(if self.negated { "(?s:.)" } else { "(?!)" });
            return;
        }
        out.push_str(if self.negated { "[^" } else { "[" });
        for &(first, last) in &self.ranges {
            write_code(out, first);
            if first != last {
                out.push('-');
                write_code(out, last);
            }
        }
        for &(category, negated, ascii) in &self.categories {
            let members = category.members(ascii);
            if negated {
                let _ = write!(out, "[^{members}]");
            } else {
                out.push_str(members);
            }
        }
        out.push(']');
    }
}

/// Writes one code point as an escape.
pub(super) fn write_code(out: &mut String, code: u32) {
    match char::from_u32(code) {
        Some(letter) if letter.is_ascii_alphanumeric() => out.push(letter),
        _ => {
            let _ = write!(out, "\\x{{{code:x}}}");
        }
    }
}

/// What Python knows about the case of characters, by code point.
struct Cases {
    /// Characters by the one that they become in lower case, that one excepted.
    upper_of: HashMap<u32, Vec<u32>>,
    /// Lower-case characters by another one that has the same upper case.
    twins: HashMap<u32, Vec<u32>>,
}

fn cases() -> &'static Cases {
    static CASES: OnceLock<Cases> = OnceLock::new();
    CASES.get_or_init(|| {
        let mut upper_of: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut by_upper: HashMap<Vec<char>, Vec<u32>> = HashMap::new();
        for letter in (0..LAST_CASED).filter_map(char::from_u32) {
            let (code, low) = (letter as u32, lower(letter as u32));
            if low != code {
                upper_of.entry(low).or_default().push(code);
            } else if letter.to_uppercase().ne([letter]) {
                by_upper
                    .entry(letter.to_uppercase().collect())
                    .or_default()
                    .push(code);
            }
        }
        let mut twins: HashMap<u32, Vec<u32>> = HashMap::new();
        for family in by_upper.into_values().filter(|family| family.len() > 1) {
            for &code in &family {
                let others = family.iter().copied().filter(|&other| other != code);
                twins.insert(code, others.collect());
            }
        }
        Cases { upper_of, twins }
    })
}

/// Returns the simple lower case of a code point: one character, as Python's engine maps it.
fn lower(code: u32) -> u32 {
    let letter = char::from_u32(code).and_then(|letter| letter.to_lowercase().next());
    letter.map_or(code, u32::from)
}

fn ascii_lower(code: u32) -> u32 {
    if (0x41..=0x5A).contains(&code) {
        code + 0x20
    } else {
        code
    }
}

/// Returns the other characters that equal `code` when case is ignored.
fn equals(code: u32, ascii: bool) -> Vec<u32> {
    if ascii {
        let low = ascii_lower(code);
        let is_letter = (0x61..=0x7A).contains(&low);
        return if is_letter {
            vec![low, low - 0x20]
        } else {
            Vec::new()
        };
    }
    let low = lower(code);
    let twins = cases().twins.get(&low).map_or(&[][..], Vec::as_slice);
    let mut found = vec![low];
    found.extend(twins);
    let upper: Vec<u32> = found
        .iter()
        .filter_map(|member| cases().upper_of.get(member))
        .flatten()
        .copied()
        .collect();
    found.extend(upper);
    found.retain(|&member| member != code);
    found
}
