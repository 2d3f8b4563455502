//! Annotated dumps of headers: what every byte is, one field a line.
//!
//! ```text
//! 000000 marker          "fLaC"
//! 000004 STREAMINFO      type=0 last=0 len=34  copied crc=7c1e03d9
//! 00002a VORBIS_COMMENT  type=4 last=0 len=92
//!    +04 vendor          len=13 "musicfs 0.1.0"
//! 00048e end             header 1166, audio from origin 8472
//! ```
//!
//! Blocks are at absolute offsets, fields at offsets within their block, both in hexadecimal; lengths
//! are decimal. Text is quoted; copied and long runs are shown as a length and a CRC-32. A dump that
//! does not account for every byte up to the audio is an error, so that no change can hide.

mod ape;
mod asf;
mod dsf;
mod flac;
mod id3;
mod iff;
mod mp4;
mod ogg;
mod vorbis;

use std::fmt::{Display, Write as _};

use splice::ReadAt;

use crate::ogg::Codec;
use crate::read::Window;
use crate::{Composed, Cover, Error, Format, Rendering, aiff, wav};

/// Binary data up to this length are shown byte by byte.
const LONGEST_BYTES: u64 = 16;
/// Texts longer than this are cut, and told apart by their CRC-32.
const LONGEST_TEXT: usize = 256;

/// Returns the annotated dump of a virtual file's header.
///
/// `header_len` is where its audio starts, `audio` where that is in the origin.
///
/// # Errors
///
/// What parsing the header gives.
pub fn annotate<R: ReadAt + ?Sized>(
    file: &R,
    format: Format,
    header_len: u64,
    audio: u64,
) -> Result<String, Error> {
    let mut dump = Dump::new(file);
    match format {
        Format::Asf => asf::dump(file, &mut dump)?,
        Format::Ape | Format::Musepack | Format::WavPack => {} // no header of ours
        Format::Aiff => iff::dump(file, &mut dump, &aiff::KIND)?,
        Format::Dsf => dsf::dump(&mut dump)?,
        Format::Flac => flac::dump(file, &mut dump)?,
        Format::Mp3 => id3::dump(&mut dump)?,
        Format::Mp4 => return mp4::dump(file, dump, header_len, audio),
        Format::Wav => iff::dump(file, &mut dump, &wav::KIND)?,
        Format::Opus => ogg::dump(file, &mut dump, Codec::Opus)?,
        Format::Vorbis => ogg::dump(file, &mut dump, Codec::Vorbis)?,
    }
    dump.end(header_len, audio)?;
    match format {
        Format::Ape | Format::Musepack | Format::WavPack => ape::dump_trailer(file, &mut dump)?,
        Format::Mp3 => id3::dump_trailer(file, &mut dump)?,
        Format::Aiff => iff::dump_trailer(file, &mut dump, &aiff::KIND)?,
        Format::Dsf => dsf::dump_trailer(file, &mut dump)?,
        Format::Wav => iff::dump_trailer(file, &mut dump, &wav::KIND)?,
        _ => {}
    }
    Ok(dump.text)
}

impl Rendering {
    /// Returns the annotated dump of the virtual file's header, made from what it was rendered from.
    ///
    /// # Errors
    ///
    /// Those of [`annotate`].
    pub fn dump<R: ReadAt + ?Sized>(
        &self,
        origin: &R,
        cover: Option<Cover<'_>>,
    ) -> Result<String, Error> {
        let file = Composed::new(&self.plan, origin, cover);
        annotate(&file, self.format, self.header_len, self.audio.start)
    }
}

/// A dump in the making: a cursor over the file that writes down what it passes.
pub(crate) struct Dump<'a, R: ?Sized> {
    window: Window<'a, R>,
    text: String,
    /// How far the file is accounted for.
    at: u64,
    /// Where the current block starts.
    block: u64,
}

impl<'a, R: ReadAt + ?Sized> Dump<'a, R> {
    fn new(file: &'a R) -> Self {
        Self {
            window: Window::new(file),
            text: String::new(),
            at: 0,
            block: 0,
        }
    }

    /// Returns the next `N` bytes, and stays in front of them.
    pub(crate) fn peek<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.window.array(self.at)
    }

    /// Returns the `N` bytes that are `skip` bytes ahead.
    pub(crate) fn ahead<const N: usize>(&mut self, skip: u64) -> Result<[u8; N], Error> {
        self.window.array(self.at + skip)
    }

    /// Writes a block's line, and passes the `len` bytes that it describes.
    pub(crate) fn block(&mut self, name: &str, len: u64, note: impl Display) {
        self.block = self.at;
        self.line(&format!("{:06x}", self.at), name, len, note);
    }

    /// Writes a field's line, and passes the `len` bytes that it describes.
    pub(crate) fn field(&mut self, name: &str, len: u64, note: impl Display) {
        self.line(
            &format!("   +{:02x}", self.at - self.block),
            name,
            len,
            note,
        );
    }

    fn line(&mut self, offset: &str, name: &str, len: u64, note: impl Display) {
        let line = format!("{offset} {name:<15} {note}");
        self.text.push_str(line.trim_end());
        self.text.push('\n');
        self.at += len;
    }

    /// Returns the CRC-32 of the `len` bytes that are `skip` bytes ahead.
    pub(crate) fn crc(&mut self, skip: u64, len: u64) -> Result<String, Error> {
        let mut hasher = crc32fast::Hasher::new();
        self.chunks(skip, len, |bytes| hasher.update(bytes))?;
        Ok(format!("crc={:08x}", hasher.finalize()))
    }

    /// Writes a line for whatever comes before `end`, and passes it.
    pub(crate) fn rest(&mut self, name: &str, end: u64) -> Result<(), Error> {
        let len = end.saturating_sub(self.at);
        if len > 0 {
            let crc = self.crc(0, len)?;
            self.block(name, len, format!("len={len}  copied {crc}"));
        }
        Ok(())
    }

    /// Describes padding that is `skip` bytes ahead: zeros, as it should be, or a CRC-32.
    pub(crate) fn padding(&mut self, skip: u64, len: u64) -> Result<String, Error> {
        let mut zeros = true;
        self.chunks(skip, len, |bytes| {
            zeros &= bytes.iter().all(|&byte| byte == 0);
        })?;
        if zeros {
            return Ok("zeros".to_owned());
        }
        self.crc(skip, len)
    }

    /// Describes data that are `skip` bytes ahead: all bytes if they are few, or a CRC-32.
    pub(crate) fn data(&mut self, skip: u64, len: u64) -> Result<String, Error> {
        if len > LONGEST_BYTES {
            return self.crc(skip, len);
        }
        Ok(hex(self.window.get(self.at + skip, len)?))
    }

    /// Returns the quoted text that is `skip` bytes ahead.
    pub(crate) fn text(&mut self, skip: u64, len: u64) -> Result<String, Error> {
        if len <= LONGEST_TEXT as u64 {
            return Ok(quote(self.window.get(self.at + skip, len)?));
        }
        let crc = self.crc(skip, len)?;
        let start = self.window.get(self.at + skip, 64)?;
        Ok(format!("{}... {crc}", quote(start)))
    }

    fn chunks(&mut self, skip: u64, len: u64, mut each: impl FnMut(&[u8])) -> Result<(), Error> {
        let mut at = self.at + skip;
        let end = at + len;
        while at < end {
            let n = (end - at).min(64 << 10);
            each(self.window.get(at, n)?);
            at += n;
        }
        Ok(())
    }

    /// Ends the header, which must be accounted for by now.
    fn end(&mut self, header_len: u64, audio: u64) -> Result<(), Error> {
        if self.at != header_len {
            return Err(Error::Malformed {
                what: "the dump does not end where the audio starts",
                offset: self.at,
            });
        }
        self.block(
            "end",
            0,
            format!("header {header_len}, audio from origin {audio}"),
        );
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

/// Quotes text; bytes that are none stand as `\xNN`.
fn quote(bytes: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        quoted.extend(chunk.valid().chars().flat_map(char::escape_debug));
        for byte in chunk.invalid() {
            write!(quoted, "\\x{byte:02x}").expect("a string takes everything");
        }
    }
    quoted.push('"');
    quoted
}
