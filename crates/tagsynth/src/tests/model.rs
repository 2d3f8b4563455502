//! What beets does to tags of keys and texts, step by step as it does it: the slow way that the code
//! shortens.

use std::collections::HashMap;

use crate::spell::{self, Step};
use crate::{Field, TagSet, keys};

/// Returns what happens to keys, one after another: new texts, or a deletion.
fn steps(tags: &TagSet<'_>, has_cover: bool) -> Vec<(&'static str, Option<Vec<String>>)> {
    let mut steps = Vec::new();
    for step in spell::steps() {
        if has_cover && step == Step::Field(Field::InitialKey) {
            steps.extend([("COVERART", None), ("COVERARTMIME", None)]);
            steps.push(("metadata_block_picture", Some(vec![String::new()])));
        }
        match step {
            Step::Field(field) => steps.extend(field_steps(tags, field)),
            Step::Date => {
                steps.push(("DATE", spell::date(tags, step, true).map(|date| vec![date])));
                let year = spell::number(tags.get(Field::Year));
                steps.push(("YEAR", year.map(|year| vec![year.to_string()])));
            }
            Step::OriginalDate => {
                let date = spell::date(tags, step, false);
                steps.push(("ORIGINALDATE", date.map(|date| vec![date])));
            }
        }
    }
    steps
}

fn field_steps(tags: &TagSet<'_>, field: Field) -> Vec<(&'static str, Option<Vec<String>>)> {
    let written = keys::written(field).iter();
    let Some(value) = tags.get(field) else {
        let all = written.chain(keys::aliases(field));
        return all.map(|&key| (key, None)).collect();
    };
    let texts = spell::texts(field, value).unwrap();
    let texts: Vec<_> = texts.into_iter().map(String::from).collect();
    written.map(|&key| (key, Some(texts.clone()))).collect()
}

/// Returns Vorbis comments after a tag set was written over them.
///
/// A cover has no value here.
pub(crate) fn comments(
    comments: &[(&str, &str)],
    tags: &TagSet<'_>,
    has_cover: bool,
) -> Vec<(String, String)> {
    let owned = |&(key, value): &(&str, &str)| (key.to_owned(), value.to_owned());
    let mut model: Vec<_> = comments.iter().map(owned).collect();
    for (key, texts) in steps(tags, has_cover) {
        model.retain(|(old, _)| !old.eq_ignore_ascii_case(key));
        let texts = texts.unwrap_or_default().into_iter();
        model.extend(texts.map(|text| (key.to_owned(), text)));
    }
    model
}

/// Returns the items of an APEv2 tag, and how many there are, after a tag set was written over them.
///
/// An item is its key, its flags and its value.
pub(crate) fn items(items: &[(Vec<u8>, u32, Vec<u8>)], tags: &TagSet<'_>) -> (usize, Vec<u8>) {
    let mut model = HashMap::new();
    for item in items {
        model.insert(item.0.to_ascii_lowercase(), item.clone());
    }
    for (key, texts) in steps(tags, false) {
        let lower = key.as_bytes().to_ascii_lowercase();
        model.remove(&lower);
        if let Some(texts) = texts {
            let value = texts.join("\0").into_bytes();
            model.insert(lower, (key.as_bytes().to_vec(), 0, value));
        }
    }
    let mut items: Vec<_> = model.into_values().map(item_bytes).collect();
    items.sort_by_cached_key(|item| (item.len(), item.clone()));
    (items.len(), items.concat())
}

fn item_bytes((key, flags, value): (Vec<u8>, u32, Vec<u8>)) -> Vec<u8> {
    let len = u32::try_from(value.len()).unwrap().to_le_bytes();
    // The flags of the kind alone are kept.
    let flags = (flags & 6).to_le_bytes();
    [&len, flags.as_slice(), &key, b"\0", &value].concat()
}
