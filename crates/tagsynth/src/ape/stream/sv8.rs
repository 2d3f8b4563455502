//! The packets at the start of a Musepack SV8 stream.
//!
//! ```text
//! +0  2  key: two capitals
//! +2  s  size of the packet, its key and size included: seven bits to a byte, the highest first; the
//!        eighth bit says that another byte follows
//! +   n  content
//! SH, the stream:
//! +0  4  CRC-32
//! +4  1  version
//! +5     count of samples, and of those to leave out at the start, spelt as sizes are
//!     2  bits 13 to 15: the sampling rate, by its place in a list of four; bits 4 to 7: channels
//! RG, ReplayGain:
//! +0  9  version, and gain and peak of title and album
//! ```
//!
//! The specification of SV8, <http://trac.musepack.net/trac/wiki/SV8Specification>. mutagen wants one
//! packet of each of these two before the first of audio.

use splice::ReadAt;

use crate::Error;
use crate::read::Window;

/// Where the first packet is, behind "MPCK".
const FIRST: u64 = 4;
/// More packets than any stream has in front of its audio.
const MAX_PACKETS: u32 = 64;
/// The most bytes of a size.
const MAX_SIZE_LEN: u64 = 9;
/// The least that ReplayGain takes.
const REPLAYGAIN: u64 = 9;
/// Sampling rates that there are.
const RATES: u8 = 4;

/// Returns where the packets end that mutagen reads.
///
/// # Errors
///
/// [`Error::Malformed`] where mutagen gives up.
pub(super) fn header_end<R: ReadAt + ?Sized>(origin: &R) -> Result<u64, Error> {
    let mut packets = Packets {
        window: Window::new(origin),
        at: FIRST,
    };
    let mut missing = vec![*b"SH", *b"RG"];
    for _ in 0..MAX_PACKETS {
        let key = packets.key()?;
        if missing.is_empty() {
            return Ok(packets.at);
        }
        match &key {
            b"AP" | b"SE" => return Err(packets.malformed("a Musepack stream without SH or RG")),
            b"SH" | b"RG" => {
                let found = missing.iter().position(|wanted| *wanted == key);
                let index = found.ok_or(packets.malformed("a second Musepack packet SH or RG"))?;
                missing.remove(index);
            }
            _ => {}
        }
        packets.pass(key)?;
    }
    Err(packets.malformed("more Musepack packets than any stream has before its audio"))
}

/// A cursor at the start of a packet.
struct Packets<'a, R: ?Sized> {
    window: Window<'a, R>,
    at: u64,
}

impl<R: ReadAt + ?Sized> Packets<'_, R> {
    fn key(&mut self) -> Result<[u8; 2], Error> {
        let key = self.window.array(self.at)?;
        if (*b"AA"..=*b"ZZ").contains(&key) {
            return Ok(key);
        }
        Err(self.malformed("no key of a Musepack packet"))
    }

    /// Passes a packet, if its content is what mutagen takes.
    fn pass(&mut self, key: [u8; 2]) -> Result<(), Error> {
        let (size, size_len) = self.number(self.at + 2)?;
        let content = self.at + 2 + size_len;
        let end = self.at.saturating_add(size);
        if end < content {
            return Err(self.malformed("a Musepack packet that is smaller than its head"));
        }
        match &key {
            b"SH" => self.check_stream(content, end)?,
            b"RG" if end - content < REPLAYGAIN => {
                return Err(self.malformed("a Musepack packet RG that is too small"));
            }
            _ => {}
        }
        self.window.get(end, 0)?;
        self.at = end;
        Ok(())
    }

    fn check_stream(&mut self, content: u64, end: u64) -> Result<(), Error> {
        let mut at = content + 5;
        for _ in 0..2 {
            at += self.number(at)?.1;
        }
        let [rate, _] = self.window.array(at)?;
        if at + 2 > end || rate >> 5 >= RATES {
            return Err(self.malformed("a Musepack packet SH without rate and channels"));
        }
        Ok(())
    }

    /// Reads a number; returns it and how many bytes it takes.
    fn number(&mut self, at: u64) -> Result<(u64, u64), Error> {
        let left = self.window.origin_len().saturating_sub(at);
        let bytes = self.window.get(at, left.min(MAX_SIZE_LEN))?;
        let mut number = 0;
        for (&byte, len) in bytes.iter().zip(1..) {
            number = number << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok((number, len));
            }
        }
        Err(self.malformed("a number of a Musepack packet that has no end"))
    }

    fn malformed(&self, what: &'static str) -> Error {
        Error::Malformed {
            what,
            offset: self.at,
        }
    }
}
