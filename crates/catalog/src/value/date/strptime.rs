//! Python's `time.strptime` in the C locale.
//!
//! Python compiles the format to a regular expression; here its directives are tried in the same
//! order of preference, with the same backtracking. Not supported, and never matching: weeks of
//! the year that would have to yield a date (`%G`, `%V`, `%U`, `%W`).

use super::strftime::{MONTHS, WEEKDAYS};
use super::{civil_from_days, days_from_civil};
use crate::value::number::{digit, is_space};

/// How often directives may be tried before the text counts as not matching.
const MAX_STEPS: u32 = 10_000;

#[derive(Debug, Default, Clone, Copy)]
struct Parsed {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: Option<i64>,
    minute: i64,
    second: i64,
    yearday: Option<i64>,
    /// Hour of twelve.
    hour12: Option<i64>,
    afternoon: bool,
}

/// Reads year, month, day, hour, minute and second, with Python's defaults for what is missing.
pub(super) fn parse(format: &str, text: &str) -> Option<[i64; 6]> {
    let format: String = expand(format);
    let format: Vec<char> = format.chars().collect();
    if repeats(&format) {
        return None; // Python refuses such a format
    }
    let text: Vec<char> = text.chars().collect();
    let mut steps = 0;
    finish(matched(&format, &text, Parsed::default(), &mut steps)?)
}

/// Replaces the directives that stand for several others.
fn expand(format: &str) -> String {
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('c') => out.push_str("%a %b %d %H:%M:%S %Y"),
            Some('x') => out.push_str("%m/%d/%y"),
            Some('X') => out.push_str("%H:%M:%S"),
            Some(other) => out.extend(['%', other]),
            None => out.push('%'),
        }
    }
    out
}

fn repeats(format: &[char]) -> bool {
    let mut seen = Vec::new();
    let mut chars = format.iter();
    while let Some(&c) = chars.next() {
        if c == '%'
            && let Some(&directive) = chars.next()
            && directive != '%'
        {
            if seen.contains(&directive) {
                return true;
            }
            seen.push(directive);
        }
    }
    false
}

fn matched(format: &[char], text: &[char], parsed: Parsed, steps: &mut u32) -> Option<Parsed> {
    *steps += 1;
    if *steps > MAX_STEPS {
        return None;
    }
    match format {
        [] => text.is_empty().then_some(parsed),
        ['%', directive, format @ ..] => directive_matched(*directive, format, text, parsed, steps),
        ['%'] => None,
        [c, ..] if is_space(*c) => {
            let gap = format.iter().take_while(|c| is_space(**c)).count();
            let spaces = text.iter().take_while(|c| is_space(**c)).count();
            (1..=spaces)
                .rev()
                .find_map(|n| matched(&format[gap..], &text[n..], parsed, steps))
        }
        [c, format @ ..] => {
            let (first, text) = text.split_first()?;
            same(*c, *first).then(|| matched(format, text, parsed, steps))?
        }
    }
}

fn same(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase())
}

fn directive_matched(
    directive: char,
    format: &[char],
    text: &[char],
    parsed: Parsed,
    steps: &mut u32,
) -> Option<Parsed> {
    let mut go = |len: usize, value: i64| {
        let mut parsed = parsed;
        store(directive, value, &mut parsed);
        matched(format, &text[len..], parsed, steps)
    };
    if let Some((widths, range)) = numeric(directive) {
        for &width in widths {
            if let Some(value) = read(text, width).filter(|value| range.contains(value))
                && let Some(found) = go(width, value)
            {
                return Some(found);
            }
        }
        // A day may have a space in place of its first digit.
        let day = text.strip_prefix(&[' ']).and_then(|text| read(text, 1));
        return match day {
            Some(day @ 1..) if directive == 'd' => go(2, day),
            _ => None,
        };
    }
    names(directive, text)
        .into_iter()
        .find_map(|(len, value)| go(len, value))
}

/// Returns the widths of a number, in order of preference, and its range.
fn numeric(directive: char) -> Option<(&'static [usize], std::ops::RangeInclusive<i64>)> {
    Some(match directive {
        'd' => (&[2, 1], 1..=31),
        'f' => (&[6, 5, 4, 3, 2, 1], 0..=999_999),
        'H' => (&[2, 1], 0..=23),
        'I' | 'm' => (&[2, 1], 1..=12),
        'j' => (&[3, 2, 1], 1..=366),
        'M' => (&[2, 1], 0..=59),
        'S' => (&[2, 1], 0..=61),
        'u' => (&[1], 1..=7),
        'w' => (&[1], 0..=6),
        'y' => (&[2], 0..=99),
        'Y' => (&[4], 0..=9999),
        _ => return None,
    })
}

fn read(text: &[char], width: usize) -> Option<i64> {
    text.get(..width)?.iter().try_fold(0, |sum, c| {
        Some(sum * 10 + i64::from(digit(*c)?.to_digit(10)?))
    })
}

/// Returns the lengths that a name, a zone or a percent sign may take, with its index.
fn names(directive: char, text: &[char]) -> Vec<(usize, i64)> {
    let full = |names: &[&str], len: Option<usize>| -> Vec<(usize, i64)> {
        let found = (0..).zip(names).filter_map(|(index, name)| {
            let name = len.map_or(*name, |len| &name[..len]);
            starts_with(text, name).then_some((name.len(), index))
        });
        found.collect()
    };
    match directive {
        'a' => full(&WEEKDAYS, Some(3)),
        'A' => full(&WEEKDAYS, None),
        'b' => full(&MONTHS, Some(3)),
        'B' => full(&MONTHS, None),
        'p' => full(&["AM", "PM"], None),
        'z' => zone_offset(text).into_iter().map(|len| (len, 0)).collect(),
        'Z' => full(&["UTC", "GMT"], None),
        '%' => full(&["%"], None),
        _ => Vec::new(),
    }
}

fn starts_with(text: &[char], name: &str) -> bool {
    text.len() >= name.len() && name.chars().zip(text).all(|(a, b)| same(a, *b))
}

/// Returns the length of `Z`, `+hhmm` or `+hh:mm`, which changes nothing about a local time.
fn zone_offset(text: &[char]) -> Option<usize> {
    if text.first() == Some(&'Z') {
        return Some(1);
    }
    text.first().filter(|sign| "+-".contains(**sign))?;
    read(text.get(1..)?, 2)?;
    let colon = usize::from(text.get(3) == Some(&':'));
    read(text.get(3 + colon..)?, 2)
        .filter(|minutes| *minutes < 60)
        .map(|_| 5 + colon)
}

fn store(directive: char, value: i64, parsed: &mut Parsed) {
    match directive {
        'd' => parsed.day = Some(value),
        'm' => parsed.month = Some(value),
        'b' | 'B' => parsed.month = Some(value + 1),
        'Y' => parsed.year = Some(value),
        'y' => parsed.year = Some(value + if value <= 68 { 2000 } else { 1900 }),
        'H' => parsed.hour = Some(value),
        'I' => parsed.hour12 = Some(value),
        'p' => parsed.afternoon = value == 1,
        'M' => parsed.minute = value,
        'S' => parsed.second = value,
        'j' => parsed.yearday = Some(value),
        _ => {}
    }
}

fn finish(parsed: Parsed) -> Option<[i64; 6]> {
    let leap_day = parsed.year.is_none() && (parsed.month, parsed.day) == (Some(2), Some(29));
    let year = parsed.year.unwrap_or(1900);
    let (mut month, mut day) = (parsed.month.unwrap_or(1), parsed.day.unwrap_or(1));
    if let Some(yearday) = parsed.yearday
        && parsed.month.is_none()
        && parsed.day.is_none()
    {
        // The last day of a leap year may fall into the next year, whose number Python takes.
        let date = civil_from_days(days_from_civil(year, 1)? + yearday - 1);
        (month, day) = (date.1, date.2);
        return Some([
            date.0,
            month,
            day,
            hour(parsed),
            parsed.minute,
            parsed.second,
        ]);
    }
    let length = days_from_civil(year, month + 1).unwrap_or(0);
    let length = if month == 12 {
        31
    } else {
        length - days_from_civil(year, month)?
    };
    let valid = year > 0 && (day <= length || leap_day);
    valid.then(|| [year, month, day, hour(parsed), parsed.minute, parsed.second])
}

fn hour(parsed: Parsed) -> i64 {
    match parsed.hour12 {
        Some(hour) => hour % 12 + if parsed.afternoon { 12 } else { 0 },
        None => parsed.hour.unwrap_or(0),
    }
}
