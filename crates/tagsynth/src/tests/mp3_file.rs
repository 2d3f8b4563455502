//! Makes small MP3 files, valid or not.

use fixtures::Id3;

/// A file with a tag in front, in parts.
#[derive(Debug, Clone)]
pub(crate) struct Id3File {
    pub(crate) tag: Option<Id3>,
    /// Between the tag and the audio.
    pub(crate) junk: Vec<u8>,
    /// After the audio.
    pub(crate) tail: Vec<u8>,
}

/// Starts a file with a tag of this major version, or without any for 0.
pub(crate) fn id3_file(major: u8) -> Id3File {
    Id3File {
        tag: (major > 0).then(|| Id3::new(major)),
        junk: Vec::new(),
        tail: Vec::new(),
    }
}

impl Id3File {
    pub(crate) fn frame(self, id: &str, data: impl AsRef<[u8]>) -> Self {
        self.with(|tag| tag.frame(id, data))
    }

    pub(crate) fn padding(self, len: usize) -> Self {
        self.with(|tag| tag.padding(len))
    }

    /// Changes the tag, if there is one.
    pub(crate) fn with(mut self, change: impl FnOnce(Id3) -> Id3) -> Self {
        self.tag = self.tag.map(change);
        self
    }

    pub(crate) fn tail(mut self, tail: impl AsRef<[u8]>) -> Self {
        self.tail = tail.as_ref().to_vec();
        self
    }

    /// Returns everything before the audio that a rendering replaces.
    pub(crate) fn tag(&self) -> Vec<u8> {
        self.tag.as_ref().map(Id3::build).unwrap_or_default()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.tag(), self.junk.clone(), audio(), self.tail.clone()].concat()
    }
}

/// Returns frames of silence: MPEG 1, layer III, 128 kbit/s, 44.1 kHz (ISO/IEC 11172-3 §2.4.1).
pub(crate) fn audio() -> Vec<u8> {
    let mut frame = vec![0xff, 0xfb, 0x90, 0x64];
    frame.resize(417, 0);
    frame.repeat(4)
}

/// Returns the data of an APIC frame with `len` bytes of picture.
pub(crate) fn picture(media_type: &str, description: &str, len: usize) -> Vec<u8> {
    let mut data = [
        b"\0",
        media_type.as_bytes(),
        b"\0\x03",
        description.as_bytes(),
        b"\0",
    ]
    .concat();
    data.extend((0..=250).cycle().take(len));
    data
}

/// Returns a tag of one item and a footer for the end of a file.
pub(crate) fn apev2() -> Vec<u8> {
    let item = b"\x05\0\0\0\0\0\0\0Title\0stale";
    let size = u32::try_from(item.len() + 32).unwrap();
    let mut tag = item.to_vec();
    tag.extend(b"APETAGEX\xd0\x07\0\0");
    tag.extend(size.to_le_bytes());
    tag.extend([1, 0, 0, 0]);
    tag.extend([0; 12]);
    tag
}
