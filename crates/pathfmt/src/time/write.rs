//! `strftime` of the GNU C library in the C locale, as Python calls it.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::directive::{MONTHS, WEEKDAYS};
use super::{Moment, civil};
use crate::MAX_OUTPUT;
use crate::functions::Fault;

/// Python's first buffer, in characters; it doubles until the result fits.
const FIRST_BUFFER: usize = 1024;
/// Python gives up, with an empty result, once the buffer is this many times the format.
const GROWTH: usize = 256;

/// Appends a moment in a format.
pub(super) fn write(
    moment: &Moment,
    format: &str,
    zone: &TimeZone,
    out: &mut String,
) -> Result<(), Fault> {
    // A day of an ISO week can lie in the next year, which `strptime` does not notice.
    if moment.yearday > 366 {
        return Err(Fault::Message("day of year out of range".to_owned()));
    }
    if format.contains('\0') {
        return Err(Fault::Message("embedded null character".to_owned()));
    }
    let most = format.chars().count().saturating_mul(GROWTH);
    let mut buffer = FIRST_BUFFER;
    while buffer < most {
        buffer *= 2;
    }
    let mut writer = Writer {
        moment,
        zone,
        text: String::new(),
        len: 0,
        limit: buffer.min(MAX_OUTPUT),
    };
    match writer.format(format) {
        Ok(()) => out.push_str(&writer.text),
        Err(Full) if buffer > MAX_OUTPUT => return Err(Fault::TooLong),
        // Python takes what does not fit for no text at all.
        Err(Full) => {}
    }
    Ok(())
}

/// The buffer is full.
struct Full;

struct Writer<'w> {
    moment: &'w Moment,
    zone: &'w TimeZone,
    text: String,
    /// The characters in `text`.
    len: usize,
    limit: usize,
}

/// What stands between `%` and the letter of a directive.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    pad: Option<char>,
    upper: bool,
    swap: bool,
    width: usize,
    modifier: Option<char>,
}

impl Writer<'_> {
    fn format(&mut self, format: &str) -> Result<(), Full> {
        let mut rest = format;
        while let Some(c) = rest.chars().next() {
            if c == '%' {
                rest = self.directive(rest)?;
            } else {
                self.push(c)?;
                rest = &rest[c.len_utf8()..];
            }
        }
        Ok(())
    }

    /// Appends the directive that a format begins with; returns what follows it.
    fn directive<'f>(&mut self, format: &'f str) -> Result<&'f str, Full> {
        let (flags, at) = read_flags(format);
        let letter = format[at..].chars().next();
        let end = at + letter.map_or(0, char::len_utf8);
        if !letter.is_some_and(|letter| takes(letter, flags.modifier)) {
            self.padded(&format[..end], flags)?;
        } else if letter == Some('%') {
            self.padded("%", flags)?;
        } else if let Some(letter) = letter {
            self.known(letter, flags)?;
        }
        Ok(&format[end..])
    }

    /// Appends a directive that the library knows.
    fn known(&mut self, letter: char, flags: Flags) -> Result<(), Full> {
        let m = self.moment;
        let twelve = (m.hour + 11) % 12 + 1;
        let sunday = (m.weekday + 1) % 7;
        let upper = Flags {
            upper: flags.upper || flags.swap,
            ..flags
        };
        match letter {
            'a' => self.padded(&name(&WEEKDAYS, m.weekday)[..3], upper),
            'A' => self.padded(name(&WEEKDAYS, m.weekday), upper),
            'b' | 'h' => self.padded(&name(&MONTHS, m.month - 1)[..3], upper),
            'B' => self.padded(name(&MONTHS, m.month - 1), upper),
            'c' => self.nested("%a %b %e %H:%M:%S %Y", flags),
            'C' => self.number(2, m.year / 100, flags),
            'd' => self.number(2, m.day, flags),
            'D' | 'x' => self.nested("%m/%d/%y", flags),
            'e' => self.spaced(m.day, flags),
            'F' => self.nested("%Y-%m-%d", flags),
            'g' => self.number(2, iso_week(m).0.rem_euclid(100), flags),
            'G' => self.number(1, iso_week(m).0, flags),
            'H' => self.number(2, m.hour, flags),
            'I' => self.number(2, twelve, flags),
            'j' => self.number(3, m.yearday, flags),
            'k' => self.spaced(m.hour, flags),
            'l' => self.spaced(twelve, flags),
            'm' => self.number(2, m.month, flags),
            'M' => self.number(2, m.minute, flags),
            'n' => self.padded("\n", flags),
            'p' if flags.swap => self.half(
                "am",
                "pm",
                Flags {
                    upper: false,
                    ..flags
                },
            ),
            'p' => self.half("AM", "PM", flags),
            'P' => self.half(
                "am",
                "pm",
                Flags {
                    upper: false,
                    ..flags
                },
            ),
            'r' => self.nested("%I:%M:%S %p", flags),
            'R' => self.nested("%H:%M", flags),
            's' => self.signed(self.epoch(), flags),
            'S' => self.number(2, m.second, flags),
            't' => self.padded("\t", flags),
            'T' | 'X' => self.nested("%H:%M:%S", flags),
            'u' => self.number(1, m.weekday + 1, flags),
            'U' => self.number(2, (m.yearday + 6 - sunday) / 7, flags),
            'V' => self.number(2, iso_week(m).1, flags),
            'w' => self.number(1, sunday, flags),
            'W' => self.number(2, (m.yearday + 6 - m.weekday) / 7, flags),
            'y' => self.number(2, m.year.rem_euclid(100), flags),
            'Y' => self.number(1, m.year, flags),
            'z' => self.offset(flags),
            _ => self.zone_name(flags),
        }
    }

    fn half(&mut self, morning: &str, afternoon: &str, flags: Flags) -> Result<(), Full> {
        self.padded(
            if self.moment.hour > 11 {
                afternoon
            } else {
                morning
            },
            flags,
        )
    }

    fn zone_name(&mut self, flags: Flags) -> Result<(), Full> {
        let name = self.moment.zone.clone().unwrap_or_default();
        if flags.swap {
            self.padded(
                &name.to_lowercase(),
                Flags {
                    upper: false,
                    ..flags
                },
            )
        } else {
            self.padded(&name, flags)
        }
    }

    /// Appends `%z`: nothing unless a zone's name was read too, for only then is it known whether
    /// summer time holds.
    fn offset(&mut self, flags: Flags) -> Result<(), Full> {
        if self.moment.zone.is_none() {
            return Ok(());
        }
        let offset = self.moment.offset.unwrap_or(0);
        self.padded(if offset < 0 { "-" } else { "+" }, flags)?;
        let minutes = offset.abs() / 60;
        self.number(4, minutes / 60 * 100 + minutes % 60, flags)
    }

    /// Appends what a format of several directives gives, padded as one.
    fn nested(&mut self, format: &str, flags: Flags) -> Result<(), Full> {
        let Self {
            moment,
            zone,
            limit,
            ..
        } = *self;
        let mut inner = Writer {
            moment,
            zone,
            text: String::new(),
            len: 0,
            limit,
        };
        inner.format(format)?;
        self.padded(&inner.text, flags)
    }

    fn spaced(&mut self, value: i64, mut flags: Flags) -> Result<(), Full> {
        if !matches!(flags.pad, Some('0' | '-')) {
            flags.pad = Some('_');
        }
        self.number(2, value, flags)
    }

    /// Appends a number with at least so many digits, or as many as the width says.
    fn number(&mut self, digits: usize, value: i64, flags: Flags) -> Result<(), Full> {
        let text = value.to_string();
        let missing = digits.max(flags.width).saturating_sub(text.len());
        match flags.pad {
            Some('-') => self.padded(&text, flags),
            Some('_') => {
                self.fill(' ', missing)?;
                self.padded(
                    &text,
                    Flags {
                        width: flags.width.saturating_sub(missing),
                        ..flags
                    },
                )
            }
            _ => {
                self.fill('0', missing)?;
                self.padded(&text, Flags { width: 0, ..flags })
            }
        }
    }

    fn signed(&mut self, value: i64, flags: Flags) -> Result<(), Full> {
        self.padded(&value.to_string(), flags)
    }

    /// Appends a text, filled up to the width from the left.
    fn padded(&mut self, text: &str, flags: Flags) -> Result<(), Full> {
        let fill = if flags.pad == Some('0') { '0' } else { ' ' };
        self.fill(fill, flags.width.saturating_sub(text.chars().count()))?;
        for c in text.chars() {
            let mut upper = c.to_uppercase();
            match (flags.upper, upper.next(), upper.next()) {
                (true, Some(upper), None) => self.push(upper)?,
                _ => self.push(c)?,
            }
        }
        Ok(())
    }

    fn fill(&mut self, c: char, count: usize) -> Result<(), Full> {
        if count >= self.limit {
            return Err(Full);
        }
        (0..count).try_for_each(|_| self.push(c))
    }

    fn push(&mut self, c: char) -> Result<(), Full> {
        self.len += 1;
        if self.len >= self.limit {
            return Err(Full);
        }
        self.text.push(c);
        Ok(())
    }

    /// Returns the seconds since 1970 of the moment as a local time.
    fn epoch(&self) -> i64 {
        let m = self.moment;
        let days = civil::ordinal(m.year, m.month, m.day).unwrap_or(1) - 719_163;
        let local = days * 86_400 + m.hour * 3600 + m.minute * 60 + m.second;
        let part = |value: i64| i8::try_from(value).unwrap_or(0);
        let year = i16::try_from(m.year).unwrap_or(0);
        let (month, day) = (part(m.month), part(m.day));
        let (hour, minute) = (part(m.hour), part(m.minute));
        let offset = DateTime::new(year, month, day, hour, minute, part(m.second.min(59)), 0)
            .and_then(|time| self.zone.to_ambiguous_timestamp(time).compatible())
            .map(|instant| self.zone.to_offset(instant).seconds());
        local - offset.map_or(0, i64::from)
    }
}

/// Reads `%`, flags, width and modifier; returns where the letter stands.
fn read_flags(format: &str) -> (Flags, usize) {
    let (mut flags, mut at) = (Flags::default(), 1);
    let bytes = format.as_bytes();
    while let Some(&flag) = bytes.get(at) {
        match flag {
            b'_' | b'-' | b'0' => flags.pad = Some(char::from(flag)),
            b'^' => flags.upper = true,
            b'#' => flags.swap = true,
            _ => break,
        }
        at += 1;
    }
    while let Some(&digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
        flags.width = flags
            .width
            .saturating_mul(10)
            .saturating_add(usize::from(digit - b'0'));
        at += 1;
    }
    if let Some(&modifier @ (b'E' | b'O')) = bytes.get(at) {
        flags.modifier = Some(char::from(modifier));
        at += 1;
    }
    (flags, at)
}

/// Returns whether the library knows a letter, and under a modifier.
fn takes(letter: char, modifier: Option<char>) -> bool {
    let letters = match modifier {
        None => "aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%",
        Some('E') => "cCnpPrRstTuxXyYzZ%",
        Some(_) => "bBCdeghGHIjklmMnpPrRsStTuUVwWyzZ%",
    };
    letters.contains(letter)
}

fn name(names: &[&'static str], at: i64) -> &'static str {
    usize::try_from(at)
        .ok()
        .and_then(|at| names.get(at))
        .unwrap_or(&"???")
}

/// Returns the ISO 8601 year and week: those of the week's Thursday.
fn iso_week(m: &Moment) -> (i64, i64) {
    let (mut year, mut thursday) = (m.year, m.yearday - m.weekday + 3);
    if thursday < 1 {
        year -= 1;
        thursday += civil::days_in_year(year);
    } else if thursday > civil::days_in_year(year) {
        thursday -= civil::days_in_year(year);
        year += 1;
    }
    (year, (thursday - 1) / 7 + 1)
}
