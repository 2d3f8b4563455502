//! What a tag set does to tags of keys and texts, whatever they are: Vorbis comments and APEv2.
//!
//! beets goes field by field: each key loses what it had, in whatever case, and gets the new values.
//! Since every key that it touches ends up either gone or new, one pass over the tags of the origin
//! and one list of new ones come to the same.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::spell::{self, Step};
use crate::{Error, Field, TagSet, keys};

/// The keys that a tag set touches, and the texts that it writes to some of them.
pub(crate) struct Edits<'a> {
    touched: HashSet<&'static str>,
    written: Vec<(&'static str, Vec<Cow<'a, str>>)>,
}

impl<'a> Edits<'a> {
    /// Works out the edits of a tag set, and of a cover that is written under the first of `pictures`,
    /// without a text as yet, and deletes the others.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] for a value that has no text.
    pub(crate) fn of(tags: &'a TagSet<'a>, pictures: &[&'static str]) -> Result<Self, Error> {
        let mut edits = Self {
            touched: HashSet::with_capacity(128),
            written: Vec::with_capacity(128),
        };
        for step in spell::steps() {
            // Pictures are written where mediafile's name for them, `images`, has its place.
            if step == Step::Field(Field::InitialKey) {
                edits.cover(pictures);
            }
            match step {
                Step::Field(field) => edits.field(tags, field)?,
                Step::Date => {
                    edits.set("DATE", spell::date(tags, step, true).map(one));
                    let year = spell::number(tags.get(Field::Year));
                    edits.set(keys::YEAR, year.map(|year| one(year.to_string())));
                }
                Step::OriginalDate => {
                    edits.set("ORIGINALDATE", spell::date(tags, step, false).map(one));
                }
            }
        }
        Ok(edits)
    }

    /// Returns whether a key of the origin loses what it has.
    pub(crate) fn touches(&self, key: &str) -> bool {
        self.touched.contains(key.to_ascii_uppercase().as_str())
    }

    /// Returns the keys that are written, in order, each with its texts; a list may have none.
    pub(crate) fn into_written(self) -> impl Iterator<Item = (&'static str, Vec<Cow<'a, str>>)> {
        self.written.into_iter()
    }

    fn field(&mut self, tags: &'a TagSet<'a>, field: Field) -> Result<(), Error> {
        let texts = tags.get(field).map(|value| spell::texts(field, value));
        let texts = texts.transpose()?;
        if texts.is_none() {
            self.touched.extend(keys::aliases(field));
        }
        for key in keys::written(field) {
            self.set(key, texts.clone());
        }
        Ok(())
    }

    fn cover(&mut self, pictures: &[&'static str]) {
        self.touched.extend(pictures);
        let written = pictures.first().map(|&key| (key, vec![Cow::from("")]));
        self.written.extend(written);
    }

    fn set(&mut self, key: &'static str, texts: Option<Vec<Cow<'a, str>>>) {
        if !self.touched.insert(key) {
            self.written.retain(|(written, _)| *written != key);
        }
        self.written.extend(texts.map(|texts| (key, texts)));
    }
}

fn one(text: String) -> Vec<Cow<'static, str>> {
    vec![Cow::from(text)]
}
