//! The checksum of an Ogg page.
//!
//! A CRC-32 with the polynomial 0x04c11db7 (RFC 3533 §6, item 7), most significant bit first, that
//! starts from zero and ends without a final xor. So it is linear: of two texts of one length, the
//! checksum of their xor is the xor of their checksums, and zeros in front change nothing.

/// The generator, without its highest term.
const POLYNOMIAL: u32 = 0x04c1_1db7;

/// `TABLES[k][byte]` is the checksum of a byte with `k` zeros after it.
static TABLES: [[u32; 256]; 8] = tables();

/// `POWERS[k][digit]` is what `digit * 256^k` zeros multiply a checksum by.
static POWERS: [[u32; 256]; 8] = powers();

/// The checksum of the bytes so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crc(u32);

impl Crc {
    /// Goes on with some bytes.
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        let (chunks, rest) = bytes.as_chunks();
        let crc = chunks.iter().copied().fold(self.0, step);
        Self(rest.iter().fold(crc, |crc, &byte| {
            let [first, ..] = crc.to_be_bytes();
            crc << 8 ^ TABLES[0][usize::from(first ^ byte)]
        }))
    }

    /// Goes on with zeros, in a time that does not grow with their number.
    #[must_use]
    pub fn zeros(self, n: u64) -> Self {
        let digits = n.to_le_bytes().into_iter().zip(&POWERS);
        let digits = digits.filter(|(digit, _)| *digit != 0);
        Self(digits.fold(self.0, |crc, (digit, powers)| {
            multiply(crc, powers[usize::from(digit)])
        }))
    }

    /// Returns the checksum as a page has it, in little-endian order.
    pub fn value(self) -> u32 {
        self.0
    }
}

/// Goes on with eight bytes at once.
fn step(crc: u32, chunk: [u8; 8]) -> u32 {
    let word = u64::from_be_bytes(chunk) ^ u64::from(crc) << 32;
    let last_first = word.to_le_bytes().into_iter().zip(&TABLES);
    last_first.fold(0, |crc, (byte, table)| crc ^ table[usize::from(byte)])
}

/// Multiplies two remainders.
const fn multiply(mut a: u32, b: u32) -> u32 {
    let mut product = 0;
    let mut bit = 0;
    while bit < 32 {
        if b >> bit & 1 == 1 {
            product ^= a;
        }
        a = times_x(a);
        bit += 1;
    }
    product
}

/// Multiplies a remainder by one bit.
const fn times_x(a: u32) -> u32 {
    let next = a << 1;
    if a >> 31 == 1 {
        next ^ POLYNOMIAL
    } else {
        next
    }
}

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let powers = powers();
    let (mut byte, mut value) = (0, 0);
    while byte < 256 {
        let mut k = 0;
        while k < 8 {
            // A byte is worth 32 bits more than its place says: a checksum is of what is shifted in.
            tables[k][byte] = multiply(value, powers[0][k + 4]);
            k += 1;
        }
        (byte, value) = (byte + 1, value + 1);
    }
    tables
}

const fn powers() -> [[u32; 256]; 8] {
    let mut powers = [[1; 256]; 8];
    let (mut k, mut base) = (0, 1 << 8);
    while k < 8 {
        let mut digit = 1;
        while digit < 256 {
            powers[k][digit] = multiply(powers[k][digit - 1], base);
            digit += 1;
        }
        base = multiply(powers[k][255], base);
        k += 1;
    }
    powers
}
