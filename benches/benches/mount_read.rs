//! Reading a large file through a mount of the kernel's, beside reading its origin.
//!
//! The origin is in the page cache throughout. `first` is with nothing of the virtual file in it, so
//! that everything is asked of us; `again` is with everything in it. Each pass opens the file anew.

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
    let mut pass = || {
        let before = n_written();
        assert_eq!(Pass::Sequential.read(path, &mut buf), len);
        n_written() - before
    };
    forget(path);
    let (first, again) = (pass(), pass());
    assert!(first >= len, "the first pass had {first} bytes of replies");
    assert!(
        again < len / 100,
        "the second pass had {again} bytes of replies"
    );
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
            measure_again(&mut group, &format!("{id}-again"), path, pass, &mut buf);
        }
        group.finish();
    }
}

/// Mounts the stream as users do by default, and with maps; nowhere if that cannot be.
fn mounts(stream: &Arc<Stream>) -> Vec<(&'static str, Mounted, PathBuf)> {
    if !can_mount() {
        return Vec::new();
    }
    let mount = |(id, maps)| {
        let options = Options {
            maps,
            ..Options::default()
        };
        let mounted = Mounted::new(stream.clone(), &options);
        let file = mounted.file();
        (id, mounted, file)
    };
    [("mount", false), ("mount-maps", true)].map(mount).into()
}

fn main() {
    let mut criterion = benches::criterion();
    mount_read(&mut criterion);
    criterion.final_summary();
}
