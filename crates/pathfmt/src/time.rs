//! `%time`: Python's `strptime` and `strftime` in the C locale.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::functions::Fault;
use crate::options::Options;

mod civil;
mod directive;
mod fields;
mod read;
mod write;

/// A point in time as `struct_time` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Moment {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    /// Days since Monday.
    weekday: i64,
    /// From 1.
    yearday: i64,
    /// The time zone's name as it was read.
    zone: Option<String>,
    /// Seconds east of UTC, if read.
    offset: Option<i64>,
}

/// Appends the time that `text` gives, in another format.
pub(crate) fn reformat(
    text: &str,
    format: &str,
    options: &Options,
    out: &mut String,
) -> Result<(), Fault> {
    let zones = zone_names(&options.time_zone);
    let moment = read::read(text, &options.time_format, &zones).map_err(Fault::Message)?;
    write::write(&moment, format, &options.time_zone, out)
}

/// Returns the names that `%Z` reads, longest first: those of UTC and of the local zone.
fn zone_names(zone: &TimeZone) -> Vec<String> {
    // Any year will do; a zone's names have not changed for long.
    const MIDWINTER: i64 = 1_735_689_600;
    const MIDSUMMER: i64 = 1_751_328_000;
    let mut names = vec!["utc".to_owned(), "gmt".to_owned()];
    for second in [MIDWINTER, MIDSUMMER] {
        let instant = Timestamp::from_second(second).expect("within range");
        names.push(zone.to_offset_info(instant).abbreviation().to_lowercase());
    }
    names.sort();
    names.dedup();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names
}
