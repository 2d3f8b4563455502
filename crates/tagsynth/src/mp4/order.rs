//! The order in which mutagen writes items.
//!
//! Known ones come in the order of iTunes. Those of one rank are ordered by how long their values
//! are when Python prints them, and then by that text. Where a reader takes two names for one, as
//! ffmpeg does with names that differ in case, the order tells what it shows.

use std::fmt::{self, Display, Write};

use super::decode::{self, Shape};
use super::edit::pair;
use super::items::{Content, Item, Part};

/// The names that have a rank of their own.
#[rustfmt::skip]
const RANKS: [&[u8; 4]; 17] = [
    b"\xa9nam", b"\xa9ART", b"\xa9wrt", b"\xa9alb", b"\xa9gen", b"gnre", b"trkn", b"disk",
    b"\xa9day", b"cpil", b"pgap", b"pcst", b"tmpo", b"\xa9too", b"----", b"covr", b"\xa9lyr",
];
/// The rank among them that several items can have.
const FREE: usize = 14;

/// The types that mutagen prints by name.
#[rustfmt::skip]
const TYPES: [(u32, &str); 20] = [
    (0, "IMPLICIT"), (1, "UTF8"), (2, "UTF16"), (3, "SJIS"), (6, "HTML"), (7, "XML"), (8, "UUID"),
    (9, "ISRC"), (10, "MI3P"), (12, "GIF"), (13, "JPEG"), (14, "PNG"), (15, "URL"),
    (16, "DURATION"), (17, "DATETIME"), (18, "GENRES"), (21, "INTEGER"), (24, "RIAA_PA"),
    (25, "UPC"), (27, "BMP"),
];

/// Puts items in order; those that print alike stay as they are.
pub(crate) fn sort<'i, 'a>(items: impl Iterator<Item = &'i Item<'a>>) -> Vec<&'i Item<'a>> {
    let mut keyed: Vec<_> = items.map(|item| (key(item), item)).collect();
    keyed.sort_by(|(a, item_a), (b, item_b)| {
        let texts = || {
            Printed(item_a)
                .to_string()
                .cmp(&Printed(item_b).to_string())
        };
        a.cmp(b).then_with(texts)
    });
    keyed.into_iter().map(|(_, item)| item).collect()
}

/// Returns an item's rank, and its length where it needs one.
fn key(item: &Item<'_>) -> (usize, usize) {
    let name = decode::name(&item.key);
    let rank = RANKS.iter().position(|&ranked| *ranked == name);
    match rank {
        Some(rank) if rank != FREE => (rank, 0),
        rank => {
            let mut len = Count(0);
            write!(len, "{}", Printed(item)).expect("counting takes everything");
            (rank.unwrap_or(RANKS.len()), len.0)
        }
    }
}

/// Counts characters.
struct Count(usize);

impl Write for Count {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.chars().count();
        Ok(())
    }
}

/// An item's values as Python prints them.
struct Printed<'i, 'a>(&'i Item<'a>);

impl Display for Printed<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, part) in self.0.parts.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match part {
                Part::Data(kind, Content::Held(bytes)) => self.value(f, *kind, bytes)?,
                // It was not read: this is about as long.
                Part::Data(_, content) | Part::Kept(content) | Part::Whole(content) => {
                    let len = usize::try_from(content.len()).unwrap_or(usize::MAX);
                    write!(f, "{:1$}", "", len.min(MAX_WIDTH))?;
                }
            }
        }
        f.write_str("]")
    }
}

/// The widest that the formatter pads to.
const MAX_WIDTH: usize = u16::MAX as usize;

impl Printed<'_, '_> {
    fn value(&self, f: &mut fmt::Formatter<'_>, kind: u32, bytes: &[u8]) -> fmt::Result {
        match decode::shape(decode::name(&self.0.key)) {
            Shape::Free if self.0.is_set => print_bytes(f, bytes),
            Shape::Free => {
                f.write_str("MP4FreeForm(")?;
                print_bytes(f, bytes)?;
                f.write_str(", ")?;
                print_type(f, kind & 0xff_ffff)?;
                f.write_str(")")
            }
            Shape::Integer { .. } => {
                write!(f, "{}", decode::integer(bytes).unwrap_or_default())
            }
            Shape::Pair { .. } => {
                let [number, total] = pair(self.0);
                write!(f, "({number}, {total})")
            }
            Shape::Text | Shape::Unknown | Shape::Bool | Shape::Genre | Shape::Cover => {
                print_text(f, &String::from_utf8_lossy(bytes))
            }
        }
    }
}

fn print_type(f: &mut fmt::Formatter<'_>, kind: u32) -> fmt::Result {
    match TYPES.iter().find(|(number, _)| *number == kind) {
        Some((number, name)) => write!(f, "<AtomDataType.{name}: {number}>"),
        None => write!(f, "{kind}"),
    }
}

fn print_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let quote = quote(bytes);
    write!(f, "b{quote}")?;
    for &byte in bytes {
        match char::from(byte) {
            c if c.is_ascii() => print_char(f, c, quote)?,
            _ => write!(f, "\\x{byte:02x}")?,
        }
    }
    f.write_char(quote)
}

fn print_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let quote = quote(text.as_bytes());
    f.write_char(quote)?;
    for c in text.chars() {
        print_char(f, c, quote)?;
    }
    f.write_char(quote)
}

/// Python prefers single quotes, unless there are such in the text and no others.
fn quote(bytes: &[u8]) -> char {
    if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        '"'
    } else {
        '\''
    }
}

fn print_char(f: &mut fmt::Formatter<'_>, c: char, quote: char) -> fmt::Result {
    match c {
        '\t' => f.write_str("\\t"),
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\\' => f.write_str("\\\\"),
        c if c == quote => write!(f, "\\{c}"),
        c if is_printable(c) => f.write_char(c),
        c if u32::from(c) < 0x100 => write!(f, "\\x{:02x}", u32::from(c)),
        c if u32::from(c) < 0x1_0000 => write!(f, "\\u{:04x}", u32::from(c)),
        c => write!(f, "\\U{:08x}", u32::from(c)),
    }
}

/// Returns whether Python prints a character as it is: no control, format or private one, and no
/// space but one. Code points without a meaning are not told apart.
fn is_printable(c: char) -> bool {
    let is_other = matches!(
        u32::from(c),
        0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e
            | 0x2060..=0x206f | 0xe000..=0xf8ff | 0xfeff | 0xfff9..=0xfffb | 0xe_0000..
    );
    c == ' ' || !(c.is_control() || c.is_whitespace() || is_other)
}
