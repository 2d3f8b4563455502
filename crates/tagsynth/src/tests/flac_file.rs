//! Makes small FLAC files, valid or not.

/// A FLAC file in parts.
#[derive(Debug, Clone)]
pub(crate) struct FlacFile {
    pub(crate) prefix: Vec<u8>,
    /// Type, stated length, and content of each block.
    pub(crate) blocks: Vec<(u8, usize, Vec<u8>)>,
    pub(crate) audio: Vec<u8>,
}

/// Starts a file with STREAMINFO and one frame of silence: 192 samples, mono, 16 bits, 44.1 kHz.
pub(crate) fn flac_file() -> FlacFile {
    let mut streaminfo = vec![0, 192, 0, 192, 0, 0, 0, 0, 0, 0];
    streaminfo.extend([0x0a, 0xc4, 0x40, 0xf0, 0, 0, 0, 192]);
    streaminfo.extend([0; 16]);
    FlacFile {
        prefix: Vec::new(),
        blocks: Vec::new(),
        audio: frame(),
    }
    .block(0, streaminfo)
}

impl FlacFile {
    pub(crate) fn block(self, code: u8, content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        self.lying_block(code, content.len(), content)
    }

    pub(crate) fn lying_block(mut self, code: u8, stated: usize, content: Vec<u8>) -> Self {
        self.blocks.push((code, stated, content));
        self
    }

    pub(crate) fn comments(self, comments: &[&[u8]]) -> Self {
        self.block(4, comment_block(comments))
    }

    pub(crate) fn padding(self, len: usize) -> Self {
        self.block(1, vec![0; len])
    }

    pub(crate) fn header_len(&self) -> usize {
        let blocks = self.blocks.iter().map(|block| 4 + block.2.len());
        self.prefix.len() + 4 + blocks.sum::<usize>()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.prefix.clone();
        bytes.extend(b"fLaC");
        for (index, (code, stated, content)) in self.blocks.iter().enumerate() {
            let last = index + 1 == self.blocks.len();
            let [_, len @ ..] = u32::try_from(*stated).unwrap().to_be_bytes();
            bytes.push(code | u8::from(last) << 7);
            bytes.extend(len);
            bytes.extend(content);
        }
        bytes.extend(&self.audio);
        bytes
    }
}

/// Returns the content of a comment block by the vendor `old`.
pub(crate) fn comment_block(comments: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::from(*b"\x03\0\0\0old");
    bytes.extend(u32::try_from(comments.len()).unwrap().to_le_bytes());
    for comment in comments {
        bytes.extend(u32::try_from(comment.len()).unwrap().to_le_bytes());
        bytes.extend(*comment);
    }
    bytes
}

/// Returns the content of a picture block with `len` bytes of data.
pub(crate) fn picture_block(len: usize) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 3];
    bytes.extend(*b"\0\0\0\x0aimage/jpeg\0\0\0\x05cover");
    bytes.extend([0; 16]);
    bytes.extend(u32::try_from(len).unwrap().to_be_bytes());
    bytes.extend((0..=250).cycle().take(len));
    bytes
}

/// A frame with one constant subframe (RFC 9639 §9).
fn frame() -> Vec<u8> {
    let mut frame = vec![0xff, 0xf8, 0x19, 0x08, 0x00];
    let crc = crc(&frame, 8, 0x07);
    frame.push(u8::try_from(crc).unwrap());
    frame.extend([0x00, 0x00, 0x00]);
    let crc = self::crc(&frame, 16, 0x8005);
    frame.extend(crc.to_be_bytes());
    frame
}

fn crc(bytes: &[u8], width: u32, polynomial: u16) -> u16 {
    let top = 1_u32 << (width - 1);
    let mask = (top << 1) - 1;
    let shift = |crc: u32| {
        let next = crc << 1 & mask;
        if crc & top == 0 {
            next
        } else {
            next ^ u32::from(polynomial)
        }
    };
    let byte = |crc: u32, &byte: &u8| {
        (0..8).fold(crc ^ u32::from(byte) << (width - 8), |crc, _| shift(crc))
    };
    u16::try_from(bytes.iter().fold(0, byte)).unwrap()
}
