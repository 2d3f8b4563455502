//! What the fuzz targets check; one module a target.
//!
//! An input is made of parts between bytes 0xFF, which no UTF-8 text has: so seeds can be read and
//! written by hand, and parts keep their meaning when one before them grows. A part that is not
//! there is empty. What is not UTF-8 is replaced where texts are asked for.

pub mod aiff;
pub mod ape;
pub mod asf;
pub mod dsf;
pub mod flac;
pub mod mp3;
pub mod mp4;
pub mod ogg;
pub mod query;
pub mod regex;
mod render;
pub mod template;
pub mod wav;

/// The parts of an input.
struct Parts<'d> {
    data: Option<&'d [u8]>,
}

impl<'d> Parts<'d> {
    fn new(data: &'d [u8]) -> Self {
        Self { data: Some(data) }
    }

    fn bytes(&mut self) -> &'d [u8] {
        let Some(data) = self.data else { return b"" };
        match data.iter().position(|&byte| byte == 0xff) {
            Some(at) => {
                self.data = Some(&data[at + 1..]);
                &data[..at]
            }
            None => {
                self.data = None;
                data
            }
        }
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    /// A part that chooses among variants: its first byte.
    fn choice(&mut self) -> u8 {
        self.bytes().first().copied().unwrap_or(0)
    }

    /// Whatever is left, in one piece.
    fn rest(self) -> &'d [u8] {
        self.data.unwrap_or(b"")
    }

    fn is_done(&self) -> bool {
        self.data.is_none()
    }
}
