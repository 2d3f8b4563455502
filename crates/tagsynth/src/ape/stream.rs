//! The start of a stream, as far as beets has to understand it.
//!
//! ```text
//! Monkey's Audio  76  "MAC ", and what describes the stream
//! WavPack         32  the header of the first block:
//!                 +0   4  "wvpk"
//!                 +24  4  flags, little-endian; bits 23 to 26: the sampling rate, by its place in a list
//! Musepack SV8     4  "MPCK", and packets: see `sv8`
//! Musepack SV7    32  +0   3  "MP+"
//!                     +3   1  bits 0 to 3: version, 7 or more
//! Musepack before 32  +0   4  little-endian; bits 11 to 20: version, 4 to 6
//! ```
//!
//! There are no clauses to cite: the formats are what their libraries read (MACLib, WavPack 5 file
//! format, libmpcdec), and mutagen after them.

mod sv8;

use splice::ReadAt;

use crate::{Error, Format, read};

/// Length of the two headers of Monkey's Audio from 3.98 on; older ones are shorter, but mutagen
/// reads as much.
const MONKEYS_AUDIO: u64 = 76;
/// Length of the header of a WavPack block.
const WAVPACK: u64 = 32;
/// What mutagen reads of Musepack before SV8.
const MUSEPACK: u64 = 32;
/// The place in WavPack's list that stands for a rate of its own, which mutagen cannot look up.
const OTHER_RATE: u32 = 15;

/// Returns where the part of a stream ends that beets reads.
///
/// # Errors
///
/// [`Error::Malformed`] where beets gives up.
pub(super) fn header_end<R: ReadAt + ?Sized>(origin: &R, format: Format) -> Result<u64, Error> {
    match format {
        Format::Ape => monkeys_audio(origin),
        Format::WavPack => wavpack(origin),
        _ => musepack(origin),
    }
}

fn monkeys_audio<R: ReadAt + ?Sized>(origin: &R) -> Result<u64, Error> {
    let header = read::read_exact_at(origin, 0, MONKEYS_AUDIO)?;
    check(header.starts_with(b"MAC "), "no header of Monkey's Audio")?;
    Ok(MONKEYS_AUDIO)
}

fn wavpack<R: ReadAt + ?Sized>(origin: &R) -> Result<u64, Error> {
    let header = read::read_exact_at(origin, 0, WAVPACK)?;
    check(header.starts_with(b"wvpk"), "no header of WavPack")?;
    let rate = little_endian(&header[24..28]) >> 23 & 15;
    check(
        rate != OTHER_RATE,
        "a WavPack file of an unusual sampling rate",
    )?;
    Ok(WAVPACK)
}

fn musepack<R: ReadAt + ?Sized>(origin: &R) -> Result<u64, Error> {
    let header = read::read_exact_at(origin, 0, MUSEPACK)?;
    if header.starts_with(b"MPCK") {
        return sv8::header_end(origin);
    }
    let is_sound = if header.starts_with(b"MP+") {
        header[3] & 15 >= 7
    } else {
        (4..=6).contains(&(little_endian(&header[..4]) >> 11 & 0x3ff))
    };
    check(is_sound, "no header of Musepack")?;
    Ok(MUSEPACK)
}

fn little_endian(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u32::from(byte))
}

fn check(is_sound: bool, what: &'static str) -> Result<(), Error> {
    if is_sound {
        return Ok(());
    }
    Err(Error::Malformed { what, offset: 0 })
}
