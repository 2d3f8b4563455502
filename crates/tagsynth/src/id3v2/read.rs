//! From the bytes of a tag to its frames.

use std::borrow::Cow;

use splice::ReadAt;

use super::body::{Body, Source};
use super::decode::{self, Broken};
use super::entry::{Entry, has_plain_sizes};
use super::flags;
use super::frame::{Blob, Frame, Part};
use super::header::{self, Header};
use super::layout::{Id, LNK, Layout, PIC, layout, renamed};
use super::tag::Tag;
use crate::Error;

/// Frames from this length on leave their binary data in the origin.
const LEFT_IN_ORIGIN: u64 = 16 << 10;
/// How much is read of such a frame.
const HEAD: u64 = 2048;
/// The most frames that a tag may have; real ones have tens.
pub(super) const MAX_FRAMES: usize = 4096;
/// The most texts that a tag may have.
const MAX_VALUES: usize = 1 << 16;
/// The most bytes of frames that are held in memory.
const MAX_HELD: u64 = crate::read::LARGEST;
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

/// Reads one frame into `tag`, or drops it.
fn read_frame<R: ReadAt + ?Sized>(
    entry: &Entry,
    body: &mut Body<'_, '_, R>,
    context: &mut Context,
    tag: &mut Tag,
) -> Result<(), Error> {
    let Some(kind) = Kind::new(entry, context.major) else {
        return keep_unknown(entry, body, context, tag);
    };
    let left = kind.read_leaving_data(entry, body, context);
    let frame = match left.unwrap_or_else(|| kind.read(entry, body, context)) {
        Ok(frame) => frame,
        Err(Broken::Encrypted) => return keep_unknown(entry, body, context, tag),
        Err(Broken::Junk) => return Ok(()),
        Err(Broken::Fatal(error)) => return Err(error),
    };
    tag.merge(kind.upgraded(frame));
    Ok(())
}

/// A kind of frame that mutagen knows.
struct Kind {
    id: Id,
    layout: &'static Layout,
    /// Its name in version 2.2, if it came by that.
    old: Option<[u8; 3]>,
}

impl Kind {
    fn new(entry: &Entry, major: u8) -> Option<Self> {
        let [a, b, c, last] = entry.id;
        let old = (last == 0).then_some([a, b, c]);
        let id = old.map_or(Some(entry.id), renamed)?;
        // Names of 2.2 also occur in 2.3, on frames of the later shape.
        let layout = match &entry.id {
            b"PIC\0" if major == 2 => &PIC,
            b"LNK\0" if major == 2 => &LNK,
            _ => layout(id)?,
        };
        Some(Self { id, layout, old })
    }

    /// Reads a frame with large data that can stay in the origin; `None` if this is no such frame.
    fn read_leaving_data<R: ReadAt + ?Sized>(
        &self,
        entry: &Entry,
        body: &mut Body<'_, '_, R>,
        context: &mut Context,
    ) -> Option<Result<Frame, Broken>> {
        let large = entry.data.end - entry.data.start >= LEFT_IN_ORIGIN;
        let plain = flags::is_plain(entry.flags, context.major, context.unsynchronised);
        if !large || !plain || !matches!(&self.id, b"APIC" | b"GEOB") {
            return None;
        }
        let whole = body.in_origin(&entry.data)?;
        let head = match body.get(entry.data.start..entry.data.start + HEAD) {
            Ok(head) => head,
            Err(error) => return Some(Err(Broken::Fatal(error))),
        };
        let source = decode::Source {
            head,
            whole: Some(&whole),
        };
        match decode::frame(self.id, self.layout, source, context) {
            // A text may only look broken where the head cuts it off.
            Err(Broken::Junk) => None,
            other => other.transpose(),
        }
    }

    fn read<R: ReadAt + ?Sized>(
        &self,
        entry: &Entry,
        body: &mut Body<'_, '_, R>,
        context: &mut Context,
    ) -> Result<Frame, Broken> {
        let len = entry.data.end - entry.data.start;
        let left = context.count_bytes(len).map_err(Broken::Fatal)?;
        let data = body.get(entry.data.clone()).map_err(Broken::Fatal)?;
        let data = flags::decode(
            data,
            entry.flags,
            context.major,
            context.unsynchronised,
            left,
        )?;
        let grown = (data.len() as u64).saturating_sub(len);
        context.count_bytes(grown).map_err(Broken::Fatal)?;
        let source = decode::Source {
            head: &data,
            whole: None,
        };
        decode::frame(self.id, self.layout, source, context)?.ok_or(Broken::Junk)
    }

    /// Gives a frame of version 2.2 the shape that it has since.
    fn upgraded(&self, mut frame: Frame) -> Frame {
        let first = match (self.old.as_ref(), frame.parts.first()) {
            (Some(b"PIC"), Some(Part::Raw(media_type))) => Part::Latin1(media_type.clone()),
            (Some(b"LNK"), Some(Part::Raw(id))) => match *id.as_slice() {
                [a, b, c] => Part::Raw(renamed([a, b, c]).unwrap_or([a, b, c, b' ']).to_vec()),
                _ => return frame,
            },
            _ => return frame,
        };
        frame.parts[0] = first;
        frame
    }
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
    let len = entry.data.end - entry.data.start;
    let header = body.get(entry.start..entry.data.start)?;
    let size = size_bytes(len, context.major).filter(|size| header.get(4..8) != Some(size));
    if len >= LEFT_IN_ORIGIN
        && size.is_none()
        && let Some(range) = body.in_origin(&whole)
    {
        tag.unknown.push(Unknown(Blob::Origin(range)));
        return Ok(());
    }
    context.count_bytes(whole.end - whole.start)?;
    let mut frame = body.get(whole)?.to_vec();
    if let Some(size) = size {
        frame[4..8].copy_from_slice(&size);
    }
    tag.unknown.push(Unknown(Blob::Held(frame)));
    Ok(())
}

/// Returns the size that a frame's header must have.
///
/// It may have another: one that promises more than there is, and would now take in the padding; or
/// in version 2.4 a plain number, where the frames written beside it have synchsafe ones.
fn size_bytes(len: u64, major: u8) -> Option<[u8; 4]> {
    match major {
        4 => header::to_synchsafe(len),
        _ => u32::try_from(len).ok().map(u32::to_be_bytes),
    }
}
