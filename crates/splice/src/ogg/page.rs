//! The header of an Ogg page.

use super::Crc;

/// Where the fields are that change with a page's number; they adjoin.
pub(crate) const NUMBER: usize = 18;
pub(crate) const CHECKSUM: usize = 22;
/// Where the fields that change end, and the count of segments is.
pub(crate) const N_SEGMENTS: usize = 26;
/// Where the segment table starts.
pub const SEGMENTS: usize = 27;

/// How long a header can be: a byte counts the entries of its table.
pub const MAX_HEADER: usize = SEGMENTS + 255;
/// How long a page can be (RFC 3533 §6).
pub const MAX_PAGE: u64 = MAX_HEADER as u64 + 255 * 255;

/// What every page starts with, and the only version (RFC 3533 §6, items 1 and 2).
pub(crate) const CAPTURE: &[u8; 4] = b"OggS";
const VERSION: u8 = 0;

/// The flag of a page that starts inside a packet (RFC 3533 §6, item 3).
pub const CONTINUED: u8 = 1;
/// The flag of a stream's first page.
pub const FIRST: u8 = 2;
/// The flag of a stream's last page.
pub const LAST: u8 = 4;

/// What the header of a page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Whether the page starts inside a packet, and whether it is its stream's first or last.
    pub flags: u8,
    /// The position at the end of the last packet that ends on this page; -1 if none does.
    pub granule: i64,
    /// The stream that the page belongs to.
    pub serial: u32,
    /// The page's number in its stream.
    pub number: u32,
    /// The checksum, right or wrong.
    pub crc: u32,
    /// The entries of the segment table.
    pub n_segments: u8,
    /// How many bytes follow the header.
    pub body_len: u64,
}

impl Page {
    /// Reads the header at the start of `bytes`; `None` if there is none, or not all of it.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let fields = bytes.first_chunk::<SEGMENTS>()?;
        let n_segments = fields[N_SEGMENTS];
        let segments = bytes[SEGMENTS..].get(..usize::from(n_segments))?;
        let is_page = fields.starts_with(CAPTURE) && fields[4] == VERSION;
        is_page.then(|| Self {
            flags: fields[5],
            granule: i64::from_le_bytes(field(fields, 6)),
            serial: u32::from_le_bytes(field(fields, 14)),
            number: u32::from_le_bytes(field(fields, NUMBER)),
            crc: u32::from_le_bytes(field(fields, CHECKSUM)),
            n_segments,
            body_len: segments.iter().copied().map(u64::from).sum(),
        })
    }

    /// Returns the length of the header.
    pub fn header_len(&self) -> u64 {
        SEGMENTS as u64 + u64::from(self.n_segments)
    }

    /// Returns the length of the page; none is empty.
    #[expect(clippy::len_without_is_empty, reason = "a page has a header")]
    pub fn len(&self) -> u64 {
        self.header_len() + self.body_len
    }

    /// Returns whether the page starts inside a packet.
    pub fn is_continued(&self) -> bool {
        self.flags & CONTINUED != 0
    }

    /// Returns whether the page is the first of its stream.
    pub fn is_first(&self) -> bool {
        self.flags & FIRST != 0
    }

    /// Returns whether the page is the last of its stream.
    pub fn is_last(&self) -> bool {
        self.flags & LAST != 0
    }

    /// Returns the same page with `delta` added to its number, and the checksum that goes with it.
    ///
    /// The checksum is as right or wrong as it was.
    #[must_use]
    pub fn renumbered(self, delta: u32) -> Self {
        let number = self.number.wrapping_add(delta);
        let change = Crc::default().bytes(&(self.number ^ number).to_le_bytes());
        let change = change.zeros(self.len() - CHECKSUM as u64);
        let crc = self.crc ^ change.value();
        Self {
            number,
            crc,
            ..self
        }
    }

    /// Returns the bytes of the header; `segments` is its segment table.
    pub fn to_bytes(&self, segments: &[u8]) -> Vec<u8> {
        debug_assert_eq!(segments.len(), usize::from(self.n_segments));
        let mut bytes = Vec::with_capacity(MAX_HEADER);
        bytes.extend(CAPTURE);
        bytes.extend([VERSION, self.flags]);
        bytes.extend(self.granule.to_le_bytes());
        bytes.extend(self.serial.to_le_bytes());
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(self.crc.to_le_bytes());
        bytes.push(self.n_segments);
        bytes.extend(segments);
        bytes
    }
}

fn field<const N: usize>(fields: &[u8; SEGMENTS], at: usize) -> [u8; N] {
    fields[at..at + N]
        .try_into()
        .expect("a field lies before the segment table")
}
