//! From a database to names: scanning the catalog, and evaluating the default template.

use std::hint::black_box;
use std::path::PathBuf;

use benches::names::scattered;
use benches::sized;
use catalog::{ItemId, ItemRow, Library, Schema, Selection, Slot, Value};
use criterion::{Criterion, Throughput};
use pathfmt::{Environment, Extension, Failure, Namer, Options, Template};
use tempfile::TempDir;

const DEFAULT: &str = "$albumartist/$album%aunique{}/$track $title";
/// The fields of the default template: the first two are of the album, if there is one.
const FIELDS: [&str; 4] = ["albumartist", "album", "track", "title"];

/// A synthetic library on disk.
struct Database {
    folder: TempDir,
    n_items: u32,
}

impl Database {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let n_items = sized(100_000, 1_200);
        let database = Self { folder, n_items };
        fixtures::synthetic_library(n_items, &database.path());
        database
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("library.db")
    }

    fn open(&self) -> Library {
        Library::open(&self.path(), Schema::default()).expect("the database opens")
    }
}

/// Where a scan has what names are made of.
struct Fields {
    items: [Slot; 4],
    albums: [Slot; 2],
    path: Slot,
}

fn select() -> (Selection, Fields) {
    let mut selection = Selection::default();
    let fields = Fields {
        items: FIELDS.map(|name| selection.item(name)),
        albums: ["albumartist", "album"].map(|name| selection.album(name)),
        path: selection.item("path"),
    };
    // The conditions of beets' default `paths:` ask for these.
    selection.item("comp");
    selection.album("comp");
    selection.item("singleton");
    (selection, fields)
}

/// An item whose values are shown as they are asked for.
struct Row<'a> {
    item: ItemRow<'a>,
    fields: &'a Fields,
}

impl Environment for Row<'_> {
    fn symbol(&self, name: &str, out: &mut String) -> Result<bool, Failure> {
        let Some(index) = FIELDS.iter().position(|field| *field == name) else {
            return Ok(false);
        };
        let album = self.fields.albums.get(index).zip(self.item.album());
        Ok(match album {
            Some((slot, album)) => album.show(*slot, out),
            None => self.item.show(self.fields.items[index], out),
        })
    }

    fn provides(&self, function: &str) -> bool {
        function == "aunique"
    }

    fn call(&self, _: &str, _: &[&str], _: &mut String) -> Result<(), Failure> {
        Ok(())
    }
}

/// An item whose values are text already.
struct Texts([String; 4]);

impl Environment for Texts {
    fn symbol(&self, name: &str, out: &mut String) -> Result<bool, Failure> {
        let index = FIELDS.iter().position(|field| *field == name);
        out.push_str(index.map_or("", |index| &self.0[index]));
        Ok(index.is_some())
    }

    fn provides(&self, function: &str) -> bool {
        function == "aunique"
    }

    fn call(&self, _: &str, _: &[&str], _: &mut String) -> Result<(), Failure> {
        Ok(())
    }
}

impl From<&Row<'_>> for Texts {
    fn from(row: &Row<'_>) -> Self {
        Self(FIELDS.map(|name| {
            let mut text = String::new();
            assert_eq!(row.symbol(name, &mut text), Ok(true), "{name}");
            text
        }))
    }
}

/// Returns how many bytes the name of an item has.
fn name(namer: &mut Namer, template: &Template, item: &dyn Environment, path: &[u8]) -> usize {
    let destination = namer.destination(template, item, &Extension::of(path));
    let destination = destination.expect("the default template evaluates");
    black_box(&destination).as_bytes().len()
}

fn path_of(row: &Row) -> Vec<u8> {
    match row.item.value(row.fields.path) {
        Some(Value::Bytes(path)) => path,
        other => panic!("an item without a path: {other:?}"),
    }
}

fn catalog(criterion: &mut Criterion, database: &Database) {
    let (selection, _) = select();
    let scan = database
        .open()
        .scan(&selection)
        .expect("the database reads");
    assert_eq!(scan.n_items(), database.n_items as usize);

    let mut group = criterion.benchmark_group("catalog");
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::from(database.n_items)));
    group.bench_function("open-scan", |bencher| {
        bencher.iter(|| database.open().scan(black_box(&selection)));
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("item", |bencher| {
        let library = database.open();
        let ids = scattered(database.n_items as usize, 1000);
        let mut ids = ids.iter().cycle();
        bencher.iter(|| {
            let id = ids.next().expect("the cycle is endless");
            let id = i64::try_from(id + 1).expect("few items");
            let item = library.item(ItemId(id));
            item.expect("the database reads")
                .expect("the item is there")
        });
    });
    group.finish();
}

fn template_eval(criterion: &mut Criterion, database: &Database) {
    let (selection, fields) = select();
    let scan = database
        .open()
        .scan(&selection)
        .expect("the database reads");
    let rows: Vec<Row> = scan
        .items()
        .map(|item| Row {
            item,
            fields: &fields,
        })
        .collect();
    let texts: Vec<Texts> = rows.iter().map(Texts::from).collect();
    let paths: Vec<Vec<u8>> = rows.iter().map(path_of).collect();
    let template = Template::parse(DEFAULT).expect("beets' own template parses");
    let options = Options::default();
    let mut namer = Namer::new(&options);

    let mut group = criterion.benchmark_group("template_eval");
    group.bench_function("parse", |bencher| {
        bencher.iter(|| Template::parse(black_box(DEFAULT)));
    });
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::from(database.n_items)));
    group.bench_function("default/texts", |bencher| {
        bencher.iter(|| -> usize {
            let items = texts.iter().zip(&paths);
            items
                .map(|(item, path)| name(&mut namer, &template, item, path))
                .sum()
        });
    });
    group.bench_function("default/scan", |bencher| {
        bencher.iter(|| -> usize {
            let items = rows.iter().zip(&paths);
            items
                .map(|(item, path)| name(&mut namer, &template, item, path))
                .sum()
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = benches::criterion();
    let database = Database::new();
    catalog(&mut criterion, &database);
    template_eval(&mut criterion, &database);
    criterion.final_summary();
}
