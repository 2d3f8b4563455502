//! Fields that a file has more than once, and what an edit of some of the copies means.
//!
//! beets writes some fields to several places, and reads the first that has anything. Other programs know
//! one of them, and leave the others as they are. So what was edited is told copy by copy, by what the file
//! said before:
//!
//! ```text
//! copies                                      the field
//! one has another value                       has that value; of several, the first in beets' order
//! none has a value                            is what the file says without it
//! one that other programs know has no value   has none
//! others have no value                        is what it was
//! ```

use super::{DATE, ORIGINAL_DATE, Raw, Storage, date_parts, tag_set, typed};
use crate::{Field, Kind, TagSet, Value};

/// The tags of a file: its fields, and each copy of those that it can have more than once.
#[derive(Debug, Clone, Default)]
pub struct FileTags {
    fields: TagSet<'static>,
    /// Ordered by field.
    copied: Vec<Copied>,
}

/// The copies of a field.
#[derive(Debug, Clone)]
struct Copied {
    field: Field,
    places: Vec<Place>,
}

/// Where a copy may be.
#[derive(Debug, Clone)]
struct Place {
    /// Whether other programs know it.
    is_known: bool,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Absent,
    /// There, with what says nothing.
    Empty,
    Holds(Value<'static>),
}

/// What an edit made of a field.
enum Edited<'a> {
    Kept,
    Set(&'a Value<'static>),
    Removed,
    /// What the file says.
    Read,
}

impl FileTags {
    /// Returns the fields as mediafile reads them; of [`FileTags::made_from`], as they were edited.
    pub fn tag_set(&self) -> &TagSet<'static> {
        &self.fields
    }

    /// Returns the same.
    pub fn into_tag_set(self) -> TagSet<'static> {
        self.fields
    }

    /// Returns the tags of a file that was made from another one by an edit of some of its copies.
    #[must_use]
    pub fn made_from(mut self, base: &Self) -> Self {
        let mut removed = Vec::new();
        for copied in &self.copied {
            let field = copied.field;
            let Ok(at) = base.copied.binary_search_by_key(&field, |base| base.field) else {
                continue;
            };
            match copied.edited(&base.copied[at]) {
                Edited::Kept => self.fields.set(field, base.fields.get(field).cloned()),
                Edited::Set(value) => self.fields.set(field, value.clone()),
                Edited::Removed => removed.push(field),
                Edited::Read => {}
            }
        }
        for date in [DATE, ORIGINAL_DATE] {
            if removed.contains(&date[0]) {
                removed.extend(date);
            }
        }
        for field in removed {
            self.fields.set(field, None);
        }
        self
    }
}

impl Copied {
    fn edited<'a>(&'a self, base: &Self) -> Edited<'a> {
        let pairs = || self.places.iter().zip(&base.places);
        let mut others = pairs().filter(|(new, old)| new.content != old.content);
        let set = others.find_map(|(new, _)| new.content.value());
        let is_left = self
            .places
            .iter()
            .any(|place| place.content.value().is_some());
        let is_gone = |(new, old): (&Place, &Place)| {
            let was_there = new.is_known && old.content.value().is_some();
            // Where beets empties all copies, an older name shows.
            was_there
                && (new.content == Content::Absent || is_left && new.content == Content::Empty)
        };
        match set {
            Some(value) => Edited::Set(value),
            None if pairs().any(is_gone) => Edited::Removed,
            None if is_left => Edited::Kept,
            None => Edited::Read,
        }
    }
}

impl Content {
    fn value(&self) -> Option<&Value<'static>> {
        match self {
            Self::Holds(value) => Some(value),
            Self::Absent | Self::Empty => None,
        }
    }
}

/// Reads all fields, and their copies.
pub(crate) fn file_tags(storage: &impl Storage) -> FileTags {
    with_copies(tag_set(storage), storage)
}

/// Reads the copies of fields that were read from the same storage.
pub(crate) fn with_copies(fields: TagSet<'static>, storage: &impl Storage) -> FileTags {
    let copied = Field::ALL.iter().map(|&field| Copied {
        field,
        places: places(storage, field),
    });
    // A copy that is all that there is says what the field says.
    let may_differ =
        |copied: &Copied| copied.places.len() > 1 || storage.places(copied.field).nth(1).is_some();
    FileTags {
        fields,
        copied: copied.filter(may_differ).collect(),
    }
}

/// Returns the places of the copies of a field, in beets' order.
fn places(storage: &impl Storage, field: Field) -> Vec<Place> {
    let place = |(is_known, values): (bool, Vec<_>)| Place {
        is_known,
        content: content(field, &values),
    };
    let copies = storage.copies(field).zip(storage.places(field));
    let mut places: Vec<_> = copies.map(place).collect();
    if DATE.contains(&field) {
        let year = Vec::from_iter(storage.year());
        places.push(place((storage.is_year_known(), year)));
    }
    places
}

/// Returns what values at one place say of a field.
fn content(field: Field, values: &[Raw<'_>]) -> Content {
    let counts = match field.kind() {
        Kind::List => values,
        _ => &values[..values.len().min(1)],
    };
    if !counts.iter().any(Raw::is_true) {
        return if values.is_empty() {
            Content::Absent
        } else {
            Content::Empty
        };
    }
    for date in [DATE, ORIGINAL_DATE] {
        if let Some(at) = date.iter().position(|&part| part == field) {
            let part = date_parts(&values[0].to_text(), || None)[at];
            return part.map_or(Content::Empty, |part| Content::Holds(Value::Int(part)));
        }
    }
    Content::Holds(typed(field, values))
}
