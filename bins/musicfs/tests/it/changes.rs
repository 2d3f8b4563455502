//! Which tags `beet write` would change, as the real beets says.

use std::os::unix::ffi::OsStrExt as _;

use catalog::ItemId;
use fixtures::Library;
use musicfs::source::{Overrides, Source};
use musicfs::tags;
use splice::Origin;
use tagsynth::{Field, parse};

use crate::support::seed;

/// Returns the fields that would change, for every item that beets can read, after it changed the items.
fn changed_by_beets(library: &Library) -> Option<Vec<(ItemId, Vec<String>)>> {
    let mut python = fixtures::beets_python()?;
    let output = python
        .args(["-c", include_str!("changes.py")])
        .arg(library.config())
        .arg(seed().to_string())
        .args(Field::ALL.iter().map(|field| field.name()))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|line| {
        let mut words = line.split(' ');
        let id = ItemId(words.next().unwrap().parse().unwrap());
        (id, words.map(str::to_owned).collect())
    });
    Some(lines.collect())
}

#[test]
fn what_the_real_beets_would_write() {
    let library = Library::copy_to_temp();
    let Some(expect) = changed_by_beets(&library) else {
        return;
    };
    let source = Source::open(Overrides {
        config: Some(library.config()),
        ..Overrides::default()
    });
    let source = source.unwrap();
    let (mut n_items, mut n_fields) = (0, 0);
    for (id, expect) in expect {
        let item = source.library.item(id).unwrap().unwrap();
        let path = item.path();
        let name = String::from_utf8_lossy(&path);
        let origin =
            Origin::open(std::path::Path::new(std::ffi::OsStr::from_bytes(&path))).unwrap();
        let file = parse(&origin, &path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (file, item) = (tags::of_file(&file), tags::of_item(&item));
        let found: Vec<_> = file.changes(&item).map(Field::name).collect();
        assert_eq!(found, expect, "{name}");
        n_items += 1;
        n_fields += found.len();
    }
    assert!(n_items > 40 && n_fields > 800, "{n_items}, {n_fields}");
}
