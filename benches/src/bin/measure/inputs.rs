//! The libraries that are measured.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use benches::audio::{self, Tag};
use benches::stream::{forget, noise};
use fixtures::{SyntheticTrack, synthetic_library, synthetic_tracks};

/// How many names one file may have; ext4 allows 65,000.
const MOST_LINKS: usize = 60_000;
/// The length of a silent frame of `fixtures::Mp3`.
const MP3_FRAME: u64 = 417;

/// What is made of the files that a library names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origins {
    /// None is there.
    None,
    /// A file each, of a few KiB, with tags of its own.
    Small,
    /// A file each, of so many bytes.
    Sized(u64),
    /// Names of a few files, which saves time and space.
    Linked,
}

/// A library on disk.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) folder: PathBuf,
    pub(crate) n_items: u32,
}

impl Library {
    /// Makes a library of `n_items` in `folder`, unless an earlier run has.
    pub(crate) fn make(folder: &Path, n_items: u32, origins: Origins) -> Result<Self> {
        let folder = folder.to_owned();
        let library = Self { folder, n_items };
        let done = library.folder.join("done");
        if done.exists() {
            return Ok(library);
        }
        eprintln!("making {n_items} items in {}", library.folder.display());
        if library.folder.exists() {
            fs::remove_dir_all(&library.folder)?;
        }
        fs::create_dir_all(library.music())?;
        synthetic_library(n_items, &library.folder.join("library.db"));
        fs::write(library.config(), "directory: music\nlibrary: library.db\n")?;
        library.make_origins(origins)?;
        // What is yet to be written would disturb whoever is measured first.
        rustix::fs::syncfs(File::open(&library.folder)?)?;
        if let Origins::Sized(_) = origins {
            // What was read is cached in larger units than what was written, and a library is read.
            for origin in library.origins() {
                forget(&origin);
                fs::read(&origin)?;
            }
        }
        fs::write(done, "")?;
        Ok(library)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("config.yaml")
    }

    pub(crate) fn music(&self) -> PathBuf {
        self.folder.join("music")
    }

    /// Returns the paths of the origins, by id.
    pub(crate) fn origins(&self) -> impl Iterator<Item = PathBuf> {
        let music = self.music();
        synthetic_tracks(self.n_items).map(move |track| music.join(track.path))
    }

    fn make_origins(&self, origins: Origins) -> Result<()> {
        let mut folder = PathBuf::new();
        for (n, track) in synthetic_tracks(self.n_items).enumerate() {
            let path = self.music().join(&track.path);
            let parent = path.parent().context("a file has a folder")?;
            if !matches!(origins, Origins::None) && parent != folder {
                fs::create_dir_all(parent)?;
                parent.clone_into(&mut folder);
            }
            match origins {
                Origins::None => {}
                Origins::Small => write_origin(&path, &track, 0)?,
                Origins::Sized(len) => write_origin(&path, &track, len)?,
                Origins::Linked => self.link_origin(&path, &track, n)?,
            }
        }
        Ok(())
    }

    fn link_origin(&self, path: &Path, track: &SyntheticTrack, n: usize) -> Result<()> {
        let extension = if track.is_flac { "flac" } else { "mp3" };
        let file = self.folder.join(format!("{}.{extension}", n / MOST_LINKS));
        if !file.exists() {
            write_origin(&file, track, 0)?;
        }
        fs::hard_link(&file, path).with_context(|| format!("cannot link {}", path.display()))
    }
}

/// Writes the file that another tagger has made of a track, of `len` bytes at least.
fn write_origin(path: &Path, track: &SyntheticTrack, len: u64) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        if track.is_flac {
            write_flac(&mut file, track, len)?;
        } else {
            write_mp3(&mut file, track, len)?;
        }
        file.flush()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a FLAC file whose audio, beyond a quarter of a second, is noise.
fn write_flac(file: &mut impl Write, track: &SyntheticTrack, len: u64) -> std::io::Result<()> {
    let bytes = with_tags(track, |tags| audio::flac(tags, None).build());
    file.write_all(&bytes)?;
    let mut left = len.saturating_sub(bytes.len() as u64);
    for seed in 0.. {
        if left == 0 {
            break;
        }
        let noise = noise(seed);
        let n = usize::try_from(left).map_or(noise.len(), |left| left.min(noise.len()));
        file.write_all(&noise[..n])?;
        left -= n as u64;
    }
    Ok(())
}

fn write_mp3(file: &mut impl Write, track: &SyntheticTrack, len: u64) -> std::io::Result<()> {
    let n_frames = u32::try_from(len / MP3_FRAME).unwrap_or(u32::MAX).max(10);
    let bytes = with_tags(track, |tags| {
        audio::mp3(tags, None).n_frames(n_frames).build()
    });
    file.write_all(&bytes)
}

/// Passes on the tags that another tagger would have written for a track.
fn with_tags(track: &SyntheticTrack, make: impl FnOnce(&[Tag<'_>]) -> Vec<u8>) -> Vec<u8> {
    let (number, disc) = (track.track.to_string(), track.disc.to_string());
    make(&[
        ("TITLE", "TIT2", &track.title),
        ("ARTIST", "TPE1", &track.artist),
        ("ALBUM", "TALB", &track.album),
        ("ALBUMARTIST", "TPE2", &track.albumartist),
        ("DATE", "TDRC", "2000"),
        ("TRACKNUMBER", "TRCK", &number),
        ("DISCNUMBER", "TPOS", &disc),
        ("GENRE", "TCON", "Rock"),
        ("ORGANIZATION", "TPUB", "parlophone"),
        ("ENCODED-BY", "TENC", "a ripper"),
    ])
}
