//! The list of chunks, as mutagen reads it.

use std::ops::Range;

use splice::ReadAt;

use super::Kind;
use crate::Error;
use crate::read::Window;

/// Length of an identifier and a size.
pub(crate) const CHUNK_HEADER: u64 = 8;
/// Length of the identifier, the size and the type of the outermost chunk.
const ROOT_HEADER: u64 = 12;
/// The most chunks that are read: files have less than twenty.
const MAX_CHUNKS: usize = 256;

/// A chunk.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) id: [u8; 4],
    /// Offset of the identifier.
    pub(crate) start: u64,
    /// The size of the data, as stated.
    pub(crate) size: u32,
}

impl Chunk {
    fn new(kind: &Kind, start: u64, header: [u8; 8]) -> Self {
        let [i0, i1, i2, i3, size @ ..] = header;
        Self {
            id: [i0, i1, i2, i3],
            start,
            size: kind.number(size),
        }
    }

    /// Returns the identifier without the white space that fills it up.
    pub(crate) fn name(&self) -> &[u8] {
        // Python strips these.
        let is_space = |byte: &u8| matches!(byte, b'\t'..=b'\r' | 0x1c..=0x1f | b' ');
        let end = self.id.iter().rposition(|byte| !is_space(byte));
        &self.id[..end.map_or(0, |last| last + 1)]
    }

    /// Returns the offset of the data.
    pub(crate) fn data(&self) -> u64 {
        self.start + CHUNK_HEADER
    }

    /// Returns the offset of the end of the data.
    pub(crate) fn data_end(&self) -> u64 {
        self.data() + u64::from(self.size)
    }

    /// Returns the offset of the end, the byte that fills up odd data included.
    pub(crate) fn end(&self) -> u64 {
        self.data_end().next_multiple_of(2)
    }

    fn is_named(&self) -> bool {
        let name = self.name();
        !name.is_empty() && name.iter().all(|byte| (b' '..=b'~').contains(byte))
    }
}

/// The outermost chunk, and those in it.
#[derive(Debug)]
pub(crate) struct Chunks {
    pub(crate) root: Chunk,
    pub(crate) list: Vec<Chunk>,
    pub(crate) file_len: u64,
}

impl Chunks {
    /// Reads the list up to the end of the outermost chunk, or to where none follows.
    ///
    /// A chunk may end past the outermost one, and past the file.
    ///
    /// # Errors
    ///
    /// Where mutagen gives up, and [`Error::TooLarge`] for more chunks than any file has.
    pub(crate) fn read<R: ReadAt + ?Sized>(
        window: &mut Window<'_, R>,
        kind: &Kind,
    ) -> Result<Self, Error> {
        let root = Chunk::new(kind, 0, window.array(0)?);
        if root.name() != kind.root {
            return Err(malformed("no file of chunks", 0));
        }
        if !starts_list(window, &root)? {
            return Err(malformed("an outermost chunk without a type", 0));
        }
        let mut chunks = Self {
            list: Vec::new(),
            file_len: window.origin_len(),
            root,
        };
        let mut offset = ROOT_HEADER;
        while let Some(chunk) = chunks.next(window, kind, offset)? {
            offset = chunk.end();
            if chunks.list.len() == MAX_CHUNKS {
                return Err(Error::TooLarge {
                    what: "the list of chunks",
                    len: MAX_CHUNKS as u64 + 1,
                    limit: MAX_CHUNKS as u64,
                });
            }
            chunks.list.push(chunk);
        }
        Ok(chunks)
    }

    fn next<R: ReadAt + ?Sized>(
        &self,
        window: &mut Window<'_, R>,
        kind: &Kind,
        offset: u64,
    ) -> Result<Option<Chunk>, Error> {
        if offset >= self.root.end() || self.file_len.saturating_sub(offset) < CHUNK_HEADER {
            return Ok(None);
        }
        let chunk = Chunk::new(kind, offset, window.array(offset)?);
        let is_list = kind.lists.contains(&chunk.name());
        let broken = !chunk.is_named() || (is_list && !starts_list(window, &chunk)?);
        Ok((!broken).then_some(chunk))
    }

    /// Returns the first chunk with one of these names.
    pub(crate) fn find(&self, names: &[&[u8]]) -> Option<&Chunk> {
        self.list.iter().find(|chunk| names.contains(&chunk.name()))
    }

    /// Returns how much of the data of a chunk is in the file.
    pub(crate) fn len(&self, chunk: &Chunk) -> u64 {
        chunk
            .data_end()
            .min(self.file_len)
            .saturating_sub(chunk.data())
    }

    /// Returns where the audio is.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if there is none, or no telling how long it is: a size of 0 stands for
    /// that in files whose writer was cut off.
    pub(crate) fn audio(&self, kind: &Kind) -> Result<Range<u64>, Error> {
        let chunk = self.find(&[kind.audio]);
        match chunk.filter(|chunk| self.len(chunk) > 0) {
            Some(chunk) => Ok(chunk.data()..chunk.data() + self.len(chunk)),
            None => Err(malformed("no audio among the chunks", ROOT_HEADER)),
        }
    }
}

/// Returns whether the data of a list start with a type.
///
/// # Errors
///
/// [`Error::Malformed`] for a type that is not ASCII, on which mutagen gives up.
fn starts_list<R: ReadAt + ?Sized>(
    window: &mut Window<'_, R>,
    chunk: &Chunk,
) -> Result<bool, Error> {
    if chunk.size < 4 {
        return Ok(false);
    }
    let left = window.origin_len().saturating_sub(chunk.data()).min(4);
    if window.get(chunk.data(), left)?.is_ascii() {
        Ok(true)
    } else {
        Err(malformed(
            "a list of chunks with a type that is no text",
            chunk.start,
        ))
    }
}

pub(super) fn malformed(what: &'static str, offset: u64) -> Error {
    Error::Malformed { what, offset }
}
