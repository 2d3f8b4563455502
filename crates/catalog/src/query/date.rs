//! Terms about dates.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use crate::{RawValue, parse_int};

/// A range of local time without its end; `None` is unbounded.
#[derive(Debug, Clone)]
pub(super) struct Interval {
    start: Option<DateTime>,
    end: Option<DateTime>,
    zone: TimeZone,
}

/// A date with the precision in which it was written.
#[derive(Debug, Clone, Copy)]
struct Period {
    date: DateTime,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl Interval {
    /// Parses a date, or two with `..` between them, either of which may be missing.
    pub(super) fn parse(term: &str, now: DateTime, zone: &TimeZone) -> Result<Self, String> {
        let (mut start, mut end) = if let Some((start, end)) = term.split_once("..") {
            (Period::parse(start, now)?, Period::parse(end, now)?)
        } else {
            let period = Period::parse(term, now)?;
            (period, period)
        };
        if let (Some(first), Some(last)) = (start, end)
            && first.date >= last.end()?
        {
            (start, end) = (end, start);
        }
        let end = end.map(Period::end).transpose()?;
        Ok(Self {
            start: start.map(|start| start.date),
            end,
            zone: zone.clone(),
        })
    }

    /// Tells whether a timestamp lies inside, by the clock on the wall.
    pub(super) fn contains(&self, seconds: f64) -> bool {
        let Some(local) = self.local(seconds) else {
            return false;
        };
        self.start.is_none_or(|start| local >= start) && self.end.is_none_or(|end| local < end)
    }

    fn local(&self, seconds: f64) -> Option<DateTime> {
        let micros = (seconds * 1e6).round_ties_even();
        #[expect(clippy::cast_possible_truncation, reason = "checked to fit")]
        let micros = (micros.abs() < 9e18).then_some(micros as i64)?;
        let timestamp = Timestamp::from_microsecond(micros).ok()?;
        let local = self.zone.to_datetime(timestamp);
        (1..=9999).contains(&local.year()).then_some(local)
    }

    /// Tells whether a cell lies inside; `None` is SQL's NULL.
    pub(super) fn contains_cell(&self, cell: RawValue<'_>) -> Option<bool> {
        use super::number::Number;
        let holds = |bound: Option<DateTime>, wanted: fn(std::cmp::Ordering) -> bool| match bound {
            None => Some(true),
            Some(bound) => Number::Int(timestamp(&self.zone, bound)?)
                .compare_cell(cell)
                .map(wanted),
        };
        super::stored::and(
            holds(self.start, std::cmp::Ordering::is_ge),
            holds(self.end, std::cmp::Ordering::is_lt),
        )
    }
}

/// Returns the whole seconds of a local time, towards the epoch, as `int(date.timestamp())`.
///
/// A time that the clock skips or repeats is read with the offset before the change.
fn timestamp(zone: &TimeZone, date: DateTime) -> Option<i64> {
    let timestamp = zone.to_ambiguous_timestamp(date).compatible().ok()?;
    Some(timestamp.as_duration().as_secs())
}

impl Period {
    fn parse(text: &str, now: DateTime) -> Result<Option<Self>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let invalid = || format!("{text:?} is not a valid date (such as 2010-03-14T15:09 or -3w)");
        let period = match relative(text) {
            Some((sign, quantity, days)) => {
                let days = quantity.and_then(|quantity| quantity.checked_mul(days));
                let span = days.and_then(|days| Span::new().try_days(sign * days).ok());
                let date = span.and_then(|span| now.checked_add(span).ok());
                date.map(|date| Self {
                    date,
                    unit: Unit::Second,
                })
            }
            None => absolute(text),
        };
        match period {
            Some(period) if (1..=9999).contains(&period.date.year()) => Ok(Some(period)),
            _ => Err(invalid()),
        }
    }

    /// Returns the first moment after the period.
    fn end(self) -> Result<DateTime, String> {
        let span = match self.unit {
            Unit::Year => 1.year(),
            Unit::Month => 1.month(),
            Unit::Day => 1.day(),
            Unit::Hour => 1.hour(),
            Unit::Minute => 1.minute(),
            Unit::Second => 1.second(),
        };
        let end = self.date.checked_add(span);
        end.map_err(|_| "the range ends after the year 9999".to_owned())
    }
}

/// Reads a relative date from the start of a text: sign, quantity, days of the unit.
fn relative(text: &str) -> Option<(i64, Option<i64>, i64)> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let unit = rest.find(|letter: char| !letter.is_ascii_digit())?;
    let (digits, rest) = rest.split_at(unit);
    let days = match rest.chars().next()? {
        'y' => 365,
        'm' => 30,
        'w' => 7,
        'd' => 1,
        _ => return None,
    };
    (!digits.is_empty()).then(|| (sign, digits.parse().ok(), days))
}

/// Reads `Y[-m[-d[(T| )H[:M[:S]]]]]`.
fn absolute(text: &str) -> Option<Period> {
    let mut reader = Reader { rest: text };
    let year = reader.number(4, 4, 1..=9999)?;
    let (mut month, mut day, mut clock) = (1, 1, [0; 3]);
    let mut unit = Unit::Year;
    if reader.eat('-') {
        month = reader.number(1, 2, 1..=12)?;
        unit = Unit::Month;
        if reader.eat('-') {
            day = reader.day()?;
            unit = Unit::Day;
            if !reader.rest.is_empty() {
                reader.separator()?;
                unit = reader.clock(&mut clock)?;
            }
        }
    }
    let [hour, minute, second] = clock;
    let date = Date::new(year, month, day).ok()?;
    let time = Time::new(hour, minute, second, 0).ok()?;
    reader.rest.is_empty().then(|| Period {
        date: date.to_datetime(time),
        unit,
    })
}

/// Reads a date the way that `strptime` does.
struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn eat(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Reads the longest number within a range that has so many digits.
    fn number<T: TryFrom<i64>>(
        &mut self,
        fewest: usize,
        most: usize,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<T> {
        (fewest..=most).rev().find_map(|count| {
            let end = self
                .rest
                .char_indices()
                .nth(count)
                .map_or(self.rest.len(), |(at, _)| at);
            let digits = &self.rest[..end];
            let all = digits.chars().count() == count && digits.chars().all(char::is_numeric);
            let crate::Value::Int(number) = all.then(|| parse_int(digits))?? else {
                return None;
            };
            if !range.contains(&number) {
                return None;
            }
            self.rest = &self.rest[end..];
            T::try_from(number).ok()
        })
    }

    /// Reads a day, which may have a space for its first digit.
    fn day(&mut self) -> Option<i8> {
        self.number(1, 2, 1..=31).or_else(|| {
            self.eat(' ');
            self.number(1, 1, 1..=9)
        })
    }

    fn separator(&mut self) -> Option<()> {
        if self.eat('T') || self.eat('t') {
            return Some(());
        }
        let rest = self.rest.trim_start_matches(super::parse::is_space);
        let found = rest.len() < self.rest.len();
        self.rest = rest;
        found.then_some(())
    }

    fn clock(&mut self, clock: &mut [i8; 3]) -> Option<Unit> {
        clock[0] = self.number(1, 2, 0..=23)?;
        if !self.eat(':') {
            return Some(Unit::Hour);
        }
        clock[1] = self.number(1, 2, 0..=59)?;
        if !self.eat(':') {
            return Some(Unit::Minute);
        }
        clock[2] = self.number(1, 2, 0..=59)?;
        Some(Unit::Second)
    }
}
