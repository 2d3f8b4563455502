//! Parts: as in `render`; the origin is taken for an ASF file if it starts as one does.

pub fn check(data: &[u8]) {
    crate::render::check(data, b"a.wma");
}
