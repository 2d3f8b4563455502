//! From what `strptime` read to a date.

use super::directive::{MONTHS, WEEKDAYS};
use super::{Moment, civil};
use crate::python;

/// What the directives said.
#[derive(Debug, Default)]
pub(super) struct Fields<'s> {
    year: Option<i64>,
    iso_year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    weekday: Option<i64>,
    yearday: Option<i64>,
    /// The week, and whether weeks begin on Monday.
    week: Option<(i64, bool)>,
    iso_week: Option<i64>,
    zone: Option<&'s str>,
    offset: Option<&'s str>,
}

impl<'s> Fields<'s> {
    pub(super) fn of(found: &[(char, &'s str)]) -> Self {
        let mut fields = Self::default();
        let afternoon = found.iter().any(|(name, text)| *name == 'p' && is_pm(text));
        for &(name, text) in found {
            let number = || number(text);
            match name {
                'y' => fields.year = Some(number() + if number() <= 68 { 2000 } else { 1900 }),
                'Y' => fields.year = Some(number()),
                'G' => fields.iso_year = Some(number()),
                'm' => fields.month = Some(number()),
                'b' | 'B' => fields.month = position(&MONTHS, text).map(|at| at + 1),
                'd' => fields.day = Some(number()),
                'H' => fields.hour = number(),
                'I' => fields.hour = number() % 12 + if afternoon { 12 } else { 0 },
                'M' => fields.minute = number(),
                'S' => fields.second = number(),
                'a' | 'A' => fields.weekday = position(&WEEKDAYS, text),
                'w' => fields.weekday = Some((number() + 6) % 7),
                'u' => fields.weekday = Some(number() - 1),
                'j' => fields.yearday = Some(number()),
                'U' => fields.week = Some((number(), false)),
                'W' => fields.week = Some((number(), true)),
                'V' => fields.iso_week = Some(number()),
                'z' => fields.offset = Some(text),
                'Z' => fields.zone = Some(text),
                _ => {}
            }
        }
        fields
    }

    /// Works out the date from whatever was said about it.
    pub(super) fn moment(self) -> Result<Moment, String> {
        let offset = self.offset.map(offset_seconds).transpose()?;
        self.check_weeks()?;
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        // Without a year it is 1900, which has no 29 February; that day is worked out in 1904.
        let leap_day = self.year.is_none() && (month, day) == (2, 29);
        let year = self.year.unwrap_or(if leap_day { 1904 } else { 1900 });
        let (year, yearday) = self.yearday(year)?;
        let yearday = match yearday {
            Some(yearday) => yearday,
            None => civil::ordinal(year, month, day)? - civil::ordinal(year, 1, 1)? + 1,
        };
        let (year, month, day) = civil::date(civil::ordinal(year, 1, 1)? + yearday - 1)?;
        let weekday = match self.weekday {
            Some(weekday) => weekday,
            None => civil::weekday(civil::ordinal(year, month, day)?),
        };
        Ok(Moment {
            year: if leap_day { 1900 } else { year },
            month,
            day,
            hour: self.hour,
            minute: self.minute,
            second: self.second,
            weekday,
            yearday,
            zone: self.zone.map(str::to_owned),
            offset,
        })
    }

    /// Checks that the ISO directives come together.
    fn check_weeks(&self) -> Result<(), String> {
        let message = if self.year.is_none() && self.iso_year.is_some() {
            if self.iso_week.is_none() || self.weekday.is_none() {
                "ISO year directive '%G' must be used with the ISO week directive '%V' and a \
                 weekday directive ('%A', '%a', '%w', or '%u')."
            } else if self.yearday.is_some() {
                "Day of the year directive '%j' is not compatible with ISO year directive '%G'. \
                 Use '%Y' instead."
            } else {
                return Ok(());
            }
        } else if self.week.is_none() && self.iso_week.is_some() {
            if self.weekday.is_none() {
                "ISO week directive '%V' must be used with the ISO year directive '%G' and a \
                 weekday directive ('%A', '%a', '%w', or '%u')."
            } else {
                "ISO week directive '%V' is incompatible with the year directive '%Y'. Use the \
                 ISO year '%G' instead."
            }
        } else {
            return Ok(());
        };
        Err(message.to_owned())
    }

    /// Returns the year and the day of the year that a week and a day of the week give.
    fn yearday(&self, year: i64) -> Result<(i64, Option<i64>), String> {
        let (None, Some(weekday)) = (self.yearday, self.weekday) else {
            return Ok((year, self.yearday));
        };
        let (mut year, mut yearday) = match (self.week, self.iso_year, self.iso_week) {
            (Some((week, monday)), ..) => (year, of_week(year, week, weekday, monday)?),
            (None, Some(year), Some(week)) => of_iso_week(year, week, weekday)?,
            _ => return Ok((year, None)),
        };
        if yearday <= 0 {
            year -= 1;
            yearday += civil::days_in_year(year);
        }
        Ok((year, Some(yearday)))
    }
}

/// Returns the day of the year of a day in a week counted by `%U` or `%W`.
fn of_week(year: i64, week: i64, weekday: i64, monday: bool) -> Result<i64, String> {
    let shift = i64::from(!monday);
    let first = (civil::weekday(civil::ordinal(year, 1, 1)?) + shift) % 7;
    let weekday = (weekday + shift) % 7;
    let days_before = if week == 0 {
        -first
    } else {
        (7 - first) % 7 + 7 * (week - 1)
    };
    Ok(1 + days_before + weekday)
}

/// Returns the year and the day of the year of a day in an ISO week.
fn of_iso_week(year: i64, week: i64, weekday: i64) -> Result<(i64, i64), String> {
    let correction = civil::weekday(civil::ordinal(year, 1, 4)?) + 4;
    let day = week * 7 + weekday + 1 - correction;
    if day >= 1 {
        return Ok((year, day));
    }
    let length = civil::ordinal(year, 1, 1)? - civil::ordinal(year - 1, 1, 1)?;
    Ok((year - 1, day + length))
}

/// Reads decimal digits of any script.
fn number(text: &str) -> i64 {
    text.chars()
        .filter_map(python::decimal)
        .fold(0, |number, digit| number * 10 + i64::from(digit))
}

/// Returns the position of a name that was matched but for case, whole or by three letters.
fn position(names: &[&str], text: &str) -> Option<i64> {
    let start: String = text.chars().take(3).flat_map(char::to_lowercase).collect();
    let at = names
        .iter()
        .position(|name| name[..3].eq_ignore_ascii_case(&start))?;
    i64::try_from(at).ok()
}

fn is_pm(text: &str) -> bool {
    text.eq_ignore_ascii_case("pm")
}

/// Reads `+HH[:]MM[[:]SS[.f]]` or `Z`.
fn offset_seconds(text: &str) -> Result<i64, String> {
    if text == "Z" {
        return Ok(0);
    }
    let mut chars: Vec<char> = text.chars().collect();
    if chars.get(3) == Some(&':') {
        chars.remove(3);
        if chars.len() > 5 {
            if chars[5] != ':' {
                return Err(format!("Inconsistent use of : in {text}"));
            }
            chars.remove(5);
        }
    }
    let part = |range: std::ops::Range<usize>| {
        let end = range.end.min(chars.len());
        let digits: String = chars[range.start.min(end)..end].iter().collect();
        // Without the first colon a second one stays, and `int` would fail on it.
        python::int(if digits.is_empty() { "0" } else { &digits })
    };
    let seconds = part(1..3)? * 3600 + part(3..5)? * 60 + part(5..7)?;
    Ok(if chars.first() == Some(&'-') {
        -seconds
    } else {
        seconds
    })
}
