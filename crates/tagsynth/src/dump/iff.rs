//! Dumps of WAV and AIFF files.

use splice::ReadAt;

use super::{Dump, id3, quote};
use crate::Error;
use crate::iff::{CHUNK_HEADER, Chunk, Chunks, Kind};
use crate::read::Window;

/// Writes down everything before the audio.
pub(crate) fn dump<R: ReadAt + ?Sized>(
    file: &R,
    dump: &mut Dump<'_, R>,
    kind: &Kind,
) -> Result<(), Error> {
    let chunks = Chunks::read(&mut Window::new(file), kind)?;
    let audio = chunks.audio(kind)?;
    let [.., t0, t1, t2, t3] = dump.peek::<12>()?;
    let note = format!("len={} type={}", chunks.root.size, quote(&[t0, t1, t2, t3]));
    dump.block(&name(&chunks.root), 12, note);
    for chunk in &chunks.list {
        if chunk.data() == audio.start {
            dump.block(&name(chunk), CHUNK_HEADER, format!("len={}", chunk.size));
            break;
        }
        dump_chunk(dump, kind, &chunks, chunk)?;
    }
    Ok(())
}

/// Writes down everything after the audio.
pub(crate) fn dump_trailer<R: ReadAt + ?Sized>(
    file: &R,
    dump: &mut Dump<'_, R>,
    kind: &Kind,
) -> Result<(), Error> {
    let chunks = Chunks::read(&mut Window::new(file), kind)?;
    let audio = chunks.audio(kind)?;
    dump.at = audio.end;
    pad(dump, file.len())?;
    for chunk in &chunks.list {
        if chunk.start > audio.start {
            dump_chunk(dump, kind, &chunks, chunk)?;
        }
    }
    dump.rest("rest", file.len())?;
    dump.block("end", 0, format!("file {}", file.len()));
    Ok(())
}

fn dump_chunk<R: ReadAt + ?Sized>(
    dump: &mut Dump<'_, R>,
    kind: &Kind,
    chunks: &Chunks,
    chunk: &Chunk,
) -> Result<(), Error> {
    let len = chunks.len(chunk);
    let note = format!("len={}", chunk.size);
    if chunks
        .find(kind.tags)
        .is_some_and(|tag| tag.start == chunk.start)
    {
        dump.block(&name(chunk), CHUNK_HEADER, note);
        id3::dump(dump)?;
    } else {
        let crc = dump.crc(CHUNK_HEADER, len)?;
        dump.block(
            &name(chunk),
            CHUNK_HEADER + len,
            format!("{note}  copied {crc}"),
        );
    }
    pad(dump, chunks.file_len)
}

/// Writes down the byte that fills up a chunk.
fn pad<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, file_len: u64) -> Result<(), Error> {
    if dump.at % 2 == 1 && dump.at < file_len {
        let [byte] = dump.peek()?;
        dump.block("pad", 1, format!("{byte:02x}"));
    }
    Ok(())
}

fn name(chunk: &Chunk) -> String {
    chunk.id.iter().map(|&byte| char::from(byte)).collect()
}
