//! Renders WAV, AIFF and DSF files for tests, and checks what holds for every rendering.

use super::mp3_rendered::{composed, options};
use crate::{Cover, Rendering, TagSet, render};

/// The outermost chunk, as a slow reader sees it.
#[derive(Debug, PartialEq)]
pub(crate) struct Taken {
    /// Identifier and data of each chunk.
    pub(crate) chunks: Vec<([u8; 4], Vec<u8>)>,
    /// What comes after the outermost chunk.
    pub(crate) tail: Vec<u8>,
}

/// Takes a file of chunks apart, which must be without fault.
#[track_caller]
pub(crate) fn taken(file: &[u8]) -> Taken {
    let number = |at: usize| {
        let bytes = file[at..at + 4].try_into().unwrap();
        let number = match &file[..4] {
            b"FORM" => u32::from_be_bytes(bytes),
            _ => u32::from_le_bytes(bytes),
        };
        usize::try_from(number).unwrap()
    };
    let end = 8 + number(4);
    let mut chunks = Vec::new();
    let mut at = 12;
    while at < end {
        let data = at + 8..at + 8 + number(at + 4);
        chunks.push((
            file[at..at + 4].try_into().unwrap(),
            file[data.clone()].to_vec(),
        ));
        at = data.end.next_multiple_of(2);
    }
    assert_eq!(at, end);
    let tail = file[end..].to_vec();
    Taken { chunks, tail }
}

impl Taken {
    /// Returns the same without the first chunk of one of these names.
    pub(crate) fn without(mut self, names: &[&[u8; 4]]) -> Self {
        if let Some(at) = self.chunks.iter().position(|(id, _)| names.contains(&id)) {
            self.chunks.remove(at);
        }
        self
    }
}

/// Renders, and checks what holds for every rendering; returns it with the virtual file's bytes.
#[track_caller]
pub(crate) fn rendered(
    name: &str,
    origin: &[u8],
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> (Rendering, Vec<u8>) {
    let rendering = render(origin, name.as_bytes(), tags, cover, &options(true)).unwrap();
    let bytes = composed(&rendering, origin, cover);
    let at = |offset: u64| usize::try_from(offset).unwrap();
    let audio = &origin[at(rendering.audio.start)..at(rendering.audio.end)];
    assert!(!audio.is_empty());
    assert!(bytes[at(rendering.header_len)..].starts_with(audio));
    assert_eq!(rendering.header_len % 4096, rendering.audio.start % 4096);
    let is_identity = rendering.plan.is_identity(origin.len() as u64);
    assert!(!is_identity || bytes == origin);
    (rendering, bytes)
}

/// Renders, likewise; rendering the virtual file once more changes nothing.
#[track_caller]
pub(crate) fn rendered_twice(
    name: &str,
    origin: &[u8],
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> (Rendering, Vec<u8>) {
    let (rendering, bytes) = rendered(name, origin, tags, cover);
    let (again, same) = rendered(name, &bytes, tags, cover);
    assert!(same == bytes);
    assert_eq!(again.plan.is_identity(bytes.len() as u64), cover.is_none());
    (rendering, bytes)
}
