//! Pictures that must not be read.

use splice::ReadAt;

use super::cover_file::jpeg;

/// A picture of any length, of which only the start can be read.
pub(crate) struct Vast(pub(crate) u64);

impl ReadAt for Vast {
    fn len(&self) -> u64 {
        self.0
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        assert_eq!(offset, 0, "the picture is not read to be embedded");
        jpeg(8192).as_slice().read_at(buf, 0)
    }
}
