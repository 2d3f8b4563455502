//! Whether there is MPEG audio, and where.
//!
//! ```text
//! bits 31-21   all set
//! bits 20-19   version: 3 for 1, 2 for 2, 0 for 2.5
//! bits 18-17   layer: 3 for I, 2 for II, 1 for III
//! bit  16      clear if a checksum follows
//! bits 15-12   bit rate
//! bits 11-10   sampling rate
//! bit  9       the frame has one slot more
//! bits 7-6     channels: 3 for mono
//! ```
//!
//! ISO/IEC 11172-3 §2.4.1.3, 13818-3 §2.4.1.3.

use splice::ReadAt;

use crate::Error;
use crate::id3v2::{Source, synchsafe_masked};

/// How far audio may be from the tag.
const REACH: u64 = 1 << 20;
/// How many false starts are tried.
const MAX_SYNCS: usize = 1499;
/// How many frames in a row make audio.
const ENOUGH: usize = 2;
/// How much is looked at in one go.
const STRIDE: u64 = 4096;

/// Bit rates in kbit/s of version 1, by layer.
#[rustfmt::skip]
const RATES_1: [[u64; 15]; 3] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
];
/// Bit rates in kbit/s of versions 2 and 2.5: layer I, and layers II and III.
#[rustfmt::skip]
const RATES_2: [[u64; 15]; 2] = [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// Returns the offset of the first frame of audio from `start` on, past tags that follow the first.
///
/// # Errors
///
/// [`Error::Malformed`] if there is none where mutagen looks for it.
pub(super) fn find<R: ReadAt + ?Sized>(
    source: &mut Source<'_, R>,
    start: u64,
) -> Result<u64, Error> {
    let start = skip_tags(source, start)?;
    let end = source.len().min(start.saturating_add(REACH));
    let mut offset = start;
    let mut syncs = 0;
    while end.saturating_sub(offset) >= 2 && syncs < MAX_SYNCS {
        let len = STRIDE.min(end - offset);
        let bytes = source.get(offset, len)?;
        let is_sync = |pair: &[u8]| pair[0] == 0xff && pair[1] & 0xe0 == 0xe0;
        let Some(at) = (0..).zip(bytes.windows(2)).find(|(_, pair)| is_sync(pair)) else {
            // The last byte may start a sync.
            offset += len - 1;
            continue;
        };
        offset += at.0;
        if starts_audio(source, offset)? {
            return Ok(offset);
        }
        syncs += 1;
        offset += 1;
    }
    Err(Error::Malformed {
        what: "no MPEG audio",
        offset: start,
    })
}

/// Returns the offset of the first frame that is no Xing, Info or VBRI header, which one at `first` may
/// be.
pub(super) fn past_header<R: ReadAt + ?Sized>(
    source: &mut Source<'_, R>,
    first: u64,
) -> Result<u64, Error> {
    let frame = Frame::new(u32::from_be_bytes(source.array(first)?));
    match frame.filter(|frame| frame.layer == 3) {
        Some(frame) if is_vbr_header(source, first, &frame)? => Ok(first + frame.len),
        _ => Ok(first),
    }
}

/// Skips further ID3v2 tags, by their sizes alone.
fn skip_tags<R: ReadAt + ?Sized>(
    source: &mut Source<'_, R>,
    mut offset: u64,
) -> Result<u64, Error> {
    while source.len().saturating_sub(offset) >= 10 {
        let [b'I', b'D', b'3', _, _, _, size @ ..] = source.array::<10>(offset)? else {
            break;
        };
        let size = synchsafe_masked(size);
        if size == 0 {
            break;
        }
        offset = offset.saturating_add(10 + size);
    }
    Ok(offset)
}

/// Returns whether enough frames follow each other, or one is a VBR header.
fn starts_audio<R: ReadAt + ?Sized>(
    source: &mut Source<'_, R>,
    mut offset: u64,
) -> Result<bool, Error> {
    for _ in 0..ENOUGH {
        if source.len().saturating_sub(offset) < 4 {
            return Ok(false);
        }
        let Some(frame) = Frame::new(u32::from_be_bytes(source.array(offset)?)) else {
            return Ok(false);
        };
        if frame.layer == 3 && is_vbr_header(source, offset, &frame)? {
            return Ok(true);
        }
        offset += frame.len;
    }
    Ok(true)
}

/// Returns whether a frame of layer III holds a Xing, Info or VBRI header.
fn is_vbr_header<R: ReadAt + ?Sized>(
    source: &mut Source<'_, R>,
    offset: u64,
    frame: &Frame,
) -> Result<bool, Error> {
    let mut word = |at: u64| match source.len().saturating_sub(offset + at) {
        ..26 => Ok([0; 4]),
        _ => source.array::<4>(offset + at),
    };
    Ok(matches!(&word(frame.xing)?, b"Xing" | b"Info") || word(36)? == *b"VBRI")
}

/// The header of a frame.
#[derive(Debug)]
struct Frame {
    layer: usize,
    len: u64,
    /// Offset in the frame of a Xing header.
    xing: u64,
}

impl Frame {
    fn new(header: u32) -> Option<Self> {
        let bits = |shift: u32, width: u32| (header >> shift & ((1 << width) - 1)) as usize;
        let (version, layer, rate, sampling) = (bits(19, 2), bits(17, 2), bits(12, 4), bits(10, 2));
        if bits(21, 11) != 0x7ff || version == 1 || layer == 0 || sampling == 3 {
            return None;
        }
        let layer = 4 - layer;
        let first_version = version == 3;
        let rates = if first_version {
            &RATES_1[layer - 1]
        } else {
            &RATES_2[usize::from(layer > 1)]
        };
        let rate = *rates.get(rate).filter(|&&rate| rate > 0)? * 1000;
        let halved = match version {
            3 => 1,
            2 => 2,
            _ => 4,
        };
        let sampling = [44100, 48000, 32000][sampling] / halved;
        let (samples, slot) = match layer {
            1 => (384, 4),
            3 if !first_version => (576, 1),
            _ => (1152, 1),
        };
        let xing = match (first_version, bits(6, 2) == 3) {
            (true, false) => 36,
            (false, true) => 13,
            _ => 21,
        };
        let len = (samples / 8 * rate / sampling + bits(9, 1) as u64) * slot;
        Some(Self { layer, len, xing })
    }
}
