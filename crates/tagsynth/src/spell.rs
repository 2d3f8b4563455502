//! How values read as text, and in which order beets writes them: the same in every format.

use std::borrow::Cow;

use crate::parse::{DATE, ORIGINAL_DATE, date_parts};
use crate::{Error, Field, TagSet, Value};

/// One step of writing a tag set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A field of its own.
    Field(Field),
    /// `year`, `month` and `day` together.
    Date,
    /// `original_year`, `original_month` and `original_day` together.
    OriginalDate,
}

/// Returns the steps of writing a tag set, in beets' order: by name, a date in the place of its day.
///
/// The order tells which of two fields with one key wins: the later one.
pub(crate) fn steps() -> impl Iterator<Item = Step> {
    Field::ALL.iter().filter_map(|&field| match field {
        Field::Day => Some(Step::Date),
        Field::OriginalDay => Some(Step::OriginalDate),
        Field::Year | Field::Month | Field::OriginalYear | Field::OriginalMonth => None,
        field => Some(Step::Field(field)),
    })
}

/// Returns the texts that a value is written as: one, or as many as a list has.
pub(crate) fn texts<'a>(field: Field, value: &'a Value<'_>) -> Result<Vec<Cow<'a, str>>, Error> {
    match value {
        Value::List(texts) => Ok(texts.iter().map(|text| Cow::from(&**text)).collect()),
        value => Ok(vec![text(field, value)?]),
    }
}

/// Returns the text of a single value; of a list, its first.
pub(crate) fn text<'a>(field: Field, value: &'a Value<'_>) -> Result<Cow<'a, str>, Error> {
    match (field, value) {
        (Field::R128AlbumGain | Field::R128TrackGain, Value::Float(gain)) => q8(field, *gain),
        (Field::R128AlbumGain | Field::R128TrackGain, Value::Int(gain)) => {
            Ok(Cow::from((i128::from(*gain) << 8).to_string()))
        }
        (Field::RgAlbumGain | Field::RgTrackGain, Value::Float(gain)) => {
            Ok(Cow::from(fixed(*gain, 2) + " dB"))
        }
        (Field::RgAlbumGain | Field::RgTrackGain, Value::Int(gain)) => {
            Ok(Cow::from(format!("{gain} dB")))
        }
        (Field::RgAlbumPeak | Field::RgTrackPeak, Value::Float(peak)) => {
            Ok(Cow::from(fixed(*peak, 6)))
        }
        (_, Value::Float(number)) => Ok(Cow::from(fixed(*number, 2))),
        (_, Value::Int(number)) => Ok(Cow::from(number.to_string())),
        (_, Value::Text(text)) => Ok(Cow::from(&**text)),
        (_, Value::List(texts)) => Ok(Cow::from(texts.first().map_or("", |text| &**text))),
    }
}

/// Spells a number with a fixed count of decimals, rounded half to even, as Python's `%.Nf` does.
fn fixed(number: f64, decimals: usize) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    format!("{number:.decimals$}")
}

/// Spells a gain as the Q7.8 number that RFC 7845 §5.2.1 asks for, rounded half to even.
fn q8(field: Field, gain: f64) -> Result<Cow<'static, str>, Error> {
    let scaled = (gain * 256.0).round_ties_even();
    if !scaled.is_finite() {
        return Err(Error::Value {
            field,
            reason: "not a finite number",
        });
    }
    // Adding zero turns a negative zero positive.
    Ok(Cow::from(format!("{:.0}", scaled + 0.0)))
}

/// Returns the text of the date in `tags`: `None` if its tags are to be deleted.
///
/// `has_year_tag` tells whether the format also writes the year to a tag of its own, where beets
/// finds it again when it cannot read it from the date.
pub(crate) fn date(tags: &TagSet<'_>, step: Step, has_year_tag: bool) -> Option<String> {
    let [year, month, day] = match step {
        Step::OriginalDate => ORIGINAL_DATE,
        _ => DATE,
    }
    .map(|field| number(tags.get(field)));
    let year = year?;
    let fallback = || has_year_tag.then(|| year.to_string());
    // beets sets the parts one by one and reads the others back from the text each time. A negative
    // year comes back as no year, and its digits as the month.
    let first = spell_date(year, None, None);
    let [year_1, _, _] = date_parts(&first, fallback);
    let second = spell_date(year_1?, month, None);
    let [year_2, month_2, _] = date_parts(&second, fallback);
    Some(spell_date(year_2?, month_2, day))
}

/// Returns the whole number in a value, if it is one.
pub(crate) fn number(value: Option<&Value<'_>>) -> Option<i64> {
    match value? {
        Value::Int(number) => Some(*number),
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        Value::Float(number) => Some(*number as i64),
        Value::Text(text) => text.trim().parse().ok(),
        Value::List(_) => None,
    }
}

fn spell_date(year: i64, month: Option<i64>, day: Option<i64>) -> String {
    match (month.unwrap_or(0), day.unwrap_or(0)) {
        (0, _) => format!("{year:04}"),
        (month, 0) => format!("{year:04}-{month:02}"),
        (month, day) => format!("{year:04}-{month:02}-{day:02}"),
    }
}
