//! Dumps of MP4 files, as trees of atoms; the media in `mdat` is passed over.

use splice::ReadAt;

use super::Dump;
use crate::Error;
use crate::mp4::atom::{Atom, HEADER, Name, Scan, Size};
use crate::mp4::decode::{DATA_HEADER, UTF8};
use crate::read::Window;

/// The most atoms that are told apart; what is left then stands in one piece.
const MAX_ATOMS: usize = 1 << 16;
/// How deep atoms are looked into.
const MAX_DEPTH: usize = 8;
/// How many entries of a table are shown one by one.
const MAX_SHOWN: usize = 4;

/// Writes down all of a file, and the end of its header where that is.
pub(crate) fn dump<R: ReadAt + ?Sized>(
    file: &R,
    dump: Dump<'_, R>,
    header_len: u64,
    audio: u64,
) -> Result<String, Error> {
    let scan = Scan::over(Window::new(file), MAX_ATOMS);
    let mut tree = Tree { scan, dump };
    let mut has_ended = false;
    while tree.dump.at < file.len() {
        if tree.dump.at == header_len && !has_ended {
            tree.dump.end(header_len, audio)?;
            has_ended = true;
        }
        let atom = tree.scan.top(tree.dump.at);
        match atom.ok().flatten() {
            Some(atom) if atom.end <= file.len() => tree.atom(&atom, 0)?,
            _ => tree.rest(file.len())?,
        }
    }
    if has_ended {
        tree.dump.block("end", 0, format!("file {}", file.len()));
    } else {
        tree.dump.end(header_len, audio)?;
    }
    Ok(tree.dump.text)
}

struct Tree<'a, R: ?Sized> {
    scan: Scan<'a, R>,
    dump: Dump<'a, R>,
}

impl<R: ReadAt + ?Sized> Tree<'_, R> {
    /// Writes down the atom at the cursor.
    fn atom(&mut self, atom: &Atom, depth: usize) -> Result<(), Error> {
        match &atom.name {
            b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" | b"udta" | b"moof" | b"traf"
            | b"mfra" => self.container(atom, depth, 0),
            b"meta" => self.container(atom, depth, 4),
            b"ilst" => self.items(atom, depth),
            b"stco" | b"co64" => self.table(atom, depth),
            b"tfhd" => self.fragment(atom, depth),
            b"tfra" => self.index(atom, depth),
            b"mdat" => {
                self.line(atom, depth, atom.end - atom.start, "  media");
                Ok(())
            }
            _ if atom.is_free() => {
                let header = atom.content - atom.start;
                let padding = self.dump.padding(header, atom.content_len())?;
                self.line(atom, depth, atom.end - atom.start, &format!("  {padding}"));
                Ok(())
            }
            _ => self.leaf(atom, depth),
        }
    }

    /// Writes down an atom that contains others, or one that should and does not.
    fn container(&mut self, atom: &Atom, depth: usize, skip: u64) -> Result<(), Error> {
        let children = self.children(atom.content + skip, atom.end, depth);
        if children.is_empty() && atom.content_len() > skip {
            return self.leaf(atom, depth);
        }
        let end = self.begin(atom, depth);
        if skip > 0 {
            self.words(end, &["version, flags"])?;
        }
        for child in children {
            self.atom(&child, depth + 1)?;
        }
        self.rest(end)
    }

    fn items(&mut self, atom: &Atom, depth: usize) -> Result<(), Error> {
        let items = self.children(atom.content, atom.end, depth);
        let end = self.begin(atom, depth);
        for item in items {
            let parts = self.children(item.content, item.end, depth);
            let is_whole = parts.last().is_none_or(|last| last.end == item.end);
            if !is_whole || !parts.iter().all(is_part) {
                self.leaf(&item, depth + 1)?;
                continue;
            }
            let end = self.begin(&item, depth + 1);
            for part in parts {
                self.part(&part, item.name)?;
            }
            self.left(end)?;
        }
        self.rest(end)
    }

    /// Writes down a part of an item: a value, or text that names it.
    fn part(&mut self, part: &Atom, item: Name) -> Result<(), Error> {
        let len = part.end - part.start;
        let name = name(part.name);
        if &part.name != b"data" {
            let skip = HEADER + if &item == b"----" { 4 } else { 0 };
            let text = self.dump.text(skip, len - skip)?;
            self.dump.field(&name, len, text);
            return Ok(());
        }
        let header = DATA_HEADER as u64;
        let [_, _, _, _, _, _, _, _, kind @ ..] = self.dump.peek::<12>()?;
        let kind = u32::from_be_bytes(kind);
        let value = match kind {
            UTF8 => self.dump.text(header, len - header)?,
            _ => self.dump.data(header, len - header)?,
        };
        let note = format!("type={kind} len={} {value}", len - header);
        self.dump.field(&name, len, note);
        Ok(())
    }

    /// Writes down a table of offsets in the file.
    fn table(&mut self, atom: &Atom, depth: usize) -> Result<(), Error> {
        let width = if &atom.name == b"co64" { 8 } else { 4 };
        let end = self.begin(atom, depth);
        self.words(end, &["version, flags", "count"])?;
        for _ in 0..MAX_SHOWN {
            self.number(end, "offset", width)?;
        }
        self.left(end)
    }

    /// Writes down the header of a track in a fragment, and where in the file its samples are.
    fn fragment(&mut self, atom: &Atom, depth: usize) -> Result<(), Error> {
        let end = self.begin(atom, depth);
        let flags = self
            .dump
            .window
            .get(atom.content, 4.min(atom.content_len()))?;
        let has_offset = flags.last().is_some_and(|flags| flags & 1 != 0);
        self.words(end, &["version, flags", "track"])?;
        if has_offset {
            self.number(end, "offset", 8)?;
        }
        self.left(end)
    }

    /// Writes down an index of fragments.
    fn index(&mut self, atom: &Atom, depth: usize) -> Result<(), Error> {
        let end = self.begin(atom, depth);
        let version = self
            .dump
            .window
            .get(atom.content, 1.min(atom.content_len()))?;
        let width = if version == [1] { 8 } else { 4 };
        self.words(end, &["version, flags", "track", "widths", "count"])?;
        self.number(end, "time", width)?;
        self.number(end, "offset", width)?;
        self.left(end)
    }

    /// Writes down the header of an atom, and returns its end.
    fn begin(&mut self, atom: &Atom, depth: usize) -> u64 {
        self.line(atom, depth, atom.content - atom.start, "");
        atom.end
    }

    /// Writes down numbers of 32 bits, as far as there are.
    fn words(&mut self, end: u64, names: &[&str]) -> Result<(), Error> {
        for name in names {
            self.number(end, name, 4)?;
        }
        Ok(())
    }

    /// Writes down a number of 4 or 8 bytes, if it is there.
    fn number(&mut self, end: u64, name: &str, width: u64) -> Result<(), Error> {
        if end - self.dump.at >= width {
            let bytes = self.dump.window.get(self.dump.at, width)?.iter();
            let number = bytes.fold(0, |number, &byte| number << 8 | u64::from(byte));
            self.dump.field(name, width, number);
        }
        Ok(())
    }

    /// Writes down what is left of an atom.
    fn left(&mut self, end: u64) -> Result<(), Error> {
        let len = end - self.dump.at;
        if len > 0 {
            let data = self.dump.data(0, len)?;
            self.dump.field("data", len, format!("len={len} {data}"));
        }
        Ok(())
    }

    fn leaf(&mut self, atom: &Atom, depth: usize) -> Result<(), Error> {
        let header = atom.content - atom.start;
        let crc = self.dump.crc(header, atom.content_len())?;
        self.line(
            atom,
            depth,
            atom.end - atom.start,
            &format!("  copied {crc}"),
        );
        Ok(())
    }

    /// Writes down what is no atom, or is cut.
    fn rest(&mut self, end: u64) -> Result<(), Error> {
        let len = end - self.dump.at;
        if len == 0 {
            return Ok(());
        }
        let crc = self.dump.crc(0, len)?;
        self.dump
            .block("rest", len, format!("len={len}  copied {crc}"));
        Ok(())
    }

    fn line(&mut self, atom: &Atom, depth: usize, passed: u64, note: &str) {
        let name = format!("{:1$}{2}", "", 2 * depth, name(atom.name));
        let width = match atom.size {
            Size::Short => "",
            Size::Long => " size=64",
            Size::ToEnd => " size=0",
        };
        let len = atom.end - atom.start;
        self.dump
            .block(&name, passed, format!("len={len}{width}{note}"));
    }

    /// Returns the atoms at the start of a range, unless they are too many or too deep.
    fn children(&mut self, start: u64, end: u64, depth: usize) -> Vec<Atom> {
        let mut children = Vec::new();
        let mut at = start;
        while at < end && depth < MAX_DEPTH {
            let Ok(child) = self.scan.child(at, end) else {
                break;
            };
            at = child.end;
            children.push(child);
        }
        children
    }
}

/// Returns whether a part of an item can be written down.
fn is_part(part: &Atom) -> bool {
    let least = if &part.name == b"data" { 8 } else { 4 };
    let is_known = matches!(&part.name, b"data" | b"mean" | b"name");
    is_known && part.size == Size::Short && part.content_len() >= least
}

/// Returns the name of an atom as text: its bytes are of ISO-8859-1.
fn name(name: Name) -> String {
    let name = name.iter().map(|&byte| char::from(byte));
    name.flat_map(char::escape_debug).collect()
}
