//! From fields to frames, as beets does it.
//!
//! Fields are written in the order of their names, and later ones undo earlier ones that share a
//! frame: `albumtypes` undoes `albumtype`. The parts of a date are written as year, month, day.

use std::borrow::Cow;

use super::frame::{Blob, Frame, Part};
use super::layout::Id;
use super::sound_check;
use super::stamp::Stamp;
use super::tag::Tag;
use super::text::Encoding;
use crate::spell::{self, Step};
use crate::{Error, Field, TagSet, Value};

/// Where a value is kept.
#[derive(Debug, Clone, Copy)]
enum Style {
    /// A text frame with one value.
    Text(&'static Id),
    /// A text frame with all values.
    List(&'static Id),
    /// A TXXX frame with one value; every spelling of its description is edited in place.
    User(&'static str),
    /// A TXXX frame with all values; takes the place of the first spelling.
    UserList(&'static str),
    /// A TXXX frame that is never written, but deleted.
    Alias(&'static str),
    /// Half of a text frame `1/2`.
    Half(&'static Id, usize),
    /// COMM frames without a description, in any language.
    Comment,
    /// USLT frames without a description, in any language.
    Lyrics,
    /// The identifier of a UFID frame by this owner.
    Identifier(&'static str),
    /// People in a TIPL frame with this part in the recording.
    People(&'static str),
    /// Gain (0) or peak (1) in a comment of iTunes.
    SoundCheck(usize),
}

/// The description of the comment that [`Style::SoundCheck`] edits.
const SOUND_CHECK: &str = "iTunNORM";

/// Returns where a field is kept; dates are not here.
#[rustfmt::skip]
fn styles(field: Field) -> &'static [Style] {
    use Style::{Alias, Comment, Half, Identifier, List, Lyrics, People, SoundCheck, Text, User, UserList};
    match field {
        Field::AcoustidFingerprint => &[User("Acoustid Fingerprint")],
        Field::AcoustidId => &[User("Acoustid Id")],
        Field::Album => &[Text(b"TALB")],
        Field::Albumartist => &[Text(b"TPE2")],
        Field::AlbumartistCredit => &[User("Album Artist Credit")],
        Field::AlbumartistSort => &[Text(b"TSO2"), User("ALBUMARTISTSORT")],
        Field::Albumartists => &[UserList("ALBUMARTISTS"), UserList("ALBUM_ARTISTS"), Alias("ALBUM ARTISTS")],
        Field::AlbumartistsCredit => &[UserList("ALBUMARTISTS_CREDIT")],
        Field::AlbumartistsSort => &[UserList("ALBUMARTISTS_SORT")],
        Field::Albumdisambig => &[User("MusicBrainz Album Comment")],
        Field::Albumstatus => &[User("MusicBrainz Album Status")],
        Field::Albumtype | Field::Albumtypes => &[UserList("MusicBrainz Album Type")],
        Field::Arrangers => &[People("arranger")],
        Field::Artist => &[Text(b"TPE1")],
        Field::ArtistCredit => &[User("Artist Credit")],
        Field::ArtistSort => &[Text(b"TSOP")],
        Field::Artists => &[UserList("ARTISTS")],
        Field::ArtistsCredit => &[UserList("ARTISTS_CREDIT")],
        Field::ArtistsSort => &[UserList("ARTISTS_SORT")],
        Field::Asin => &[User("ASIN")],
        Field::Barcode => &[User("BARCODE")],
        Field::Bpm => &[Text(b"TBPM")],
        Field::Catalognum => &[UserList("CATALOGNUMBER"), Alias("CATALOGID"), Alias("DISCOGS_CATALOG")],
        Field::Comments => &[Comment],
        Field::Comp => &[Text(b"TCMP")],
        Field::ComposerSort => &[Text(b"TSOC")],
        Field::Composers => &[List(b"TCOM")],
        Field::Country => &[User("MusicBrainz Album Release Country")],
        Field::Disc => &[Half(b"TPOS", 0)],
        Field::Disctitle => &[Text(b"TSST")],
        Field::Disctotal => &[Half(b"TPOS", 1)],
        Field::Encoder => &[Text(b"TENC")],
        Field::Genres => &[List(b"TCON")],
        Field::Grouping => &[Text(b"TIT1")],
        Field::InitialKey => &[Text(b"TKEY")],
        Field::Isrc => &[Text(b"TSRC")],
        Field::Label => &[Text(b"TPUB"), User("LABEL")],
        Field::Language => &[List(b"TLAN")],
        Field::Lyricists => &[List(b"TEXT")],
        Field::Lyrics => &[Lyrics],
        Field::MbAlbumartistid | Field::MbAlbumartistids => &[UserList("MusicBrainz Album Artist Id")],
        Field::MbAlbumid => &[User("MusicBrainz Album Id")],
        Field::MbArtistid | Field::MbArtistids => &[UserList("MusicBrainz Artist Id")],
        Field::MbReleasegroupid => &[User("MusicBrainz Release Group Id")],
        Field::MbReleasetrackid => &[User("MusicBrainz Release Track Id")],
        Field::MbTrackid => &[Identifier("http://musicbrainz.org")],
        Field::MbWorkid => &[User("MusicBrainz Work Id")],
        Field::Media => &[Text(b"TMED"), User("MEDIA")],
        Field::R128AlbumGain => &[User("R128_ALBUM_GAIN")],
        Field::R128TrackGain => &[User("R128_TRACK_GAIN")],
        Field::Remixers => &[List(b"TPE4")],
        Field::RgAlbumGain => &[User("REPLAYGAIN_ALBUM_GAIN"), User("replaygain_album_gain")],
        Field::RgAlbumPeak => &[User("REPLAYGAIN_ALBUM_PEAK"), User("replaygain_album_peak")],
        Field::RgTrackGain => &[User("REPLAYGAIN_TRACK_GAIN"), User("replaygain_track_gain"), SoundCheck(0)],
        Field::RgTrackPeak => &[User("REPLAYGAIN_TRACK_PEAK"), User("replaygain_track_peak"), SoundCheck(1)],
        Field::Script => &[User("Script")],
        Field::Subtitle => &[Text(b"TIT3")],
        Field::Title => &[Text(b"TIT2")],
        Field::Track => &[Half(b"TRCK", 0)],
        Field::Tracktotal => &[Half(b"TRCK", 1)],
        Field::Year | Field::Month | Field::Day
        | Field::OriginalYear | Field::OriginalMonth | Field::OriginalDay => &[],
    }
}

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

fn set(tag: &mut Tag, style: Style, field: Field, value: &Value<'_>) -> Result<(), Error> {
    let text = || spell::text(field, value).map(Cow::into_owned);
    let texts = || -> Result<Vec<String>, Error> {
        Ok(spell::texts(field, value)?
            .into_iter()
            .map(Cow::into_owned)
            .collect())
    };
    match style {
        Style::Text(id) => replace(tag, Frame::text(*id, Encoding::Utf8, vec![text()?])),
        Style::List(id) => replace(tag, Frame::text(*id, Encoding::Utf8, texts()?)),
        Style::User(name) => set_described(tag, *b"TXXX", name, &Part::Texts(vec![text()?])),
        Style::UserList(name) => {
            delete_described(tag, *b"TXXX", name);
            tag.add(described(*b"TXXX", name, Part::Texts(texts()?)));
        }
        Style::Alias(_) => {}
        Style::Half(id, half) => set_half(tag, *id, half, Some(text()?)),
        Style::Comment => set_described(tag, *b"COMM", "", &Part::Texts(vec![text()?])),
        Style::Lyrics => set_described(tag, *b"USLT", "", &Part::Text(text()?)),
        Style::Identifier(owner) => {
            let data = Blob::Held(text()?.into_bytes());
            let parts = vec![Part::Latin1(owner.into()), Part::Binary(data)];
            replace(tag, Frame::new(*b"UFID", Encoding::Latin1, parts));
        }
        Style::People(part) => set_people(tag, part, texts()?),
        Style::SoundCheck(half) => set_sound_check(tag, half, field, value)?,
    }
    Ok(())
}

fn delete(tag: &mut Tag, style: Style) {
    match style {
        Style::Text(id) | Style::List(id) | Style::Half(id, 0) => {
            tag.remove_id(*id);
        }
        Style::Half(id, half) => set_half(tag, *id, half, None),
        Style::User(name) | Style::UserList(name) | Style::Alias(name) => {
            delete_described(tag, *b"TXXX", name);
        }
        Style::Comment => delete_described(tag, *b"COMM", ""),
        Style::Lyrics => delete_described(tag, *b"USLT", ""),
        Style::SoundCheck(_) => delete_described(tag, *b"COMM", SOUND_CHECK),
        Style::Identifier(owner) => {
            tag.remove(&format!("UFID:{owner}"));
        }
        Style::People(part) => set_people(tag, part, Vec::new()),
    }
}

/// Adds a frame after taking out those that its key stands for.
fn replace(tag: &mut Tag, frame: Frame) {
    tag.remove_all(&frame.key());
    tag.add(frame);
}

/// Returns whether a description is `name` but for case.
fn is_named(frame: &Frame, name: &str) -> bool {
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
fn set_described(tag: &mut Tag, id: Id, name: &str, content: &Part) {
    let mut found = false;
    for frame in tag.of_kind(id).filter(|frame| is_named(frame, name)) {
        found = true;
        frame.encoding = Encoding::Utf8;
        if let Some(part) = frame.parts.last_mut() {
            *part = content.clone();
        }
    }
    if !found {
        tag.add(described(id, name, content.clone()));
    }
}

/// Deletes the first frame with this description.
fn delete_described(tag: &mut Tag, id: Id, name: &str) {
    let first = tag.of_kind(id).find(|frame| is_named(frame, name));
    if let Some(key) = first.map(|frame| frame.key()) {
        tag.remove(&key);
    }
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
    replace(tag, Frame::text(id, Encoding::Utf8, vec![halves.join("/")]));
}

/// Sets the people with this part in the recording; the others come first.
fn set_people(tag: &mut Tag, part: &str, people: Vec<String>) {
    let old = tag.get(*b"TIPL").map(Frame::pairs).unwrap_or_default();
    let others = old
        .iter()
        .filter(|[involvement, _]| involvement.to_lowercase() != part);
    let mut pairs: Vec<[String; 2]> = others.cloned().collect();
    pairs.extend(people.into_iter().map(|person| [part.to_owned(), person]));
    if pairs.is_empty() {
        tag.remove_all("TIPL");
    } else {
        replace(
            tag,
            Frame::new(*b"TIPL", Encoding::Utf8, vec![Part::Pairs(pairs)]),
        );
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
    set_described(tag, *b"COMM", SOUND_CHECK, &Part::Texts(vec![text]));
    Ok(())
}

/// Sets or deletes a date.
fn set_date(tag: &mut Tag, id: Id, date: Option<&str>) {
    match date {
        Some(date) => {
            let parts = vec![Part::Stamps(vec![Stamp::new(date)])];
            replace(tag, Frame::new(id, Encoding::Utf8, parts));
        }
        None => {
            tag.remove_id(id);
        }
    }
}
