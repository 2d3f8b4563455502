//! The calendar: days since 1 January of year 1, which is day 1, as in Python's `datetime.date`.

/// 31 December 9999, the last day Python knows.
const MAX_ORDINAL: i64 = 3_652_059;

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the ordinal of a date, or the text of Python's `ValueError`.
pub(super) fn ordinal(year: i64, month: i64, day: i64) -> Result<i64, String> {
    if !(1..=9999).contains(&year) {
        return Err(format!("year {year} is out of range"));
    }
    if !(1..=days_in_month(year, month)).contains(&day) {
        return Err("day is out of range for month".to_owned());
    }
    let before: i64 = (1..month).map(|month| days_in_month(year, month)).sum();
    Ok(days_before(year) + before + day)
}

fn days_before(year: i64) -> i64 {
    let years = year - 1;
    years * 365 + years / 4 - years / 100 + years / 400
}

/// Returns the year, month and day of an ordinal, or the text of Python's `ValueError`.
pub(super) fn date(ordinal: i64) -> Result<(i64, i64, i64), String> {
    if ordinal < 1 {
        return Err("ordinal must be >= 1".to_owned());
    }
    if ordinal > MAX_ORDINAL {
        return Err("year 10000 is out of range".to_owned());
    }
    // Too low by at most one.
    let mut year = (ordinal * 400 / 146_097).max(1);
    while days_before(year + 1) < ordinal {
        year += 1;
    }
    while days_before(year) >= ordinal {
        year -= 1;
    }
    let (mut month, mut day) = (1, ordinal - days_before(year));
    while day > days_in_month(year, month) {
        day -= days_in_month(year, month);
        month += 1;
    }
    Ok((year, month, day))
}

/// Returns the day of the week of an ordinal; Monday is 0.
pub(super) fn weekday(ordinal: i64) -> i64 {
    (ordinal + 6).rem_euclid(7)
}
