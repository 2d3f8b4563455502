//! From the content of an item to its values, as mutagen reads it.
//!
//! ```text
//! offset  width  field                     item "----" begins with
//! 0       4      size s of the value       size, "mean", four bytes, a domain
//! 4       4      "data"                    size, "name", four bytes, a name
//! 8       4      version, type
//! 12      4      locale, ignored
//! 16      s-16   value
//! ```
//!
//! An item has any number of values. There is no standard but Apple's *QuickTime File Format*,
//! "Metadata"; the types are its "Well-known types".

use super::atom::Name;
use crate::id3v2::GENRES;

/// Types of values.
pub(crate) const IMPLICIT: u32 = 0;
pub(crate) const UTF8: u32 = 1;
pub(crate) const JPEG: u32 = 13;
pub(crate) const PNG: u32 = 14;
pub(crate) const INTEGER: u32 = 21;

/// Width of what stands in front of a value.
pub(crate) const DATA_HEADER: usize = 16;
/// Width of what stands in front of a domain or a name.
const NAME_HEADER: usize = 12;

/// A value: its version and type, and its bytes.
pub(crate) type Datum = (u32, Vec<u8>);

/// Why an item has no values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is kept as it is.
    Kept,
    /// mutagen gives up on the whole file.
    Refused(&'static str),
}

/// What the values of an item are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Text, of which the type may be left out.
    Text,
    /// Text if its type says so: items that nobody knows.
    Unknown,
    /// Two numbers, such as of the track and of all tracks; followed by nothing, or by two zeros.
    Pair { trailing: bool },
    /// A number, written in so many bytes or more.
    Integer { least: usize },
    /// One truth value.
    Bool,
    /// A number of ID3v1's genres.
    Genre,
    /// Anything, named freely.
    Free,
    /// Pictures.
    Cover,
}

/// Returns what the values of the items of this name are.
pub(crate) fn shape(name: Name) -> Shape {
    match &name {
        b"----" => Shape::Free,
        b"covr" => Shape::Cover,
        b"gnre" => Shape::Genre,
        b"trkn" => Shape::Pair { trailing: true },
        b"disk" => Shape::Pair { trailing: false },
        b"cpil" | b"pgap" | b"pcst" => Shape::Bool,
        b"akID" | b"shwm" | b"stik" | b"hdvd" | b"rtng" => Shape::Integer { least: 1 },
        b"tmpo" | b"\xa9mvi" | b"\xa9mvc" => Shape::Integer { least: 2 },
        b"cnID" | b"geID" | b"atID" | b"sfID" | b"cmID" | b"tvsn" | b"tves" => {
            Shape::Integer { least: 4 }
        }
        b"plID" => Shape::Integer { least: 8 },
        b"\xa9nam" | b"\xa9alb" | b"\xa9ART" | b"aART" | b"\xa9wrt" | b"\xa9day" | b"\xa9cmt"
        | b"desc" | b"purd" | b"purl" | b"egid" | b"\xa9grp" | b"\xa9gen" | b"\xa9lyr"
        | b"catg" | b"keyw" | b"\xa9too" | b"cprt" | b"soal" | b"soaa" | b"soar" | b"sonm"
        | b"soco" | b"sosn" | b"tvsh" => Shape::Text,
        _ => Shape::Unknown,
    }
}

/// Returns the values in the content of an item, normalised to what mutagen writes.
///
/// `stated` is the length of the content that the item's size gives, if its header is a short one:
/// mutagen goes by it.
pub(crate) fn values(shape: Shape, content: &[u8], stated: u64) -> Result<Vec<Datum>, Unread> {
    let values = data(content, stated).map(|value| {
        let (kind, value) = value?;
        one(shape, kind, value)
    });
    if shape != Shape::Bool {
        return values.collect();
    }
    // Of truth values the last counts, and none behind one that cannot be read.
    let mut last = Ok(Vec::new());
    for value in values {
        match (value, &last) {
            (Ok(value), _) => last = Ok(vec![value]),
            (Err(error), Ok(values)) if values.is_empty() => return Err(error),
            (Err(_), _) => break,
        }
    }
    last
}

fn one(shape: Shape, kind: u32, value: &[u8]) -> Result<Datum, Unread> {
    let plain = kind & 0xff_ffff;
    match shape {
        Shape::Pair { trailing } => {
            let numbers = value
                .get(2..6)
                .ok_or(Unread::Refused("a number of a track or disc that is cut"))?;
            let end: &[u8] = if trailing { b"\0\0" } else { b"" };
            Ok((IMPLICIT, [b"\0\0", numbers, end].concat()))
        }
        Shape::Integer { least } if matches!(kind, IMPLICIT | INTEGER) => {
            let number = integer(value).ok_or(Unread::Kept)?;
            Ok((INTEGER, integer_bytes(number, least)))
        }
        Shape::Bool => match value {
            [byte] => Ok((INTEGER, vec![u8::from(*byte != 0)])),
            _ => Err(Unread::Kept),
        },
        Shape::Genre => match value {
            &[high, low] => genre(i16::from_be_bytes([high, low])),
            _ => Err(Unread::Kept),
        },
        Shape::Text if matches!(plain, IMPLICIT | UTF8) => utf8(value),
        Shape::Unknown if plain == UTF8 => utf8(value),
        _ => Err(Unread::Kept),
    }
}

/// Returns the key and the values of an item that is named freely.
pub(crate) fn free(content: &[u8], stated: u64) -> Result<(Vec<u8>, Vec<Datum>), Unread> {
    let (key, at) = free_key(content)?;
    let mut values = Vec::new();
    let mut at = at;
    while (at as u64) < stated {
        let len = size(content, at)?;
        let name = slice(content, at + 4, at + 8);
        match name {
            b"data" if len >= DATA_HEADER => {}
            b"data" => return Err(Unread::Refused("a value that is shorter than its header")),
            _ if name.len() < 4 => return Err(CUT),
            _ => return Err(Unread::Kept),
        }
        let kind = word(content, at + 8)?;
        let value = slice(content, at + DATA_HEADER, at.saturating_add(len));
        values.push((kind, value.to_vec()));
        at = at.saturating_add(len);
    }
    Ok((key, values))
}

/// Returns the key of an item that is named freely, and where its values start.
pub(crate) fn free_key(content: &[u8]) -> Result<(Vec<u8>, usize), Unread> {
    let mean_end = size(content, 0)?;
    let mean = slice(content, NAME_HEADER, mean_end);
    let len = size(content, mean_end)?;
    let name_end = mean_end.saturating_add(len);
    let name = slice(content, mean_end.saturating_add(NAME_HEADER), name_end);
    Ok(([b"----:", mean, b":", name].concat(), name_end))
}

const CUT: Unread = Unread::Refused("an item that is cut");

/// Returns the values before they are given a meaning, up to one that cannot be read.
fn data(content: &[u8], stated: u64) -> impl Iterator<Item = Result<(u32, &[u8]), Unread>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at as u64 >= stated {
            return None;
        }
        let value = one_data(content, at);
        at = value.map_or(usize::MAX, |(_, value)| at + DATA_HEADER + value.len());
        Some(value)
    })
}

fn one_data(content: &[u8], at: usize) -> Result<(u32, &[u8]), Unread> {
    let [a, b, c, d, b'd', b'a', b't', b'a', kind @ ..] = slice(content, at, at + 12) else {
        return Err(Unread::Kept);
    };
    let kind: [u8; 4] = kind.try_into().map_err(|_| Unread::Kept)?;
    let len = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
    let value = slice(content, at + DATA_HEADER, at.saturating_add(len));
    if value.len() + DATA_HEADER != len {
        return Err(Unread::Kept);
    }
    Ok((u32::from_be_bytes(kind), value))
}

/// Returns what is there of a range, as Python's slices do.
fn slice(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    let end = end.min(bytes.len());
    bytes.get(start.min(end)..end).unwrap_or_default()
}

fn word(bytes: &[u8], at: usize) -> Result<u32, Unread> {
    let word = slice(bytes, at, at.saturating_add(4));
    Ok(u32::from_be_bytes(word.try_into().map_err(|_| CUT)?))
}

fn size(bytes: &[u8], at: usize) -> Result<usize, Unread> {
    Ok(word(bytes, at)? as usize)
}

fn utf8(value: &[u8]) -> Result<Datum, Unread> {
    match std::str::from_utf8(value) {
        Ok(_) => Ok((UTF8, value.to_vec())),
        Err(_) => Err(Unread::Kept),
    }
}

/// Returns a signed number of any width that there is.
pub(crate) fn integer(value: &[u8]) -> Option<i64> {
    if !matches!(value.len(), 1..=4 | 8) {
        return None;
    }
    let fill = if value[0] & 0x80 == 0 { 0 } else { 0xff };
    let mut bytes = [fill; 8];
    bytes[8 - value.len()..].copy_from_slice(value);
    Some(i64::from_be_bytes(bytes))
}

/// Returns a number in `least` bytes, or in the next width that holds it.
pub(crate) fn integer_bytes(number: i64, least: usize) -> Vec<u8> {
    let holds = |width: usize| {
        let spare = 64 - 8 * width;
        number << spare >> spare == number
    };
    let width = [1, 2, 4]
        .into_iter()
        .find(|&width| width >= least && holds(width));
    number.to_be_bytes()[8 - width.unwrap_or(8)..].to_vec()
}

/// Returns the name of a genre: they count from 1, and, as mutagen has it, from the end below that.
fn genre(number: i16) -> Result<Datum, Unread> {
    let index = isize::from(number) - 1;
    let from_end = || GENRES.len().checked_add_signed(index);
    let index = usize::try_from(index).ok().or_else(from_end);
    let name = index.and_then(|index| GENRES.get(index));
    let name = name.ok_or(Unread::Kept)?;
    Ok((UTF8, name.as_bytes().to_vec()))
}

/// Returns the name of the atom that an item with this key is.
pub(crate) fn name(key: &[u8]) -> Name {
    key.first_chunk().copied().unwrap_or_default()
}

/// Returns the domain and the name in the key of an item that is named freely.
pub(crate) fn split_key(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = key.strip_prefix(b"----:")?;
    let colon = rest.iter().position(|&byte| byte == b':')?;
    Some((&rest[..colon], &rest[colon + 1..]))
}
