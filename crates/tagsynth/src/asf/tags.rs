//! The attributes of a file as one list: from fields to attributes, from attributes to objects.

use std::borrow::Cow;
use std::collections::HashSet;

use splice::Segment;

use super::attribute::{Attribute, Data};
use super::names;
use super::read::DESCRIPTIONS;
use crate::spell::{self, Step};
use crate::{Cover, Error, Field, TagSet};

/// The name of pictures.
const PICTURE: &str = "WM/Picture";
/// The type of a picture that is the front cover (ID3v2.4.0-frames §4.14, which `WM/Picture` follows).
const FRONT_COVER: u8 = 3;

/// The attributes of a file, in the order in which mutagen has them.
#[derive(Debug)]
pub(crate) struct Tags<'a> {
    items: Vec<Attribute<'a>>,
}

impl<'a> Tags<'a> {
    /// Takes the attributes of a header.
    pub(crate) fn new(items: Vec<Attribute<'a>>) -> Self {
        Self { items }
    }

    /// Writes a tag set over the attributes, and a cover over the pictures.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] for a value that has no text, [`Error::TooLarge`] for a cover whose length
    /// has no place.
    pub(crate) fn update(
        &mut self,
        tags: &'a TagSet<'a>,
        cover: Option<Cover<'_>>,
    ) -> Result<(), Error> {
        let edits = Edits::of(tags, cover)?;
        self.items
            .retain(|item| !edits.touched.contains(&*item.name));
        self.items.extend(edits.written);
        Ok(())
    }

    /// Sorts the attributes into the objects that are to hold them, as mutagen does.
    pub(crate) fn homes(&self) -> Homes<'_> {
        let mut homes = Homes::default();
        for item in &self.items {
            if !homes.take(item) {
                homes.library.push(item);
            }
        }
        homes
    }
}

/// The attributes by the object that holds them.
#[derive(Debug, Default)]
pub(crate) struct Homes<'t> {
    /// In the order of [`DESCRIPTIONS`].
    pub(crate) descriptions: [Option<&'t str>; 5],
    pub(crate) extended: Unique<'t>,
    pub(crate) metadata: Unique<'t>,
    pub(crate) library: Vec<&'t Attribute<'t>>,
}

impl<'t> Homes<'t> {
    /// Takes an attribute, unless only the Metadata Library has a place for it.
    fn take(&mut self, item: &'t Attribute<'t>) -> bool {
        if item.value.is_long() || item.language.is_some() {
            return false;
        }
        if item.stream.is_some() {
            return self.metadata.take(item);
        }
        let Some(place) = DESCRIPTIONS.iter().position(|name| *name == item.name) else {
            return self.extended.take(item);
        };
        match (&item.value, &mut self.descriptions[place]) {
            (Data::Text(text), empty @ None) => {
                *empty = Some(text);
                true
            }
            _ => false,
        }
    }
}

/// Attributes whose names differ.
#[derive(Debug, Default)]
pub(crate) struct Unique<'t> {
    names: HashSet<&'t str>,
    pub(crate) items: Vec<&'t Attribute<'t>>,
}

impl<'t> Unique<'t> {
    fn take(&mut self, item: &'t Attribute<'t>) -> bool {
        let is_new = self.names.insert(&item.name);
        if is_new {
            self.items.push(item);
        }
        is_new
    }
}

/// What a tag set does to the attributes of a file, whatever they are.
///
/// beets goes field by field: each name loses its attributes and gets the new ones at the end. So
/// every name that it touches ends up either gone or behind all that was there before.
struct Edits<'a> {
    touched: HashSet<&'static str>,
    written: Vec<Attribute<'a>>,
}

impl<'a> Edits<'a> {
    fn of(tags: &'a TagSet<'a>, cover: Option<Cover<'_>>) -> Result<Self, Error> {
        let mut edits = Self {
            touched: HashSet::with_capacity(128),
            written: Vec::with_capacity(128),
        };
        for step in spell::steps() {
            match step {
                Step::Field(field) => {
                    // The pictures have their place by their name as well: `images`.
                    if let (Field::InitialKey, Some(cover)) = (field, cover) {
                        edits.set(PICTURE, vec![picture(cover)?]);
                    }
                    edits.field(tags, field)?;
                }
                Step::Date | Step::OriginalDate => {
                    let date = spell::date(tags, step, false);
                    let values = Vec::from_iter(date.map(|date| Data::Text(Cow::from(date))));
                    let field = match step {
                        Step::Date => Field::Year,
                        _ => Field::OriginalYear,
                    };
                    for name in names::written(field) {
                        edits.set(name, values.clone());
                    }
                }
            }
        }
        Ok(edits)
    }

    fn field(&mut self, tags: &'a TagSet<'a>, field: Field) -> Result<(), Error> {
        let value = tags.get(field);
        let values: Vec<_> = match value {
            None => Vec::new(),
            Some(value) if field == Field::Comp => {
                let truth = spell::number(Some(value)).is_some_and(|number| number != 0);
                vec![Data::Bool(truth)]
            }
            Some(value) => {
                let texts = spell::texts(field, value)?;
                texts.into_iter().map(Data::Text).collect()
            }
        };
        for name in names::written(field) {
            self.set(name, values.clone());
        }
        if value.is_none() {
            self.touched.extend(names::aliases(field));
        }
        Ok(())
    }

    fn set(&mut self, name: &'static str, values: Vec<Data<'a>>) {
        if !self.touched.insert(name) {
            self.written.retain(|written| written.name != name);
        }
        self.written
            .extend(values.into_iter().map(|value| Attribute {
                name: Cow::from(name),
                value,
                language: None,
                stream: None,
            }));
    }
}

/// Returns the value of a picture that is the front cover, as mediafile packs it.
///
/// ```text
/// +0  1  type of the picture
/// +1  4  length of its data, little-endian
/// +5     media type, UTF-16 with a zero at the end
///        description, likewise
///        data
/// ```
///
/// The standard leaves `WM/Picture` to the Windows Media Format SDK (`WM_PICTURE`).
fn picture(cover: Cover<'_>) -> Result<Data<'static>, Error> {
    let len = cover.data().len();
    let stated = i32::try_from(len).map_err(|_| Error::TooLarge {
        what: "a picture",
        len,
        limit: u64::from(i32::MAX.unsigned_abs()),
    })?;
    let mut lead = vec![FRONT_COVER];
    lead.extend(stated.to_le_bytes());
    let texts = [cover.kind().media_type(), ""];
    let units = texts.iter().flat_map(|text| text.encode_utf16().chain([0]));
    lead.extend(units.flat_map(u16::to_le_bytes));
    Ok(Data::Bytes(vec![
        Segment::Generated(lead.into()),
        Segment::Insert(0..len),
    ]))
}
