//! A frame, taken apart.

use std::ops::Range;

use super::layout::{Id, Layout, layout};
use super::stamp::Stamp;
use super::tag::Tag;
use super::text::{Encoding, latin1};

/// A frame of a kind that mutagen knows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) id: Id,
    /// Of all texts in the frame; [`Encoding::Latin1`] where there are none.
    pub(crate) encoding: Encoding,
    /// As many as the layout of the kind has, or fewer where the last ones are optional.
    pub(crate) parts: Vec<Part>,
    /// Tells pictures with one description apart.
    pub(crate) salt: usize,
}

/// A part of a frame's data.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Text(String),
    Texts(Vec<String>),
    Stamps(Vec<Stamp>),
    Pairs(Vec<[String; 2]>),
    Timed(Vec<(String, [u8; 4])>),
    /// Text in ISO-8859-1, without its terminator.
    Latin1(Vec<u8>),
    /// Numbers, and whatever else is never changed, as written.
    Raw(Vec<u8>),
    Binary(Blob),
    Frames(Box<Tag>),
}

/// Binary data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Blob {
    Held(Vec<u8>),
    /// Left in the origin, at these offsets.
    Origin(Range<u64>),
    /// The whole insert of a plan, of this length.
    Insert(u64),
}

impl Default for Blob {
    fn default() -> Self {
        Self::Held(Vec::new())
    }
}

impl Blob {
    /// Returns the length in bytes.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Origin(range) => range.end - range.start,
            Self::Insert(len) => *len,
        }
    }
}

impl Frame {
    /// Makes a text frame.
    pub(crate) fn text(id: Id, encoding: Encoding, texts: Vec<String>) -> Self {
        Self::new(id, encoding, vec![Part::Texts(texts)])
    }

    /// Makes a frame of parts that fit its kind.
    pub(crate) fn new(id: Id, encoding: Encoding, parts: Vec<Part>) -> Self {
        Self {
            id,
            encoding,
            parts,
            salt: 0,
        }
    }

    /// Returns the layout of this kind of frame.
    pub(crate) fn layout(&self) -> &'static Layout {
        layout(self.id).expect("frames are made of kinds that have a layout")
    }

    /// Returns the values of a text frame.
    pub(crate) fn texts(&self) -> Option<&Vec<String>> {
        match self.parts.last() {
            Some(Part::Texts(texts)) => Some(texts),
            _ => None,
        }
    }

    /// Returns the timestamps of a frame that has such.
    pub(crate) fn stamps(&self) -> &[Stamp] {
        match self.parts.last() {
            Some(Part::Stamps(stamps)) => stamps,
            _ => &[],
        }
    }

    /// Returns the pairs of a frame that has such.
    pub(crate) fn pairs(&self) -> &[[String; 2]] {
        match self.parts.last() {
            Some(Part::Pairs(pairs)) => pairs,
            _ => &[],
        }
    }

    /// Returns the frames within this one.
    pub(crate) fn inner(&mut self) -> Option<&mut Tag> {
        match self.parts.last_mut() {
            Some(Part::Frames(tag)) => Some(tag),
            _ => None,
        }
    }

    /// Returns the description of a TXXX, COMM or USLT frame.
    pub(crate) fn description(&self) -> Option<&str> {
        let part = match &self.id {
            b"TXXX" => 0,
            b"COMM" | b"USLT" => 1,
            _ => return None,
        };
        match self.parts.get(part) {
            Some(Part::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns whether a tag has at most one frame of this kind.
    pub(crate) fn is_single(&self) -> bool {
        self.layout().key.is_empty() && self.id != *b"COMR"
    }

    /// Returns whether a tag cannot have both frames: whether they have the same key.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        let alike = || match &self.id {
            b"COMR" => self.encoding == other.encoding && self.parts == other.parts,
            _ => (self.layout().key.iter()).all(|&part| self.parts[part] == other.parts[part]),
        };
        self.id == other.id && self.salt == other.salt && alike()
    }

    /// Returns the key that no other frame of a tag has: the identifier and what qualifies it.
    pub(crate) fn key(&self) -> String {
        let mut key = latin1(&self.id);
        for &index in self.layout().key {
            key.push(':');
            match &self.parts[index] {
                Part::Text(text) => key.push_str(text),
                Part::Raw(number) if matches!(&self.id, b"GRID" | b"SIGN") => {
                    key.push_str(&number[0].to_string());
                }
                Part::Latin1(bytes) | Part::Raw(bytes) | Part::Binary(Blob::Held(bytes)) => {
                    key.push_str(&latin1(bytes));
                }
                _ => {}
            }
        }
        if self.id == *b"COMR" {
            let mut data = Vec::new();
            // What cannot be written has no place in the order either.
            let _ = super::encode::data(self, super::Version::V24, &mut data);
            key.push(':');
            key.push_str(&latin1(&data));
        }
        key.extend(std::iter::repeat_n(' ', self.salt));
        key
    }

    /// Returns whether the frame says nothing: a text frame whose values are all empty, unless
    /// there are several.
    pub(crate) fn is_blank(&self) -> bool {
        match self.parts.last() {
            Some(Part::Texts(texts)) => match texts.as_slice() {
                [] => true,
                [text] => text.is_empty(),
                _ => false,
            },
            Some(Part::Stamps(stamps)) => match stamps.as_slice() {
                [] => true,
                [stamp] => stamp.text(' ').is_empty(),
                _ => false,
            },
            _ => false,
        }
    }

    /// Takes the values of another frame with the same key; `Some` if it must find another key.
    pub(crate) fn merge(&mut self, mut other: Self) -> Option<Self> {
        let added = match (self.parts.last_mut(), other.parts.last_mut()) {
            (Some(Part::Texts(mine)), Some(Part::Texts(theirs))) => append_new(mine, theirs),
            (Some(Part::Stamps(mine)), Some(Part::Stamps(theirs))) => append_new(mine, theirs),
            _ if self.id == *b"APIC" => {
                other.salt += 1;
                return Some(other);
            }
            _ => {
                *self = other;
                return None;
            }
        };
        if added {
            self.encoding = self.encoding.max(other.encoding);
        }
        None
    }
}

/// Appends the values that are not there yet; returns whether there were any.
fn append_new<T: PartialEq>(values: &mut Vec<T>, more: &mut Vec<T>) -> bool {
    let before = values.len();
    for value in more.drain(..) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.len() > before
}
