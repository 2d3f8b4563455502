//! Parts: as in `render`; the origin is taken for a FLAC file, with its marker or without.

pub fn check(data: &[u8]) {
    crate::render::check(data, b"a.flac");
}
