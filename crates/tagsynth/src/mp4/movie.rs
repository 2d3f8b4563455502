//! Where a file describes itself, and where its tags are in that.

use std::ops::Range;

use splice::ReadAt;

use super::atom::{Atom, Name, Scan};
use crate::Error;

/// Width of the version and the flags at the start of `meta` (ISO/IEC 14496-12 §8.11.1).
pub(crate) const FULL: u64 = 4;

/// The way from a track to the atoms that say where its samples are (ISO/IEC 14496-12 §6.2.3).
const TO_TABLES: [&Name; 3] = [b"mdia", b"minf", b"stbl"];

/// What matters of a file before its tags are read.
#[derive(Debug)]
pub(crate) struct Movie {
    /// `moov`, then those of `udta` and `meta` that the tags are, or will be, in.
    pub(crate) path: Vec<Atom>,
    pub(crate) ilst: Option<Atom>,
    /// What is replaced: `ilst` and the free space next to it; or nothing, where it belongs.
    pub(crate) region: Range<u64>,
    /// Free space behind `moov`.
    pub(crate) free: Range<u64>,
    /// The start of media in front of `moov`.
    media: Option<u64>,
    tracks: Vec<Atom>,
}

impl Movie {
    /// Finds the first `moov`, and the tags where mutagen looks for them.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] and [`Error::Truncated`] if it is not there, or not whole.
    pub(crate) fn read<R: ReadAt + ?Sized>(scan: &mut Scan<'_, R>) -> Result<Self, Error> {
        let (moov, media) = find_moov(scan)?;
        // It must be whole.
        scan.window.get(moov.end, 0)?;
        let children = scan.children(moov.content())?;
        if children.iter().any(|child| &child.name == b"cmov") {
            // Where samples are is hidden in it (QuickTime File Format, "Compressed movie resources").
            return Err(Error::Malformed {
                what: "a compressed movie",
                offset: moov.start,
            });
        }
        let free = moov.end..end_of_free(scan, moov.end)?;
        let udta = children.iter().find(|child| &child.name == b"udta");
        let mut movie = Self {
            region: moov.content..moov.content,
            path: vec![moov],
            ilst: None,
            free,
            media,
            tracks: Vec::new(),
        };
        if let Some(udta) = udta {
            movie.find_tags(scan, udta.clone())?;
        }
        movie.tracks = children;
        movie.tracks.retain(|child| &child.name == b"trak");
        Ok(movie)
    }

    /// Returns the end of what can be replaced; what follows moves as a whole.
    pub(crate) fn end(&self) -> u64 {
        self.free.end
    }

    /// Returns where the media, and whatever follows it unchanged, is in the origin.
    ///
    /// `end` is where the first change behind the movie is.
    pub(crate) fn audio(&self, end: u64) -> Range<u64> {
        match self.media {
            Some(media) => media..self.path[0].start,
            None => self.end()..end,
        }
    }

    /// Returns the atoms that say where in the file the samples of all tracks are.
    pub(crate) fn tables<R: ReadAt + ?Sized>(
        &self,
        scan: &mut Scan<'_, R>,
    ) -> Result<Vec<Atom>, Error> {
        let mut atoms = self.tracks.clone();
        for name in TO_TABLES {
            atoms = children_of(scan, &atoms)?;
            atoms.retain(|atom| &atom.name == name);
        }
        atoms = children_of(scan, &atoms)?;
        atoms.retain(|atom| matches!(&atom.name, b"stco" | b"co64" | b"saio"));
        Ok(atoms)
    }

    /// Follows the way to the tags as far as it goes: a step that cannot be taken ends it.
    fn find_tags<R: ReadAt + ?Sized>(
        &mut self,
        scan: &mut Scan<'_, R>,
        udta: Atom,
    ) -> Result<(), Error> {
        self.region = udta.content..udta.content;
        let meta = readable(scan.find(udta.content(), *b"meta"))?.flatten();
        self.path.push(udta);
        let Some(meta) = meta else {
            return Ok(());
        };
        // QuickTime leaves out version and flags; mutagen then finds nothing, and so do we.
        let Some(children) = readable(scan.children(meta.content + FULL..meta.end))? else {
            return Ok(());
        };
        if let Some(index) = children.iter().position(|child| &child.name == b"ilst") {
            self.ilst = Some(children[index].clone());
            self.region = with_free(&children, index);
            self.path.push(meta);
        }
        Ok(())
    }
}

/// Returns the first `moov`, and where media in front of it starts.
fn find_moov<R: ReadAt + ?Sized>(scan: &mut Scan<'_, R>) -> Result<(Atom, Option<u64>), Error> {
    let mut at = 0;
    let mut media = None;
    while let Some(atom) = scan.top(at)? {
        match &atom.name {
            b"moov" => return Ok((atom, media)),
            b"mdat" => media = media.or(Some(atom.start)),
            _ => {}
        }
        at = atom.end;
    }
    Err(Error::Malformed {
        what: "no moov",
        offset: at,
    })
}

/// Returns where the free space that starts at `at` ends.
fn end_of_free<R: ReadAt + ?Sized>(scan: &mut Scan<'_, R>, mut at: u64) -> Result<u64, Error> {
    let len = scan.window.origin_len();
    while let Some(atom) = scan.top(at)?
        && atom.is_free()
        && atom.end <= len
    {
        at = atom.end;
    }
    Ok(at)
}

/// Returns where the atom at `index` is, and the free space next to it.
fn with_free(atoms: &[Atom], index: usize) -> Range<u64> {
    let before = atoms[..index]
        .iter()
        .rev()
        .take_while(|atom| atom.is_free());
    let after = atoms[index + 1..].iter().take_while(|atom| atom.is_free());
    let atom = &atoms[index];
    let start = before.last().map_or(atom.start, |first| first.start);
    start..after.last().map_or(atom.end, |last| last.end)
}

fn children_of<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    atoms: &[Atom],
) -> Result<Vec<Atom>, Error> {
    let mut children = Vec::new();
    for atom in atoms {
        children.extend(scan.children(atom.content())?);
    }
    Ok(children)
}

/// Takes atoms that do not fit for none.
fn readable<T>(atoms: Result<T, Error>) -> Result<Option<T>, Error> {
    match atoms {
        Ok(atoms) => Ok(Some(atoms)),
        Err(Error::Malformed { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
