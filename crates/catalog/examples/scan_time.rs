//! Measures a scan of a synthetic library: `scan_time [ITEMS]`, one million unless told.
#![expect(clippy::print_stdout, reason = "a measurement is there to be read")]

#[path = "../src/tests/synthetic.rs"]
mod synthetic;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use catalog::{ItemId, Library, Schema, Selection, Slot};

fn main() -> Result<(), Box<dyn Error>> {
    let n_items = std::env::args()
        .nth(1)
        .map_or(Ok(1_000_000), |n| n.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("library.db");
    synthetic::fill(&path, n_items)?;
    for _ in 0..3 {
        scan(&path)?;
    }
    lookups(&path, n_items)
}

/// Scans what the default templates use, and shows all of it once.
fn scan(path: &Path) -> Result<(), Box<dyn Error>> {
    let library = Library::open(path, Schema::default())?;
    let mut selection = Selection::default();
    let items = ["title", "track", "path", "comp"].map(|name| selection.item(name));
    let albums = ["albumartist", "album", "comp", "albumtype", "year", "label"];
    let albums = albums.map(|name| selection.album(name));
    let started = Instant::now();
    let scan = library.scan(&selection)?;
    let scanned = started.elapsed();
    let started = Instant::now();
    let n_bytes = shown(&scan, &items, &albums);
    println!(
        "{} items, {} albums: scanned in {scanned:.2?}, {n_bytes} bytes shown in {:.2?}, {} MiB",
        scan.n_items(),
        scan.n_albums(),
        started.elapsed(),
        scan.heap_size() >> 20,
    );
    Ok(())
}

fn shown(scan: &catalog::Scan, items: &[Slot], albums: &[Slot]) -> usize {
    let (mut text, mut n_bytes) = (String::new(), 0);
    for item in scan.items() {
        text.clear();
        for &slot in items {
            item.show(slot, &mut text);
        }
        let album = item.album();
        for (album, &slot) in album
            .iter()
            .flat_map(|album| albums.iter().map(move |s| (album, s)))
        {
            album.show(slot, &mut text);
        }
        n_bytes += text.len();
    }
    n_bytes
}

/// Reads items by number, as rendering does.
fn lookups(path: &Path, n_items: u32) -> Result<(), Box<dyn Error>> {
    const N_LOOKUPS: u32 = 10_000;
    let library = Library::open(path, Schema::default())?;
    let started = Instant::now();
    for step in 0..N_LOOKUPS {
        let id = i64::from(step.wrapping_mul(7919) % n_items + 1);
        library.item(ItemId(id))?.ok_or("an item is missing")?;
    }
    println!("an item by number: {:.1?}", started.elapsed() / N_LOOKUPS);
    Ok(())
}
