//! Finding a name takes no memory: media servers look up every file of a library, over and over.
//!
//! A test binary of its own, since it counts what the whole process allocates.

use vtree::{Builder, InodeNo, LeafId, Name, Tree};

#[global_allocator]
static COUNTED: dhat::Alloc = dhat::Alloc;

/// Returns how many blocks of memory are allocated meanwhile, those included that are freed again.
fn n_allocated(work: impl FnOnce()) -> u64 {
    let before = dhat::HeapStats::get().total_blocks;
    work();
    dhat::HeapStats::get().total_blocks - before
}

#[test]
fn a_lookup_allocates_nothing() {
    let mut builder = Builder::new();
    let paths: Vec<_> = (0..2000_u64)
        .map(|id| format!("Artist {}/Übung {}/{id:02} Title.flac", id % 7, id % 31))
        .collect();
    for (id, path) in (0..).zip(&paths) {
        builder.insert(path.as_bytes(), LeafId::new(id).unwrap());
    }
    let tree = Tree::new(builder.build().unwrap().snapshot);
    let _profiler = dhat::Profiler::builder().testing().build();
    assert_eq!(
        n_allocated(|| drop(vec![1])),
        1,
        "what is allocated is counted"
    );
    let look_up = || {
        let mut n_found = 0;
        for path in &paths {
            let snapshot = tree.load();
            let mut ino = InodeNo::ROOT;
            for name in path.split('/') {
                let name = Name::new(name.as_bytes()).unwrap();
                let node = snapshot.lookup(ino, name).unwrap();
                assert_eq!(node.name(), name.as_bytes());
                ino = node.ino();
            }
            n_found += usize::from(snapshot.node(ino).is_some());
            let absent = Name::new(b"no such name").unwrap();
            assert!(snapshot.lookup(InodeNo::ROOT, absent).is_none());
        }
        assert_eq!(n_found, paths.len());
    };
    // What a thread needs once, it may take with its first.
    look_up();
    assert_eq!(n_allocated(look_up), 0);
}
