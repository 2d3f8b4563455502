//! AAC and ALAC in MP4: tags in a tree of atoms, and tables that point to the audio.
//!
//! ```text
//! ftyp
//! moov                    may be behind mdat
//!   mvhd, trak, ...
//!     stco, co64, saio    offsets in the file of samples: moved with them
//!   udta
//!     meta                version and flags (4), then
//!       hdlr
//!       ilst              items: replaced
//!       free              padding
//! free                    padding
//! mdat                    audio; behind moov in a fragmented file, in turn with
//! moof                      traf / tfhd: may hold an offset in the file, moved
//! mfra                      tfra: offsets in the file of moof, moved
//! ```
//!
//! ISO/IEC 14496-12 §4.2, §6.2.3; atoms are in `mp4/atom.rs`, items in `mp4/decode.rs`. Tags are
//! where mutagen looks for them, and as it writes them.

pub(crate) mod atom;
pub(crate) mod decode;
mod edit;
mod fragments;
mod items;
mod keys;
mod layout;
mod moves;
mod movie;
mod order;
mod pieces;
mod read;
mod storage;
mod tables;
mod write;

use std::ops::Range;

use splice::ReadAt;

use crate::parse::file_tags;
use crate::{Cover, Error, FileTags, Format, Options, Rendering, TagSet, identity};
use atom::Scan;
use items::Items;
use movie::Movie;
use pieces::Patches;

/// Renders `tags` over an MP4 file.
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
    _options: &Options,
) -> Result<Rendering, Error> {
    let mut scan = Scan::new(origin);
    let movie = Movie::read(&mut scan)?;
    let mut items = match &movie.ilst {
        Some(ilst) => read::items(&mut scan, ilst, false)?,
        None => Items::default(),
    };
    edit::apply(&mut items, tags)?;
    if let Some(cover) = cover {
        edit::apply_cover(&mut items, cover);
    }
    let mut patches = Patches::default();
    let moved = layout::replace(&movie, write::ilst(&items)?, &mut patches)?;
    if !moved.is_harmless() && movie.end() < origin.len() {
        tables::shift(&mut scan, &movie, &moved, &mut patches)?;
        fragments::shift(origin, &moved, &mut patches)?;
    }
    let changed = patches.first_from(movie.end());
    let audio = movie.audio(changed.unwrap_or(origin.len()));
    Ok(Rendering {
        plan: identity::settle(patches.plan(origin.len())?, origin)?,
        format: Format::Mp4,
        header_len: moved.of(audio.start),
        audio,
    })
}

/// Returns where the media of an MP4 file, and whatever follows it, is.
pub(crate) fn audio<R: ReadAt + ?Sized>(origin: &R) -> Result<Range<u64>, Error> {
    let movie = Movie::read(&mut Scan::new(origin))?;
    Ok(movie.audio(origin.len()))
}

/// Reads the tags of an MP4 file.
pub(crate) fn parse<R: ReadAt + ?Sized>(file: &R) -> Result<FileTags, Error> {
    let mut scan = Scan::new(file);
    match Movie::read(&mut scan)?.ilst {
        Some(ilst) => Ok(file_tags(&read::items(&mut scan, &ilst, true)?)),
        None => Ok(FileTags::default()),
    }
}
