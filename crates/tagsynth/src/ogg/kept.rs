//! Finds what long comments have in common with those that were there, such as pictures, so that a
//! plan need not hold it.

use std::ops::Range;

use splice::{PlanBuilder, Segment};

use super::Header;

/// Comments of fewer bytes are held.
const LONG: usize = 4096;

/// Appends the segments of comments, with extents of the packets in place of what was there before.
pub(crate) fn fold(builder: PlanBuilder, segments: Vec<Segment>, header: &Header) -> PlanBuilder {
    let packet = &header.packets[..header.ends[0]];
    let start = header.codec.magics()[0].len();
    let old: Vec<_> = long_comments(packet, after_count(packet, start)).collect();
    let mut is_start = true;
    segments
        .into_iter()
        .fold(builder, |builder, segment| match segment {
            Segment::Generated(bytes) if !old.is_empty() => {
                let start = if is_start { after_count(&bytes, 0) } else { 0 };
                is_start = false;
                replace(builder, &bytes, start, packet, &old)
            }
            other => builder.segment(other),
        })
}

/// Appends bytes with comments from `start` on.
fn replace(
    mut builder: PlanBuilder,
    bytes: &[u8],
    start: usize,
    packet: &[u8],
    old: &[Range<usize>],
) -> PlanBuilder {
    let mut done = 0;
    for comment in long_comments(bytes, start) {
        let is_same = |old: &&Range<usize>| packet[(*old).clone()] == bytes[comment.clone()];
        if let Some(same) = old.iter().find(is_same) {
            builder = builder.generated(&bytes[done..comment.start]);
            builder = builder.extent(same.start as u64..same.end as u64);
            done = comment.end;
        }
    }
    builder.generated(&bytes[done..])
}

/// Returns where the long ones among comments are: each has its length in front of it, and the last
/// may be cut short.
fn long_comments(bytes: &[u8], start: usize) -> impl Iterator<Item = Range<usize>> {
    let mut at = start;
    let comments = std::iter::from_fn(move || {
        let start = at + 4;
        let len = number(bytes, at)?;
        at = start.checked_add(len).filter(|&end| end <= bytes.len())?;
        Some(start..at)
    });
    comments.filter(|comment| comment.len() >= LONG)
}

/// Returns where comments start, after the vendor and their count.
fn after_count(bytes: &[u8], start: usize) -> usize {
    start + 4 + number(bytes, start).expect("the comments were parsed") + 4
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*number)).ok()
}
