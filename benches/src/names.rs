//! The paths of a large library.

use vtree::{Builder, LeafId, Snapshot};

use crate::sized;

/// How many tracks each album has.
pub const TRACKS: usize = 10;
const ALBUMS_PER_ARTIST: usize = 4;

/// Returns 100,000 paths in 10,000 albums, or a thousandth of that in a smoke run.
pub fn paths() -> Vec<String> {
    let n_albums = sized(10_000, 10);
    (0..n_albums * TRACKS).map(path).collect()
}

/// Returns the path of track number `n`, as beets' default template would.
fn path(n: usize) -> String {
    let (album, track) = (n / TRACKS, n % TRACKS + 1);
    let artist = album / ALBUMS_PER_ARTIST;
    format!(
        "An Artist of Some Name {artist}/The Album Number {album}/{track:02} A Song Called {n}.flac"
    )
}

/// Builds the tree of some paths.
pub fn build(paths: &[String]) -> Snapshot {
    let mut builder = Builder::new();
    for (path, n) in paths.iter().zip(0..) {
        let leaf = LeafId::new(n).expect("few leaves");
        builder.insert(path.as_bytes(), leaf);
    }
    builder.build().expect("no leaf is twice in it").snapshot
}

/// Returns numbers below `end` in an order that no cache foresees, the same in every run.
pub fn scattered(end: usize, n: usize) -> Vec<usize> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).expect("48 bits fit") % end
    };
    (0..n).map(|_| next()).collect()
}
