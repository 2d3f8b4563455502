//! Values as ID3v2 writes them.

use crate::{Error, Field, Value};

/// Returns the text of one value.
///
/// # Errors
///
/// [`Error::Value`] for an R128 gain that is no number.
pub(crate) fn text(field: Field, value: &Value) -> Result<String, Error> {
    Ok(match value {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float(field, *number)?,
        Value::List(texts) => texts.join("\0"),
    })
}

/// Returns the texts of a list, of which any other value is one with a single text.
///
/// # Errors
///
/// As [`text`].
pub(crate) fn texts(field: Field, value: &Value) -> Result<Vec<String>, Error> {
    match value {
        Value::List(texts) => Ok(texts.clone()),
        _ => Ok(vec![text(field, value)?]),
    }
}

/// Returns a number with a fraction; 0 for what is none.
pub(crate) fn number(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        #[expect(clippy::cast_precision_loss, reason = "gains and peaks are small")]
        Value::Int(number) => *number as f64,
        Value::Text(_) | Value::List(_) => 0.0,
    }
}

/// Returns a whole number; 0 for what is none.
pub(crate) fn whole(value: &Value) -> i64 {
    match value {
        Value::Int(number) => *number,
        #[expect(clippy::cast_possible_truncation, reason = "cut towards zero")]
        Value::Float(number) => *number as i64,
        Value::Text(_) | Value::List(_) => 0,
    }
}

fn float(field: Field, number: f64) -> Result<String, Error> {
    match field {
        Field::RgAlbumGain | Field::RgTrackGain => Ok(format!("{} dB", decimal(number, 2))),
        Field::RgAlbumPeak | Field::RgTrackPeak => Ok(decimal(number, 6)),
        Field::R128AlbumGain | Field::R128TrackGain => q7_8(field, number),
        _ => Ok(decimal(number, 2)),
    }
}

/// Returns a number with so many decimal places, in the words of Python where it is none.
fn decimal(number: f64, places: usize) -> String {
    if number.is_nan() {
        "nan".to_owned()
    } else {
        format!("{number:.places$}")
    }
}

/// Returns a gain as a whole number of 256ths.
fn q7_8(field: Field, number: f64) -> Result<String, Error> {
    if !number.is_finite() {
        return Err(Error::Value {
            field,
            reason: "it is no finite number",
        });
    }
    #[expect(clippy::cast_possible_truncation, reason = "rounded, and saturating")]
    let rounded = (number * 256.0).round_ties_even() as i128;
    Ok(rounded.to_string())
}
