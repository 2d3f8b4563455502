//! Tells whether the end of a file's audio is missing, as far as its structure says so cheaply.
//!
//! No audio is decoded: containers state how long they are, and where one does not, its last frame,
//! page or block does. A file that says nothing of its end counts as whole.

mod flac;
mod mpeg;
mod tail;

use splice::ReadAt;

use crate::read::{self, Window};
use crate::{Error, Format, probe};

/// The most atoms that are passed over; fragmented files have two for some seconds of audio.
const MAX_ATOMS: usize = 1 << 16;

/// Checks that a file goes on to the end of its audio.
///
/// # Errors
///
/// [`Error::CutShort`] if it does not, and those of [`probe`].
pub fn check_end<R: ReadAt + ?Sized>(origin: &R, file_name: &[u8]) -> Result<(), Error> {
    let ends_early = match probe(origin, file_name)? {
        Format::Aiff => whole_chunk(origin, u32::from_be_bytes)?,
        Format::Wav => whole_chunk(origin, u32::from_le_bytes)?,
        Format::Mp4 => atoms(origin)?,
        Format::Ape => monkeys_audio(origin)?,
        Format::Asf => asf(origin)?,
        Format::Dsf => dsf(origin)?,
        Format::Flac => flac::ends_early(origin)?,
        Format::Mp3 => mpeg::ends_early(origin)?,
        Format::Musepack => tail::musepack(origin)?,
        Format::Opus | Format::Vorbis => tail::ogg(origin)?,
        Format::WavPack => tail::wavpack(origin)?,
    };
    match ends_early {
        Some(what) => Err(Error::CutShort { what }),
        None => Ok(()),
    }
}

/// What is missing of a file, if something is.
type Missing = Option<&'static str>;

/// RIFF and AIFF files are one chunk: identifier, size, content. The last byte may be padding that is
/// not there.
fn whole_chunk<R: ReadAt + ?Sized>(
    origin: &R,
    number: impl Fn([u8; 4]) -> u32,
) -> Result<Missing, Error> {
    let size = number(Window::new(origin).array(4)?);
    // Programs that write to a pipe do not know the size.
    let is_cut = size != u32::MAX && u64::from(size) + 7 > origin.len();
    Ok(is_cut.then_some("the file is shorter than it says"))
}

/// Passes over the atoms of MP4 (ISO/IEC 14496-12 §4.2).
///
/// ```text
/// +0  4  size with this header, big-endian; 0: to the end, 1: in the last field
/// +4  4  type
/// +8  8  size
/// ```
fn atoms<R: ReadAt + ?Sized>(origin: &R) -> Result<Missing, Error> {
    let mut at = 0;
    for _ in 0..MAX_ATOMS {
        let mut head = [0; 16];
        read::up_to(origin, at, &mut head)?;
        let [s0, s1, s2, s3, _, _, _, _, large @ ..] = head;
        let size = match u32::from_be_bytes([s0, s1, s2, s3]) {
            1 => u64::from_be_bytes(large).max(16),
            size @ 8.. => size.into(),
            _ => return Ok(None),
        };
        at = at.saturating_add(size);
        if at > origin.len() {
            return Ok(Some("an atom ends past the file"));
        }
    }
    Ok(None)
}

/// Adds up what the descriptor of a Monkey's Audio file says (versions from 3.98 on).
///
/// ```text
/// +0   4  "MAC "
/// +4   2  version, little-endian
/// +8  20  lengths of descriptor, header, seek table, header data, and low part of the frames'
/// +28  4  high part of the length of the frames
/// +32  4  length of the data after them
/// ```
fn monkeys_audio<R: ReadAt + ?Sized>(origin: &R) -> Result<Missing, Error> {
    let mut window = Window::new(origin);
    let [.., v0, v1] = window.array::<6>(0)?;
    if u16::from_le_bytes([v0, v1]) < 3980 {
        return Ok(None);
    }
    let mut len = 0;
    for at in [8, 12, 16, 20, 24, 32] {
        len += u64::from(u32::from_le_bytes(window.array(at)?));
    }
    len += u64::from(u32::from_le_bytes(window.array(28)?)) << 32;
    Ok((len > origin.len()).then_some("frames end past the file"))
}

/// The data object follows the header object; both are a GUID and a length (ASF 1.2 §3, §5).
fn asf<R: ReadAt + ?Sized>(origin: &R) -> Result<Missing, Error> {
    let mut window = Window::new(origin);
    let header = u64::from_le_bytes(window.array(16)?);
    let Some(end) = header.checked_add(24).filter(|&end| end <= origin.len()) else {
        return Ok(Some("the header ends past the file"));
    };
    let data = u64::from_le_bytes(window.array(end - 8)?);
    let is_cut = header
        .checked_add(data)
        .is_none_or(|end| end > origin.len());
    Ok(is_cut.then_some("data end past the file"))
}

/// The file's whole length is in its first chunk (DSF 1.01, "DSD chunk").
fn dsf<R: ReadAt + ?Sized>(origin: &R) -> Result<Missing, Error> {
    let len = u64::from_le_bytes(Window::new(origin).array(12)?);
    Ok((len > origin.len()).then_some("the file is shorter than it says"))
}
