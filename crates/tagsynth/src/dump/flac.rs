//! Dumps of FLAC headers.

use splice::ReadAt;

use super::{Dump, vorbis};
use crate::Error;
use crate::flac::{Block, Header, Kind};

/// Names of blocks by their type (RFC 9639 §8.1, Table 1).
const NAMES: [&str; 7] = [
    "STREAMINFO",
    "PADDING",
    "APPLICATION",
    "SEEKTABLE",
    "VORBIS_COMMENT",
    "CUESHEET",
    "PICTURE",
];

/// Writes down everything before the audio.
pub(crate) fn dump<R: ReadAt + ?Sized>(file: &R, dump: &mut Dump<'_, R>) -> Result<(), Error> {
    let header = Header::parse(file)?;
    let prefix = header.first_block - 4;
    if prefix > 0 {
        let crc = dump.crc(0, prefix)?;
        dump.block("ID3v2", prefix, format!("len={prefix}  copied {crc}"));
    }
    let marker = dump.text(0, 4)?;
    dump.block("marker", 4, marker);
    for block in &header.blocks {
        dump_block(dump, block)?;
    }
    Ok(())
}

fn dump_block<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, block: &Block) -> Result<(), Error> {
    let [flags] = dump.peek()?;
    let len = block.len();
    let name = NAMES.get(usize::from(block.code)).unwrap_or(&"RESERVED");
    let stated = match block.stated {
        stated if stated == len => String::new(),
        stated => format!(" stated={stated}"),
    };
    let note = format!("type={} last={} len={len}{stated}", block.code, flags >> 7);
    match block.kind {
        Kind::Comments => {
            dump.block(name, 4, note);
            vorbis::dump(dump)?;
        }
        Kind::Padding => {
            let padding = dump.padding(4, len)?;
            dump.block(name, 4 + len, format!("{note}  {padding}"));
        }
        Kind::Picture => {
            dump.block(name, 4, note);
            dump_picture(dump)?;
        }
        Kind::Kept => {
            let crc = dump.crc(4, len)?;
            dump.block(name, 4 + len, format!("{note}  copied {crc}"));
        }
    }
    Ok(())
}

/// Writes down the picture at the cursor.
fn dump_picture<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>) -> Result<(), Error> {
    let code = u32::from_be_bytes(dump.peek()?);
    dump.field("type", 4, code);
    for name in ["media type", "description"] {
        let len = u64::from(u32::from_be_bytes(dump.peek()?));
        let text = dump.text(4, len)?;
        dump.field(name, 4 + len, format!("len={len} {text}"));
    }
    let known: [u8; 16] = dump.peek()?;
    let (known, _) = known.as_chunks();
    let known: Vec<_> = known
        .iter()
        .map(|&number| u32::from_be_bytes(number))
        .collect();
    dump.field("shape", 16, format!("{known:?}"));
    let len = u64::from(u32::from_be_bytes(dump.peek()?));
    let crc = dump.crc(4, len)?;
    dump.field("data", 4 + len, format!("len={len}  copied {crc}"));
    Ok(())
}
