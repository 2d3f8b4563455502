//! Dates: local time, formats, and what lies beyond the calendar.

use jiff::tz::TimeZone;

use super::value::{check, formats};
use crate::{Formats, RawValue, Type, Value};

#[test]
fn dates_are_read_in_the_format_or_as_numbers() {
    let date = |text: &'static str| RawValue::Text(text.as_bytes());
    let shown = "2020-01-02 03:04:05";
    check(
        Type::Date,
        date(shown),
        &Value::Float(1_577_934_245.0),
        shown,
    );
    check(
        Type::Date,
        date("1577934245.5"),
        &Value::Float(1_577_934_245.5),
        shown,
    );
    check(
        Type::Date,
        date("2020-02-30 00:00:00"),
        &Value::Float(0.0),
        "1970-01-01 00:00:00",
    );
    check(
        Type::Date,
        date("2020-1-2  3:4:5"),
        &Value::Float(1_577_934_245.0),
        shown,
    );
    check(
        Type::Date,
        date(" 2020-01-02 03:04:05"),
        &Value::Float(0.0),
        "1970-01-01 00:00:00",
    );
}

#[track_caller]
fn check_zone(zone: &str, time_format: &str, seconds: f64, shown: &str) {
    let zone = TimeZone::get(zone).unwrap();
    let formats = Formats {
        zone,
        time_format: time_format.to_owned(),
        ..formats()
    };
    let mut out = String::new();
    formats.show(Type::Date, &Value::Float(seconds), &mut out);
    assert_eq!(out, shown);
}

#[test]
fn dates_are_local() {
    check_zone(
        "Europe/Berlin",
        "%d/%m/%Y %H:%M %Z",
        1.6e9,
        "13/09/2020 14:26 CEST",
    );
    check_zone("America/St_Johns", "%z", 0.0, "-0330");
    check_zone("UTC", "%H:%M:%S", -1.5, "23:59:58");
}

#[test]
fn summer_comes_beyond_year_9999_too() {
    check_zone(
        "America/St_Johns",
        "%F %R %Z",
        2_387_227_790_738.0,
        "77618-03-28 04:15 NDT",
    );
}

#[test]
fn what_no_calendar_holds_is_the_epoch() {
    for seconds in [f64::INFINITY, f64::NAN, 1e18, -1e300] {
        check_zone("UTC", "%Y", seconds, "1970");
    }
}

#[track_caller]
fn check_berlin(fields: [i64; 6], expected: Option<f64>) {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    assert_eq!(crate::mktime(&zone, fields), expected);
}

#[test]
fn local_times_that_a_clock_skips_or_repeats_have_the_offset_before() {
    check_berlin([2020, 3, 29, 2, 30, 0], Some(1_585_445_400.0));
    check_berlin([2020, 10, 25, 2, 30, 0], Some(1_603_585_800.0));
    check_berlin([2020, 3, 29, 2, 59, 60], Some(1_585_447_200.0));
    check_berlin([2020, 10, 25, 2, 59, 60], Some(1_603_587_600.0));
}

#[test]
fn fields_beyond_their_range_carry_over() {
    check_berlin([2021, 2, 29, 0, 0, 0], Some(1_614_553_200.0));
    check_berlin([2020, 14, 29, 0, 0, 0], Some(1_614_553_200.0));
    check_berlin([10_000, 1, 1, 0, 0, 0], None);
    for extreme in [i64::MIN, i64::MAX] {
        check_berlin([extreme; 6], None);
        check_berlin([2000, 1, extreme, 0, 0, 0], None);
    }
}

#[test]
fn conversions_have_flags_and_widths_as_in_glibc() {
    let shown = "Sun 13 September 20 12:26:40 PM 257 37 36 37 2020 7 0 20 |13|13|00013|SUN|utc|pm|   9|%Q|%";
    let format = "%a %e %B %y %I:%M:%S %p %j %U %W %V %G %u %w %C \
                  |%_d|%-d|%05d|%^a|%#Z|%P|%_4m|%Q|%";
    check_zone("UTC", format, 1.6e9, shown);
}

#[test]
fn dates_go_beyond_year_9999() {
    check(
        Type::Date,
        RawValue::Real(1e12),
        &Value::Float(1e12),
        "33658-09-27 01:46:40",
    );
}
