//! The last frame of a FLAC file says how far its samples go.
//!
//! ```text
//! bits 0-14   sync code 7ffc
//! bit  15     blocks of varying size: the number is of the first sample, not of the frame
//! bits 16-19  block size
//! bits 20-23  sample rate
//! bits 24-27  channels
//! bits 28-30  sample size, and a zero
//! +4          number, coded as UTF-8 codes characters
//!             block size and sample rate where their codes say so
//!             CRC-8 of all before
//! ```
//!
//! RFC 9639 §9.1.

use splice::ReadAt;

use super::Missing;
use super::tail::Tail;
use crate::Error;
use crate::flac::Header;

/// What of STREAMINFO is looked at (RFC 9639 §8.2).
struct Info {
    block_size: u64,
    n_samples: u64,
    max_frame: u64,
}

impl Info {
    fn of(header: &Header) -> Option<Self> {
        let block = header.blocks.iter().find(|block| block.code == 0)?;
        let bytes = block.bytes.as_slice();
        let number = |range| bytes.get(range).map(big_endian);
        Some(Self {
            block_size: number(2..4)?,
            max_frame: number(7..10)?,
            n_samples: number(13..18)? & ((1 << 36) - 1),
        })
    }
}

pub(super) fn ends_early<R: ReadAt + ?Sized>(origin: &R) -> Result<Missing, Error> {
    let header = Header::parse(origin)?;
    let Some(info) = Info::of(&header).filter(|info| info.n_samples > 0) else {
        return Ok(None);
    };
    let tail = Tail::read(origin, header.audio..origin.len(), info.max_frame)?;
    let is_last = |at: usize| end_of_frame(&tail.bytes[at..], &info) == Some(info.n_samples);
    let is_whole = tail.find_each(&[0xff, 0xf8], &[0xff, 0xfe]).any(is_last);
    Ok((!is_whole).then_some("the last frame is not there"))
}

/// Returns the number of the sample after a frame, if this is one.
fn end_of_frame(bytes: &[u8], info: &Info) -> Option<u64> {
    let varies = bytes.get(1)? & 1 != 0;
    let size_code = bytes.get(2)? >> 4;
    let rate_code = bytes.get(2)? & 15;
    let (number, mut at) = coded_number(bytes.get(4..)?)?;
    at += 4;
    let size = match size_code {
        1 => 192,
        2..=5 => 144 << size_code,
        6 => big_endian(bytes.get(at..at + 1)?) + 1,
        7 => big_endian(bytes.get(at..at + 2)?) + 1,
        8..=15 => 1 << size_code,
        _ => return None,
    };
    at += match size_code {
        6 => 1,
        7 => 2,
        _ => 0,
    };
    at += match rate_code {
        12 => 1,
        13 | 14 => 2,
        _ => 0,
    };
    if crc8(bytes.get(..at)?) != *bytes.get(at)? {
        return None;
    }
    let first = if varies {
        number
    } else {
        number.checked_mul(info.block_size)?
    };
    first.checked_add(size)
}

/// Reads a number of up to 36 bits (RFC 9639 §9.1.5); returns also how many bytes it takes.
fn coded_number(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let len = match first.leading_ones() {
        0 => return Some((first.into(), 1)),
        len @ 2..=7 => len as usize,
        _ => return None,
    };
    let start = u64::from(first) & ((1 << (7 - len.min(7))) - 1);
    let rest = bytes.get(1..len)?;
    let is_coded = rest.iter().all(|byte| byte & 0xc0 == 0x80);
    let number = rest
        .iter()
        .fold(start, |number, byte| number << 6 | u64::from(byte & 0x3f));
    is_coded.then_some((number, len))
}

/// The CRC with the polynomial x⁸ + x² + x + 1 (RFC 9639 §9.1.8).
fn crc8(bytes: &[u8]) -> u8 {
    let step = |crc: u8| {
        if crc & 0x80 != 0 {
            crc << 1 ^ 7
        } else {
            crc << 1
        }
    };
    bytes
        .iter()
        .fold(0, |crc, byte| (0..8).fold(crc ^ byte, |crc, _| step(crc)))
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}
