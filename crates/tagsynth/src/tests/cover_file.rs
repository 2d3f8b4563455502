//! Pictures for tests: no more of them than is looked at.

/// Returns `len` bytes that are taken for a JPEG.
pub(crate) fn jpeg(len: usize) -> Vec<u8> {
    picture(b"\xff\xd8\xff\xe0", len)
}

/// Returns `len` bytes that are taken for a PNG.
pub(crate) fn png(len: usize) -> Vec<u8> {
    picture(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", len)
}

fn picture(head: &[u8], len: usize) -> Vec<u8> {
    let body = (0..=250).cycle();
    head.iter().copied().chain(body).take(len).collect()
}
