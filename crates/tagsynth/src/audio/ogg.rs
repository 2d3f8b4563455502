//! Packets of an Ogg stream, however they lie in pages.

use std::ops::Range;
use std::slice::from_ref;

use splice::ReadAt;

use super::Pair;
use crate::ogg::{Codec, Header, read_page};
use crate::read::Window;
use crate::{Error, read};

/// How much is read around the header of a page.
const STEP: u64 = 512;
/// The most pages, and the most packets, of a stream that are looked at: a day of sound.
const MAX_PACKETS: usize = 1 << 22;

/// Returns whether the stream of a codec has the same packets in both files, but for comments.
pub(super) fn same<O: ReadAt + ?Sized, E: ReadAt + ?Sized>(
    pair: &Pair<'_, O, E>,
    codec: Codec,
) -> Result<bool, Error> {
    let one = Header::parse(pair.origin, codec)?;
    let two = Header::parse(pair.edited, codec)?;
    let set_up = |header: &Header| header.packets[header.ends[0]..].to_vec();
    if set_up(&one) != set_up(&two)
        || identification(pair.origin, &one)? != identification(pair.edited, &two)?
    {
        return Ok(false);
    }
    // As nearly every editor leaves it: the pages are what they were.
    let rest = (one.audio..pair.origin.len(), two.audio..pair.edited.len());
    if pair.same(from_ref(&rest.0), from_ref(&rest.1))? {
        return Ok(true);
    }
    let (one, two) = (
        Packets::read(pair.origin, &one)?,
        Packets::read(pair.edited, &two)?,
    );
    Ok(one.ends == two.ends && pair.same(&one.bodies, &two.bodies)?)
}

fn identification<R: ReadAt + ?Sized>(file: &R, header: &Header) -> Result<Vec<u8>, Error> {
    let body = header.first.body();
    read::read_exact_at(file, body.start, body.end - body.start)
}

/// The audio of a stream.
struct Packets {
    /// What the bodies of its pages are.
    bodies: Vec<Range<u64>>,
    /// Where each packet ends in them, put together.
    ends: Vec<u64>,
}

impl Packets {
    fn read<R: ReadAt + ?Sized>(file: &R, header: &Header) -> Result<Self, Error> {
        let mut packets = Self {
            bodies: Vec::new(),
            ends: Vec::new(),
        };
        let mut window = Window::stepping(file, STEP);
        let serial = header.first.page.serial;
        let (mut at, mut total) = (header.audio, 0);
        while at < file.len() {
            let (page, segments) = read_page(&mut window, at)?;
            at = page.end();
            if page.page.serial != serial {
                continue;
            }
            packets.bodies.push(page.body());
            for &segment in &segments {
                total += u64::from(segment);
                if segment < 255 {
                    packets.ends.push(total);
                }
            }
            let most = packets.ends.len().max(packets.bodies.len());
            if most > MAX_PACKETS {
                return Err(Error::TooLarge {
                    what: "the number of packets of a stream",
                    len: most as u64,
                    limit: MAX_PACKETS as u64,
                });
            }
        }
        Ok(packets)
    }
}
