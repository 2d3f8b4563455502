//! Reading a large file through a mount of the kernel's, beside reading its origin.
//!
//! The origin is in the page cache throughout. `first` is with nothing of the virtual file in it, so
//! that everything is asked of us; `again` is with everything in it. `ceiling` is the first pass
//! through a mount that has all bytes in memory: what the way to the kernel costs without an origin.
//! Each pass opens the file anew.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use benches::mounted::{Mounted, can_mount};
use benches::stream::{Stream, forget};
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput};
use fusefront::Options;

const SEQUENTIAL: usize = 1 << 20;
const RANDOM: usize = 64 << 10;

/// How a file is read.
enum Pass {
    /// From the start to the end, a mebibyte at a time.
    Sequential,
    /// 64 KiB at each of these offsets.
    Random(Vec<u64>),
}

impl Pass {
    /// Reads a file, and returns how many bytes that were.
    fn read(&self, path: &Path, buf: &mut [u8]) -> u64 {
        let mut file = File::open(path).expect("the file opens");
        match self {
            Self::Sequential => {
                let mut done = 0;
                loop {
                    match file.read(&mut buf[..SEQUENTIAL]).expect("the file reads") {
                        0 => return done,
                        n => done += n as u64,
                    }
                }
            }
            Self::Random(offsets) => {
                for &offset in offsets {
                    let read = file.read_exact_at(&mut buf[..RANDOM], offset);
                    read.expect("the file reads");
                }
                (offsets.len() * RANDOM) as u64
            }
        }
    }
}

/// Returns how many bytes this process has written so far, which are the replies to the kernel.
fn n_written() -> u64 {
    let counters = fs::read_to_string("/proc/self/io").expect("the kernel counts");
    let line = counters
        .lines()
        .find_map(|line| line.strip_prefix("wchar: "));
    let count = line.and_then(|count| count.parse().ok());
    count.expect("there is a number of bytes written")
}

/// Checks that the mount serves the right bytes, is asked for them the first time, and never again.
fn check(stream: &Stream, path: &Path) {
    assert!(fs::read(path).expect("the file reads") == stream.expected());
    let (mut buf, len) = (vec![0; SEQUENTIAL], stream.len());
    let mut replies = |pass: &Pass| {
        let before = n_written();
        let read = pass.read(path, &mut buf);
        (n_written() - before, read)
    };
    forget(path);
    let (first, read) = replies(&Pass::Sequential);
    assert!(read == len && first >= len, "{first} bytes of replies");
    let (again, read) = replies(&Pass::Sequential);
    assert!(read == len && again < len / 100, "{again} bytes of replies");
    forget(path);
    let (random, read) = replies(&Pass::Random(stream.offsets(RANDOM as u64)));
    eprintln!("{read} bytes in random reads of a file take {random} bytes of replies");
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn measure_first(group: &mut Group, id: &str, path: &Path, pass: &Pass, buf: &mut [u8]) {
    group.bench_function(id, |bencher| {
        let forget = || forget(path);
        bencher.iter_batched(forget, |()| pass.read(path, buf), BatchSize::PerIteration);
    });
}

fn measure_again(group: &mut Group, id: &str, path: &Path, pass: &Pass, buf: &mut [u8]) {
    group.bench_function(id, |bencher| {
        Pass::Sequential.read(path, buf);
        bencher.iter(|| pass.read(path, buf));
    });
}

fn mount_read(criterion: &mut Criterion) {
    let stream = Arc::new(Stream::new());
    let origin = stream.origin();
    let passes = [
        ("seq-1MiB", Pass::Sequential),
        ("random-64KiB", Pass::Random(stream.offsets(RANDOM as u64))),
    ];
    let mounts: Vec<(&str, Mounted, PathBuf)> = mounts(&stream);
    for (_, _, path) in &mounts {
        check(&stream, path);
    }
    let mut buf = vec![0; SEQUENTIAL];
    for (name, pass) in &passes {
        let mut group = criterion.benchmark_group(format!("mount_read/{name}"));
        group.sample_size(20);
        group.throughput(Throughput::Bytes(pass.read(&origin, &mut buf)));
        measure_again(&mut group, "origin", &origin, pass, &mut buf);
        for (id, _, path) in &mounts {
            measure_first(&mut group, &format!("{id}-first"), path, pass, &mut buf);
            if *id == "mount" {
                // What is cached is the same, whoever answered.
                measure_again(&mut group, "mount-again", path, pass, &mut buf);
            }
        }
        group.finish();
    }
}

/// Mounts the stream as users do by default, and from memory alone, which no origin can be faster
/// than; nowhere if that cannot be.
fn mounts(stream: &Arc<Stream>) -> Vec<(&'static str, Mounted, PathBuf)> {
    if !can_mount() {
        return Vec::new();
    }
    let (stream, options) = (stream.clone(), Options::default());
    let in_memory = Arc::new(stream.in_memory());
    let mounts = [
        (
            "mount",
            Mounted::new(&options, move || Arc::new(stream.open())),
        ),
        ("ceiling", Mounted::new(&options, move || in_memory.clone())),
    ];
    mounts
        .map(|(id, mounted)| {
            let file = mounted.file();
            (id, mounted, file)
        })
        .into()
}

fn main() {
    let mut criterion = benches::criterion();
    mount_read(&mut criterion);
    criterion.final_summary();
}
