//! Attributes as mediafile reads them.

use std::borrow::Cow;
use std::collections::HashMap;

use splice::{ReadAt, Segment};

use super::attribute::{Attribute, Data};
use super::names;
use crate::parse::{Raw, Storage};
use crate::{Error, Field, read};

/// The values of a file by the names that fields have; other names are left out.
pub(crate) struct Values(HashMap<&'static str, Vec<Raw<'static>>>);

impl Values {
    /// Takes the values of attributes, and reads those that were left in the file.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if the file cannot be read, [`Error::TooLarge`] for what is too much to hold.
    pub(crate) fn read<R: ReadAt + ?Sized>(
        file: &R,
        attributes: Vec<Attribute<'static>>,
    ) -> Result<Self, Error> {
        let names = Field::ALL.iter().flat_map(|&field| names(field));
        let mut values: HashMap<_, _> = names.map(|name| (name, Vec::new())).collect();
        let mut held = 0;
        for attribute in attributes {
            if let Some(values) = values.get_mut(&*attribute.name) {
                values.push(value(file, attribute.value, &mut held)?);
            }
        }
        Ok(Self(values))
    }
}

impl Storage for Values {
    fn places(&self, field: Field) -> impl Iterator<Item = Vec<Raw<'_>>> {
        names(field).map(|name| self.0[name].clone())
    }

    fn copies(&self, field: Field) -> impl Iterator<Item = bool> {
        // Comments have a place of their own in the file's description, which all programs know.
        let names = names::written(field).iter();
        names.map(|&name| name != "WM/Comments")
    }
}

/// Returns the names that a field is looked for under, in mediafile's order.
fn names(field: Field) -> impl Iterator<Item = &'static str> {
    let names = names::written(field).iter().chain(names::aliases(field));
    names.copied()
}

fn value<R: ReadAt + ?Sized>(
    file: &R,
    value: Data<'static>,
    held: &mut u64,
) -> Result<Raw<'static>, Error> {
    Ok(match value {
        Data::Text(text) => Raw::Text(text),
        Data::Bytes(bytes) | Data::Guid(bytes) => Raw::Bytes(Cow::from(whole(file, &bytes, held)?)),
        Data::Bool(truth) => Raw::Bool(truth),
        Data::Dword(number) => Raw::Int(number.into()),
        Data::Word(number) => Raw::Int(number.into()),
        Data::Qword(number) => match i64::try_from(number) {
            Ok(number) => Raw::Int(number),
            // Its digits are as good as the number, in whatever field.
            Err(_) => Raw::Text(Cow::from(number.to_string())),
        },
    })
}

/// Returns bytes in one piece.
fn whole<R: ReadAt + ?Sized>(
    file: &R,
    segments: &[Segment],
    held: &mut u64,
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for segment in segments {
        *held += segment.len();
        super::decode::check("the length of all attributes", *held, read::LARGEST)?;
        match segment {
            Segment::Generated(held) => bytes.extend_from_slice(held),
            Segment::Extent(range) => {
                bytes.append(&mut read::read_exact_at(file, range.start, segment.len())?);
            }
            // Nothing else is read from a file.
            _ => {}
        }
    }
    Ok(bytes)
}
