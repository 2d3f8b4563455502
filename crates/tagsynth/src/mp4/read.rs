//! From `ilst` to items.
//!
//! Pictures, and items that are too long to be tags, are known by where they are.

use std::borrow::Cow;

use splice::ReadAt;

use super::atom::{Atom, HEADER, Name, Scan};
use super::decode::{self, DATA_HEADER, JPEG, PNG, Shape, Unread};
use super::items::{Content, Items, Part};
use crate::{Error, read};

/// Items longer than this are not read unless they are asked for.
const MAX_UNASKED: u64 = 64 << 10;
/// How much of such an item is searched for its name.
const HEAD: u64 = 1 << 10;
/// What is kept as it is, and longer than this, is an extent of the origin.
const MAX_HELD: u64 = 4096;
/// The least that mutagen reads of a part of `covr`.
const PICTURE_HEAD: u64 = 12;

/// Reads the items of `ilst`; `all` reads even those that may be too long for tags.
///
/// # Errors
///
/// [`Error::Malformed`] where mutagen gives up, [`Error::TooLarge`] for more than is held.
pub(crate) fn items<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    ilst: &Atom,
    all: bool,
) -> Result<Items<'static>, Error> {
    let mut reader = Reader {
        items: Items::default(),
        longest: if all { read::LARGEST } else { MAX_UNASKED },
        held: 0,
    };
    for atom in scan.children(ilst.content())? {
        reader.item(scan, &atom)?;
    }
    Ok(reader.items)
}

/// Items in the making.
struct Reader {
    items: Items<'static>,
    /// The longest item that is read.
    longest: u64,
    /// How many bytes are held.
    held: u64,
}

/// The key of an item and its parts.
type Keyed = (Vec<u8>, Vec<Part<'static>>);

/// Why an item has no parts.
enum Fault {
    /// It is kept as it is.
    Kept,
    Error(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Fault {
    fn of(unread: Unread, atom: &Atom) -> Self {
        match unread {
            Unread::Kept => Self::Kept,
            Unread::Refused(what) => Self::Error(Error::Malformed {
                what,
                offset: atom.start,
            }),
        }
    }
}

impl Reader {
    fn item<R: ReadAt + ?Sized>(
        &mut self,
        scan: &mut Scan<'_, R>,
        atom: &Atom,
    ) -> Result<(), Error> {
        let keyed = match decode::shape(atom.name) {
            Shape::Cover => pictures(scan, atom),
            shape if atom.content_len() > self.longest => unasked(scan, atom, shape),
            shape => {
                self.hold(atom.content_len())?;
                values(scan, atom, shape)
            }
        };
        match keyed {
            Ok(keyed) => self.add(keyed, atom),
            Err(Fault::Kept) => self.keep(scan, atom),
            Err(Fault::Error(error)) => Err(error),
        }
    }

    /// Adds parts to the item of their key; of truth values the last counts.
    fn add(&mut self, (key, parts): Keyed, atom: &Atom) -> Result<(), Error> {
        let is_bool = decode::shape(atom.name) == Shape::Bool;
        if is_bool && parts.is_empty() {
            return Ok(());
        }
        let item = self.items.entry(Cow::Owned(key));
        if is_bool {
            item.parts.clear();
        }
        let is_joined = !item.parts.is_empty();
        item.parts.extend(parts);
        let is_whole = |part: &Part<'_>| matches!(part, Part::Whole(_));
        if is_joined && item.parts.iter().any(is_whole) {
            return Err(Error::Malformed {
                what: "a long item that is there twice",
                offset: atom.start,
            });
        }
        Ok(())
    }

    fn keep<R: ReadAt + ?Sized>(
        &mut self,
        scan: &mut Scan<'_, R>,
        atom: &Atom,
    ) -> Result<(), Error> {
        let content = if atom.content_len() > MAX_HELD {
            Content::Origin(atom.content())
        } else {
            let bytes = scan.window.get(atom.content, atom.content_len())?;
            Content::Held(Cow::Owned(bytes.to_vec()))
        };
        self.items.keep(atom.name, content);
        Ok(())
    }

    /// Counts bytes that are going to be held.
    fn hold(&mut self, len: u64) -> Result<(), Error> {
        self.held += len;
        if self.held > read::LARGEST {
            return Err(Error::TooLarge {
                what: "the length of all items",
                len: self.held,
                limit: read::LARGEST,
            });
        }
        Ok(())
    }
}

fn values<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    atom: &Atom,
    shape: Shape,
) -> Result<Keyed, Fault> {
    let content = scan.window.get(atom.content, atom.content_len())?;
    let keyed = match shape {
        Shape::Free => decode::free(content, stated_len(atom)),
        shape => decode::values(shape, content, stated_len(atom)).map(|values| {
            // The number of a genre becomes its name.
            let is_genre = shape == Shape::Genre;
            let name = if is_genre { *b"\xa9gen" } else { atom.name };
            (name.to_vec(), values)
        }),
    };
    let (key, values) = keyed.map_err(|unread| Fault::of(unread, atom))?;
    let values = values.into_iter();
    let parts = values.map(|(kind, bytes)| Part::Data(kind, Content::Held(Cow::Owned(bytes))));
    Ok((key, parts.collect()))
}

/// Returns an item that is too long to read, whatever its values are.
fn unasked<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    atom: &Atom,
    shape: Shape,
) -> Result<Keyed, Fault> {
    let key = match shape {
        Shape::Text | Shape::Unknown => atom.name.to_vec(),
        Shape::Free => {
            let head = scan.window.get(atom.content, HEAD)?;
            let (key, end) = decode::free_key(head).map_err(|_| Fault::Kept)?;
            if end > head.len() {
                return Err(Fault::Kept);
            }
            key
        }
        _ => return Err(Fault::Kept),
    };
    let whole = Part::Whole(Content::Origin(atom.content()));
    Ok((key, vec![whole]))
}

/// Returns pictures and their names.
fn pictures<R: ReadAt + ?Sized>(scan: &mut Scan<'_, R>, atom: &Atom) -> Result<Keyed, Fault> {
    let mut parts = Vec::new();
    let mut at = atom.content;
    let stated_end = atom.content.saturating_add(stated_len(atom));
    while at < stated_end {
        scan.spend(at)?;
        let (part, end) = picture(scan, atom, at)?;
        parts.push(part);
        at = end;
    }
    Ok((b"covr".to_vec(), parts))
}

/// Returns the picture or name at `at`, and where mutagen takes it to end.
fn picture<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    atom: &Atom,
    at: u64,
) -> Result<(Part<'static>, u64), Fault> {
    let refused = |what| Err(Fault::of(Unread::Refused(what), atom));
    if atom.end.saturating_sub(at) < PICTURE_HEAD {
        return refused("a picture that is cut");
    }
    let end = at + u64::from(u32::from_be_bytes(scan.window.array(at)?));
    let name: Name = scan.window.array(at + 4)?;
    let kind = u32::from_be_bytes(scan.window.array(at + HEADER)?);
    let data = at + DATA_HEADER as u64;
    match &name {
        b"data" if end >= data => {
            // Whatever else there is, mutagen takes for JPEG.
            let kind = if kind == PNG { PNG } else { JPEG };
            let content = data.min(atom.end)..end.min(atom.end);
            Ok((Part::Data(kind, Content::Origin(content)), end))
        }
        b"name" if end >= at + HEADER && end <= atom.end => {
            Ok((Part::Kept(Content::Origin(at..end)), end))
        }
        b"data" | b"name" => refused("a picture of a wrong size"),
        _ => Err(Fault::Kept),
    }
}

/// Returns how long mutagen takes the content of an item to be.
///
/// It allows for short headers alone, and so finds items with long ones cut.
fn stated_len(atom: &Atom) -> u64 {
    atom.end - atom.start - HEADER
}
