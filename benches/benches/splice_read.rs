//! Reading a virtual file through its plan, beside reading its origin by plain `pread`.
//!
//! Every piece is handed on to the kernel, as it is when the kernel asked for it. Each pass opens the
//! file anew.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use benches::stream::Stream;
use criterion::{BatchSize, Criterion, Throughput};
use fixtures::OggPage;
use rustix::fs::{MemfdFlags, memfd_create};
use splice::Reader;

/// Takes what is read, and always overwrites the same bytes of memory.
struct Sink(File);

impl Sink {
    fn new() -> Self {
        let memory = memfd_create("sink", MemfdFlags::CLOEXEC);
        Self(File::from(memory.expect("memory can be had as a file")))
    }

    fn take(&self, bytes: &[u8]) {
        self.0
            .write_all_at(bytes, 0)
            .expect("memory can be written");
    }
}

/// Reads pieces of the origin as it is.
fn plain(stream: &Stream, sink: &Sink, offsets: &[u64], buf: &mut [u8]) {
    let origin = File::open(stream.origin()).expect("the origin opens");
    for &offset in offsets {
        origin.read_exact_at(buf, offset).expect("the origin reads");
        sink.take(buf);
    }
}

/// Reads pieces of a virtual file.
fn pieces(reader: &Reader, sink: &Sink, offsets: &[u64], buf: &mut Vec<u8>) {
    let len = buf.len();
    for &offset in offsets {
        let bytes = reader.read(offset, len, buf);
        sink.take(bytes.expect("the origin reads"));
    }
}

/// Checks that the plan gives the right bytes.
fn check(stream: &Stream, len: usize) {
    let (reader, expected) = (stream.open(), stream.expected());
    let mut buf = vec![0; len];
    for (n, expected) in expected.chunks_exact(len).enumerate() {
        let bytes = reader.read((n * len) as u64, len, &mut buf);
        assert!(bytes.expect("the origin reads") == expected, "piece {n}");
    }
}

/// Returns where pieces of `len` bytes are read: one after the other, or all over the file.
fn offsets(stream: &Stream, name: &str, len: u64) -> Vec<u64> {
    let end = stream.len() / len * len;
    match name {
        "seq-128KiB" => (0..end - len).step_by(128 << 10).collect(),
        _ => stream.offsets(len),
    }
}

fn splice_read(criterion: &mut Criterion) {
    let stream = Stream::new();
    let sink = Sink::new();
    for (name, len) in [("seq-128KiB", 128 << 10), ("random-64KiB", 64 << 10)] {
        let offsets = offsets(&stream, name, len);
        let mut buf = vec![0; usize::try_from(len).expect("it is small")];
        check(&stream, buf.len());

        let mut group = criterion.benchmark_group(format!("splice_read/flac/{name}"));
        group.sample_size(30);
        group.throughput(Throughput::Bytes(offsets.len() as u64 * len));
        group.bench_function("origin", |bencher| {
            bencher.iter(|| plain(&stream, &sink, &offsets, &mut buf));
        });
        group.bench_function("plan", |bencher| {
            bencher.iter(|| pieces(&stream.open(), &sink, &offsets, &mut buf));
        });
        group.finish();
    }
}

/// Pages of Ogg that get other numbers while they are read, beside the same ones as they are.
fn renumbered(criterion: &mut Criterion) {
    let stream = Stream::ogg();
    let sink = Sink::new();
    for (name, len) in [("seq-128KiB", 128 << 10), ("random-64KiB", 64 << 10)] {
        let offsets = offsets(&stream, name, len);
        let mut buf = vec![0; usize::try_from(len).expect("it is small")];
        check_numbers(&stream, &offsets, buf.len());

        let mut group = criterion.benchmark_group(format!("splice_read/ogg-renumbered/{name}"));
        group.sample_size(30);
        group.throughput(Throughput::Bytes(offsets.len() as u64 * len));
        for (id, open) in [
            ("extent", Stream::with_old_numbers as fn(&Stream) -> Reader),
            ("renumbered", Stream::open),
        ] {
            group.bench_function(id, |bencher| {
                bencher.iter(|| pieces(&open(&stream), &sink, &offsets, &mut buf));
            });
        }
        group.finish();
    }
    first_read(criterion, &stream, &sink);
}

/// One read of a file that nothing is known of: near its end, as scanners read.
fn first_read(criterion: &mut Criterion, stream: &Stream, sink: &Sink) {
    let mut group = criterion.benchmark_group("splice_read/ogg-renumbered/first-64KiB");
    let (offset, mut buf) = (stream.len() - (64 << 10), vec![0; 64 << 10]);
    group.bench_function("renumbered", |bencher| {
        bencher.iter_batched(
            || stream.open_anew(),
            |reader| pieces(&reader, sink, &[offset], &mut buf),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Checks that every page has the right checksum, and that pieces are parts of the whole.
fn check_numbers(stream: &Stream, offsets: &[u64], len: usize) {
    let expected = stream.expected();
    let mut rest = expected.as_slice();
    let mut numbers = 0..;
    while let Some(page) = OggPage::read(rest) {
        assert_eq!(Some(page.number), numbers.next());
        rest = &rest[page.stored_len()..];
    }
    assert!(rest.is_empty() && numbers.start > 2);
    let (reader, mut buf) = (stream.open_anew(), Vec::new());
    for &offset in offsets {
        let chunk = reader.read(offset, len, &mut buf);
        let start = usize::try_from(offset).expect("it fits in memory");
        let chunk = chunk.expect("the origin reads");
        assert!(chunk == &expected[start..start + len], "at {offset}");
    }
}

fn main() {
    let mut criterion = benches::criterion();
    splice_read(&mut criterion);
    renumbered(&mut criterion);
    criterion.final_summary();
}
