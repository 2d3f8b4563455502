//! Dumps of Vorbis comments.

use splice::ReadAt;

use super::Dump;
use crate::Error;

/// Writes down the comments at the cursor.
pub(crate) fn dump<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>) -> Result<(), Error> {
    entry(dump, "vendor")?;
    let count = u32::from_le_bytes(dump.peek()?);
    dump.field("count", 4, count);
    for _ in 0..count {
        entry(dump, "comment")?;
    }
    Ok(())
}

fn entry<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, name: &str) -> Result<(), Error> {
    let len = u64::from(u32::from_le_bytes(dump.peek()?));
    let text = dump.text(4, len)?;
    dump.field(name, 4 + len, format!("len={len} {text}"));
    Ok(())
}
