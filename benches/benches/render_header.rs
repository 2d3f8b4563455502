//! Rendering the header of a file: reading the origin's structure, and planning the virtual file.
//! And the way back: reading the tags of such a file.

use std::fs;
use std::hint::black_box;

use benches::audio::{Sample, samples};
use criterion::{Criterion, Throughput};
use splice::{Origin, ReadAt};
use tagsynth::{Options, Rendering, parse, render};

fn rendered<R: ReadAt + ?Sized>(origin: &R, sample: &Sample) -> Rendering {
    let rendering = render(
        origin,
        sample.file_name,
        &sample.tags,
        None,
        &Options::default(),
    );
    rendering.expect("a fixture can be rendered")
}

fn render_header(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut group = criterion.benchmark_group("render_header");
    group.throughput(Throughput::Elements(1));
    for sample in samples() {
        let path = folder.path().join(sample.name.replace('/', "."));
        fs::write(&path, &sample.bytes).expect("the origin can be written");
        let name = &sample.name;

        let plan = rendered(&sample.bytes, &sample).plan;
        let is_identity = plan.is_identity(sample.bytes.len() as u64);
        assert_eq!(is_identity, name.ends_with("up_to_date"), "{name}");

        group.bench_function(format!("{name}/memory"), |bencher| {
            bencher.iter(|| rendered(black_box(&sample.bytes), &sample));
        });
        group.bench_function(format!("{name}/pread"), |bencher| {
            let origin = Origin::open(&path).expect("the origin opens");
            bencher.iter(|| rendered(black_box(&origin), &sample));
        });
        group.bench_function(format!("{name}/open-pread"), |bencher| {
            bencher.iter(|| {
                let origin = Origin::open(black_box(&path)).expect("the origin opens");
                rendered(&origin, &sample)
            });
        });
    }
    group.finish();
}

fn parse_header(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse_header");
    group.throughput(Throughput::Elements(1));
    for sample in samples() {
        let parsed = || parse(black_box(&*sample.bytes), sample.file_name);
        let tags = parsed().expect("a fixture can be read");
        let is_same = tags == sample.tags;
        assert_eq!(
            is_same,
            sample.name.ends_with("up_to_date"),
            "{}",
            sample.name
        );
        group.bench_function(format!("{}/memory", sample.name), |bencher| {
            bencher.iter(parsed);
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = benches::criterion();
    render_header(&mut criterion);
    parse_header(&mut criterion);
    criterion.final_summary();
}
