//! From items to fields, as mediafile reads them.

use std::borrow::Cow;

use super::decode::{self, Shape};
use super::edit::{decode_sound_check, first, pair};
use super::items::{Content, Item, Items, Part};
use super::keys::{self, Style};
use crate::Field;
use crate::parse::{DATE, ORIGINAL_DATE, Raw, Storage};

impl Storage for Items<'_> {
    fn places(&self, field: Field) -> impl Iterator<Item = Vec<Raw<'_>>> {
        let dates = match field {
            field if DATE.contains(&field) => keys::DATE,
            field if ORIGINAL_DATE.contains(&field) => keys::ORIGINAL_DATE,
            _ => &[],
        };
        let dates = dates.iter().map(|key| texts(self.get(key)));
        let styles = keys::styles(field).iter();
        dates.chain(styles.map(|&style| at(self, style)))
    }

    fn copies(&self, field: Field) -> impl Iterator<Item = bool> {
        let n_dates = match field {
            field if DATE.contains(&field) => keys::DATE.len(),
            field if ORIGINAL_DATE.contains(&field) => keys::ORIGINAL_DATE.len(),
            _ => 0,
        };
        let is_copy = |style: &&Style| !matches!(style, Style::Alias(_) | Style::SoundCheck(_));
        let n = n_dates + keys::styles(field).iter().filter(is_copy).count();
        // Of original dates, `ORIGINALDATE` is the one that others know.
        let known = usize::from(ORIGINAL_DATE.contains(&field));
        (0..n).map(move |at| at == known)
    }
}

/// Returns what a style finds.
fn at<'i>(items: &'i Items<'_>, style: Style) -> Vec<Raw<'i>> {
    let whole = |key: &[u8]| decode::integer(first(items.get(key)?)?);
    let found = match style {
        Style::Text(key) | Style::List(key) | Style::Alias(key) => return texts(items.get(key)),
        Style::Half(key, half) => {
            let number = items.get(key).map_or(0, |item| pair(item)[half]);
            // What is not set is 0.
            (number != 0).then_some(Raw::Int(number.into()))
        }
        Style::Integer(key) => whole(key).map(Raw::Int),
        Style::Bool(key) => whole(key).map(|number| Raw::Bool(number != 0)),
        Style::SoundCheck(half) => {
            let bytes = items.get(keys::SOUND_CHECK).and_then(first);
            bytes.map(|bytes| {
                let (gain, peak) = decode_sound_check(bytes);
                Raw::Float(if half == 0 { gain } else { peak })
            })
        }
    };
    Vec::from_iter(found)
}

/// Returns the values of an item: bytes if it is named freely, else text.
fn texts<'i>(item: Option<&'i Item<'_>>) -> Vec<Raw<'i>> {
    let Some(item) = item else { return Vec::new() };
    let is_free = decode::shape(decode::name(&item.key)) == Shape::Free;
    let value = |part: &'i Part<'_>| match part {
        Part::Data(_, Content::Held(bytes)) if is_free => Some(Raw::Bytes(Cow::from(&**bytes))),
        Part::Data(_, Content::Held(bytes)) => Some(Raw::Text(String::from_utf8_lossy(bytes))),
        _ => None,
    };
    item.parts.iter().filter_map(value).collect()
}
