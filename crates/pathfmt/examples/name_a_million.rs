//! Names a million items with beets' default template and reports the time.
//!
//! ```text
//! cargo run --release -p pathfmt --example name_a_million
//! ```
#![expect(
    clippy::print_stdout,
    reason = "the report is what this program is for"
)]

use std::fmt::Write as _;
use std::time::Instant;

use pathfmt::{Environment, Extension, Failure, Namer, Options, Template};

const ITEMS: usize = 1_000_000;

/// An item of a library: what a database row would give.
struct Song {
    artist: String,
    album: String,
    title: String,
    track: usize,
}

impl Environment for Song {
    fn symbol(&self, name: &str, out: &mut String) -> Result<bool, Failure> {
        match name {
            "albumartist" => out.push_str(&self.artist),
            "album" => out.push_str(&self.album),
            "title" => out.push_str(&self.title),
            "track" => write!(out, "{:02}", self.track).expect("a string takes everything"),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn provides(&self, function: &str) -> bool {
        function == "aunique"
    }

    fn call(&self, _: &str, _: &[&str], _: &mut String) -> Result<(), Failure> {
        Ok(())
    }
}

fn song(n: usize) -> Song {
    // One in eight is not ASCII, one in eight needs replacing.
    let (accent, mark) = (
        ["", "é"][usize::from(n % 8 == 3)],
        ["", "?"][usize::from(n % 8 == 5)],
    );
    Song {
        artist: format!("An Artist of Some Nam{accent}e {}", n / 120),
        album: format!("The Album Number {}", n / 12),
        title: format!("What Is This Song Called{mark} {accent}{n}"),
        track: n % 12 + 1,
    }
}

fn main() -> Result<(), pathfmt::Error> {
    let template = Template::parse("$albumartist/$album%aunique{}/$track $title")?;
    let songs: Vec<Song> = (0..ITEMS).map(song).collect();
    let options = Options::default();
    let mut namer = Namer::new(&options);
    let (start, mut bytes) = (Instant::now(), 0);
    for song in &songs {
        let extension = Extension::of(b"Artist/Album/01 Song.FLAC");
        bytes += namer
            .destination(&template, song, &extension)?
            .as_bytes()
            .len();
    }
    let elapsed = start.elapsed();
    println!("{ITEMS} names, {bytes} bytes, {} ms", elapsed.as_millis());
    Ok(())
}
