//! Parts: as in `render`; the origin is taken for a DSF file if nothing in it says otherwise.

pub fn check(data: &[u8]) {
    crate::render::check(data, b"a.dsf");
}
