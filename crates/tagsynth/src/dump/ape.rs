//! Dumps of APEv2 tags, and whatever else is behind the audio.

use splice::ReadAt;

use super::Dump;
use crate::Error;
use crate::apev2::{self, FOOTER, Footer, Item, Kind, Place};

/// Writes down the tag at the end of `file`, if there is one, and what follows it.
pub(crate) fn dump_trailer<R: ReadAt + ?Sized>(
    file: &R,
    dump: &mut Dump<'_, R>,
) -> Result<(), Error> {
    if let Some(place) = Place::find(&mut dump.window, 0)? {
        dump.at = place.start;
        dump_tag(dump, &place)?;
        rest(dump, "REST", file.len())?;
    }
    dump.at = file.len();
    dump.block("end", 0, format!("file {}", file.len()));
    Ok(())
}

fn dump_tag<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, place: &Place) -> Result<(), Error> {
    rest(dump, "LEFTOVERS", place.header.unwrap_or(place.items.start))?;
    if place.header.is_some() {
        dump_footer(dump, "HEADER")?;
    }
    let mut count = 0;
    while dump.at < place.items.end && count < place.count {
        dump_item(dump, place.items.end)?;
        count += 1;
    }
    rest(dump, "UNUSED", place.items.end)?;
    dump_footer(dump, "FOOTER")
}

fn dump_footer<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, name: &str) -> Result<(), Error> {
    let Some(footer) = Footer::parse(dump.peek()?) else {
        return Err(Error::Malformed {
            what: "no APEv2 header or footer",
            offset: dump.at,
        });
    };
    let Footer {
        version,
        size,
        count,
        flags,
    } = footer;
    let note = format!("version={version} len={size} items={count} flags={flags:08x}");
    let reserved = dump.padding(24, 8)?;
    dump.block(name, FOOTER, format!("{note}  {reserved}"));
    Ok(())
}

fn dump_item<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, end: u64) -> Result<(), Error> {
    let (item, _) = Item::read(&mut dump.window, dump.at, end)?;
    let (len, flags) = apev2::head(dump.peek()?);
    dump.block("ITEM", 8, format!("flags={flags:08x} len={len}"));
    let key_len = item.key.len() as u64 + 1;
    dump.field("key", key_len, format!("\"{}\"", item.key));
    if item.kind == Kind::Binary {
        let crc = dump.crc(0, len)?;
        dump.field("data", len, crc);
    } else {
        let text = dump.text(0, len)?;
        dump.field("text", len, text);
    }
    Ok(())
}

/// Writes down what has no structure, up to `end`.
fn rest<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, name: &str, end: u64) -> Result<(), Error> {
    let len = end - dump.at;
    if len > 0 {
        let note = dump.padding(0, len)?;
        dump.block(name, len, format!("len={len}  {note}"));
    }
    Ok(())
}
