//! Dumps of DSF files.

use splice::ReadAt;

use super::{Dump, id3};
use crate::Error;
use crate::dsf::Header;

/// Writes down the chunks before the samples.
pub(crate) fn dump<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>) -> Result<(), Error> {
    let len = chunk_len(dump)?;
    dump.block("DSD", 12, len);
    for name in ["file length", "tag"] {
        let number = u64::from_le_bytes(dump.peek()?);
        dump.field(name, 8, number);
    }
    let len = chunk_len(dump)?;
    let crc = dump.crc(12, 40)?;
    dump.block("fmt", 52, format!("{len}  copied {crc}"));
    let len = chunk_len(dump)?;
    dump.block("data", 12, len);
    Ok(())
}

fn chunk_len<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>) -> Result<String, Error> {
    let [_, _, _, _, len @ ..] = dump.peek::<12>()?;
    Ok(format!("len={}", u64::from_le_bytes(len)))
}

/// Writes down what comes after the samples.
pub(crate) fn dump_trailer<R: ReadAt + ?Sized>(
    file: &R,
    dump: &mut Dump<'_, R>,
) -> Result<(), Error> {
    let header = Header::read(file)?;
    dump.at = header.audio_end.min(file.len());
    if let Some(tag) = header.tag {
        dump.rest("between", tag)?;
        id3::dump(dump)?;
    }
    dump.rest("rest", file.len())?;
    dump.block("end", 0, format!("file {}", file.len()));
    Ok(())
}
