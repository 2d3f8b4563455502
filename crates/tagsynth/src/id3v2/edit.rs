//! From fields to frames, as beets does it.
//!
//! Fields are written in the order of their names, and later ones undo earlier ones that share a
//! frame: `albumtypes` undoes `albumtype`. The parts of a date are written as year, month, day.

use std::borrow::Cow;

use super::frame::{Blob, Frame, Part};
use super::layout::Id;
use super::sound_check;
use super::stamp::Stamp;
use super::style::{SOUND_CHECK, Style, styles};
use super::tag::Tag;
use super::text::Encoding;
use crate::spell::{self, Step};
use crate::{Cover, Error, Field, TagSet, Value};

/// The type of the picture that is a front cover (ID3v2.4.0-frames §4.14).
const FRONT_COVER: u8 = 3;

/// Writes the values of all fields into `tag`, whose frames are those of version 2.4.
///
/// # Errors
///
/// [`Error::Value`] for values that beets cannot write either.
pub(crate) fn apply(tag: &mut Tag, tags: &TagSet<'_>) -> Result<(), Error> {
    for step in spell::steps() {
        let date = || spell::date(tags, step, false);
        match step {
            Step::Date => set_date(tag, *b"TDRC", date().as_deref()),
            Step::OriginalDate => set_date(tag, *b"TDOR", date().as_deref()),
            Step::Field(field) => {
                for &style in styles(field) {
                    match tags.get(field) {
                        Some(value) => set(tag, style, field, value)?,
                        None => delete(tag, style),
                    }
                }
            }
        }
    }
    Ok(())
}

/// Puts the front cover in the place of all pictures.
pub(crate) fn set_cover(tag: &mut Tag, cover: Cover<'_>) {
    while tag.take_first(*b"APIC", |_| true).is_some() {}
    let parts = vec![
        Part::Latin1(cover.kind().media_type().into()),
        Part::Raw(vec![FRONT_COVER]),
        Part::Text(String::new()),
        Part::Binary(Blob::Insert(cover.data().len())),
    ];
    tag.push(Frame::new(*b"APIC", Encoding::Latin1, parts));
}

fn set(tag: &mut Tag, style: Style, field: Field, value: &Value<'_>) -> Result<(), Error> {
    let text = || spell::text(field, value).map(Cow::into_owned);
    let texts = || -> Result<Vec<String>, Error> {
        Ok(spell::texts(field, value)?
            .into_iter()
            .map(Cow::into_owned)
            .collect())
    };
    match style {
        Style::Text(id) => tag.replace(Frame::text(*id, Encoding::Utf8, vec![text()?])),
        Style::List(id) => tag.replace(Frame::text(*id, Encoding::Utf8, texts()?)),
        Style::User(name) => set_described(tag, *b"TXXX", name, Part::Texts(vec![text()?])),
        Style::UserList(name) | Style::JoinedList(name) => {
            delete_described(tag, *b"TXXX", name);
            tag.add(described(*b"TXXX", name, Part::Texts(texts()?)));
        }
        Style::Alias(_) => {}
        Style::Half(id, half) => set_half(tag, *id, half, Some(text()?)),
        Style::Comment => set_described(tag, *b"COMM", "", Part::Texts(vec![text()?])),
        Style::Lyrics => set_described(tag, *b"USLT", "", Part::Text(text()?)),
        Style::Identifier(owner) => {
            let data = Blob::Held(text()?.into_bytes());
            let parts = vec![Part::Latin1(owner.into()), Part::Binary(data)];
            tag.replace(Frame::new(*b"UFID", Encoding::Latin1, parts));
        }
        Style::People(part) => set_people(tag, part, texts()?),
        Style::SoundCheck(half) => set_sound_check(tag, half, field, value)?,
    }
    Ok(())
}

fn delete(tag: &mut Tag, style: Style) {
    match style {
        Style::Text(id) | Style::List(id) | Style::Half(id, 0) => {
            tag.take(*id);
        }
        Style::Half(id, half) => set_half(tag, *id, half, None),
        Style::User(name)
        | Style::UserList(name)
        | Style::JoinedList(name)
        | Style::Alias(name) => {
            delete_described(tag, *b"TXXX", name);
        }
        Style::Comment => delete_described(tag, *b"COMM", ""),
        Style::Lyrics => delete_described(tag, *b"USLT", ""),
        Style::SoundCheck(_) => delete_described(tag, *b"COMM", SOUND_CHECK),
        Style::Identifier(owner) => {
            tag.take_first(*b"UFID", |frame| is_owned(frame, owner));
        }
        Style::People(part) => set_people(tag, part, Vec::new()),
    }
}

/// Returns whether a UFID frame is by this owner.
pub(super) fn is_owned(frame: &Frame, owner: &str) -> bool {
    matches!(frame.parts.first(), Some(Part::Latin1(bytes)) if bytes == owner.as_bytes())
}

/// Returns whether a description is `name` but for case.
pub(super) fn is_named(frame: &Frame, name: &str) -> bool {
    frame.description().is_some_and(|description| {
        description.eq_ignore_ascii_case(name)
            // A few characters have an ASCII letter for their lower case.
            || (!description.is_ascii() && description.to_lowercase() == name.to_lowercase())
    })
}

/// Makes a frame with a description, and the language that beets gives it where it has one.
fn described(id: Id, name: &str, content: Part) -> Frame {
    let mut parts = vec![Part::Text(name.to_owned()), content];
    if id != *b"TXXX" {
        let language = if name == SOUND_CHECK { b"eng" } else { b"XXX" };
        parts.insert(0, Part::Raw(language.to_vec()));
    }
    Frame::new(id, Encoding::Utf8, parts)
}

/// Sets the content of all frames with this description, or adds one.
fn set_described(tag: &mut Tag, id: Id, name: &str, content: Part) {
    let mut found = false;
    for frame in tag.of_kind_mut(id).filter(|frame| is_named(frame, name)) {
        found = true;
        frame.encoding = Encoding::Utf8;
        if let Some(part) = frame.parts.last_mut() {
            *part = content.clone();
        }
    }
    if !found {
        tag.push(described(id, name, content));
    }
}

/// Deletes the first frame with this description.
fn delete_described(tag: &mut Tag, id: Id, name: &str) {
    tag.take_first(id, |frame| is_named(frame, name));
}

/// Sets or deletes one half of `1/2`.
fn set_half(tag: &mut Tag, id: Id, half: usize, text: Option<String>) {
    let old = tag
        .get(id)
        .and_then(Frame::texts)
        .and_then(|texts| texts.first());
    let mut halves: Vec<Option<String>> = match old {
        Some(old) if !old.is_empty() => old.split('/').map(|part| Some(part.to_owned())).collect(),
        _ => Vec::new(),
    };
    while halves.len() < 2 {
        halves.push(None);
    }
    halves[half] = text;
    halves[0].get_or_insert_default();
    if halves[1].is_none() {
        halves.pop();
    }
    // beets takes it that there were two parts; of more, the last goes, and this word stays.
    let spelled = halves
        .into_iter()
        .map(|half| half.unwrap_or_else(|| "None".to_owned()));
    let halves: Vec<String> = spelled.collect();
    tag.replace(Frame::text(id, Encoding::Utf8, vec![halves.join("/")]));
}

/// Sets the people with this part in the recording; the others come first.
fn set_people(tag: &mut Tag, part: &str, people: Vec<String>) {
    let old = tag.get(*b"TIPL").map(Frame::pairs).unwrap_or_default();
    let others = old
        .iter()
        .filter(|[involvement, _]| involvement.to_lowercase() != part);
    let mut pairs: Vec<[String; 2]> = others.cloned().collect();
    pairs.extend(people.into_iter().map(|person| [part.to_owned(), person]));
    tag.take(*b"TIPL");
    if !pairs.is_empty() {
        tag.push(Frame::new(
            *b"TIPL",
            Encoding::Utf8,
            vec![Part::Pairs(pairs)],
        ));
    }
}

fn set_sound_check(
    tag: &mut Tag,
    half: usize,
    field: Field,
    value: &Value<'_>,
) -> Result<(), Error> {
    let first = tag
        .of_kind(*b"COMM")
        .find(|frame| is_named(frame, SOUND_CHECK));
    let old = first.and_then(|frame| frame.texts()?.first());
    let (mut gain, mut peak) = old.map_or((0.0, 0.0), |text| sound_check::decode(text));
    let number = match value {
        Value::Float(number) => *number,
        #[expect(clippy::cast_precision_loss, reason = "gains and peaks are small")]
        Value::Int(number) => *number as f64,
        Value::Text(_) | Value::List(_) => 0.0,
    };
    *(if half == 0 { &mut gain } else { &mut peak }) = number;
    let text = sound_check::encode(gain, peak).ok_or(Error::Value {
        field,
        reason: "not a finite number",
    })?;
    set_described(tag, *b"COMM", SOUND_CHECK, Part::Texts(vec![text]));
    Ok(())
}

/// Sets or deletes a date.
fn set_date(tag: &mut Tag, id: Id, date: Option<&str>) {
    match date {
        Some(date) => {
            let parts = vec![Part::Stamps(vec![Stamp::new(date)])];
            tag.replace(Frame::new(id, Encoding::Utf8, parts));
        }
        None => {
            tag.take(id);
        }
    }
}
