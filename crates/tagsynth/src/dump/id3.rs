//! Dumps of ID3v2 and ID3v1 tags.

use splice::ReadAt;

use super::{Dump, quote};
use crate::id3v2::{Encoding, Spec, layout, split_at_nul, synchsafe_masked};
use crate::{Error, id3v1};

/// How much of a frame is searched for texts.
const HEAD: u64 = 8 << 10;

/// Writes down the tag at the cursor, as renderings have it: 2.3 or 2.4 without flags.
pub(crate) fn dump<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>) -> Result<(), Error> {
    let [b'I', b'D', b'3', major, revision, flags, size @ ..] = dump.peek::<10>()? else {
        return Err(malformed("no ID3v2 tag", dump.at));
    };
    let size = synchsafe_masked(size);
    if !matches!((major, flags), (3 | 4, 0)) {
        return Err(malformed("an ID3v2 tag that is no rendering", dump.at));
    }
    let end = dump.at + 10 + size;
    let note = format!("version=2.{major}.{revision} flags={flags:02x} len={size}");
    dump.block("ID3v2", 10, note);
    while end - dump.at >= 10 && dump.peek::<1>()? != [0] {
        dump_frame(dump, major, end)?;
    }
    if dump.at < end {
        let len = end - dump.at;
        let padding = dump.padding(0, len)?;
        dump.block("PADDING", len, format!("len={len}  {padding}"));
    }
    Ok(())
}

fn dump_frame<R: ReadAt + ?Sized>(
    dump: &mut Dump<'_, R>,
    major: u8,
    end: u64,
) -> Result<(), Error> {
    let [id0, id1, id2, id3, s0, s1, s2, s3, flags @ ..] = dump.peek::<10>()?;
    let id = [id0, id1, id2, id3];
    let len = match major {
        4 => synchsafe_masked([s0, s1, s2, s3]),
        _ => u64::from(u32::from_be_bytes([s0, s1, s2, s3])),
    };
    if dump.at + 10 + len > end {
        return Err(malformed("an ID3v2 frame that ends past its tag", dump.at));
    }
    let flags = u16::from_be_bytes(flags);
    let name: String = id.iter().map(|&byte| char::from(byte)).collect();
    dump.block(&name, 10, format!("flags={flags:04x} len={len}"));
    let frame_end = dump.at + len;
    // Flags tell that the data are coded.
    if flags == 0
        && let Some(layout) = layout(id)
    {
        let mut fields = Fields {
            dump,
            end: frame_end,
            encoding: Encoding::Latin1,
        };
        // A file that is shown as it is may hold empty frames.
        if layout.encoded && fields.left() > 0 {
            fields.encoding()?;
        }
        for &spec in layout.specs {
            fields.dump(spec)?;
        }
    }
    let rest = frame_end - dump.at;
    if rest > 0 {
        data(dump, "data", rest)?;
    }
    Ok(())
}

/// The fields of a frame that are still to be written down.
struct Fields<'d, 'a, R: ?Sized> {
    dump: &'d mut Dump<'a, R>,
    end: u64,
    encoding: Encoding,
}

impl<R: ReadAt + ?Sized> Fields<'_, '_, R> {
    fn left(&self) -> u64 {
        self.end - self.dump.at
    }

    fn head(&mut self) -> Result<Vec<u8>, Error> {
        let len = self.left().min(HEAD);
        Ok(self.dump.window.get(self.dump.at, len)?.to_vec())
    }

    fn encoding(&mut self) -> Result<(), Error> {
        let [byte] = self.dump.peek()?;
        self.encoding = Encoding::from_byte(byte)
            .ok_or(malformed("an unknown encoding of text", self.dump.at))?;
        let name = ["ISO-8859-1", "UTF-16", "UTF-16BE", "UTF-8"][usize::from(byte)];
        self.dump.field("encoding", 1, name);
        Ok(())
    }

    fn dump(&mut self, spec: Spec) -> Result<(), Error> {
        match spec {
            Spec::Text if self.left() > 0 => self.text(),
            Spec::Texts | Spec::Stamps | Spec::Pairs => {
                while self.left() > 0 {
                    self.text()?;
                }
                Ok(())
            }
            Spec::Timed => {
                while self.left() > 0 {
                    self.text()?;
                    data(self.dump, "time", self.left().min(4))?;
                }
                Ok(())
            }
            Spec::Latin1 if self.left() > 0 => {
                let head = self.head()?;
                let (text, rest) = split_at_nul(&head);
                let len = text.len() as u64 + u64::from(rest.is_some());
                let text: String = text.iter().map(|&byte| char::from(byte)).collect();
                self.dump.field("latin1", len, quote(text.as_bytes()));
                Ok(())
            }
            Spec::Ascii(len) | Spec::Sized(len) if self.left() >= len as u64 => {
                let head = self.head()?;
                let shown = match spec {
                    Spec::Ascii(_) => quote(&head[..len]),
                    _ => self.dump.data(0, len as u64)?,
                };
                self.dump.field("fixed", len as u64, shown);
                Ok(())
            }
            // What is left is written down as data.
            _ => Ok(()),
        }
    }

    /// Writes down one text: all that is left if it is too long to be looked at.
    fn text(&mut self) -> Result<(), Error> {
        let head = self.head()?;
        let Some((text, rest)) = self.encoding.decode(&head) else {
            return data(self.dump, "broken text", self.left());
        };
        let len = (head.len() - rest.len()) as u64;
        if len == HEAD {
            return data(self.dump, "long text", self.left());
        }
        let terminated = if self.encoding.decode_terminated(&head).is_some() {
            ""
        } else {
            "  unterminated"
        };
        self.dump.field(
            "text",
            len,
            format!("len={len} {}{terminated}", quote(text.as_bytes())),
        );
        Ok(())
    }
}

/// Writes down the ID3v1 tag at the end of `file`, if there is one.
pub(crate) fn dump_trailer<R: ReadAt + ?Sized>(
    file: &R,
    dump: &mut Dump<'_, R>,
) -> Result<(), Error> {
    /// Name, length, and whether it is text.
    const FIELDS: [(&str, u64); 5] = [
        ("title", 30),
        ("artist", 30),
        ("album", 30),
        ("year", 4),
        ("comment", 28),
    ];
    let Some(tag) = id3v1::find(file)? else {
        return Ok(());
    };
    dump.at = tag.start;
    dump.block("ID3v1", 3, "\"TAG\"");
    for (name, len) in FIELDS {
        let bytes = dump.window.get(dump.at, len)?;
        let padding = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
        let text: String = bytes[..bytes.len() - padding]
            .iter()
            .map(|&byte| char::from(byte))
            .collect();
        let note = format!("{} + {padding} zeros", quote(text.as_bytes()));
        dump.field(name, len, note);
    }
    for (name, len) in [("track", 2), ("genre", 1)] {
        data(dump, name, len)?;
    }
    dump.block("end", 0, format!("file {}", file.len()));
    Ok(())
}

/// Writes down data that are no text.
fn data<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, name: &str, len: u64) -> Result<(), Error> {
    let shown = dump.data(0, len)?;
    dump.field(name, len, format!("len={len} {shown}"));
    Ok(())
}

pub(super) fn malformed(what: &'static str, offset: u64) -> Error {
    Error::Malformed { what, offset }
}
