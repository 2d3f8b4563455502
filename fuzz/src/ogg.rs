//! Parts: as in `render`; the origin is taken for Vorbis or Opus, as its first page says.

pub fn check(data: &[u8]) {
    crate::render::check(data, b"a.ogg");
}
