//! The values that are written to one file.

use crate::Field;

/// A value of a [`Field`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text; may be empty, which differs from an absent value.
    Text(String),
    /// A whole number, also of the parts of dates and of booleans (0 is false).
    Int(i64),
    /// A number with a fraction: gains in dB, peaks relative to full scale.
    Float(f64),
    /// Several texts, in order; may be empty.
    List(Vec<String>),
}

/// The values of all fields, to be written to one file: a field without a value is deleted from it.
#[derive(Debug, Clone, PartialEq)]
pub struct TagSet {
    values: [Option<Value>; Field::COUNT],
}

impl Default for TagSet {
    fn default() -> Self {
        Self {
            values: [const { None }; Field::COUNT],
        }
    }
}

impl TagSet {
    /// Returns the value of a field, if it has one.
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.values[field as usize].as_ref()
    }

    /// Sets the value of a field; `None` stands for its deletion.
    pub fn set(&mut self, field: Field, value: impl Into<Option<Value>>) {
        self.values[field as usize] = value.into();
    }

    /// Returns the fields that have a value, in the order of [`Field::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Value)> {
        Field::ALL
            .iter()
            .filter_map(|&field| Some((field, self.get(field)?)))
    }
}
