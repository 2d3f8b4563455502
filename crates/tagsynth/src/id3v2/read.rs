//! From the bytes of a tag to its frames.
//!
//! ```text
//! 2.2 §3.2    +0  3  identifier   +3  3  size, big-endian                        +6  data
//! 2.3 §3.3    +0  4  identifier   +4  4  size, big-endian   +8  2  flags        +10  data
//! 2.4 §4      +0  4  identifier   +4  4  size, synchsafe    +8  2  flags        +10  data
//! ```

use std::borrow::Cow;
use std::ops::Range;

use splice::ReadAt;

use super::body::{Body, Source};
use super::decode::{self, Broken};
use super::flags;
use super::frame::{Blob, Frame, Part};
use super::header::{self, Header};
use super::layout::{Id, LNK, PIC, layout, renamed};
use super::tag::Tag;
use crate::Error;

/// Binary data from this length on stay in the origin.
const LEFT_IN_ORIGIN: u64 = 16 << 10;
/// How much is read of a frame whose data stay in the origin.
const HEAD: u64 = 2048;
/// The most frames that a tag may have; real ones have tens.
const MAX_FRAMES: usize = 4096;
/// The most texts that a tag may have.
const MAX_VALUES: usize = 1 << 16;
/// The most bytes of a tag that are held in memory.
const MAX_HELD: u64 = 32 << 20;
/// How deep frames may lie within frames; chapters need one level.
const MAX_DEPTH: usize = 4;

/// A frame of a kind that mutagen does not know, header included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unknown(pub(crate) Blob);

/// What is known while the frames of a tag are read.
#[derive(Debug)]
pub(crate) struct Context {
    major: u8,
    unsynchronised: bool,
    depth: usize,
    frames_left: usize,
    values_left: usize,
    bytes_left: u64,
}

impl Context {
    fn new(header: &Header) -> Self {
        Self {
            major: header.major,
            unsynchronised: header.unsynchronised,
            depth: MAX_DEPTH,
            frames_left: MAX_FRAMES,
            values_left: MAX_VALUES,
            bytes_left: MAX_HELD,
        }
    }

    /// Returns whether the tag is of version 2.4.
    pub(crate) fn is_v24(&self) -> bool {
        self.major == 4
    }

    /// Counts one text.
    pub(crate) fn count_value(&mut self) -> Result<(), Broken> {
        let left = self.values_left.checked_sub(1);
        self.values_left = left.ok_or(Broken::Fatal(too_large(
            "the list of texts in an ID3v2 tag",
            MAX_VALUES as u64,
        )))?;
        Ok(())
    }

    fn count_frame(&mut self) -> Result<(), Error> {
        let left = self.frames_left.checked_sub(1);
        self.frames_left =
            left.ok_or_else(|| too_large("the list of frames in an ID3v2 tag", MAX_FRAMES as u64))?;
        Ok(())
    }

    /// Counts bytes that are held in memory; returns how many more may be.
    fn count_bytes(&mut self, len: u64) -> Result<u64, Error> {
        let left = self.bytes_left.checked_sub(len);
        self.bytes_left = left.ok_or_else(|| too_large("an ID3v2 tag in memory", MAX_HELD))?;
        Ok(self.bytes_left)
    }
}

fn too_large(what: &'static str, limit: u64) -> Error {
    Error::TooLarge {
        what,
        len: limit + 1,
        limit,
    }
}

/// Reads the frames of the tag with this header.
///
/// # Errors
///
/// [`Error::TooLarge`] beyond the limits above, and [`Error::Malformed`] for the few broken frames
/// that mutagen cannot pass over.
pub(crate) fn tag<R: ReadAt + ?Sized>(
    source: &mut Source<'_, R>,
    header: &Header,
) -> Result<Tag, Error> {
    let body = Body::Origin(source, header.frames..header.end);
    frames(body, &mut Context::new(header))
}

/// Reads frames that lie within a frame.
pub(crate) fn nested(data: &[u8], context: &mut Context) -> Result<Tag, Error> {
    let depth = context.depth.checked_sub(1);
    context.depth = depth.ok_or_else(|| too_large("a nest of ID3v2 frames", MAX_DEPTH as u64))?;
    let tag = frames(Body::<[u8]>::Held(Cow::Borrowed(data)), context)?;
    context.depth += 1;
    Ok(tag)
}

fn frames<R: ReadAt + ?Sized>(
    mut body: Body<'_, '_, R>,
    context: &mut Context,
) -> Result<Tag, Error> {
    if context.unsynchronised && !context.is_v24() {
        context.count_bytes(body.len())?;
        let whole = body.get(0..body.len())?;
        let decoded = flags::synchronised(whole).unwrap_or_else(|| whole.to_vec());
        body = Body::Held(Cow::Owned(decoded));
    }
    let mut tag = Tag::of_version(context.major);
    let plain = context.major < 4 || has_plain_sizes(&mut body)?;
    let mut offset = 0;
    while let Some(entry) = Entry::read(&mut body, offset, context.major, plain)? {
        offset = entry.data.end;
        context.count_frame()?;
        if entry.size > 0 {
            read_frame(&entry, &mut body, context, &mut tag)?;
        }
    }
    Ok(tag)
}

/// The header of a frame, and where its data are.
#[derive(Debug)]
struct Entry {
    id: Id,
    flags: u16,
    size: u64,
    /// Offset of the header.
    start: u64,
    /// The data, cut off at the end of the tag.
    data: Range<u64>,
}

impl Entry {
    /// Reads the header at `offset`; `None` in padding and at the end.
    fn read<R: ReadAt + ?Sized>(
        body: &mut Body<'_, '_, R>,
        offset: u64,
        major: u8,
        plain: bool,
    ) -> Result<Option<Self>, Error> {
        let header_len = if major == 2 { 6 } else { 10 };
        let end = body.len();
        if end - offset < header_len {
            return Ok(None);
        }
        let bytes = body.get(offset..offset + header_len)?;
        let (id, size, flags) = match *bytes {
            [a, b, c, s, t, u] => ([a, b, c, 0], [0, s, t, u], 0),
            [a, b, c, d, s, t, u, v, e, f] => {
                ([a, b, c, d], [s, t, u, v], u16::from_be_bytes([e, f]))
            }
            _ => return Ok(None),
        };
        if id == [0; 4] {
            return Ok(None);
        }
        let size = if plain {
            u64::from(u32::from_be_bytes(size))
        } else {
            header::masked(size)
        };
        let start = offset + header_len;
        let data = start..end.min(start + size);
        Ok(Some(Self {
            id,
            flags,
            size,
            start: offset,
            data,
        }))
    }
}

/// Returns whether a tag of version 2.4 has sizes as plain numbers, as iTunes once wrote them.
///
/// Both readings are tried: the better one meets more known frames, or, if they are equal, does not
/// run past the end.
fn has_plain_sizes<R: ReadAt + ?Sized>(body: &mut Body<'_, '_, R>) -> Result<bool, Error> {
    let (synchsafe, past_synchsafe) = walk(body, false)?;
    let (plain, past_plain) = walk(body, true)?;
    Ok(plain > synchsafe || (plain == synchsafe && past_synchsafe >= 1 && past_plain <= 1))
}

/// Counts known frames; returns also how far past the end the last one goes.
fn walk<R: ReadAt + ?Sized>(body: &mut Body<'_, '_, R>, plain: bool) -> Result<(u64, i64), Error> {
    let len = body.len();
    let (mut offset, mut known) = (0, 0);
    for _ in 0..MAX_FRAMES {
        if offset + 10 >= len {
            break;
        }
        let header = body.get(offset..offset + 10)?;
        if header == [0; 10] {
            return Ok((known, -((len - offset) % 10).cast_signed()));
        }
        let &[a, b, c, d, s, t, u, v, ..] = header else {
            break;
        };
        let size = [s, t, u, v];
        let size = if plain {
            u64::from(u32::from_be_bytes(size))
        } else {
            header::masked(size)
        };
        offset += 10 + size;
        known += u64::from(layout([a, b, c, d]).is_some());
    }
    Ok((known, offset.cast_signed() - len.cast_signed()))
}

/// Reads one frame into `tag`, or drops it.
fn read_frame<R: ReadAt + ?Sized>(
    entry: &Entry,
    body: &mut Body<'_, '_, R>,
    context: &mut Context,
    tag: &mut Tag,
) -> Result<(), Error> {
    let old = (entry.id[3] == 0).then_some([entry.id[0], entry.id[1], entry.id[2]]);
    let id = old.map_or(Some(entry.id), renamed);
    let known = id.and_then(|id| Some((id, layout(id)?)));
    let Some((id, mut layout)) = known else {
        return keep_unknown(entry, body, context, tag);
    };
    // Names of 2.2 also occur in 2.3, on frames of the later shape.
    match (context.major, old) {
        (2, Some([b'P', b'I', b'C'])) => layout = &PIC,
        (2, Some([b'L', b'N', b'K'])) => layout = &LNK,
        _ => {}
    }
    if let Some(start) = body.in_origin(entry.data.start)
        && matches!(&id, b"APIC" | b"GEOB")
        && entry.data.end - entry.data.start >= LEFT_IN_ORIGIN
        && flags::is_plain(entry.flags, context.major, context.unsynchronised)
    {
        let end = body.in_origin(entry.data.end);
        let head = body.get(entry.data.start..entry.data.start + HEAD)?;
        let source = decode::Source { head, start, end };
        match decode::frame(id, layout, source, context) {
            Ok(frame) => {
                tag.merge(upgraded(frame, old));
                return Ok(());
            }
            Err(Broken::Junk) => return Ok(()),
            Err(Broken::Fatal(error)) => return Err(error),
            Err(Broken::More) => {}
        }
    }
    let left = context.count_bytes(entry.data.end - entry.data.start)?;
    let data = body.get(entry.data.clone())?;
    let data = match flags::decode(
        data,
        entry.flags,
        context.major,
        context.unsynchronised,
        left,
    ) {
        Ok(data) => data,
        Err(flags::Undecodable::Encrypted) => return keep_unknown(entry, body, context, tag),
        Err(flags::Undecodable::Junk) => return Ok(()),
        Err(flags::Undecodable::TooLarge) => {
            return Err(too_large("an ID3v2 frame in memory", left));
        }
    };
    context.count_bytes((data.len() as u64).saturating_sub(entry.data.end - entry.data.start))?;
    let source = decode::Source {
        head: &data,
        start: 0,
        end: None,
    };
    match decode::frame(id, layout, source, context) {
        Ok(frame) => tag.merge(upgraded(frame, old)),
        Err(Broken::Junk | Broken::More) => {}
        Err(Broken::Fatal(error)) => return Err(error),
    }
    Ok(())
}

/// Gives a frame of version 2.2 the shape that it has since.
fn upgraded(mut frame: Frame, old: Option<[u8; 3]>) -> Frame {
    if let (Some(b"PIC"), Some(Part::Raw(media_type))) = (old.as_ref(), frame.parts.first()) {
        frame.parts[0] = Part::Latin1(media_type.clone());
    }
    if let (Some(b"LNK"), Some(Part::Raw(id))) = (old.as_ref(), frame.parts.first())
        && let &[a, b, c] = id.as_slice()
    {
        frame.parts[0] = Part::Raw(renamed([a, b, c]).unwrap_or([a, b, c, b' ']).to_vec());
    }
    frame
}

/// Keeps a frame as it is, if its identifier could be one and the version can be written.
fn keep_unknown<R: ReadAt + ?Sized>(
    entry: &Entry,
    body: &mut Body<'_, '_, R>,
    context: &mut Context,
    tag: &mut Tag,
) -> Result<(), Error> {
    let plausible = entry
        .id
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && entry.id.iter().any(u8::is_ascii_uppercase);
    // Frames without data vanish here too.
    if !plausible || context.major == 2 || entry.data.is_empty() {
        return Ok(());
    }
    let whole = entry.start..entry.data.end;
    let cut = entry.data.end - entry.data.start < entry.size;
    if let (Some(start), Some(end)) = (body.in_origin(whole.start), body.in_origin(whole.end))
        && entry.data.end - entry.data.start >= LEFT_IN_ORIGIN
        && !cut
    {
        tag.unknown.push(Unknown(Blob::Origin(start..end)));
        return Ok(());
    }
    context.count_bytes(whole.end - whole.start)?;
    let mut frame = body.get(whole)?.to_vec();
    if cut {
        correct_size(&mut frame, context.major);
    }
    tag.unknown.push(Unknown(Blob::Held(frame)));
    Ok(())
}

/// Makes the size in a frame's header that of its data: the header promised more than there is, and
/// would now take in the padding.
fn correct_size(frame: &mut [u8], major: u8) {
    let len = (frame.len() - 10) as u64;
    let size = match major {
        4 => header::to_synchsafe(len),
        _ => u32::try_from(len).ok().map(u32::to_be_bytes),
    };
    if let Some(size) = size {
        frame[4..8].copy_from_slice(&size);
    }
}
