//! A tag as a list of items.

use std::collections::HashSet;
use std::mem;

use splice::{PlanBuilder, ReadAt};

use super::picture::{FRONT, is_picture};
use super::storage::Texts;
use super::{Data, FOOTER, Footer, HAS_HEADER, IS_HEADER, Item, Kind, Place, VERSION};
use crate::edits::Edits;
use crate::read::{self, Window};
use crate::{Cover, Error, FileTags, TagSet, parse};

/// The most items that are read: more than any file has, and few enough to hold.
const MAX_ITEMS: usize = 4096;

/// The tag of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// Where a new tag takes the place of whatever is there: at the end of the file if there is none.
    pub(crate) start: u64,
    /// The items; of those whose keys differ only in case, the last.
    items: Vec<Item<'a>>,
}

impl<'a> Tag<'a> {
    /// Reads the tag of a file whose stream has a header up to `least`; a tag without items stands for
    /// none.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for what mutagen does not read either, and for a tag of which it is not
    /// certain where it starts.
    pub(crate) fn read<R: ReadAt + ?Sized>(origin: &R, least: u64) -> Result<Self, Error> {
        let mut window = Window::new(origin);
        let Some(place) = Place::find(&mut window, least)? else {
            return Ok(Self {
                start: origin.len(),
                items: Vec::new(),
            });
        };
        if place.start < least {
            return Err(Error::Malformed {
                what: "an APEv2 tag within the header of the stream",
                offset: place.start,
            });
        }
        let items = read_items(&mut window, &place)?;
        let mut seen = HashSet::with_capacity(items.len());
        let mut is_last = |item: &Item<'_>| seen.insert(item.key.to_ascii_lowercase());
        Ok(Self {
            start: place.start,
            items: items.into_iter().rev().filter(&mut is_last).collect(),
        })
    }

    /// Returns the items, in no order.
    #[cfg(test)]
    pub(crate) fn items(&self) -> &[Item<'a>] {
        &self.items
    }

    /// Writes a tag set over the items.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] for a value that has no text.
    pub(crate) fn update(&mut self, tags: &'a TagSet<'a>) -> Result<(), Error> {
        let edits = Edits::of(tags, &[])?;
        self.items.retain(|item| !edits.touches(&item.key));
        let written = edits.into_written();
        self.items
            .extend(written.map(|(key, texts)| Item::text(key, &texts)));
        Ok(())
    }

    /// Reads all fields.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where mediafile fails: a field is no text.
    pub(crate) fn parse(&self) -> Result<FileTags, Error> {
        let texts = Texts::new(&self.items);
        let fields = parse::tag_set(&texts);
        if texts.has_failed() {
            return Err(Error::Malformed {
                what: "an APEv2 item of a field that is no text",
                offset: self.start,
            });
        }
        // What mediafile does not come to may be anything.
        Ok(parse::with_copies(fields, &texts))
    }

    /// Puts a cover in the place of all pictures.
    pub(crate) fn embed(&mut self, cover: &Cover<'_>) {
        self.items.retain(|item| !is_picture(&item.key));
        self.items.push(Item {
            key: FRONT.into(),
            kind: Kind::Binary,
            value: Data::Cover(cover.data().len()),
        });
    }

    /// Appends header, items and footer to a plan.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if the length of the tag has more than 32 bits.
    pub(crate) fn append_to(mut self, mut plan: PlanBuilder) -> Result<PlanBuilder, Error> {
        let footer = self.footer()?;
        let header = Footer {
            flags: HAS_HEADER | IS_HEADER,
            ..footer
        };
        self.sort();
        let mut held = header.to_bytes().to_vec();
        for item in &self.items {
            held.extend(item.head());
            plan = match &item.value {
                Data::Held(bytes) => {
                    held.extend_from_slice(bytes);
                    continue;
                }
                Data::Extent(range) => plan.generated(mem::take(&mut held)).extent(range.clone()),
                Data::Cover(len) => {
                    held.push(0);
                    plan.generated(mem::take(&mut held)).insert(0..*len)
                }
            };
        }
        held.extend(footer.to_bytes());
        Ok(plan.generated(held))
    }

    fn footer(&self) -> Result<Footer, Error> {
        let len = FOOTER + self.items.iter().map(Item::len).sum::<u64>();
        let too_large = |_| Error::TooLarge {
            what: "an APEv2 tag",
            len,
            limit: u32::MAX.into(),
        };
        Ok(Footer {
            version: VERSION,
            size: u32::try_from(len).map_err(too_large)?,
            count: u32::try_from(self.items.len()).map_err(too_large)?,
            flags: HAS_HEADER,
        })
    }

    /// Sorts the items by their length, and those of one length by their bytes.
    ///
    /// Their heads differ before their values do: where a key ends in the middle of another, the
    /// lengths of the values differ as well.
    fn sort(&mut self) {
        self.items
            .sort_by_cached_key(|item| (item.len(), item.head()));
    }
}

fn read_items<R: ReadAt + ?Sized>(
    window: &mut Window<'_, R>,
    place: &Place,
) -> Result<Vec<Item<'static>>, Error> {
    let mut items = Vec::new();
    let mut at = place.items.start;
    let mut held = 0;
    // Counts that are too large exist.
    while at < place.items.end && items.len() < place.count as usize {
        check(
            "the count of APEv2 items",
            items.len() as u64,
            MAX_ITEMS as u64 - 1,
        )?;
        let (item, end) = Item::read(window, at, place.items.end)?;
        if let Data::Held(bytes) = &item.value {
            held += bytes.len() as u64;
        }
        check("the length of all APEv2 texts", held, read::LARGEST)?;
        items.push(item);
        at = end;
    }
    // Counts that are too small exist as well. But with neither a header nor an item at its start,
    // nothing but the size says that it is a tag.
    if at < place.items.end && items.is_empty() && place.header.is_none() {
        return Err(Error::Malformed {
            what: "an APEv2 tag without header and items",
            offset: at,
        });
    }
    Ok(items)
}

fn check(what: &'static str, len: u64, limit: u64) -> Result<(), Error> {
    if len > limit {
        return Err(Error::TooLarge { what, len, limit });
    }
    Ok(())
}
