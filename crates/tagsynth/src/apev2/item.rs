//! The items of an APEv2 tag.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use splice::ReadAt;

use crate::Error;
use crate::read::Window;

/// Length of what comes before the key.
const HEAD: u64 = 8;
/// Lengths that a key can have.
const KEY_LENS: RangeInclusive<usize> = 2..=255;
/// Keys that no item can have, since other structures start with them.
const FORBIDDEN: [&str; 4] = ["OggS", "TAG", "ID3", "MP+"];
/// Binary values up to this length are held; larger ones are extents of the origin.
const MAX_HELD: u64 = 4096;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// UTF-8.
    Text,
    /// Anything.
    Binary,
    /// The address of something else, UTF-8.
    Reference,
}

impl Kind {
    /// Returns the kind that flags tell; one is reserved.
    fn of(flags: u32) -> Option<Self> {
        match flags >> 1 & 3 {
            0 => Some(Self::Text),
            1 => Some(Self::Binary),
            2 => Some(Self::Reference),
            _ => None,
        }
    }

    fn flags(self) -> u32 {
        (self as u32) << 1
    }
}

/// Where a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Data<'a> {
    /// Here.
    Held(Cow<'a, [u8]>),
    /// In the origin.
    Extent(Range<u64>),
    /// A zero, which ends an empty description, and the cover of this length.
    Cover(u64),
}

impl Data<'_> {
    /// Returns the length of the value.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Extent(range) => range.end - range.start,
            Self::Cover(len) => 1 + len,
        }
    }
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) kind: Kind,
    pub(crate) value: Data<'a>,
}

impl<'a> Item<'a> {
    /// Makes an item of texts.
    pub(crate) fn text(key: &'a str, texts: &[Cow<'a, str>]) -> Self {
        let value = match texts {
            [Cow::Borrowed(text)] => Cow::from(text.as_bytes()),
            texts => Cow::from(texts.join("\0").into_bytes()),
        };
        Self {
            key: Cow::from(key),
            kind: Kind::Text,
            value: Data::Held(value),
        }
    }

    /// Reads the item at `at`, which must end by `end`; returns where it does.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for what mutagen does not read either, [`Error::TooLarge`] for texts of
    /// megabytes.
    pub(crate) fn read<R: ReadAt + ?Sized>(
        window: &mut Window<'_, R>,
        at: u64,
        end: u64,
    ) -> Result<(Self, u64), Error> {
        let malformed = |what| Error::Malformed { what, offset: at };
        let past_end = malformed("an APEv2 item past the end of its tag");
        if end - at < HEAD {
            return Err(past_end);
        }
        let (len, flags) = head(window.array(at)?);
        let kind = Kind::of(flags).ok_or(malformed("an APEv2 item of a reserved kind"))?;
        let key =
            read_key(window, at + HEAD, end)?.ok_or(malformed("an APEv2 key that is none"))?;
        let start = at + HEAD + key.len() as u64 + 1;
        let range = start..start + len;
        if range.end > end {
            return Err(past_end);
        }
        let item = Self {
            key: Cow::from(key),
            kind,
            value: read_value(window, kind, &range)?
                .ok_or(malformed("an APEv2 text that is not UTF-8"))?,
        };
        Ok((item, range.end))
    }

    /// Returns the length of the item.
    pub(crate) fn len(&self) -> u64 {
        HEAD + self.key.len() as u64 + 1 + self.value.len()
    }

    /// Returns what is in front of the value, whose length has 32 bits.
    pub(crate) fn head(&self) -> Vec<u8> {
        let len = u32::try_from(self.value.len()).expect("a tag checks its length first");
        let numbers = [len.to_le_bytes(), self.kind.flags().to_le_bytes()].concat();
        [&numbers, self.key.as_bytes(), b"\0"].concat()
    }
}

/// Returns the length of the value and the flags.
pub(crate) fn head(bytes: [u8; 8]) -> (u64, u32) {
    let [l0, l1, l2, l3, flags @ ..] = bytes;
    let len = u32::from_le_bytes([l0, l1, l2, l3]);
    (u64::from(len), u32::from_le_bytes(flags))
}

/// Reads the key at `at`; `None` if it is not allowed, or has no end.
fn read_key<R: ReadAt + ?Sized>(
    window: &mut Window<'_, R>,
    at: u64,
    end: u64,
) -> Result<Option<String>, Error> {
    let longest = *KEY_LENS.end() as u64;
    let bytes = window.get(at, (longest + 1).min(end - at))?;
    let key = bytes.iter().position(|&byte| byte == 0);
    let key = key.and_then(|len| str::from_utf8(&bytes[..len]).ok());
    Ok(key.filter(|key| is_key(key)).map(str::to_owned))
}

fn is_key(key: &str) -> bool {
    KEY_LENS.contains(&key.len())
        && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && !FORBIDDEN.contains(&key)
}

/// Reads a value, or notes where it is; `None` if it is text, and broken.
fn read_value<R: ReadAt + ?Sized>(
    window: &mut Window<'_, R>,
    kind: Kind,
    range: &Range<u64>,
) -> Result<Option<Data<'static>>, Error> {
    let len = range.end - range.start;
    if kind == Kind::Binary && len > MAX_HELD {
        return Ok(Some(Data::Extent(range.clone())));
    }
    let bytes = window.get(range.start, len)?;
    let is_sound = kind == Kind::Binary || str::from_utf8(bytes).is_ok();
    Ok(is_sound.then(|| Data::Held(Cow::from(bytes.to_vec()))))
}
