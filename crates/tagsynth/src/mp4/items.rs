//! The items of `ilst`, as mutagen holds them: by key, in the order in which keys came up.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::atom::Name;

/// Bytes that are held, or known by where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    Held(Cow<'a, [u8]>),
    Origin(Range<u64>),
    /// All of the insert, which has this length.
    Insert(u64),
}

impl Content<'_> {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Origin(range) => range.end - range.start,
            Self::Insert(len) => *len,
        }
    }
}

/// A part of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// A value and its type.
    Data(u32, Content<'a>),
    /// An atom as it is: the name of a picture.
    Kept(Content<'a>),
    /// All that the item contains, unread.
    Whole(Content<'a>),
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item<'a> {
    /// Its name; for `----`, with domain and name behind colons.
    pub(crate) key: Cow<'a, [u8]>,
    pub(crate) parts: Vec<Part<'a>>,
    /// Whether it was set, rather than read.
    pub(crate) is_set: bool,
}

/// The items of a file.
#[derive(Debug, Default)]
pub(crate) struct Items<'a> {
    /// In order; deleted ones leave their place.
    list: Vec<Option<Item<'a>>>,
    index: HashMap<Cow<'a, [u8]>, usize>,
    /// What mutagen cannot read, by name; kept unless there is an item of that name.
    unread: Vec<(Name, Vec<Content<'a>>)>,
}

impl<'a> Items<'a> {
    /// Returns the item of this key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Item<'a>> {
        self.list[*self.index.get(key)?].as_ref()
    }

    /// Sets an item: in its place if it is there, else at the end.
    pub(crate) fn set(&mut self, key: &'static [u8], parts: Vec<Part<'a>>) {
        let item = self.entry(Cow::Borrowed(key));
        item.parts = parts;
        item.is_set = true;
    }

    /// Deletes an item; one that is set later takes its place.
    pub(crate) fn delete(&mut self, key: &[u8]) {
        if let Some(&index) = self.index.get(key) {
            self.list[index] = None;
        }
    }

    /// Returns the items, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Item<'a>> {
        self.list.iter().flatten()
    }

    /// Returns what was not read and is kept.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (Name, &Content<'a>)> {
        let kept = self.unread.iter();
        let kept = kept.filter(|(name, _)| self.get(name).is_none());
        kept.flat_map(|(name, contents)| contents.iter().map(|content| (*name, content)))
    }

    /// Returns the item of this key, made without parts if it is not there.
    pub(crate) fn entry(&mut self, key: Cow<'a, [u8]>) -> &mut Item<'a> {
        let next = self.list.len();
        let index = *self.index.entry(key.clone()).or_insert(next);
        if index == next {
            self.list.push(None);
        }
        self.list[index].get_or_insert_with(|| Item {
            key,
            parts: Vec::new(),
            is_set: false,
        })
    }

    /// Keeps what cannot be read.
    pub(crate) fn keep(&mut self, name: Name, content: Content<'a>) {
        match self.unread.iter_mut().find(|(other, _)| *other == name) {
            Some((_, contents)) => contents.push(content),
            None => self.unread.push((name, vec![content])),
        }
    }
}
