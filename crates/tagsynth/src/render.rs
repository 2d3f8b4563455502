//! From an origin and a tag set to a virtual file.

use std::ops::Range;

use splice::{Plan, ReadAt};

use crate::ogg::{self, Codec};
use crate::{Cover, Error, Format, TagSet, aiff, ape, asf, dsf, flac, mp3, mp4, probe, wav};

/// How renderings are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Names the program in formats that ask for it, where the origin has no tags of its own.
    pub vendor: String,
    /// Writes ID3v2.3 instead of 2.4 to MP3 files, as beets' option of this name does.
    pub id3v23: bool,
    /// Leaves out the APEv2 tag at the end of an MP3 file.
    ///
    /// Such a tag is old by the time the others are rendered, and a reader that prefers it shows
    /// old values. But some decoders take it for audio, so that without it their last packet is
    /// another; beets keeps it too.
    pub drop_ape: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            vendor: concat!("musicfs ", env!("CARGO_PKG_VERSION")).to_owned(),
            id3v23: false,
            drop_ape: false,
        }
    }
}

/// A virtual file, and where its audio is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendering {
    /// The virtual file.
    pub plan: Plan,
    /// What the origin was taken for.
    pub format: Format,
    /// Where the audio, and whatever follows it unchanged, is in the origin. Pages of Ogg may have
    /// other numbers.
    pub audio: Range<u64>,
    /// How many bytes of the virtual file come before the audio.
    pub header_len: u64,
}

/// Renders the virtual file that `beet write` would make of `origin` and `tags`.
///
/// With a `cover`, the file has that picture and no other, as `beet embedart` would leave it; the
/// plan then has the cover as its insert. Without, it keeps its own. The format is judged from the origin's first bytes and from `file_name`, of which only the end
/// matters.
///
/// # Errors
///
/// Every [`Error`]: each stands for a file that is best served as it is.
pub fn render<R: ReadAt + ?Sized>(
    origin: &R,
    file_name: &[u8],
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
    options: &Options,
) -> Result<Rendering, Error> {
    match probe(origin, file_name)? {
        Format::Asf => asf::render(origin, tags, cover),
        format @ (Format::Ape | Format::Musepack | Format::WavPack) => {
            ape::render(origin, format, tags, cover)
        }
        Format::Aiff => aiff::render(origin, tags, cover),
        Format::Dsf => dsf::render(origin, tags, cover),
        Format::Flac => flac::render(origin, tags, cover, options),
        Format::Mp3 => mp3::render(origin, tags, cover, options),
        Format::Mp4 => mp4::render(origin, tags, cover, options),
        Format::Wav => wav::render(origin, tags, cover),
        Format::Opus => ogg::render(origin, Codec::Opus, tags, cover),
        Format::Vorbis => ogg::render(origin, Codec::Vorbis, tags, cover),
    }
}

/// Finds the header of a file that stays as it is: a rendering that is the origin.
///
/// # Errors
///
/// As for [`render`].
pub fn inspect<R: ReadAt + ?Sized>(origin: &R, file_name: &[u8]) -> Result<Rendering, Error> {
    let format = probe(origin, file_name)?;
    let audio = match format {
        Format::Asf => asf::audio(origin)?,
        Format::Ape | Format::Musepack | Format::WavPack => ape::audio(origin, format)?,
        Format::Aiff => aiff::audio(origin)?,
        Format::Dsf => dsf::audio(origin)?,
        Format::Flac => flac::audio(origin)?,
        Format::Mp3 => mp3::audio(origin)?,
        Format::Mp4 => mp4::audio(origin)?,
        Format::Wav => wav::audio(origin)?,
        Format::Opus => ogg::audio(origin, Codec::Opus)?,
        Format::Vorbis => ogg::audio(origin, Codec::Vorbis)?,
    };
    Ok(Rendering {
        plan: Plan::identity(origin.len()),
        format,
        header_len: audio.start,
        audio,
    })
}
