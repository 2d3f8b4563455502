//! Makes Ogg files, and numbers them anew the slow way.

use std::ops::Range;

use fixtures::{OggPage, ogg_crc};

/// A stream in the making, or several of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct OggFile {
    pub(crate) bytes: Vec<u8>,
}

/// A page in parts, of the stream 1.
#[derive(Debug, Clone)]
pub(crate) struct RawPage {
    pub(crate) flags: u8,
    pub(crate) serial: u32,
    pub(crate) number: u32,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn page(number: u32, body: impl Into<Vec<u8>>) -> RawPage {
    RawPage {
        flags: 0,
        serial: 1,
        number,
        body: body.into(),
    }
}

impl RawPage {
    pub(crate) fn flags(self, flags: u8) -> Self {
        Self { flags, ..self }
    }

    pub(crate) fn serial(self, serial: u32) -> Self {
        Self { serial, ..self }
    }

    /// The body is one packet, or a part of one where it is too long.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut segments = vec![255; self.body.len() / 255];
        if segments.len() < 255 {
            segments.push(u8::try_from(self.body.len() % 255).unwrap());
        }
        let page = OggPage {
            flags: self.flags,
            granule: 0,
            serial: self.serial,
            number: self.number,
            segments,
            body: self.body.clone(),
        };
        page.to_bytes()
    }
}

impl OggFile {
    pub(crate) fn page(mut self, page: &RawPage) -> Self {
        self.bytes.extend(page.bytes());
        self
    }

    pub(crate) fn junk(mut self, junk: &[u8]) -> Self {
        self.bytes.extend(junk);
        self
    }

    /// Adds pages of about the same length, numbered from `numbers.start`.
    pub(crate) fn pages(mut self, serial: u32, numbers: Range<u32>, len: usize) -> Self {
        for number in numbers {
            let body = noise(number, len - 27 - len / 256);
            self = self.page(&page(number, body).serial(serial));
        }
        self
    }
}

/// Bytes that are never the same, nor look like a page.
pub(crate) fn noise(seed: u32, len: usize) -> Vec<u8> {
    let mut state = u64::from(seed) << 32 | 0x9E37_79B9;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3] & 0x7f
    };
    (0..len).map(|_| next()).collect()
}

fn number(page: &[u8]) -> u32 {
    u32::from_le_bytes(page[18..22].try_into().unwrap())
}

/// Returns the length of the page at the start of `bytes`.
fn page_len(bytes: &[u8]) -> Option<usize> {
    let segments = bytes.get(27..27 + usize::from(*bytes.get(26)?))?;
    let body: usize = segments.iter().copied().map(usize::from).sum();
    let len = 27 + segments.len() + body;
    (bytes.starts_with(b"OggS\0") && len <= bytes.len()).then_some(len)
}

/// Numbers the pages of a stream anew, up to its end: page by page, each checksum of the whole page.
pub(crate) fn renumbered(mut bytes: Vec<u8>, start: usize, serial: u32, delta: u32) -> Vec<u8> {
    let mut at = start;
    while at < bytes.len() {
        let Some(len) = page_len(&bytes[at..]) else {
            at += 1;
            continue;
        };
        let page = &mut bytes[at..at + len];
        at += len;
        if page[14..18] != serial.to_le_bytes() {
            continue;
        }
        if page[5] & 2 != 0 {
            break;
        }
        renumber(page, delta);
        if page[5] & 4 != 0 {
            break;
        }
    }
    bytes
}

fn renumber(page: &mut [u8], delta: u32) {
    let old: [u8; 4] = page[22..26].try_into().unwrap();
    page[22..26].fill(0);
    // A wrong checksum stays as wrong as it was.
    let error = u32::from_le_bytes(old) ^ ogg_crc(page);
    let number = number(page).wrapping_add(delta);
    page[18..22].copy_from_slice(&number.to_le_bytes());
    let crc = ogg_crc(page) ^ error;
    page[22..26].copy_from_slice(&crc.to_le_bytes());
}
