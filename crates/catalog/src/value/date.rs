//! Seconds since the epoch and the local calendar, as C's `localtime` and `mktime` have them.

mod strftime;
mod strptime;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Formats, Value, parse_float};

/// One more than the greatest year that C can count.
const MAX_YEAR: i64 = 1 << 31;

/// A moment in the local calendar.
#[derive(Debug)]
struct Local {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    /// Days since Sunday.
    weekday: i64,
    /// Days since 1 January.
    yearday: i64,
    /// Seconds since the epoch.
    epoch: i64,
    /// Seconds east of Greenwich.
    offset: i64,
    zone: String,
}

/// Appends a timestamp in `time_format`; what no calendar can hold is shown as the epoch.
pub(super) fn show(formats: &Formats, seconds: &Value, out: &mut String) {
    let epoch = whole(seconds).unwrap_or(0);
    let local = local(&formats.zone, epoch).or_else(|| local(&formats.zone, 0));
    if let Some(local) = local {
        strftime::write(&formats.time_format, &local, out);
    }
}

/// Reads a date in `time_format`, or else a plain timestamp.
pub(super) fn parse(formats: &Formats, text: &str) -> Option<f64> {
    match strptime::parse(&formats.time_format, text) {
        Some(fields) => mktime(&formats.zone, fields),
        None => parse_float(text),
    }
}

/// Returns the timestamp of a local date and time: year, month, day, hour, minute, second.
///
/// Fields beyond their range carry over: the 29 February of a common year is 1 March, and second
/// 60 the next minute. `None` if the year is not between -9999 and 9999. A time that a change of
/// the clock skips or repeats is read with the offset before the change.
pub fn mktime(zone: &TimeZone, [year, month, day, hour, minute, second]: [i64; 6]) -> Option<f64> {
    let months = year.checked_mul(12)?.checked_add(month)?.checked_sub(1)?;
    let first = days_from_civil(months.div_euclid(12), months.rem_euclid(12) + 1)?;
    let days = first.checked_add(day)?.checked_sub(1)?;
    // Leap seconds count from the moment that the rest of the clock names.
    let (second, leap) = (second.min(59), second.saturating_sub(59).max(0));
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    let clock = minutes.checked_mul(60)?.checked_add(second)?;
    let days = days.checked_add(clock.div_euclid(86400))?;
    let local = midnight(days)?.checked_add(SignedDuration::from_secs(clock.rem_euclid(86400)));
    let timestamp = zone.to_ambiguous_timestamp(local.ok()?).compatible().ok()?;
    let seconds = timestamp.as_second().checked_add(leap)?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact, unless the caller counts in aeons"
    )]
    Some(seconds as f64)
}

/// Returns the beginning of a day counted from the epoch.
fn midnight(days: i64) -> Option<DateTime> {
    const LIMIT: i64 = 10_000 * 366; // days to the year 9999 and beyond
    if !(-2 * LIMIT..LIMIT).contains(&days) {
        return None;
    }
    let (year, month, day) = civil_from_days(days);
    let (year, month, day) = (year.try_into(), month.try_into(), day.try_into());
    Some(
        Date::new(year.ok()?, month.ok()?, day.ok()?)
            .ok()?
            .at(0, 0, 0, 0),
    )
}

fn local(zone: &TimeZone, epoch: i64) -> Option<Local> {
    let info = zone.to_offset_info(within_reach(epoch));
    let offset = i64::from(info.offset().seconds());
    let days = (epoch + offset).div_euclid(86400);
    let clock = (epoch + offset).rem_euclid(86400);
    let (year, month, day) = civil_from_days(days);
    Some(Local {
        year,
        month,
        day,
        hour: clock / 3600,
        minute: clock / 60 % 60,
        second: clock % 60,
        weekday: (days + 4).rem_euclid(7), // the epoch was a Thursday
        yearday: days - days_from_civil(year, 1)?,
        epoch,
        offset,
        zone: info.abbreviation().to_owned(),
    })
}

/// Returns the moment itself, or one for which a zone has the same offset.
///
/// The calendar repeats after 400 years, weekdays included, and so do the rules of a zone.
fn within_reach(epoch: i64) -> Timestamp {
    const CYCLE: i64 = 146_097 * 86400;
    let alike = || Timestamp::from_second(epoch.rem_euclid(CYCLE) + CYCLE);
    match Timestamp::from_second(epoch) {
        Ok(timestamp) => timestamp,
        Err(_) if epoch < 0 => Timestamp::MIN,
        Err(_) => alike().unwrap_or(Timestamp::MAX),
    }
}

/// Returns the seconds rounded down, if C's calendar reaches that far.
fn whole(seconds: &Value) -> Option<i64> {
    const LIMIT: i64 = 67_767_976_233_532_800; // the year 2^31 - 1
    let whole = match seconds {
        Value::Int(int) => *int,
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, beyond the limit"
        )]
        Value::Float(float) if !float.is_nan() => float.floor() as i64,
        _ => return None,
    };
    (-LIMIT..LIMIT).contains(&whole).then_some(whole)
}

/// Returns the days from the epoch to the first of a month, in the Gregorian calendar.
fn days_from_civil(year: i64, month: i64) -> Option<i64> {
    if year.abs() > MAX_YEAR {
        return None;
    }
    // Years begin in March, so that leap days come last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Returns year, month and day of a day counted from the epoch.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}
