//! The packets of a new header, and pieces of them.

use std::ops::Range;

use splice::{Plan, PlanBuilder, Segment};

use super::header::check_len;
use super::{Header, kept};
use crate::vorbis::Comments;
use crate::{Cover, Error, TagSet};

/// What comes to lie in the pages of a header: a plan, whose origin are the packets that were there.
#[derive(Debug)]
pub(crate) struct Packets {
    /// The comment packet without padding.
    comments: Plan,
    pub(crate) can_be_padded: bool,
    /// Where the other packets are among those that were there.
    others: Range<u64>,
}

impl Packets {
    /// Writes a tag set and a cover over the comments.
    pub(crate) fn new(
        header: &Header,
        tags: &TagSet<'_>,
        cover: Option<Cover<'_>>,
    ) -> Result<Self, Error> {
        let old = header.comment_packet()?;
        let mut comments = Comments::parse(old.comments, old.at)?;
        comments.update(tags, cover)?;
        let builder = Plan::builder().generated(old.magic);
        let builder = kept::fold(builder, comments.segments()?, header);
        let comments = builder.generated(old.rest.kept).build()?;
        Ok(Self {
            comments,
            can_be_padded: old.rest.can_be_padded,
            others: header.ends[0] as u64..header.packets.len() as u64,
        })
    }

    /// Returns the length of the comment packet without padding.
    pub(crate) fn comments_len(&self) -> u64 {
        self.comments.len()
    }

    /// Returns all packets, the first one padded to a length.
    pub(crate) fn padded(&self, comments_len: u64) -> Result<Plan, Error> {
        let comments = self.comments.segments().iter().cloned();
        let builder = comments.fold(Plan::builder(), PlanBuilder::segment);
        let builder = builder.zeros(comments_len - self.comments.len());
        let packets = builder.extent(self.others.clone()).build()?;
        check_len(packets.len())?;
        Ok(packets)
    }
}

/// Returns the segments that make up a range of a plan.
pub(crate) fn part(plan: &Plan, range: Range<u64>) -> impl Iterator<Item = Segment> {
    let mut start = 0;
    plan.segments().iter().filter_map(move |segment| {
        let end = start + segment.len();
        let part = range.start.max(start)..range.end.min(end);
        let part = (part.start < part.end).then(|| part.start - start..part.end - start);
        start = end;
        part.map(|part| cut(segment, part))
    })
}

/// Returns a part of a segment of packets.
fn cut(segment: &Segment, part: Range<u64>) -> Segment {
    let index = |at| usize::try_from(at).expect("what is in memory has an index");
    match segment {
        Segment::Generated(bytes) => {
            Segment::Generated(bytes[index(part.start)..index(part.end)].into())
        }
        Segment::Extent(range) => Segment::Extent(range.start + part.start..range.start + part.end),
        Segment::InsertText(text) => Segment::InsertText(text.part(part)),
        Segment::Zeros(_) => Segment::Zeros(part.end - part.start),
        other => unreachable!("packets have no {other:?}"),
    }
}
