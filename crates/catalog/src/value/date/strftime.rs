//! C's `strftime` as glibc has it in the C locale, which is what Python calls.

use std::fmt::Write;

use super::Local;

pub(super) const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
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

/// No field of a sane format is wider; it bounds what a format can make us write.
const MAX_WIDTH: usize = 1024;

/// What stands between `%` and the letter.
#[derive(Debug, Default, Clone, Copy)]
struct Spec {
    pad: Option<char>,
    upper: bool,
    swap: bool,
    width: Option<usize>,
}

/// Appends `local` in `format`; what is not a conversion stays as it is.
pub(super) fn write(format: &str, local: &Local, out: &mut String) {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let conversion = &rest[at..];
        let (spec, letter, len) = parse(conversion);
        if !letter.is_some_and(|letter| convert(letter, spec, local, out)) {
            out.push_str(&conversion[..len]);
        }
        rest = &conversion[len..];
    }
    out.push_str(rest);
}

/// Reads one conversion, and returns its letter and its length in bytes.
fn parse(conversion: &str) -> (Spec, Option<char>, usize) {
    let mut spec = Spec::default();
    let mut chars = conversion.char_indices().skip(1).peekable();
    while let Some((_, flag)) = chars.next_if(|&(_, c)| "_-0+^#".contains(c)) {
        match flag {
            '^' => spec.upper = true,
            '#' => spec.swap = true,
            pad => spec.pad = Some(pad),
        }
    }
    while let Some((_, digit)) = chars.next_if(|&(_, c)| c.is_ascii_digit()) {
        let digit = digit.to_digit(10).unwrap_or(0) as usize;
        spec.width = Some((spec.width.unwrap_or(0) * 10 + digit).min(MAX_WIDTH));
    }
    // E and O ask for other calendars and digits, which the C locale does not have.
    chars.next_if(|&(_, c)| c == 'E' || c == 'O');
    match chars.next() {
        Some((at, letter)) => (spec, Some(letter), at + letter.len_utf8()),
        None => (spec, None, conversion.len()),
    }
}

/// Appends one field; false if there is no such conversion.
fn convert(letter: char, spec: Spec, local: &Local, out: &mut String) -> bool {
    match letter {
        'a' | 'A' | 'b' | 'B' | 'h' | 'p' | 'P' | 'Z' => name(letter, spec, local, out),
        'c' | 'D' | 'F' | 'r' | 'R' | 'T' | 'x' | 'X' => {
            let mut text = String::new();
            write(composed(letter), local, &mut text);
            push_text(&text, spec, out);
        }
        'n' => push_text("\n", spec, out),
        't' => push_text("\t", spec, out),
        '%' => push_text("%", spec, out),
        'z' => offset(spec, local, out),
        _ => return number(letter, spec, local, out),
    }
    true
}

fn composed(letter: char) -> &'static str {
    match letter {
        'c' => "%a %b %e %H:%M:%S %Y",
        'F' => "%Y-%m-%d",
        'r' => "%I:%M:%S %p",
        'R' => "%H:%M",
        'T' | 'X' => "%H:%M:%S",
        _ => "%m/%d/%y",
    }
}

fn name(letter: char, spec: Spec, local: &Local, out: &mut String) {
    let weekday = pick(&WEEKDAYS, local.weekday);
    let month = pick(&MONTHS, local.month - 1);
    let half = if local.hour < 12 { "AM" } else { "PM" };
    let text = match letter {
        'a' => &weekday[..3],
        'A' => weekday,
        'B' => month,
        'p' | 'P' => half,
        'Z' => local.zone.as_str(),
        _ => &month[..3],
    };
    // `#` turns what is upper case by nature into lower case, and anything else into upper.
    if letter == 'P' || (spec.swap && "pZ".contains(letter)) {
        push_text(
            &text.to_lowercase(),
            Spec {
                upper: false,
                ..spec
            },
            out,
        );
    } else {
        push_text(
            text,
            Spec {
                upper: spec.upper || spec.swap,
                ..spec
            },
            out,
        );
    }
}

fn pick(names: &[&'static str], index: i64) -> &'static str {
    usize::try_from(index)
        .ok()
        .and_then(|index| names.get(index))
        .copied()
        .unwrap_or("???")
}

fn push_text(text: &str, spec: Spec, out: &mut String) {
    let fill = if spec.pad == Some('0') { '0' } else { ' ' };
    let missing = spec.width.unwrap_or(0).saturating_sub(text.len());
    out.extend(std::iter::repeat_n(fill, missing));
    if spec.upper {
        out.push_str(&text.to_uppercase());
    } else {
        out.push_str(text);
    }
}

fn number(letter: char, spec: Spec, local: &Local, out: &mut String) -> bool {
    let hour12 = (local.hour + 11) % 12 + 1;
    let (value, digits, pad) = match letter {
        'C' => (local.year.div_euclid(100), 2, '0'),
        'd' => (local.day, 2, '0'),
        'e' => (local.day, 2, '_'),
        'g' => (iso_week(local).0.rem_euclid(100), 2, '0'),
        'G' => (iso_week(local).0, 1, '0'),
        'H' => (local.hour, 2, '0'),
        'I' => (hour12, 2, '0'),
        'j' => (local.yearday + 1, 3, '0'),
        'k' => (local.hour, 2, '_'),
        'l' => (hour12, 2, '_'),
        'm' => (local.month, 2, '0'),
        'M' => (local.minute, 2, '0'),
        's' => (local.epoch, 1, '0'),
        'S' => (local.second, 2, '0'),
        'u' => ((local.weekday + 6) % 7 + 1, 1, '0'),
        'U' => ((local.yearday - local.weekday + 7) / 7, 2, '0'),
        'V' => (iso_week(local).1, 2, '0'),
        'w' => (local.weekday, 1, '0'),
        'W' => ((local.yearday - (local.weekday + 6) % 7 + 7) / 7, 2, '0'),
        'y' => (local.year.rem_euclid(100), 2, '0'),
        'Y' => (local.year, 1, '0'),
        _ => return false,
    };
    push_number(value, digits, spec.pad.unwrap_or(pad), spec.width, out);
    true
}

fn push_number(value: i64, digits: usize, pad: char, width: Option<usize>, out: &mut String) {
    let width = width.unwrap_or(0).max(digits);
    let written = match pad {
        '-' => write!(out, "{value}"),
        '_' => write!(out, "{value:width$}"),
        _ => write!(out, "{value:0width$}"),
    };
    written.expect("writing to a string cannot fail");
}

fn offset(spec: Spec, local: &Local, out: &mut String) {
    let minutes = local.offset.abs() / 60;
    let sign = if local.offset < 0 { '-' } else { '+' };
    let text = format!("{sign}{:02}{:02}", minutes / 60, minutes % 60);
    push_text(&text, spec, out);
}

/// Returns the year and the week of ISO 8601, whose weeks begin on Monday.
fn iso_week(local: &Local) -> (i64, i64) {
    let monday = local.yearday - (local.weekday + 6) % 7;
    // A week belongs to the year that has its Thursday.
    let thursday = monday + 3;
    let length = if is_leap(local.year) { 366 } else { 365 };
    if thursday < 0 {
        let before = if is_leap(local.year - 1) { 366 } else { 365 };
        (local.year - 1, (thursday + before) / 7 + 1)
    } else if thursday >= length {
        (local.year + 1, 1)
    } else {
        (local.year, thursday / 7 + 1)
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}
