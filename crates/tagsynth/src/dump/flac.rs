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
        Kind::Kept => {
            let crc = dump.crc(4, len)?;
            dump.block(name, 4 + len, format!("{note}  copied {crc}"));
        }
    }
    Ok(())
}
