//! From items to the bytes of `ilst`, as mutagen writes them.

use super::atom::{HEADER, Name};
use super::decode::{self, DATA_HEADER};
use super::items::{Content, Item, Items, Part};
use super::order;
use super::pieces::{Pieces, header};
use crate::Error;

/// Width of a domain or a name in front of its text: a header, and four bytes of zeros.
const NAME_HEADER: u64 = HEADER + 4;

/// Returns the atom of all items.
///
/// # Errors
///
/// [`Error::TooLarge`] if they do not fit one.
pub(crate) fn ilst(items: &Items<'_>) -> Result<Pieces, Error> {
    let mut content = Pieces::default();
    for item in order::sort(items.iter()) {
        write_item(&mut content, item)?;
    }
    for (name, unread) in items.unread() {
        content.held(&header(name, unread.len())?);
        write_content(&mut content, unread);
    }
    Pieces::atom(*b"ilst", content)
}

fn write_item(out: &mut Pieces, item: &Item<'_>) -> Result<(), Error> {
    let name = decode::name(&item.key);
    let is_whole = |part: &Part<'_>| matches!(part, Part::Whole(_));
    let key = decode::split_key(&item.key).filter(|_| !item.parts.iter().any(is_whole));
    let names = key.map_or(0, |(mean, name)| {
        2 * NAME_HEADER + (mean.len() + name.len()) as u64
    });
    let parts = item.parts.iter().map(part_len);
    let len = parts.fold(names, u64::saturating_add);
    out.held(&header(name, len)?);
    if let Some((mean, name)) = key {
        write_name(out, *b"mean", mean)?;
        write_name(out, *b"name", name)?;
    }
    for part in &item.parts {
        write_part(out, part)?;
    }
    Ok(())
}

fn write_name(out: &mut Pieces, name: Name, text: &[u8]) -> Result<(), Error> {
    out.held(&header(name, 4 + text.len() as u64)?);
    out.held(&[0; 4]);
    out.held(text);
    Ok(())
}

fn part_len(part: &Part<'_>) -> u64 {
    match part {
        Part::Data(_, content) => content.len().saturating_add(DATA_HEADER as u64),
        Part::Kept(content) | Part::Whole(content) => content.len(),
    }
}

fn write_part(out: &mut Pieces, part: &Part<'_>) -> Result<(), Error> {
    match part {
        Part::Data(kind, content) => {
            out.held(&header(*b"data", content.len().saturating_add(8))?);
            out.held(&kind.to_be_bytes());
            // The locale.
            out.held(&[0; 4]);
            write_content(out, content);
        }
        Part::Kept(content) | Part::Whole(content) => write_content(out, content),
    }
    Ok(())
}

fn write_content(out: &mut Pieces, content: &Content<'_>) {
    match content {
        Content::Held(bytes) => out.held(bytes),
        Content::Origin(range) => out.origin(range.clone()),
        Content::Insert(len) => out.insert(*len),
    }
}
