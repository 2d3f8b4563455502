//! Which bytes of an edited file certainly are its origin's.

use std::ops::Range;

use fusefront::Edit;
use splice::Segment;

/// Where an edited file has bytes of its origin, as far as that is known without reading it.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// In order: a range of the edited file, and where it starts in the origin.
    ranges: Vec<(Range<u64>, u64)>,
}

impl Shared {
    /// Finds out what of the base of an edit was not written to, and is the origin's.
    pub(crate) fn of(edit: &Edit<'_>) -> Self {
        let mut ranges = Vec::new();
        let plan = edit.base().map(|base| base.plan());
        let mut start = 0;
        for segment in plan.iter().flat_map(|plan| plan.segments()) {
            let end = start + segment.len();
            let from = match segment {
                Segment::Extent(range) => Some(range.start),
                // Only numbers and checksums in front of the packets are others.
                Segment::Renumbered(pages) => Some(pages.range().start),
                _ => None,
            };
            if let Some(from) = from {
                let unchanged = edit.unchanged();
                let first = unchanged.partition_point(|range| range.end <= start);
                for range in &unchanged[first..] {
                    if range.start >= end {
                        break;
                    }
                    let part = range.start.max(start)..range.end.min(end);
                    let at = from + (part.start - start);
                    ranges.push((part, at));
                }
            }
            start = end;
        }
        Self { ranges }
    }

    /// Returns which range of the origin is at an offset of the edited file, if that is known.
    pub(crate) fn at(&self, offset: u64) -> Option<Range<u64>> {
        let index = self
            .ranges
            .partition_point(|(range, _)| range.end <= offset);
        let (range, at) = self.ranges.get(index)?;
        let skip = offset.checked_sub(range.start)?;
        Some(at + skip..at + (range.end - range.start))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use splice::{Origin, Plan, Reader};

    use super::*;

    #[test]
    fn what_was_not_written_to_is_found_in_the_origin() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(500).unwrap();
        let plan = Plan::builder().generated([1; 10]).extent(100..200);
        let plan = plan.zeros(5).extent(300..400).build().unwrap();
        let origin = Arc::new(Origin::open(file.path()).unwrap());
        let base = Arc::new(Reader::new(Arc::new(plan), origin).unwrap());
        let content = vec![0; 215];
        let edit = Edit::of(&content).over(&base, vec![0..20, 40..60, 90..215]);
        let shared = Shared::of(&edit);
        // The header is made, and so are the zeros.
        assert_eq!(shared.at(0), None);
        assert_eq!(shared.at(10), Some(100..110));
        assert_eq!(shared.at(19), Some(109..110));
        assert_eq!(shared.at(20), None);
        assert_eq!(shared.at(45), Some(135..150));
        assert_eq!(shared.at(100), Some(190..200));
        assert_eq!(shared.at(110), None);
        assert_eq!(shared.at(115), Some(300..400));
        assert_eq!(shared.at(215), None);
        assert_eq!(Shared::of(&Edit::of(&content)).at(10), None);
    }
}
