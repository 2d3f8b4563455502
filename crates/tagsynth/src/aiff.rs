//! AIFF and AIFF-C: IFF files with an ID3v2 tag in a chunk.
//!
//! ```text
//! "FORM" size "AIFF" or "AIFC"
//! "COMM"   at least 18 bytes:
//!          +0  2  channels
//!          +2  4  frames
//!          +6  2  bits
//!          +8 10  sample rate, extended precision
//! "SSND"   offset and block size, samples
//! "ID3 "   the tag
//! others   copied: NAME, AUTH, ANNO, ...
//! ```
//!
//! Audio Interchange File Format 1.3; AIFF-C draft of 1991. There is no standard for the chunk of the
//! tag.

use std::ops::Range;

use splice::ReadAt;

use crate::iff::{self, Chunk, Chunks, Kind};
use crate::read::Window;
use crate::{Cover, Error, FileTags, Format, Rendering, TagSet, read};

/// AIFF among the files of chunks.
pub(crate) const KIND: Kind = Kind {
    format: Format::Aiff,
    root: b"FORM",
    big_endian: true,
    lists: &[b"FORM"],
    audio: b"SSND",
    tags: &[b"ID3"],
};

/// Renders the virtual file.
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> Result<Rendering, Error> {
    iff::render(origin, &KIND, &chunks(origin)?, tags, cover)
}

/// Returns where the samples of an AIFF file are.
pub(crate) fn audio<R: ReadAt + ?Sized>(origin: &R) -> Result<Range<u64>, Error> {
    chunks(origin)?.audio(&KIND)
}

/// Returns what the samples of an AIFF file are: channels, count, bits and rate.
pub(crate) fn sample_format<R: ReadAt + ?Sized>(file: &R) -> Result<Vec<u8>, Error> {
    let common = chunks(file)?;
    let common = common.find(&[b"COMM"]).map_or(0, Chunk::data);
    read::read_exact_at(file, common, 18)
}

/// Reads the tags of an AIFF file.
pub(crate) fn parse<R: ReadAt + ?Sized>(file: &R) -> Result<FileTags, Error> {
    iff::parse(file, &KIND, &chunks(file)?)
}

/// Reads the list of chunks, and checks what mutagen does.
fn chunks<R: ReadAt + ?Sized>(origin: &R) -> Result<Chunks, Error> {
    let mut window = Window::new(origin);
    let chunks = Chunks::read(&mut window, &KIND)?;
    let common = chunks.find(&[b"COMM"]).ok_or(malformed(0))?;
    let start = common.data();
    if chunks.len(common) < 18 || !is_rate(window.array(start + 8)?) {
        return Err(malformed(start));
    }
    Ok(chunks)
}

/// Returns whether mutagen takes an extended float for a sample rate: it is neither negative nor
/// beyond all others.
fn is_rate(float: [u8; 10]) -> bool {
    let [e0, e1, mantissa @ ..] = float;
    let exponent = i32::from(u16::from_be_bytes([e0, e1]) & 0x7fff);
    let is_negative = e0 & 0x80 != 0;
    let mantissa = u64::from_be_bytes(mantissa);
    if exponent == 0x7fff {
        return false;
    }
    if exponent == 0 && mantissa == 0 {
        return true;
    }
    #[expect(clippy::cast_precision_loss, reason = "only the magnitude counts")]
    let mantissa = mantissa as f64;
    let scale = 2_f64.powi(exponent - 16383 - 63);
    let rate = mantissa * scale;
    scale.is_finite() && rate.is_finite() && !(is_negative && rate >= 1.0)
}

fn malformed(offset: u64) -> Error {
    Error::Malformed {
        what: "no sample rate in an AIFF file",
        offset,
    }
}
