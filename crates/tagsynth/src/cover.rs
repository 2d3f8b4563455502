//! A picture that is embedded in place of those that a file has.

use std::fmt;

use splice::ReadAt;

use crate::{Error, read};

/// How much of a picture tells its kind; beets looks at as much.
const HEAD: usize = 8192;
/// The first bytes of JPEG (ITU-T T.81 §B.1.1.3: SOI, and the start of the next marker).
const JPEG: &[u8] = b"\xff\xd8\xff";
/// The first bytes of PNG that beets looks at, and all of them (PNG 3rd edition §5.2).
const PNG: &[u8] = b"\x89PNG";
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The front cover: the only picture of a file that it is embedded in.
#[derive(Clone, Copy)]
pub struct Cover<'a> {
    kind: CoverKind,
    data: &'a dyn ReadAt,
}

/// The kinds of picture that beets embeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverKind {
    /// JPEG.
    Jpeg,
    /// PNG without animation.
    Png,
}

impl CoverKind {
    /// Returns the media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

impl<'a> Cover<'a> {
    /// Takes a file for a cover; `None` if it is of a kind that beets does not embed.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if it cannot be read.
    pub fn new(data: &'a dyn ReadAt) -> Result<Option<Self>, Error> {
        let mut head = [0; HEAD];
        let n = read::up_to(data, 0, &mut head)?;
        Ok(recognise(&head[..n]).map(|kind| Self { kind, data }))
    }

    /// Returns the kind of picture.
    pub fn kind(&self) -> CoverKind {
        self.kind
    }

    /// Returns the file.
    pub fn data(&self) -> &'a dyn ReadAt {
        self.data
    }
}

impl fmt::Debug for Cover<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cover")
            .field("kind", &self.kind)
            .field("len", &self.data.len())
            .finish()
    }
}

fn recognise(head: &[u8]) -> Option<CoverKind> {
    if head.starts_with(JPEG) {
        return Some(CoverKind::Jpeg);
    }
    (head.starts_with(PNG) && !is_animated(head)).then_some(CoverKind::Png)
}

/// Returns whether a PNG has an `acTL` chunk before its data (PNG 3rd edition §11.3.6.1): beets takes
/// such for another kind.
///
/// ```text
/// +0  4  length n of the data, big-endian
/// +4  4  type
/// +8  n  data, and four bytes of CRC
/// ```
fn is_animated(head: &[u8]) -> bool {
    let mut rest = head.strip_prefix(PNG_SIGNATURE).unwrap_or_default();
    while let Some(([a, b, c, d, kind @ ..], after)) = rest.split_first_chunk::<8>() {
        match kind {
            b"IDAT" => return false,
            b"acTL" => return true,
            _ => {}
        }
        let len = u64::from(u32::from_be_bytes([*a, *b, *c, *d])) + 4;
        rest = usize::try_from(len)
            .ok()
            .and_then(|len| after.get(len..))
            .unwrap_or_default();
    }
    false
}
