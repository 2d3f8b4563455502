//! Reading files once, and how fast that was.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use benches::names::scattered;

const SEQUENTIAL: usize = 1 << 20;
pub(super) const RANDOM: usize = 64 << 10;
const PAGE: usize = 4096;
/// Reads at random, of each reader.
const N_RANDOM: usize = 256;

/// In which order a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// From the start to the end, a mebibyte at a time.
    Sequence,
    /// 64 KiB here and there.
    Random,
}

/// Reads a file from the start to the end, a mebibyte at a time; returns how much that was.
pub(super) fn read_through(path: &Path) -> Result<u64> {
    let (mut file, mut buf) = (File::open(path)?, vec![0; SEQUENTIAL]);
    let mut done = 0;
    loop {
        match file.read(&mut buf)? {
            0 => return Ok(done),
            n => done += n as u64,
        }
    }
}

fn read_at_random(path: &Path, pages: &[usize]) -> Result<u64> {
    let (file, mut buf) = (File::open(path)?, vec![0; RANDOM]);
    for page in pages {
        file.read_exact_at(&mut buf, (page * PAGE) as u64)?;
    }
    Ok((pages.len() * RANDOM) as u64)
}

/// Returns the bytes a second that readers got, one for each file, in MiB.
pub(super) fn rate(files: &[PathBuf], order: Order) -> Result<f64> {
    let len = files.iter().map(|file| Ok(fs::metadata(file)?.len()));
    let len = len.collect::<Result<Vec<_>>>()?.into_iter().min();
    let len = usize::try_from(len.context("there is a file")?)?;
    let pages = scattered((len - RANDOM) / PAGE, N_RANDOM * files.len());
    let barrier = Barrier::new(files.len());
    let read = |file: &Path, pages: &[usize]| -> Result<(Instant, Instant, u64)> {
        barrier.wait();
        let start = Instant::now();
        let n = match order {
            Order::Random => read_at_random(file, pages)?,
            Order::Sequence => read_through(file)?,
        };
        Ok((start, Instant::now(), n))
    };
    let read = &read;
    let done = thread::scope(|scope| {
        let readers = files.iter().zip(pages.chunks(N_RANDOM));
        let readers = readers.map(|(file, pages)| scope.spawn(move || read(file, pages)));
        let readers: Vec<_> = readers.collect();
        let join = readers
            .into_iter()
            .map(|reader| reader.join().expect("no reader panics"));
        join.collect::<Result<Vec<_>>>()
    })?;
    let start = done.iter().map(|(start, ..)| *start).min();
    let end = done.iter().map(|(_, end, _)| *end).max();
    let took = end
        .zip(start)
        .map_or(Duration::ZERO, |(end, start)| end - start);
    Ok(mib(done.iter().map(|(.., n)| n).sum()) / took.as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "a rate has three digits")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
