//! From fields to items, as beets does it.
//!
//! Fields are written in the order of their names, and later ones undo earlier ones that share an
//! item: `albumtypes` undoes `albumtype`.

use std::borrow::Cow;

use super::decode::{self, IMPLICIT, INTEGER, JPEG, PNG, UTF8};
use super::items::{Content, Item, Items, Part};
use super::keys::{self, Style};
use crate::id3v2::sound_check;
use crate::spell::{self, Step};
use crate::{Cover, CoverKind, Error, Field, TagSet, Value};

/// The least width of a tempo.
const TEMPO: usize = 2;

/// Writes the values of all fields over the items.
///
/// # Errors
///
/// [`Error::Value`] for values that beets cannot write either, but for numbers of tracks and discs.
pub(crate) fn apply<'a>(items: &mut Items<'a>, tags: &'a TagSet<'_>) -> Result<(), Error> {
    for step in spell::steps() {
        match step {
            Step::Date => date(items, tags, step, keys::DATE),
            Step::OriginalDate => date(items, tags, step, keys::ORIGINAL_DATE),
            Step::Field(field) => {
                for &style in keys::styles(field) {
                    match tags.get(field) {
                        Some(value) => set(items, style, field, value)?,
                        None => delete(items, style),
                    }
                }
            }
        }
    }
    Ok(())
}

/// Puts a cover in the place of all pictures.
pub(crate) fn apply_cover(items: &mut Items<'_>, cover: Cover<'_>) {
    let kind = match cover.kind() {
        CoverKind::Jpeg => JPEG,
        CoverKind::Png => PNG,
    };
    let picture = Part::Data(kind, Content::Insert(cover.data().len()));
    items.set(keys::COVER, vec![picture]);
}

fn set<'a>(
    items: &mut Items<'a>,
    style: Style,
    field: Field,
    value: &'a Value<'_>,
) -> Result<(), Error> {
    match style {
        Style::Text(key) => items.set(key, vec![text(spell::text(field, value)?)]),
        Style::List(key) => {
            let texts = spell::texts(field, value)?;
            items.set(key, texts.into_iter().map(text).collect());
        }
        Style::Alias(_) => {}
        Style::Half(key, half) => set_half(items, key, half, Some(value)),
        Style::Integer(key) => {
            let number = spell::number(Some(value)).unwrap_or(0);
            let bytes = decode::integer_bytes(number, TEMPO);
            items.set(key, vec![held(INTEGER, bytes)]);
        }
        Style::Bool(key) => {
            let is_true = spell::number(Some(value)) != Some(0);
            items.set(key, vec![held(INTEGER, vec![u8::from(is_true)])]);
        }
        Style::SoundCheck(half) => set_sound_check(items, half, field, value)?,
    }
    Ok(())
}

fn delete(items: &mut Items<'_>, style: Style) {
    match style {
        Style::Half(key, half @ 1..) => set_half(items, key, half, None),
        Style::SoundCheck(_) => items.delete(keys::SOUND_CHECK),
        Style::Text(key)
        | Style::List(key)
        | Style::Alias(key)
        | Style::Half(key, _)
        | Style::Integer(key)
        | Style::Bool(key) => items.delete(key),
    }
}

fn date(items: &mut Items<'_>, tags: &TagSet<'_>, step: Step, keys: &[&'static [u8]]) {
    let date = spell::date(tags, step, false);
    for key in keys {
        match &date {
            Some(date) => items.set(key, vec![text(Cow::Owned(date.clone()))]),
            None => items.delete(key),
        }
    }
}

/// Sets a half of a pair, each of 16 bits: what does not fit becomes the nearest number that does.
///
/// beets fails there, and leaves the file as it is.
fn set_half(items: &mut Items<'_>, key: &'static [u8], half: usize, value: Option<&Value<'_>>) {
    let mut pair = items.get(key).map_or([0; 2], pair);
    let number = spell::number(value).unwrap_or(0);
    let nearest = number.clamp(0, u16::MAX.into());
    pair[half] = u16::try_from(nearest).expect("it was clamped");
    let mut bytes = vec![0, 0];
    bytes.extend(pair.iter().flat_map(|number| number.to_be_bytes()));
    if key == b"trkn" {
        bytes.extend([0, 0]);
    }
    items.set(key, vec![held(IMPLICIT, bytes)]);
}

/// Returns the first pair of an item.
pub(crate) fn pair(item: &Item<'_>) -> [u16; 2] {
    let number = |bytes: &[u8], at: usize| {
        let number = bytes.get(at..).and_then(<[u8]>::first_chunk);
        number.map_or(0, |&number| u16::from_be_bytes(number))
    };
    first(item).map_or([0; 2], |bytes| [number(bytes, 2), number(bytes, 4)])
}

fn set_sound_check(
    items: &mut Items<'_>,
    half: usize,
    field: Field,
    value: &Value<'_>,
) -> Result<(), Error> {
    let old = items.get(keys::SOUND_CHECK).and_then(first);
    let (mut gain, mut peak) = old.map_or((0.0, 0.0), decode_sound_check);
    let number = match value {
        Value::Float(number) => *number,
        #[expect(clippy::cast_precision_loss, reason = "gains and peaks are small")]
        Value::Int(number) => *number as f64,
        Value::Text(_) | Value::List(_) => 0.0,
    };
    *(if half == 0 { &mut gain } else { &mut peak }) = number;
    let encoded = sound_check::encode(gain, peak).ok_or(Error::Value {
        field,
        reason: "not a finite number",
    })?;
    items.set(keys::SOUND_CHECK, vec![text(Cow::Owned(encoded))]);
    Ok(())
}

/// Returns gain and peak; zeros for what is no text.
pub(crate) fn decode_sound_check(bytes: &[u8]) -> (f64, f64) {
    std::str::from_utf8(bytes).map_or((0.0, 0.0), sound_check::decode)
}

/// Returns the bytes of an item's first value.
pub(crate) fn first<'i>(item: &'i Item<'_>) -> Option<&'i [u8]> {
    match item.parts.first()? {
        Part::Data(_, Content::Held(bytes)) => Some(bytes),
        _ => None,
    }
}

fn text(text: Cow<'_, str>) -> Part<'_> {
    let bytes = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    Part::Data(UTF8, Content::Held(bytes))
}

fn held(kind: u32, bytes: Vec<u8>) -> Part<'static> {
    Part::Data(kind, Content::Held(Cow::Owned(bytes)))
}
