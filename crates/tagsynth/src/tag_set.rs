//! The values that are written to one file.

use std::borrow::Cow;

use crate::Field;

/// A value of a [`Field`], borrowed from wherever it is kept, or owned.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Text; may be empty, which differs from an absent value.
    Text(Cow<'a, str>),
    /// A whole number, also of the parts of dates and of booleans (0 is false).
    Int(i64),
    /// A number with a fraction: gains in dB, peaks relative to full scale.
    Float(f64),
    /// Several texts, in order; may be empty.
    List(Vec<Cow<'a, str>>),
}

impl<'a> Value<'a> {
    /// Makes a text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// Makes a list.
    pub fn list<T: Into<Cow<'a, str>>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Into::into).collect())
    }
}

/// The values of all fields, to be written to one file: a field without a value is deleted from it.
#[derive(Debug, Clone, PartialEq)]
pub struct TagSet<'a> {
    values: [Option<Value<'a>>; Field::COUNT],
}

impl Default for TagSet<'_> {
    fn default() -> Self {
        Self {
            values: [const { None }; Field::COUNT],
        }
    }
}

impl<'a> TagSet<'a> {
    /// Returns the value of a field, if it has one.
    pub fn get(&self, field: Field) -> Option<&Value<'a>> {
        self.values[field as usize].as_ref()
    }

    /// Sets the value of a field; `None` stands for its deletion.
    pub fn set(&mut self, field: Field, value: impl Into<Option<Value<'a>>>) {
        self.values[field as usize] = value.into();
    }

    /// Returns the fields that have a value, in the order of [`Field::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Value<'a>)> {
        Field::ALL
            .iter()
            .filter_map(|&field| Some((field, self.get(field)?)))
    }
}
