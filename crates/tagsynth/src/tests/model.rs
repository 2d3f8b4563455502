//! What beets does to comments, step by step as it does it: the slow way that the code shortens.

use crate::spell::{self, Step};
use crate::{Field, TagSet, keys};

/// Returns the comments after a tag set was written over them.
///
/// A cover has no value here.
pub(crate) fn updated(
    comments: &[(&str, &str)],
    tags: &TagSet<'_>,
    has_cover: bool,
) -> Vec<(String, String)> {
    let mut model = Model(Vec::new());
    for (key, value) in comments {
        model.0.push(((*key).to_owned(), (*value).to_owned()));
    }
    for step in spell::steps() {
        if has_cover && step == Step::Field(Field::InitialKey) {
            model.cover();
        }
        match step {
            Step::Field(field) => model.field(tags, field),
            Step::Date => {
                model.set("DATE", &Vec::from_iter(spell::date(tags, step, true)));
                let year = spell::number(tags.get(Field::Year));
                model.set("YEAR", &Vec::from_iter(year.map(|year| year.to_string())));
            }
            Step::OriginalDate => {
                model.set(
                    "ORIGINALDATE",
                    &Vec::from_iter(spell::date(tags, step, false)),
                );
            }
        }
    }
    model.0
}

struct Model(Vec<(String, String)>);

impl Model {
    fn field(&mut self, tags: &TagSet<'_>, field: Field) {
        let Some(value) = tags.get(field) else {
            for key in keys::written(field).iter().chain(keys::aliases(field)) {
                self.set(key, &[]);
            }
            return;
        };
        let texts = spell::texts(field, value).unwrap();
        let texts: Vec<_> = texts.into_iter().map(String::from).collect();
        for key in keys::written(field) {
            self.set(key, &texts);
        }
    }

    fn cover(&mut self) {
        self.set("coverart", &[]);
        self.set("coverartmime", &[]);
        self.set("metadata_block_picture", &[String::new()]);
    }

    fn set(&mut self, key: &str, texts: &[String]) {
        self.0.retain(|(old, _)| !old.eq_ignore_ascii_case(key));
        self.0
            .extend(texts.iter().map(|text| (key.to_owned(), text.clone())));
    }
}
