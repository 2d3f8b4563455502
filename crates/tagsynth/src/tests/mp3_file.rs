//! Makes small MP3 files, valid or not.

/// A file with a tag in front, in parts.
#[derive(Debug, Clone)]
pub(crate) struct Id3File {
    pub(crate) major: u8,
    pub(crate) flags: u8,
    /// Between the header and the first frame.
    pub(crate) extended: Vec<u8>,
    /// Identifier, flags, and data of each frame.
    pub(crate) frames: Vec<(&'static str, u16, Vec<u8>)>,
    pub(crate) padding: usize,
    pub(crate) footer: bool,
    /// Between the tag and the audio.
    pub(crate) junk: Vec<u8>,
    /// After the audio.
    pub(crate) tail: Vec<u8>,
}

/// Starts a file with a tag of this major version, or without any for 0.
pub(crate) fn id3_file(major: u8) -> Id3File {
    Id3File {
        major,
        flags: 0,
        extended: Vec::new(),
        frames: Vec::new(),
        padding: 0,
        footer: false,
        junk: Vec::new(),
        tail: Vec::new(),
    }
}

impl Id3File {
    pub(crate) fn frame(self, id: &'static str, data: impl AsRef<[u8]>) -> Self {
        self.flagged(id, 0, data)
    }

    pub(crate) fn flagged(mut self, id: &'static str, flags: u16, data: impl AsRef<[u8]>) -> Self {
        self.frames.push((id, flags, data.as_ref().to_vec()));
        self
    }

    pub(crate) fn padding(mut self, len: usize) -> Self {
        self.padding = len;
        self
    }

    pub(crate) fn tail(mut self, tail: impl AsRef<[u8]>) -> Self {
        self.tail = tail.as_ref().to_vec();
        self
    }

    /// Returns everything before the audio that a rendering replaces.
    pub(crate) fn tag(&self) -> Vec<u8> {
        if self.major == 0 {
            return Vec::new();
        }
        let mut body = self.extended.clone();
        for (id, flags, data) in &self.frames {
            body.extend(id.bytes());
            let len = u32::try_from(data.len()).unwrap();
            match self.major {
                2 => body.extend(&len.to_be_bytes()[1..]),
                3 => body.extend(len.to_be_bytes()),
                _ => body.extend(synchsafe(data.len())),
            }
            if self.major > 2 {
                body.extend(flags.to_be_bytes());
            }
            body.extend(data);
        }
        body.extend(vec![0; self.padding]);
        if self.flags & 0x80 != 0 && self.major < 4 {
            body = unsynchronised(&body);
        }
        let header = [
            &[self.major, 0, self.flags],
            synchsafe(body.len()).as_slice(),
        ]
        .concat();
        let mut tag = [b"ID3", header.as_slice(), &body].concat();
        if self.footer {
            tag.extend([b"3DI", header.as_slice()].concat());
        }
        tag
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

pub(crate) fn synchsafe(len: usize) -> [u8; 4] {
    let len = u32::try_from(len).unwrap();
    [21, 14, 7, 0].map(|shift| u8::try_from(len >> shift & 0x7f).unwrap())
}

/// Inserts a zero after each `FF` that needs one.
pub(crate) fn unsynchronised(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, &byte) in data.iter().enumerate() {
        bytes.push(byte);
        let next = data.get(index + 1).copied().unwrap_or(0);
        if byte == 0xff && (next == 0 || next >= 0xe0) {
            bytes.push(0);
        }
    }
    bytes
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

/// Returns a tag for the end of a file.
pub(crate) fn id3v1(title: &str, comment: &str, track: u8, genre: u8) -> Vec<u8> {
    let field = |text: &str, len: usize| {
        let mut field = text.as_bytes().to_vec();
        field.resize(len, 0);
        field
    };
    let mut tag = b"TAG".to_vec();
    tag.extend(field(title, 30));
    tag.extend(field("V1 Artist", 30));
    tag.extend(field("V1 Album", 30));
    tag.extend(b"1987");
    tag.extend(field(comment, 28));
    tag.extend([0, track, genre]);
    tag
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
