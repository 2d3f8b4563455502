//! Bytes that are not UTF-8, carried through text.
//!
//! A path may hold any bytes, a `String` may not. Python's answer is the lone surrogate; ours is a
//! private-use character, U+10FF00 plus the byte, for bytes from 0x80. Where a path itself holds one
//! of these characters its bytes are carried one by one, so that every path survives the way through
//! text unchanged.

const FIRST: u32 = 0x10_ff80;
const LAST: u32 = 0x10_ffff;
const BASE: u32 = 0x10_ff00;
/// The first byte of every carrier in UTF-8, which almost no other text holds.
const CARRIER_LEAD: u8 = 0xf4;

/// Returns whether a text may hold carriers.
pub(crate) fn may_carry(text: &str) -> bool {
    text.as_bytes().contains(&CARRIER_LEAD)
}

/// Returns the byte that a character carries.
pub(crate) fn carried(c: char) -> Option<u8> {
    let point = u32::from(c);
    (FIRST..=LAST)
        .contains(&point)
        .then(|| u8::try_from(point - BASE).expect("0x80 to 0xff"))
}

/// Returns bytes as text, with those that are not UTF-8 carried by private-use characters.
pub fn decode_path(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        push_valid(chunk.valid(), &mut out);
        carry(chunk.invalid(), &mut out);
    }
    out
}

/// Returns bytes as text, without those that are not UTF-8.
pub(crate) fn decode_valid(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        push_valid(chunk.valid(), &mut out);
    }
    out
}

fn push_valid(text: &str, out: &mut String) {
    if !may_carry(text) {
        return out.push_str(text);
    }
    for c in text.chars() {
        if carried(c).is_some() {
            carry(c.encode_utf8(&mut [0; 4]).as_bytes(), out);
        } else {
            out.push(c);
        }
    }
}

fn carry(bytes: &[u8], out: &mut String) {
    let carriers = bytes
        .iter()
        .filter_map(|&byte| char::from_u32(BASE + u32::from(byte)));
    out.extend(carriers);
}

/// Returns text as the bytes it stands for: the inverse of [`decode_path`].
pub fn encode_path(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    encode_into(text, &mut out);
    out
}

/// Appends the bytes that text stands for.
pub(crate) fn encode_into(text: &str, out: &mut Vec<u8>) {
    if !may_carry(text) {
        return out.extend_from_slice(text.as_bytes());
    }
    for c in text.chars() {
        match carried(c) {
            Some(byte) => out.push(byte),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}
