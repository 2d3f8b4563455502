//! A tag as mediafile asks it for fields.

use std::cell::Cell;
use std::collections::HashMap;

use super::{Data, Item, Kind};
use crate::known::{Dialect, is_known, known};
use crate::parse::{Raw, Storage};
use crate::{Field, keys};

/// The items of a tag by their keys.
pub(super) struct Texts<'t> {
    /// Keys are in capitals.
    items: HashMap<String, &'t Item<'t>>,
    has_failed: Cell<bool>,
}

impl<'t> Texts<'t> {
    /// Looks at the items of a tag.
    pub(super) fn new(items: &'t [Item<'t>]) -> Self {
        let items = items
            .iter()
            .map(|item| (item.key.to_ascii_uppercase(), item));
        Self {
            items: items.collect(),
            has_failed: Cell::new(false),
        }
    }

    /// Returns whether a field was looked for in an item that is no text: there mediafile fails.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.get()
    }

    /// Returns the texts of an item; even an empty one has one.
    fn texts(&self, key: &str) -> Vec<Raw<'_>> {
        let Some(item) = self.items.get(key) else {
            return Vec::new();
        };
        let (Kind::Text, Data::Held(bytes)) = (item.kind, &item.value) else {
            self.has_failed.set(true);
            return Vec::new();
        };
        let text = str::from_utf8(bytes).expect("it was read or made as text");
        text.split('\0')
            .map(|text| Raw::Text(text.into()))
            .collect()
    }
}

impl Storage for Texts<'_> {
    fn places(&self, field: Field) -> impl Iterator<Item = Vec<Raw<'_>>> {
        let keys = keys::written(field).iter().chain(keys::aliases(field));
        keys.map(|key| self.texts(key))
    }

    fn copies(&self, field: Field) -> impl Iterator<Item = bool> {
        known(field, Dialect::Ape)
    }

    fn year(&self) -> Option<Raw<'_>> {
        self.texts(keys::YEAR).into_iter().next()
    }

    fn is_year_known(&self) -> bool {
        is_known(keys::YEAR, Dialect::Ape)
    }
}
