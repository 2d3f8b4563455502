//! WAV: RIFF files of the type `WAVE`, with an ID3v2 tag in a chunk.
//!
//! ```text
//! "RIFF" size "WAVE"
//! "fmt "   at least 16 bytes: codec, channels, rates, bits
//! "data"   samples
//! "id3 "   the tag; "ID3 " is taken for it too
//! others   copied: LIST with INFO, bext, cue, ...
//! ```
//!
//! Multimedia Programming Interface and Data Specifications 1.0, "Waveform Audio File Format". There is
//! no standard for the chunk of the tag. RF64, whose sizes have 64 bits, is served as it is.

use std::ops::Range;

use splice::ReadAt;

use crate::iff::{self, Chunk, Chunks, Kind};
use crate::read::Window;
use crate::{Cover, Error, FileTags, Format, Rendering, TagSet, read};

/// The least that describes a format.
const FORMAT_LEN: u64 = 16;

/// WAV among the files of chunks.
pub(crate) const KIND: Kind = Kind {
    format: Format::Wav,
    root: b"RIFF",
    big_endian: false,
    lists: &[b"LIST", b"RIFF"],
    audio: b"data",
    tags: &[b"id3", b"ID3"],
};

/// Renders the virtual file.
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> Result<Rendering, Error> {
    iff::render(origin, &KIND, &chunks(origin)?, tags, cover)
}

/// Returns where the samples of a WAV file are.
pub(crate) fn audio<R: ReadAt + ?Sized>(origin: &R) -> Result<Range<u64>, Error> {
    chunks(origin)?.audio(&KIND)
}

/// Returns what the samples of a WAV file are: channels, rate, block and bits.
pub(crate) fn sample_format<R: ReadAt + ?Sized>(file: &R) -> Result<Vec<u8>, Error> {
    let format = chunks(file)?;
    let format = format.find(&[b"fmt"]).map_or(0, Chunk::data);
    let mut bytes = read::read_exact_at(file, format, FORMAT_LEN)?;
    // The codec may be said in another way, and the rate of bytes follows from the others.
    bytes.drain(8..12);
    bytes.drain(..2);
    Ok(bytes)
}

/// Reads the tags of a WAV file.
pub(crate) fn parse<R: ReadAt + ?Sized>(file: &R) -> Result<FileTags, Error> {
    iff::parse(file, &KIND, &chunks(file)?)
}

/// Reads the list of chunks, and checks what mutagen does.
fn chunks<R: ReadAt + ?Sized>(origin: &R) -> Result<Chunks, Error> {
    let malformed = |what| Error::Malformed { what, offset: 0 };
    let mut window = Window::new(origin);
    let chunks = Chunks::read(&mut window, &KIND)?;
    if window.array(8)? != *b"WAVE" {
        return Err(malformed("a RIFF file of another type than WAVE"));
    }
    let format = chunks.find(&[b"fmt"]);
    format
        .filter(|chunk| chunks.len(chunk) >= FORMAT_LEN)
        .ok_or(malformed("no format in a WAV file"))?;
    Ok(chunks)
}
