//! `%left`, `%right`, `%first`: parts of a text, counted as Python counts.

use super::Fault;
use crate::{MAX_OUTPUT, python};

/// Reads the argument of `%left` and `%right`.
fn count(argument: &str) -> Result<i64, Fault> {
    python::int(python::strip(argument)).map_err(Fault::Message)
}

/// Appends `text[0:chars]`.
pub(super) fn left(text: &str, chars: &str, out: &mut String) -> Result<(), Fault> {
    out.push_str(python::slice(text, None, Some(count(chars)?)));
    Ok(())
}

/// Appends `text[-chars:]`, which is the whole text for 0.
pub(super) fn right(text: &str, chars: &str, out: &mut String) -> Result<(), Fault> {
    out.push_str(python::slice(text, Some(-count(chars)?), None));
    Ok(())
}

/// Appends some of the parts of a text: `%first{text,count=1,skip=0,separator="; ",join="; "}`.
pub(super) fn first(arguments: &[&str], out: &mut String) -> Result<(), Fault> {
    let number = |at: usize, default| match arguments.get(at) {
        Some(text) => python::int(text).map_err(Fault::Message),
        None => Ok(default),
    };
    let argument = |at: usize| arguments.get(at).copied();
    let skip = number(2, 0)?;
    let end = skip.saturating_add(number(1, 1)?);
    let separator = argument(3).unwrap_or("; ");
    if separator.is_empty() {
        return Err(Fault::Message("empty separator".to_owned()));
    }
    let join = argument(4).unwrap_or("; ");
    let parts = || argument(0).unwrap_or("").split(separator);
    let taken = bounds(skip, end, || parts().count());
    let len = taken.len();
    for (at, part) in parts().skip(taken.start).take(len).enumerate() {
        let glue = if at > 0 { join } else { "" };
        // The join may be as long as the text, so the result can be as long as their product.
        if out.len() + glue.len() + part.len() > MAX_OUTPUT {
            return Err(Fault::TooLong);
        }
        out.push_str(glue);
        out.push_str(part);
    }
    Ok(())
}

/// Returns the positions of the slice `[from:to]` of a list, which is counted only if need be.
fn bounds(from: i64, to: i64, count: impl Fn() -> usize) -> std::ops::Range<usize> {
    let position = |index: i64| {
        let magnitude = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
        if index < 0 {
            count().saturating_sub(magnitude)
        } else {
            magnitude
        }
    };
    let (from, to) = (position(from), position(to));
    from..to.max(from)
}
