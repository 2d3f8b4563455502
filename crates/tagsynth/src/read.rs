//! Bounded reads of an origin.
//!
//! Every length is held against the end of the origin before it sizes an allocation, and nothing
//! larger than [`LARGEST`] is ever read into memory: what is larger is served as an extent.

use splice::ReadAt;

use crate::Error;

/// The most that is read at once: the largest block that FLAC can hold, and then some.
pub(crate) const LARGEST: u64 = 17 << 20;

/// How much a [`Window`] reads at first when less is asked for: most headers but for pictures.
const FIRST_WINDOW: u64 = 64 << 10;

/// How much it reads after that: it was made to skip something large, and may be again.
const NEXT_WINDOW: u64 = 16 << 10;

/// Reads into `buf` from `offset`; returns how much there was before the end of the origin.
pub(crate) fn up_to<R: ReadAt + ?Sized>(
    origin: &R,
    offset: u64,
    buf: &mut [u8],
) -> Result<usize, Error> {
    let mut n = 0;
    while n < buf.len() {
        let at = offset.saturating_add(n as u64);
        match origin.read_at(&mut buf[n..], at) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(source) if source.kind() == std::io::ErrorKind::Interrupted => {}
            Err(source) => return Err(Error::Read { offset: at, source }),
        }
    }
    Ok(n)
}

/// Reads exactly `len` bytes at `offset`.
pub(crate) fn read_exact_at<R: ReadAt + ?Sized>(
    origin: &R,
    offset: u64,
    len: u64,
) -> Result<Vec<u8>, Error> {
    check_range(origin, offset, len)?;
    if len > LARGEST {
        return Err(Error::TooLarge {
            what: "a structure",
            len,
            limit: LARGEST,
        });
    }
    let mut bytes = vec![0; usize::try_from(len).expect("at most LARGEST")];
    let n = up_to(origin, offset, &mut bytes)?;
    if n < bytes.len() {
        // The origin was cut since its length was taken.
        return Err(truncated(origin, offset, len));
    }
    Ok(bytes)
}

/// Checks that `len` bytes at `offset` lie within the origin.
pub(crate) fn check_range<R: ReadAt + ?Sized>(
    origin: &R,
    offset: u64,
    len: u64,
) -> Result<(), Error> {
    match offset.checked_add(len) {
        Some(end) if end <= origin.len() => Ok(()),
        _ => Err(truncated(origin, offset, len)),
    }
}

fn truncated<R: ReadAt + ?Sized>(origin: &R, offset: u64, len: u64) -> Error {
    Error::Truncated {
        offset,
        len,
        origin_len: origin.len(),
    }
}

/// A view of an origin that reads ahead, so that small neighbouring structures cost one read.
#[derive(Debug)]
pub(crate) struct Window<'a, R: ?Sized> {
    origin: &'a R,
    start: u64,
    bytes: Vec<u8>,
    /// How much is read first, and after that, when less is asked for.
    steps: [u64; 2],
}

impl<'a, R: ReadAt + ?Sized> Window<'a, R> {
    /// Looks at `origin`; nothing is read yet.
    pub(crate) fn new(origin: &'a R) -> Self {
        Self {
            origin,
            start: 0,
            bytes: Vec::new(),
            steps: [FIRST_WINDOW, NEXT_WINDOW],
        }
    }

    /// Looks at `origin` and reads `step` bytes at a time, for structures that are far apart.
    pub(crate) fn stepping(origin: &'a R, step: u64) -> Self {
        Self {
            steps: [step; 2],
            ..Self::new(origin)
        }
    }

    /// Returns the origin's length.
    pub(crate) fn origin_len(&self) -> u64 {
        self.origin.len()
    }

    /// Returns `len` bytes at `offset`, reading them if need be.
    pub(crate) fn get(&mut self, offset: u64, len: u64) -> Result<&[u8], Error> {
        check_range(self.origin, offset, len)?;
        if len == 0 {
            return Ok(&[]);
        }
        if self.held(offset, len).is_none() {
            let [first, next] = self.steps;
            let step = if self.bytes.is_empty() { first } else { next };
            let ahead = len.max(step).min(self.origin.len() - offset);
            self.bytes = read_exact_at(self.origin, offset, ahead)?;
            self.start = offset;
        }
        let held = self.held(offset, len).expect("just read");
        Ok(&self.bytes[held])
    }

    /// Returns `N` bytes at `offset`.
    pub(crate) fn array<const N: usize>(&mut self, offset: u64) -> Result<[u8; N], Error> {
        let bytes = self.get(offset, N as u64)?;
        Ok(bytes.try_into().expect("get returns as many as asked for"))
    }

    fn held(&self, offset: u64, len: u64) -> Option<std::ops::Range<usize>> {
        let start = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        (end <= self.bytes.len()).then_some(start..end)
    }
}
