//! Parts: as in `render`; the origin is taken for an MP4 file, if it has an `ftyp`.

pub fn check(data: &[u8]) {
    crate::render::check(data, b"a.m4a");
}
