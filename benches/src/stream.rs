//! A large file to be read: a header in front of noise, and its rendering.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Advice, fadvise};
use splice::{Origin, Plan, PlanBuilder, Reader, Segment};
use tagsynth::{Field, Options, TagSet, Value, render};
use tempfile::TempDir;

use crate::names::scattered;
use crate::{audio, sized};

/// An origin on disk, and the plan of its virtual file.
#[derive(Debug)]
pub struct Stream {
    folder: TempDir,
    name: &'static str,
    tags: TagSet<'static>,
    plan: Arc<Plan>,
}

impl Stream {
    /// Writes a FLAC origin of 128 MiB of audio, or 2 MiB in a smoke run, to a temporary folder.
    pub fn new() -> Self {
        Self::of("origin.flac", audio::tags(), |file| {
            file.write_all(&audio::flac(&audio::BEFORE, None).build())?;
            (0..sized(128, 2)).try_for_each(|seed| file.write_all(&noise(seed)))
        })
    }

    /// Writes a Vorbis origin of 100 MiB, or 2 MiB in a smoke run; the virtual file's tags take more
    /// pages than its origin's, so that all others have other numbers.
    pub fn ogg() -> Self {
        let mut tags = audio::tags();
        tags.set(Field::Lyrics, Value::text("la ".repeat(30_000)));
        Self::of("origin.ogg", tags, |file| {
            let ogg = audio::vorbis(&audio::BEFORE, None);
            file.write_all(&ogg.packet_len(2130).n_pages(sized(24_380, 490)).build())
        })
    }

    fn of(
        name: &'static str,
        tags: TagSet<'static>,
        write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
    ) -> Self {
        let folder = TempDir::with_prefix("musicfs-bench-").expect("a temporary folder");
        let path = folder.path().join(name);
        let write = || -> std::io::Result<()> {
            let mut file = BufWriter::new(File::create(&path)?);
            write(&mut file)?;
            // Pages that are yet to be written would disturb whoever is measured first.
            file.into_inner()?.sync_all()
        };
        write().expect("the origin can be written");
        // What was read is cached in other units than what was written, and a library is read: of
        // the same bytes, one is several times as fast as the other.
        forget(&path);
        fs::read(&path).expect("the origin reads");
        let plan = plan(&path, name, &tags);
        Self {
            folder,
            name,
            tags,
            plan,
        }
    }

    /// Returns the path of the origin.
    pub fn origin(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    /// Opens a file that differs from the virtual one in that no page has another number.
    pub fn with_old_numbers(&self) -> Reader {
        let segments = self.plan.segments().iter().cloned();
        let old = segments.map(|segment| match segment {
            Segment::Renumbered(pages) => Segment::Extent(pages.range().clone()),
            other => other,
        });
        let plan = old.fold(Plan::builder(), PlanBuilder::segment).build();
        self.reader(Arc::new(plan.expect("it is as long as another")))
    }

    /// Returns the length of the virtual file.
    pub fn len(&self) -> u64 {
        self.plan.len()
    }

    /// Returns whether the virtual file is empty, which it is not.
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty()
    }

    /// Opens the virtual file.
    pub fn open(&self) -> Reader {
        self.reader(self.plan.clone())
    }

    /// Renders the file anew, and opens it: nothing is known of the origin from former reads.
    pub fn open_anew(&self) -> Reader {
        self.reader(plan(&self.origin(), self.name, &self.tags))
    }

    fn reader(&self, plan: Arc<Plan>) -> Reader {
        let origin = Origin::open(&self.origin()).expect("the origin opens");
        Reader::new(plan, Arc::new(origin)).expect("the plan fits its origin")
    }

    /// Returns a file of the same bytes that are all in memory, to tell what the way to the kernel
    /// costs without an origin.
    pub fn in_memory(&self) -> Reader {
        let plan = Plan::builder().generated(self.expected()).build();
        let origin = Origin::open(&self.origin()).expect("the origin opens");
        let plan = Arc::new(plan.expect("a length in memory fits"));
        Reader::new(plan, Arc::new(origin)).expect("the plan needs no origin")
    }

    /// Returns the virtual file's bytes.
    pub fn expected(&self) -> Vec<u8> {
        let (reader, mut bytes) = (self.open(), Vec::new());
        let len = usize::try_from(self.len()).expect("it fits in memory");
        let bytes = reader.read(0, len, &mut bytes);
        bytes.expect("the origin reads").to_vec()
    }

    /// Returns 256 offsets of whole pages, all over the file, at which `len` bytes can be read.
    pub fn offsets(&self, len: u64) -> Vec<u64> {
        const PAGE: u64 = 4096;
        let pages = (self.len().min(size_of_file(&self.origin())) - len) / PAGE;
        let pages = usize::try_from(pages).expect("it fits in memory");
        let scattered = scattered(pages, sized(256, 8)).into_iter();
        scattered.map(|page| page as u64 * PAGE).collect()
    }
}

fn plan(path: &Path, name: &str, tags: &TagSet<'_>) -> Arc<Plan> {
    let origin = Origin::open(path).expect("the origin opens");
    let rendering = render(&origin, name.as_bytes(), tags, None, &Options::default());
    let plan = rendering.expect("a fixture can be rendered").plan;
    assert!(!plan.is_identity(origin.stamp().len), "nothing is rendered");
    Arc::new(plan)
}

impl Default for Stream {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes the kernel forget what it has cached of a file.
pub fn forget(path: &Path) {
    let file = File::open(path).expect("the file opens");
    fadvise(&file, 0, None, Advice::DontNeed).expect("the kernel takes advice");
}

fn size_of_file(path: &Path) -> u64 {
    fs::metadata(path).expect("the origin is there").len()
}

/// Returns a mebibyte that no other seed gives.
pub fn noise(seed: u64) -> Vec<u8> {
    let mut state = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..(1 << 20) / 8).flat_map(|_| word()).collect()
}
