//! Tells whether two files have the same audio, whatever their tags are.
//!
//! What counts is what a decoder is given, and how it is set up; not where that lies in the file:
//!
//! ```text
//! FLAC            what STREAMINFO says of the samples; all frames
//! MPEG audio      all from the first frame on, but for a frame with a Xing or VBRI header; no tags at the end
//! Ogg             the packets of the stream; programs number positions from where they like
//! MP4             the samples of the first track with sound, and the names of their formats
//! WAV, AIFF       rate, channels and width of samples; all samples
//! DSF             the format; all samples
//! APE, WavPack,
//! Musepack        all in front of the tag
//! ASF             all after the header
//! ```

mod mp4;
mod ogg;

use std::ops::Range;

use splice::ReadAt;

use crate::ogg::Codec;
use crate::{Error, Format, aiff, ape, apev2, asf, dsf, flac, id3v1, mp3, probe, read, wav};

/// How much of both files is compared at once.
const CHUNK: u64 = 256 << 10;
/// The most APEv2 tags that are passed over at the end of a file.
const MAX_TAGS: usize = 8;

/// Tells whether `edited` has the audio of `origin`.
///
/// Both are taken for what [`probe`] takes the origin for; `file_name` is the origin's. `shared` tells of
/// an offset in the edited file which range of the origin certainly lies there, if it is known: what is
/// known is not read. It may always return `None`.
///
/// # Errors
///
/// Those of [`render`](crate::render) for either file.
pub fn same_audio<O: ReadAt + ?Sized, E: ReadAt + ?Sized>(
    origin: &O,
    edited: &E,
    file_name: &[u8],
    shared: &dyn Fn(u64) -> Option<Range<u64>>,
) -> Result<bool, Error> {
    let format = probe(origin, file_name)?;
    if probe(edited, file_name)? != format {
        return Ok(false);
    }
    let pair = Pair {
        origin,
        edited,
        shared,
    };
    match format {
        Format::Opus => ogg::same(&pair, Codec::Opus),
        Format::Vorbis => ogg::same(&pair, Codec::Vorbis),
        Format::Mp4 => mp4::same(&pair),
        _ => {
            let (one, two) = (Stream::read(origin, format)?, Stream::read(edited, format)?);
            Ok(one.set_up == two.set_up && pair.same(&[one.audio], &[two.audio])?)
        }
    }
}

/// An origin, and a file that may have its audio.
struct Pair<'a, O: ?Sized, E: ?Sized> {
    origin: &'a O,
    edited: &'a E,
    shared: &'a dyn Fn(u64) -> Option<Range<u64>>,
}

impl<O: ReadAt + ?Sized, E: ReadAt + ?Sized> Pair<'_, O, E> {
    /// Returns whether ranges of the origin, put together, have the bytes of those of the edited file.
    fn same(&self, origin: &[Range<u64>], edited: &[Range<u64>]) -> Result<bool, Error> {
        let total = |ranges: &[Range<u64>]| ranges.iter().map(len).sum::<u64>();
        if total(origin) != total(edited) {
            return Ok(false);
        }
        let (mut ones, mut twos) = (origin.iter().cloned(), edited.iter().cloned());
        let (mut one, mut two) = (0..0, 0..0);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        loop {
            while one.is_empty() {
                match ones.next() {
                    Some(next) => one = next,
                    None => return Ok(true),
                }
            }
            while two.is_empty() {
                two = twos.next().expect("both are equally long");
            }
            let most = len(&one).min(len(&two));
            let n = if let Some(known) = self.known(one.start, two.start) {
                known.min(most)
            } else {
                let n = most.min(CHUNK);
                fill(self.origin, one.start, n, &mut first)?;
                fill(self.edited, two.start, n, &mut second)?;
                if first != second {
                    return Ok(false);
                }
                n
            };
            one.start += n;
            two.start += n;
        }
    }

    /// Returns how many bytes are known to be the same, if any are.
    fn known(&self, origin: u64, edited: u64) -> Option<u64> {
        let known = (self.shared)(edited)?;
        (known.start == origin && !known.is_empty()).then(|| len(&known))
    }
}

fn len(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

fn fill<R: ReadAt + ?Sized>(file: &R, at: u64, n: u64, buf: &mut Vec<u8>) -> Result<(), Error> {
    buf.resize(usize::try_from(n).expect("at most CHUNK"), 0);
    let filled = read::up_to(file, at, buf)?;
    if filled < buf.len() {
        let (len, origin_len) = (n, file.len());
        return Err(Error::Truncated {
            offset: at,
            len,
            origin_len,
        });
    }
    Ok(())
}

/// The audio of a file in which it is in one piece.
struct Stream {
    /// What a decoder has to know before it.
    set_up: Vec<u8>,
    audio: Range<u64>,
}

impl Stream {
    fn read<R: ReadAt + ?Sized>(file: &R, format: Format) -> Result<Self, Error> {
        let plain = |audio| Self {
            set_up: Vec::new(),
            audio,
        };
        Ok(match format {
            Format::Flac => Self {
                set_up: flac::sample_format(file)?,
                audio: without_tags(file, flac::audio(file)?)?,
            },
            Format::Mp3 => plain(without_tags(file, mp3::frames(file)?)?),
            Format::Wav => Self {
                set_up: wav::sample_format(file)?,
                audio: wav::audio(file)?,
            },
            Format::Aiff => Self {
                set_up: aiff::sample_format(file)?,
                audio: aiff::audio(file)?,
            },
            Format::Dsf => Self {
                set_up: read::read_exact_at(file, dsf::FORMAT.start, len(&dsf::FORMAT))?,
                audio: dsf::audio(file)?,
            },
            Format::Asf => plain(asf::audio(file)?),
            _ => plain(ape::audio(file, format)?),
        })
    }
}

/// Returns a range at the end of a file without the tags in it: ID3v1, and APEv2 in front of that.
fn without_tags<R: ReadAt + ?Sized>(file: &R, audio: Range<u64>) -> Result<Range<u64>, Error> {
    let v1 = id3v1::find(file)?.map_or(audio.end, |v1| v1.start);
    let mut audio = audio.start..audio.end.min(v1).max(audio.start);
    for _ in 0..MAX_TAGS {
        match apev2::find(file, audio.clone())? {
            Some(tag) => audio.end = tag.start,
            None => break,
        }
    }
    Ok(audio)
}
