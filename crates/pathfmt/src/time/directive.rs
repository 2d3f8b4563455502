//! What each `strptime` directive matches: Python's expressions, matched by hand.

use smallvec::SmallVec;

use crate::python;

pub(super) const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The byte lengths of the matches at the start of a text, in the order they are tried.
pub(super) type Lengths = SmallVec<[usize; 6]>;

/// A character of an alternative: a closed range, or any decimal digit.
#[derive(Clone, Copy)]
enum Class {
    Range(char, char),
    Digit,
}

const fn is(c: char) -> Class {
    Class::Range(c, c)
}

const fn to(first: char, last: char) -> Class {
    Class::Range(first, last)
}

const D: Class = Class::Digit;

const DAY: &[&[Class]] = &[
    &[is('3'), to('0', '1')],
    &[to('1', '2'), D],
    &[is('0'), to('1', '9')],
    &[to('1', '9')],
    &[is(' '), to('1', '9')],
];
const HOUR: &[&[Class]] = &[&[is('2'), to('0', '3')], &[to('0', '1'), D], &[D]];
const TWELVE: &[&[Class]] = &[
    &[is('1'), to('0', '2')],
    &[is('0'), to('1', '9')],
    &[to('1', '9')],
];
const YEARDAY: &[&[Class]] = &[
    &[is('3'), is('6'), to('0', '6')],
    &[is('3'), to('0', '5'), D],
    &[to('1', '2'), D, D],
    &[is('0'), to('1', '9'), D],
    &[is('0'), is('0'), to('1', '9')],
    &[to('1', '9'), D],
    &[is('0'), to('1', '9')],
    &[to('1', '9')],
];
const MINUTE: &[&[Class]] = &[&[to('0', '5'), D], &[D]];
const SECOND: &[&[Class]] = &[&[is('6'), to('0', '1')], &[to('0', '5'), D], &[D]];
const WEEK: &[&[Class]] = &[&[is('5'), to('0', '3')], &[to('0', '4'), D], &[D]];
const ISO_WEEK: &[&[Class]] = &[
    &[is('5'), to('0', '3')],
    &[is('0'), to('1', '9')],
    &[to('1', '4'), D],
    &[D],
];

/// Returns what a directive matches at the start of a text.
pub(super) fn lengths(directive: char, text: &str, zones: &[String]) -> Lengths {
    match directive {
        'a' => names(WEEKDAYS.iter().map(|name| &name[..3]), text),
        'A' => longest_first(&WEEKDAYS, text),
        'b' => names(MONTHS.iter().map(|name| &name[..3]), text),
        'B' => longest_first(&MONTHS, text),
        'p' => names(["am", "pm"], text),
        'Z' => names(zones.iter().map(String::as_str), text),
        'd' => alternatives(DAY, text),
        'f' => fraction(text),
        'H' => alternatives(HOUR, text),
        'I' | 'm' => alternatives(TWELVE, text),
        'j' => alternatives(YEARDAY, text),
        'M' => alternatives(MINUTE, text),
        'S' => alternatives(SECOND, text),
        'U' | 'W' => alternatives(WEEK, text),
        'V' => alternatives(ISO_WEEK, text),
        'w' => alternatives(&[&[to('0', '6')]], text),
        'u' => alternatives(&[&[to('1', '7')]], text),
        'y' => alternatives(&[&[D, D]], text),
        'Y' | 'G' => alternatives(&[&[D, D, D, D]], text),
        'z' => offset(text),
        _ => Lengths::new(),
    }
}

/// Returns the length of Python's expression for a directive, and how many groups it opens: its
/// message about a repeated directive counts them.
pub(super) fn expression(directive: char, zones: &[String]) -> (usize, usize) {
    let list = |names: &mut dyn Iterator<Item = &str>| {
        // `(?P<x>a|b)`, with the characters of a name escaped that mean something there.
        let escaped =
            |c: char| 1 + usize::from(!(c.is_alphanumeric() || c == '_' || !c.is_ascii()));
        let len: usize = names
            .map(|name| 1 + name.chars().map(escaped).sum::<usize>())
            .sum();
        (6 + len, 1)
    };
    match directive {
        'a' => list(&mut WEEKDAYS.iter().map(|name| &name[..3])),
        'A' => list(&mut WEEKDAYS.iter().copied()),
        'b' => list(&mut MONTHS.iter().map(|name| &name[..3])),
        'B' => list(&mut MONTHS.iter().copied()),
        'p' => list(&mut ["am", "pm"].into_iter()),
        'Z' => list(&mut zones.iter().map(String::as_str)),
        'd' => (41, 1),
        'I' | 'm' => (26, 1),
        'j' => (71, 1),
        'M' | 'f' => (17, 1),
        'H' | 'S' | 'U' | 'W' => (24, 1),
        'V' => (31, 1),
        'w' | 'u' => (12, 1),
        'y' => (11, 1),
        'Y' | 'G' => (15, 1),
        'z' => (56, 3),
        _ => (1, 0),
    }
}

fn alternatives(alternatives: &[&[Class]], text: &str) -> Lengths {
    alternatives
        .iter()
        .filter_map(|classes| sequence(classes, text))
        .collect()
}

fn sequence(classes: &[Class], text: &str) -> Option<usize> {
    let mut chars = text.chars();
    for class in classes {
        let c = chars.next()?;
        let matches = match *class {
            Class::Range(first, last) => (first..=last).contains(&c),
            Class::Digit => python::decimal(c).is_some(),
        };
        matches.then_some(())?;
    }
    Some(text.len() - chars.as_str().len())
}

fn names<'n>(names: impl IntoIterator<Item = &'n str>, text: &str) -> Lengths {
    names
        .into_iter()
        .filter_map(|name| python::prefix(name, text))
        .collect()
}

fn longest_first(list: &[&str], text: &str) -> Lengths {
    let mut list = list.to_vec();
    list.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names(list, text)
}

/// Matches `[0-9]{1,6}`.
fn fraction(text: &str) -> Lengths {
    let len = text.bytes().take(6).take_while(u8::is_ascii_digit).count();
    (1..=len).rev().collect()
}

/// Matches `[+-]\d\d:?[0-5]\d(:?[0-5]\d(\.\d{1,6})?)?|Z`.
fn offset(text: &str) -> Lengths {
    if text.starts_with('Z') {
        return Lengths::from_slice(&[1]);
    }
    let mut found = Lengths::new();
    let hours = text
        .strip_prefix(['+', '-'])
        .and_then(|rest| sequence(&[D, D], rest));
    let Some(minutes) = hours.and_then(|len| sixty(text, 1 + len)) else {
        return found;
    };
    if let Some(seconds) = sixty(text, minutes) {
        let digits = text[seconds..].strip_prefix('.').unwrap_or("");
        let ends = digits
            .char_indices()
            .take(6)
            .take_while(|(_, c)| python::decimal(*c).is_some());
        found.extend(ends.map(|(at, c)| seconds + 1 + at + c.len_utf8()));
        found.reverse();
        found.push(seconds);
    }
    found.push(minutes);
    found
}

/// Matches `:?[0-5]\d` at a position; returns where the match ends.
fn sixty(text: &str, at: usize) -> Option<usize> {
    let at = at + usize::from(text[at..].starts_with(':'));
    sequence(&[to('0', '5'), D], &text[at..]).map(|len| at + len)
}
