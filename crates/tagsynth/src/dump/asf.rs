//! Dumps of ASF headers.

use splice::ReadAt;

use super::id3::malformed;
use super::{Dump, LONGEST_TEXT, hex, quote};
use crate::Error;
use crate::asf::{
    self, DESCRIPTIONS, Guid, Header, OBJECT_HEADER, decode_utf16, guid, object_header,
};

/// Names of types of values (ASF §4.8, Data Type).
const TYPES: [&str; 7] = ["UNICODE", "BYTES", "BOOL", "DWORD", "QWORD", "WORD", "GUID"];

/// Writes down everything before the audio.
pub(crate) fn dump<R: ReadAt + ?Sized>(file: &R, dump: &mut Dump<'_, R>) -> Result<(), Error> {
    let header = Header::parse(file)?;
    let head: [u8; 30] = dump.peek()?;
    let [.., c0, c1, c2, c3, r1, r2] = head;
    let count = u32::from_le_bytes([c0, c1, c2, c3]);
    let note = format!(
        "len={} objects={count} reserved={r1:02x}{r2:02x}",
        header.len
    );
    dump.block("Header", 30, note);
    objects(dump, header.len)
}

/// Writes down the objects up to `end`, and zeros that may be behind them.
fn objects<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, end: u64) -> Result<(), Error> {
    while end.saturating_sub(dump.at) >= OBJECT_HEADER {
        let head = dump.peek()?;
        if head == [0; 24] {
            break;
        }
        let (guid, size) = object_header(head);
        if !(OBJECT_HEADER..=end - dump.at).contains(&size) {
            return Err(malformed("an object of a wrong size", dump.at));
        }
        object(dump, guid, size)?;
    }
    rest(dump, end)
}

fn object<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, guid: Guid, size: u64) -> Result<(), Error> {
    let name = guid.name().map_or_else(|| guid.to_string(), str::to_owned);
    let (content, end) = (size - OBJECT_HEADER, dump.at + size);
    let fields = match guid {
        guid::CONTENT_DESCRIPTION => descriptions,
        guid::EXTENDED_CONTENT_DESCRIPTION => extended,
        guid::METADATA | guid::METADATA_LIBRARY => metadata,
        guid::FILE_PROPERTIES if content >= 24 => file_properties,
        guid::HEADER_EXTENSION => extension,
        guid::PADDING => {
            let padding = dump.padding(OBJECT_HEADER, content)?;
            dump.block(&name, size, format!("len={size}  {padding}"));
            return Ok(());
        }
        _ => {
            let crc = dump.crc(OBJECT_HEADER, content)?;
            dump.block(&name, size, format!("len={size}  copied {crc}"));
            return Ok(());
        }
    };
    dump.block(&name, OBJECT_HEADER, format!("len={size}"));
    fields(dump, end)?;
    rest(dump, end)
}

/// Writes down what no field of an object takes.
fn rest<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, end: u64) -> Result<(), Error> {
    match end.checked_sub(dump.at) {
        Some(0) => Ok(()),
        Some(len) => {
            let shown = dump.padding(0, len)?;
            dump.field("rest", len, format!("len={len} {shown}"));
            Ok(())
        }
        None => Err(malformed("an object that ends past its end", dump.at)),
    }
}

fn file_properties<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, end: u64) -> Result<(), Error> {
    let id: [u8; 16] = dump.peek()?;
    dump.field("file id", 16, Guid::from_bytes(id));
    let size = u64::from_le_bytes(dump.peek()?);
    dump.field("file size", 8, size);
    let len = end - dump.at;
    let crc = dump.crc(0, len)?;
    dump.field("others", len, format!("len={len}  copied {crc}"));
    Ok(())
}

fn extension<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, end: u64) -> Result<(), Error> {
    let [reserved @ .., r1, r2]: [u8; 18] = dump.peek()?;
    dump.field(
        "reserved",
        18,
        format!("{} {r1:02x}{r2:02x}", Guid::from_bytes(reserved)),
    );
    let len = u32::from_le_bytes(dump.peek()?);
    dump.field("data size", 4, len);
    objects(dump, end)
}

fn descriptions<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, _: u64) -> Result<(), Error> {
    let lens: [u8; 10] = dump.peek()?;
    let (lens, _) = lens.as_chunks();
    let lens: Vec<_> = lens.iter().map(|&len| u16::from_le_bytes(len)).collect();
    dump.field("lengths", 10, format!("{lens:?}"));
    for (name, len) in DESCRIPTIONS.into_iter().zip(lens) {
        if len > 0 {
            let shown = text(dump, 0, len.into())?;
            dump.field(name, len.into(), format!("len={len} {shown}"));
        }
    }
    Ok(())
}

fn extended<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, _: u64) -> Result<(), Error> {
    for _ in 0..count(dump)? {
        let name_len = u64::from(u16::from_le_bytes(dump.peek()?));
        let name = text(dump, 2, name_len)?;
        let at = 2 + name_len;
        let [t0, t1, l0, l1] = dump.ahead(at)?;
        let (code, len) = (u16::from_le_bytes([t0, t1]), u16::from_le_bytes([l0, l1]));
        let shown = value(dump, code, at + 4, len.into())?;
        dump.field(
            "attribute",
            at + 4 + u64::from(len),
            format!("{name} {shown}"),
        );
    }
    Ok(())
}

fn metadata<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, _: u64) -> Result<(), Error> {
    for _ in 0..count(dump)? {
        let head: [u8; 12] = dump.peek()?;
        let [numbers @ .., l0, l1, l2, l3] = head;
        let (numbers, _) = numbers.as_chunks();
        let [language, stream, name_len, code] =
            [0, 1, 2, 3].map(|i| u16::from_le_bytes(numbers[i]));
        let len = u32::from_le_bytes([l0, l1, l2, l3]);
        let name = text(dump, 12, name_len.into())?;
        let at = 12 + u64::from(name_len);
        let shown = value(dump, code, at, len.into())?;
        let note = format!("{name} language={language} stream={stream} {shown}");
        dump.field("attribute", at + u64::from(len), note);
    }
    Ok(())
}

fn count<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>) -> Result<u16, Error> {
    let count = u16::from_le_bytes(dump.peek()?);
    dump.field("count", 2, count);
    Ok(count)
}

/// Describes a value that is `skip` bytes ahead.
fn value<R: ReadAt + ?Sized>(
    dump: &mut Dump<'_, R>,
    code: u16,
    skip: u64,
    len: u64,
) -> Result<String, Error> {
    let name = TYPES.get(usize::from(code)).unwrap_or(&"UNKNOWN");
    let shown = match code {
        asf::UNICODE => text(dump, skip, len)?,
        _ => dump.data(skip, len)?,
    };
    Ok(format!("{name} len={len} {shown}"))
}

/// Quotes UTF-16 that is `skip` bytes ahead, without the zero that should end it.
fn text<R: ReadAt + ?Sized>(dump: &mut Dump<'_, R>, skip: u64, len: u64) -> Result<String, Error> {
    if len > 2 * LONGEST_TEXT as u64 {
        let start = decode_utf16(dump.window.get(dump.at + skip, 128)?).unwrap_or_default();
        let crc = dump.crc(skip, len)?;
        return Ok(format!("{}... {crc}", quote(start.as_bytes())));
    }
    let bytes = dump.window.get(dump.at + skip, len)?;
    let Some(text) = decode_utf16(bytes) else {
        return Ok(format!("broken {}", hex(bytes)));
    };
    Ok(match text.strip_suffix('\0') {
        Some(text) => quote(text.as_bytes()),
        None => format!("{} unterminated", quote(text.as_bytes())),
    })
}
