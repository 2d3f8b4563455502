//! Text in frames: four encodings, terminated by NUL.
//!
//! ```text
//! 0   ISO-8859-1              one zero byte ends the text
//! 1   UTF-16, byte order mark two zero bytes
//! 2   UTF-16BE                two zero bytes           (2.4 only)
//! 3   UTF-8                   one zero byte            (2.4 only)
//! ```
//!
//! ID3v2.4.0-structure §4.

/// How the text of a frame is encoded; ordered as their numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Encoding {
    Latin1,
    Utf16,
    Utf16Be,
    Utf8,
}

impl Encoding {
    /// Returns the encoding of this number.
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Latin1, Self::Utf16, Self::Utf16Be, Self::Utf8]
            .get(usize::from(byte))
            .copied()
    }

    /// Returns the number of this encoding.
    pub(crate) fn byte(self) -> u8 {
        self as u8
    }

    /// Returns the text up to its terminator, or up to the end, and what follows.
    ///
    /// Forgives what writers get wrong in UTF-16: half a terminator, and a missing byte order mark,
    /// which stands for little-endian.
    pub(crate) fn decode(self, data: &[u8]) -> Option<(String, &[u8])> {
        match self {
            Self::Latin1 | Self::Utf8 => {
                let (text, rest) = split_at_nul(data);
                Some((self.narrow(text)?, rest.unwrap_or_default()))
            }
            Self::Utf16Be => with_half_terminator(data, |data| utf16(data, u16::from_be_bytes)),
            Self::Utf16 => with_half_terminator(data, utf16_marked)
                .or_else(|| with_half_terminator(data, |data| utf16(data, u16::from_le_bytes))),
        }
    }

    /// Returns the text up to its terminator, which must be there, and what follows.
    pub(crate) fn decode_terminated(self, data: &[u8]) -> Option<(String, &[u8])> {
        match self {
            Self::Latin1 | Self::Utf8 => {
                let (text, rest) = split_at_nul(data);
                Some((self.narrow(text)?, rest?))
            }
            Self::Utf16Be => terminated(data, utf16(data, u16::from_be_bytes)?),
            Self::Utf16 => terminated(data, utf16_marked(data)?),
        }
    }

    /// Appends `text` and a terminator to `out`; `None` if the encoding lacks a character.
    pub(crate) fn encode(self, text: &str, out: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::Latin1 => {
                for c in text.chars() {
                    out.push(u8::try_from(u32::from(c)).ok()?);
                }
                out.push(0);
            }
            Self::Utf8 => {
                out.extend_from_slice(text.as_bytes());
                out.push(0);
            }
            Self::Utf16 => {
                out.extend_from_slice(&[0xff, 0xfe]);
                encode_utf16(text, u16::to_le_bytes, out);
            }
            Self::Utf16Be => encode_utf16(text, u16::to_be_bytes, out),
        }
        Some(())
    }

    fn narrow(self, text: &[u8]) -> Option<String> {
        match self {
            Self::Latin1 => Some(latin1(text)),
            _ => std::str::from_utf8(text).ok().map(str::to_owned),
        }
    }
}

/// Appends `text` and a terminator to `out`.
fn encode_utf16(text: &str, bytes: impl Fn(u16) -> [u8; 2], out: &mut Vec<u8>) {
    out.reserve(2 * text.len() + 2);
    for unit in text.encode_utf16() {
        out.extend_from_slice(&bytes(unit));
    }
    out.extend_from_slice(&[0, 0]);
}

/// Returns bytes as the ISO-8859-1 text that they are.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => text.to_owned(),
        _ => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Splits at the first zero byte, which belongs to neither part.
pub(crate) fn split_at_nul(data: &[u8]) -> (&[u8], Option<&[u8]>) {
    match data.iter().position(|&byte| byte == 0) {
        Some(nul) => (&data[..nul], Some(&data[nul + 1..])),
        None => (data, None),
    }
}

/// A decoder of UTF-16: returns the text, how many bytes it took, and whether it was terminated.
type Wide = (String, usize, bool);

fn terminated(data: &[u8], (text, len, ended): Wide) -> Option<(String, &[u8])> {
    ended.then(|| (text, &data[len..]))
}

/// Decodes `data`, else `data` and one more zero byte.
fn with_half_terminator(
    data: &[u8],
    decode: impl Fn(&[u8]) -> Option<Wide>,
) -> Option<(String, &[u8])> {
    let (text, len, _) = decode(data).or_else(|| {
        // An even number of bytes gains nothing from one more.
        (data.len() % 2 == 1).then(|| decode(&[data, &[0]].concat()))?
    })?;
    Some((text, &data[len.min(data.len())..]))
}

/// Decodes UTF-16 behind a byte order mark; nothing at all is the empty text.
fn utf16_marked(data: &[u8]) -> Option<Wide> {
    let (text, len, ended) = match data {
        [] => return Some((String::new(), 0, false)),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ => return None,
    };
    Some((text, len + 2, ended))
}

/// Decodes UTF-16 up to its terminator or the end; `None` where it is broken before either.
fn utf16(data: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Option<Wide> {
    let mut units = data.chunks(2).map(|pair| match pair {
        &[first, second] => Some(unit([first, second])),
        _ => None,
    });
    let mut text = String::new();
    let mut len = 0;
    while let Some(first) = units.next() {
        let first = first?;
        len += 2;
        match first {
            0 => return Some((text, len, true)),
            0xd800..=0xdbff => {
                let second = units.next()??;
                len += 2;
                text.extend(char::decode_utf16([first, second]).next()?.ok());
                text.ends_with(|c| u32::from(c) > 0xffff).then_some(())?;
            }
            _ => text.push(char::from_u32(u32::from(first))?),
        }
    }
    Some((text, len, false))
}
