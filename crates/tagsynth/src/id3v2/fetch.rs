//! From frames to fields, as mediafile does it.

use std::borrow::Cow;

use super::edit::{is_named, is_owned};
use super::frame::{Blob, Frame, Part};
use super::layout::Id;
use super::sound_check;
use super::style::{SOUND_CHECK, Style, styles};
use super::tag::Tag;
use crate::Field;
use crate::parse::{DATE, ORIGINAL_DATE, Raw};

/// What mediafile cuts off gains.
const UNIT: &str = " dB";

/// Returns what is at each place of a field in a tag, whose frames are those of version 2.4.
///
/// `is_v23` tells that they came from version 2.3, which joins lists with slashes.
pub(crate) fn places(tag: &Tag, field: Field, is_v23: bool) -> impl Iterator<Item = Vec<Raw<'_>>> {
    let date = match field {
        _ if DATE.contains(&field) => Some(*b"TDRC"),
        _ if ORIGINAL_DATE.contains(&field) => Some(*b"TDOR"),
        _ => None,
    };
    let date = date.map(|id| values(tag.get(id)));
    let is_gain = matches!(field, Field::RgTrackGain | Field::RgAlbumGain);
    let others = styles(field).iter().map(move |&style| {
        let values = fetch(tag, style, is_v23).into_iter();
        values.map(move |raw| if is_gain { unitless(raw) } else { raw })
    });
    date.into_iter().chain(others.map(Iterator::collect))
}

/// Returns of the first places of a field, which all have its value as it is, whether other programs know them.
pub(crate) fn copies(field: Field) -> impl Iterator<Item = bool> {
    let is_date = DATE.contains(&field) || ORIGINAL_DATE.contains(&field);
    let is_copy = |style: &&Style| !matches!(style, Style::Alias(_) | Style::SoundCheck(_));
    let n = usize::from(is_date) + styles(field).iter().filter(is_copy).count();
    // A frame of its own comes before a TXXX frame, and `ALBUMARTISTS` before what beets writes besides.
    (0..n).map(|at| at == 0)
}

fn fetch(tag: &Tag, style: Style, is_v23: bool) -> Vec<Raw<'_>> {
    match style {
        Style::Text(id) | Style::List(id) => values(tag.get(*id)),
        Style::JoinedList(name) if is_v23 => {
            let values = values(described(tag, *b"TXXX", name));
            let elements = values.iter().flat_map(|value| {
                let text = value.to_text().into_owned();
                text.split('/').map(str::to_owned).collect::<Vec<_>>()
            });
            elements.map(Cow::from).map(Raw::Text).collect()
        }
        Style::User(name)
        | Style::UserList(name)
        | Style::JoinedList(name)
        | Style::Alias(name) => values(described(tag, *b"TXXX", name)),
        Style::Half(id, half) => {
            let whole = first_text(tag.get(*id)).filter(|text| !text.is_empty());
            let half = whole.and_then(|text| text.split('/').nth(half));
            half.map(text).into_iter().collect()
        }
        Style::Comment => values(described(tag, *b"COMM", "")),
        Style::Lyrics => values(described(tag, *b"USLT", "")),
        Style::Identifier(owner) => {
            values(tag.of_kind(*b"UFID").find(|frame| is_owned(frame, owner)))
        }
        Style::People(part) => {
            let pairs = tag.get(*b"TIPL").map(Frame::pairs).unwrap_or_default();
            let named = pairs.iter().filter(|[name, _]| name.to_lowercase() == part);
            named.map(|[_, person]| text(person)).collect()
        }
        Style::SoundCheck(half) => {
            let stored = first_text(described(tag, *b"COMM", SOUND_CHECK));
            let numbers = stored.map(sound_check::decode);
            let number = numbers.map(|(gain, peak)| [gain, peak][half]);
            number.map(Raw::Float).into_iter().collect()
        }
    }
}

/// Returns the first frame with this description.
fn described<'t>(tag: &'t Tag, id: Id, name: &str) -> Option<&'t Frame> {
    tag.of_kind(id).find(|frame| is_named(frame, name))
}

fn first_text(frame: Option<&Frame>) -> Option<&str> {
    Some(frame?.texts()?.first()?)
}

/// Returns the values of a frame, which come last in it.
fn values(frame: Option<&Frame>) -> Vec<Raw<'_>> {
    match frame.and_then(|frame| frame.parts.last()) {
        Some(Part::Texts(texts)) => texts.iter().map(|value| text(value)).collect(),
        Some(Part::Text(value)) => vec![text(value)],
        Some(Part::Stamps(stamps)) => {
            let texts = stamps.iter().map(|stamp| stamp.text(' '));
            texts.map(Cow::from).map(Raw::Text).collect()
        }
        Some(Part::Binary(Blob::Held(bytes))) => vec![Raw::Bytes(Cow::from(bytes))],
        _ => Vec::new(),
    }
}

fn text(text: &str) -> Raw<'_> {
    Raw::Text(Cow::from(text))
}

/// Cuts the unit off a gain.
fn unitless(raw: Raw<'_>) -> Raw<'_> {
    match raw {
        Raw::Text(text) => Raw::Text(match text.strip_suffix(UNIT) {
            Some(number) => Cow::from(number.to_owned()),
            None => text,
        }),
        other => other,
    }
}
