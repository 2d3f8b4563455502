//! From a file back to a tag set.
//!
//! Fields are read as mediafile 0.17 reads them. A format says where a field may be, in the order of
//! mediafile's storage styles, and what is there; the first place with anything true in it is taken.
//! What that means as a value of the field is the same in every format:
//!
//! ```text
//! field      stored as           read as
//! text       any                 the first value as text
//! list       any                 every value as text
//! int        "3/12"              the whole number at the start of the text; 0 if there is none
//! comp       "1"                 0 or 1; 0 for what is not a whole number
//! float      "-7.26 dB"          the number at the start of the text; 0 if there is none
//! r128_*     "-896"              a 256th of the whole number
//! date       "2000-10-02T12:00"  three whole numbers; none for what is not one
//! ```

mod copies;
mod date;
mod number;
mod raw;

use splice::ReadAt;

pub use copies::FileTags;
pub(crate) use copies::{file_tags, with_copies};
pub(crate) use date::{DATE, ORIGINAL_DATE, date_parts};
pub(crate) use raw::Raw;

use crate::ogg::{self, Codec};
use crate::{
    Error, Field, Format, Kind, TagSet, Value, aiff, ape, asf, dsf, flac, mp3, mp4, probe, wav,
};

/// Reads the tags of a file.
///
/// A field without a value is one that the file has no tag for, or only tags in which mediafile sees
/// nothing. An item of beets that reads the file then has the null of the column: an empty text or
/// list, or zero; and none for gains, peaks and `initial_key`. Values are what is in the file, before
/// beets splits the elements of lists at `"; "` and respells keys.
///
/// Whole numbers that 63 bits cannot hold become 0, as in beets.
///
/// # Errors
///
/// As for [`render`](crate::render).
pub fn parse<R: ReadAt + ?Sized>(file: &R, file_name: &[u8]) -> Result<TagSet<'static>, Error> {
    FileTags::parse(file, file_name).map(FileTags::into_tag_set)
}

impl FileTags {
    /// Reads the tags of a file, and each copy of a field that it has more than once.
    ///
    /// # Errors
    ///
    /// As for [`render`](crate::render).
    pub fn parse<R: ReadAt + ?Sized>(file: &R, file_name: &[u8]) -> Result<Self, Error> {
        match probe(file, file_name)? {
            Format::Asf => asf::parse(file),
            format @ (Format::Ape | Format::Musepack | Format::WavPack) => ape::parse(file, format),
            Format::Aiff => aiff::parse(file),
            Format::Dsf => dsf::parse(file),
            Format::Flac => flac::parse(file),
            Format::Mp3 => mp3::parse(file),
            Format::Mp4 => mp4::parse(file),
            Format::Wav => wav::parse(file),
            Format::Opus => ogg::parse(file, Codec::Opus),
            Format::Vorbis => ogg::parse(file, Codec::Vorbis),
        }
    }
}

/// The tags of a file, asked for fields as mediafile asks them through its storage styles.
pub(crate) trait Storage {
    /// Returns what is at each place that a field is looked for in, in mediafile's order.
    ///
    /// Of a place that is not there, or where the style finds nothing, that is an empty list. Only the
    /// first value counts for a field that is not a list itself. Each part of a date is asked for the
    /// date as a whole.
    fn places(&self, field: Field) -> impl Iterator<Item = Vec<Raw<'_>>>;

    /// Returns of the first places of a field, which all have its value as it is, whether other programs
    /// know them; of a date without the year that is stored apart.
    fn copies(&self, field: Field) -> impl Iterator<Item = bool>;

    /// Returns the year that is stored apart, and used if the date does not say it.
    fn year(&self) -> Option<Raw<'_>> {
        None
    }

    /// Returns whether other programs know the place of that year, and not that of the date.
    fn is_year_known(&self) -> bool {
        false
    }
}

/// Reads all fields.
pub(crate) fn tag_set(storage: &impl Storage) -> TagSet<'static> {
    let mut tags = TagSet::default();
    for &field in Field::ALL {
        if !DATE.contains(&field) && !ORIGINAL_DATE.contains(&field) {
            tags.set(field, value(storage, field));
        }
    }
    for fields in [DATE, ORIGINAL_DATE] {
        let date = single(storage, fields[0]);
        let date = date.as_ref().map(Raw::to_text).unwrap_or_default();
        let year = || (fields == DATE).then(|| storage.year())?;
        let parts = date_parts(&date, || Some(year()?.to_text().into_owned()));
        for (field, part) in fields.into_iter().zip(parts) {
            tags.set(field, part.map(Value::Int));
        }
    }
    tags
}

/// Reads a field that is no part of a date.
fn value(storage: &impl Storage, field: Field) -> Option<Value<'static>> {
    if field.kind() == Kind::List {
        let values = storage.places(field).find(|values| !values.is_empty())?;
        return Some(typed(field, &values));
    }
    Some(typed(field, &[single(storage, field)?]))
}

/// Returns what a place with these values says of a field that is no part of a date; there is one at least.
fn typed(field: Field, values: &[Raw<'_>]) -> Value<'static> {
    let text = |raw: &Raw<'_>| raw.to_text().into_owned();
    let raw = &values[0];
    match (field, field.kind()) {
        (_, Kind::List) => Value::list(values.iter().map(text)),
        (Field::Comp, _) => Value::Int(raw.to_bool().into()),
        (Field::R128AlbumGain | Field::R128TrackGain, _) => Value::Float(raw.to_whole() / 256.0),
        (_, Kind::Int) => Value::Int(raw.to_int()),
        (_, Kind::Float) => Value::Float(raw.to_float()),
        _ => Value::text(text(raw)),
    }
}

/// Returns the first value that Python takes for true; if none is, what is at the last place.
fn single(storage: &impl Storage, field: Field) -> Option<Raw<'_>> {
    let mut found = None;
    for values in storage.places(field) {
        found = values.into_iter().next();
        if found.as_ref().is_some_and(Raw::is_true) {
            break;
        }
    }
    found
}
