//! Recognises virtual files that are their origins, byte for byte.

use std::ops::Range;

use splice::{Plan, ReadAt, Segment};

use crate::{Error, read};

/// How much is compared at a time.
const STEP: u64 = 64 << 10;

/// Returns the plan of the origin as it is in the place of a plan that comes to the same.
///
/// Pictures that are inserted are taken for others than those that the origin has.
///
/// # Errors
///
/// [`Error::Read`] if the origin cannot be read.
pub(crate) fn settle<R: ReadAt + ?Sized>(plan: Plan, origin: &R) -> Result<Plan, Error> {
    if plan.len() == origin.len() && is_origin(&plan, origin)? {
        return Ok(Plan::identity(origin.len()));
    }
    Ok(plan)
}

/// Compares what costs nothing first: where extents are.
fn is_origin<R: ReadAt + ?Sized>(plan: &Plan, origin: &R) -> Result<bool, Error> {
    let mut made = Vec::new();
    let mut at = 0;
    for segment in plan.segments() {
        let range = at..at + segment.len();
        at = range.end;
        match segment {
            Segment::Extent(extent) if *extent == range => {}
            Segment::Generated(bytes) => made.push((range, Some(bytes))),
            Segment::Zeros(_) => made.push((range, None)),
            _ => return Ok(false),
        }
    }
    for (range, bytes) in made {
        let is_same = match bytes {
            Some(bytes) => is_at(origin, range.start, bytes)?,
            None => is_zero(origin, range)?,
        };
        if !is_same {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_at<R: ReadAt + ?Sized>(origin: &R, offset: u64, bytes: &[u8]) -> Result<bool, Error> {
    let mut at = offset;
    for chunk in bytes.chunks(usize::try_from(STEP).expect("a few kilobytes")) {
        if read::read_exact_at(origin, at, chunk.len() as u64)? != chunk {
            return Ok(false);
        }
        at += chunk.len() as u64;
    }
    Ok(true)
}

fn is_zero<R: ReadAt + ?Sized>(origin: &R, range: Range<u64>) -> Result<bool, Error> {
    let mut at = range.start;
    while at < range.end {
        let len = (range.end - at).min(STEP);
        let bytes = read::read_exact_at(origin, at, len)?;
        if bytes.iter().any(|&byte| byte != 0) {
            return Ok(false);
        }
        at += len;
    }
    Ok(true)
}
