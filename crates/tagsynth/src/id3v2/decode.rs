//! From a frame's data to its parts.

use std::ops::Range;

use super::frame::{Blob, Frame, Part};
use super::layout::{Id, Layout, Spec};
use super::read::{self, Context};
use super::stamp::Stamp;
use super::text::{Encoding, split_at_nul};
use crate::Error;

/// Why a frame is not read.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The frame is dropped.
    Junk,
    /// The frame is kept as one of an unknown kind.
    Encrypted,
    /// The file is not read at all.
    Fatal(Error),
}

/// The data of a frame, or its first bytes if it ends in binary data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) head: &'a [u8],
    /// Where the data is in the origin, if `head` is not all of it.
    pub(crate) whole: Option<&'a Range<u64>>,
}

/// Takes the data of a frame apart; `None` if the first bytes are too few.
pub(crate) fn frame(
    id: Id,
    layout: &Layout,
    source: Source<'_>,
    context: &mut Context,
) -> Result<Option<Frame>, Broken> {
    let mut data = source.head;
    let mut encoding = Encoding::Latin1;
    if layout.encoded {
        let (&byte, rest) = data.split_first().ok_or(Broken::Junk)?;
        encoding = Encoding::from_byte(byte).ok_or(Broken::Junk)?;
        data = rest;
    }
    let mut parts = Vec::with_capacity(layout.specs.len());
    for (index, &spec) in layout.specs.iter().enumerate() {
        if let (Spec::Binary, Some(whole)) = (spec, source.whole) {
            let read = (source.head.len() - data.len()) as u64;
            parts.push(Part::Binary(Blob::Origin(whole.start + read..whole.end)));
            continue;
        }
        if data.is_empty() && !matches!(spec, Spec::Binary | Spec::Frames) {
            if index < layout.required {
                return Err(Broken::Junk);
            }
            break;
        }
        parts.push(part(spec, encoding, &mut data, &parts, context)?);
        if data.is_empty() && source.whole.is_some() {
            return Ok(None);
        }
    }
    Ok(Some(Frame::new(id, encoding, parts)))
}

/// Takes one part off the front of `data`, which is not empty unless the part may be.
fn part(
    spec: Spec,
    encoding: Encoding,
    data: &mut &[u8],
    before: &[Part],
    context: &mut Context,
) -> Result<Part, Broken> {
    Ok(match spec {
        Spec::Text => Part::Text(text(encoding, data, context)?),
        Spec::Texts => Part::Texts(all(data, |data| text(encoding, data, context))?),
        Spec::Stamps => Part::Stamps(all(data, |data| {
            text(encoding, data, context).map(|text| Stamp::new(&text))
        })?),
        Spec::Pairs => Part::Pairs(all(data, |data| {
            Ok([
                text(encoding, data, context)?,
                text(encoding, data, context)?,
            ])
        })?),
        Spec::Timed => Part::Timed(all(data, |data| {
            context.count_value()?;
            let (line, rest) = encoding.decode_terminated(data).ok_or(Broken::Junk)?;
            let (&time, rest) = rest.split_first_chunk().ok_or(Broken::Junk)?;
            *data = rest;
            Ok((line, time))
        })?),
        Spec::Latin1 => Part::Latin1(latin1(data).to_vec()),
        Spec::Latin1List => Part::Raw(latin1_list(data)),
        Spec::Ascii(len) => Part::Raw(ascii(take(data, len), len)?),
        Spec::Sized(len) => Part::Raw(number(take(data, len), len)),
        Spec::Counter => Part::Raw(number(std::mem::take(data), 4)),
        Spec::Gain => match take(data, 2) {
            gain if gain.len() == 2 => Part::Raw(gain.to_vec()),
            _ => return Err(Broken::Fatal(malformed("an RVA2 frame with half a gain"))),
        },
        Spec::Peak => Part::Raw(peak(data)?),
        Spec::Events => {
            let whole = data.len() / 5 * 5;
            Part::Raw(std::mem::take(data)[..whole].to_vec())
        }
        Spec::Curve => Part::Raw(curve(std::mem::take(data))),
        Spec::Points => Part::Raw(points(std::mem::take(data), before)?),
        Spec::Binary => Part::Binary(Blob::Held(std::mem::take(data).to_vec())),
        Spec::Frames => {
            let tag = read::nested(std::mem::take(data), context).map_err(Broken::Fatal)?;
            Part::Frames(Box::new(tag))
        }
    })
}

/// Takes parts off the front until nothing is left.
fn all<T>(
    data: &mut &[u8],
    mut take: impl FnMut(&mut &[u8]) -> Result<T, Broken>,
) -> Result<Vec<T>, Broken> {
    let mut values = Vec::new();
    while !data.is_empty() {
        values.push(take(data)?);
    }
    Ok(values)
}

fn text(encoding: Encoding, data: &mut &[u8], context: &mut Context) -> Result<String, Broken> {
    context.count_value()?;
    let (text, rest) = encoding.decode(data).ok_or(Broken::Junk)?;
    // Before 2.4 there was one value to a frame, and zeros behind it were padding.
    let padding = !context.is_v24() && rest.iter().all(|&byte| byte == 0);
    *data = if padding { &[] } else { rest };
    Ok(text)
}

/// Takes up to `len` bytes.
fn take<'a>(data: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (taken, rest) = data.split_at(len.min(data.len()));
    *data = rest;
    taken
}

fn latin1<'a>(data: &mut &'a [u8]) -> &'a [u8] {
    let (text, rest) = split_at_nul(data);
    *data = rest.unwrap_or_default();
    text
}

fn latin1_list(data: &mut &[u8]) -> Vec<u8> {
    let mut list = take(data, 1).to_vec();
    for _ in 0..list[0] {
        list.extend_from_slice(latin1(data));
        list.push(0);
    }
    list
}

fn ascii(bytes: &[u8], len: usize) -> Result<Vec<u8>, Broken> {
    if !bytes.is_ascii() {
        return Err(Broken::Junk);
    }
    let mut bytes = bytes.to_vec();
    bytes.resize(len, 0);
    Ok(bytes)
}

/// Returns a big-endian number without the zeros before it, but in at least `len` bytes.
fn number(bytes: &[u8], len: usize) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let digits = &bytes[zeros..];
    let mut number = vec![0; len.saturating_sub(digits.len())];
    number.extend_from_slice(digits);
    number
}

/// Returns a peak as one of 16 bits (2.4 frames §4.11).
fn peak(data: &mut &[u8]) -> Result<Vec<u8>, Broken> {
    let bits = usize::from(take(data, 1)[0]);
    let width = bits.div_ceil(8).min(4);
    let digits = take(data, width);
    if digits.len() < width {
        return Err(Broken::Junk);
    }
    let digits = digits
        .iter()
        .fold(0_u64, |all, &digit| all << 8 | u64::from(digit));
    let shift = ((8 - (bits & 7)) & 7) + (4 - width) * 8;
    #[expect(
        clippy::cast_precision_loss,
        reason = "32 bits and a shift below 32 are close enough"
    )]
    let peak = (digits << shift) as f64 / f64::from(i32::MAX);
    let number = (peak * 32768.0).round_ties_even();
    if number > f64::from(u16::MAX) {
        return Err(Broken::Fatal(malformed(
            "an RVA2 frame with a peak of two or more",
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above"
    )]
    let number = (number as u16).to_be_bytes();
    Ok(vec![16, number[0], number[1]])
}

/// Returns the points of an equalisation curve by frequency, the last of each (2.4 frames §4.12).
fn curve(data: &[u8]) -> Vec<u8> {
    let (points, _) = data.as_chunks::<4>();
    let by_frequency: std::collections::BTreeMap<[u8; 2], [u8; 2]> = points
        .iter()
        .map(|&[a, b, c, d]| ([a, b], [c, d]))
        .collect();
    by_frequency
        .into_iter()
        .flat_map(|([a, b], [c, d])| [a, b, c, d])
        .collect()
}

/// Returns the points of a seek index, of which the parts before tell the size (2.4 frames §4.30).
fn points(data: &[u8], before: &[Part]) -> Result<Vec<u8>, Broken> {
    let (Some(Part::Raw(count)), Some(Part::Raw(bits))) = (before.get(2), before.get(3)) else {
        return Err(Broken::Junk);
    };
    let width = match bits.as_slice() {
        [8] => 1,
        [16] => 2,
        _ => return Err(Broken::Junk),
    };
    let count = count
        .iter()
        .fold(0, |all, &digit| all << 8 | usize::from(digit));
    data.get(..count * width)
        .map(<[u8]>::to_vec)
        .ok_or(Broken::Junk)
}

fn malformed(what: &'static str) -> Error {
    Error::Malformed { what, offset: 0 }
}
