//! Dumps of the headers of Ogg streams: pages, and then the packets in them.
//!
//! ```text
//! 00003a page            number=1 serial=0000002a granule=0 crc=5d4ff2b1 right
//!    +1b segments        17*255 62
//!    +2d body            len=4397
//! packet 1               len=88
//!    +00 magic           "\x03vorbis"
//!    +07 vendor          len=4 "test"
//! ```
//!
//! Offsets of fields are within their page, or within their packet, wherever its parts are.

use std::fmt::Write as _;

use splice::ReadAt;
use splice::ogg::{Crc, Page, SEGMENTS};

use super::{Dump, vorbis};
use crate::Error;
use crate::ogg::{Codec, Header, Rest, read_page};
use crate::read::Window;

/// Writes down everything before the audio.
pub(crate) fn dump<R: ReadAt + ?Sized>(
    file: &R,
    dump: &mut Dump<'_, R>,
    codec: Codec,
) -> Result<(), Error> {
    let header = Header::parse(file, codec)?;
    let mut window = Window::new(file);
    while dump.at < header.audio {
        let (page, segments) = read_page(&mut window, dump.at)?;
        dump_page(dump, page.page, &segments)?;
    }
    let mut start = 0;
    for (&end, number) in header.ends.iter().zip(1..) {
        let packet = &header.packets[start..end];
        dump.text.push_str(&dump_packet(packet, number, &header)?);
        start = end;
    }
    Ok(())
}

fn dump_page<R: ReadAt + ?Sized>(
    dump: &mut Dump<'_, R>,
    page: Page,
    segments: &[u8],
) -> Result<(), Error> {
    let (number, serial, granule) = (page.number, page.serial, page.granule);
    let mut note = format!("number={number} serial={serial:08x} granule={granule}");
    let flags = [
        (page.is_continued(), " continued"),
        (page.is_first(), " first"),
        (page.is_last(), " last"),
    ];
    note.extend(
        flags
            .iter()
            .filter(|(is_set, _)| *is_set)
            .map(|(_, name)| *name),
    );
    let bytes = dump.window.get(dump.at, page.len())?;
    let crc = Crc::default().bytes(&Page { crc: 0, ..page }.to_bytes(segments));
    let body = &bytes[SEGMENTS + segments.len()..];
    let is_right = crc.bytes(body).value() == page.crc;
    let check = if is_right { "right" } else { "wrong" };
    let body_crc = crc32fast::hash(body);
    dump.block(
        "page",
        SEGMENTS as u64,
        format!("{note} crc={:08x} {check}", page.crc),
    );
    dump.field("segments", segments.len() as u64, runs(segments));
    dump.field(
        "body",
        page.body_len,
        format!("len={} crc={body_crc:08x}", page.body_len),
    );
    Ok(())
}

/// Writes segments down, equal ones together.
fn runs(segments: &[u8]) -> String {
    let mut text = String::new();
    for run in segments.chunk_by(|a, b| a == b) {
        let times = run.len();
        let written = match times {
            1 => write!(text, "{} ", run[0]),
            _ => write!(text, "{times}*{} ", run[0]),
        };
        written.expect("a string takes everything");
    }
    text
}

/// Writes down a packet, the first of which is the one with comments.
fn dump_packet(packet: &[u8], number: u8, header: &Header) -> Result<String, Error> {
    let mut dump = Dump::new(packet);
    let len = packet.len() as u64;
    dump.line("packet", &number.to_string(), 0, format!("len={len}"));
    let magic = header.codec.magics()[usize::from(number) - 1].len() as u64;
    let text = dump.text(0, magic)?;
    dump.field("magic", magic, text);
    if number == 1 {
        vorbis::dump(&mut dump)?;
        dump_kept(&mut dump, header.codec, header.comment_packet()?.rest)?;
        let padding = len - dump.at;
        if padding > 0 {
            let note = dump.padding(0, padding)?;
            dump.field("padding", padding, format!("len={padding} {note}"));
        }
    } else {
        let left = len - dump.at;
        let crc = dump.crc(0, left)?;
        dump.field("setup", left, format!("len={left} {crc}"));
    }
    Ok(dump.text)
}

/// Writes down what follows comments and is no padding.
fn dump_kept(dump: &mut Dump<'_, [u8]>, codec: Codec, rest: Rest<'_>) -> Result<(), Error> {
    let len = rest.kept.len() as u64;
    match codec {
        Codec::Vorbis => {
            let [framing] = dump.peek()?;
            dump.field("framing", len, framing);
        }
        Codec::Opus if len > 0 => {
            let crc = dump.crc(0, len)?;
            dump.field("kept", len, format!("len={len} {crc}"));
        }
        Codec::Opus => {}
    }
    Ok(())
}
