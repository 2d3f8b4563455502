//! How the header of a file changes its length.
//!
//! ```text
//! moov            sizes grow with what is inside
//!   udta
//!     meta
//!       ilst      replaced
//!       free      what is left of the origin's length, and more where that is too short
//! free            gives its space to the other where that alone does not do
//! ```

use super::atom::{Atom, HEADER, Size};
use super::moves::Move;
use super::movie::Movie;
use super::pieces::{Patches, Pieces, short_len};
use crate::{Error, geometry};

/// What a new `meta` begins with: version and flags, and the handler of iTunes' items (ISO/IEC
/// 14496-12 §8.4.3).
const META: &[u8] = b"\0\0\0\0\0\0\0\x21hdlr\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0";

/// Puts `ilst` in its place, and makes what is around it as long as it needs to be.
///
/// Returns what moves.
///
/// # Errors
///
/// [`Error::TooLarge`] if the size of an atom has too few bits.
pub(crate) fn replace(movie: &Movie, ilst: Pieces, patches: &mut Patches) -> Result<Move, Error> {
    let room = movie.region.end - movie.region.start;
    let content = wrap(movie, ilst.clone(), 0)?.len();
    let is_free = |left: &u64| *left == 0 || *left >= HEADER;
    if let Some(left) = room.checked_sub(content).filter(is_free) {
        patches.add(movie.region.clone(), wrap(movie, ilst, left)?);
        return Ok(Move::default());
    }
    let free = movie.free.end - movie.free.start;
    let rest = movie.end() - room - free;
    let len = geometry::fit(movie.end(), rest.saturating_add(content), HEADER);
    let padding = len - rest - content;
    patches.add(movie.region.clone(), wrap(movie, ilst, padding)?);
    if free > 0 {
        patches.add(movie.free.clone(), Pieces::default());
    }
    for parent in &movie.path {
        grow(parent, content + padding - room, patches)?;
    }
    Ok(Move::behind(movie, len - movie.end()))
}

/// Returns `ilst`, `padding` bytes of free space, and the atoms around them that are missing.
fn wrap(movie: &Movie, ilst: Pieces, padding: u64) -> Result<Pieces, Error> {
    let mut pieces = ilst;
    pieces.append(Pieces::free(padding));
    if movie.path.len() < 3 {
        let mut meta = Pieces::default();
        meta.held(META);
        meta.append(pieces);
        pieces = Pieces::atom(*b"meta", meta)?;
    }
    if movie.path.len() < 2 {
        pieces = Pieces::atom(*b"udta", pieces)?;
    }
    Ok(pieces)
}

/// States the size of an atom that has `more` bytes than before.
fn grow(atom: &Atom, more: u64, patches: &mut Patches) -> Result<(), Error> {
    let len = (atom.end - atom.start).saturating_add(more);
    match atom.size {
        Size::Short => patches.add_held(atom.start, short_len(len)?.to_be_bytes()),
        Size::Long => patches.add_held(atom.start + HEADER, len.to_be_bytes()),
        Size::ToEnd => {}
    }
    Ok(())
}
