use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use crate::{Error, Origin, Pool, ReadAt, Reopen};

/// Some files, and a pool that is too small for them.
struct Fixture {
    folder: TempDir,
    pool: Pool,
    /// How often files were opened again.
    n_reopened: Arc<AtomicUsize>,
}

impl Fixture {
    fn new(most: usize, n_files: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..n_files {
            fs::write(folder.path().join(n.to_string()), format!("file {n}")).unwrap();
        }
        Self {
            folder,
            pool: Pool::new(most),
            n_reopened: Arc::default(),
        }
    }

    fn path(&self, n: usize) -> PathBuf {
        self.folder.path().join(n.to_string())
    }

    fn open(&self, n: usize) -> Arc<Origin> {
        self.open_path(self.path(n))
    }

    fn open_path(&self, path: PathBuf) -> Arc<Origin> {
        let file = File::open(&path).unwrap();
        let n_reopened = self.n_reopened.clone();
        let reopen: Reopen = Arc::new(move || {
            n_reopened.fetch_add(1, Ordering::Relaxed);
            File::open(&path)
        });
        self.pool.adopt(file, reopen).unwrap()
    }

    fn n_reopened(&self) -> usize {
        self.n_reopened.load(Ordering::Relaxed)
    }
}

fn read(origin: &Origin) -> io::Result<String> {
    let mut bytes = vec![0; usize::try_from(origin.len()).unwrap()];
    let n = origin.read_at(&mut bytes, 0)?;
    assert_eq!(n, bytes.len());
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn any_number_of_origins_share_a_few_descriptors() {
    let fixture = Fixture::new(3, 20);
    let origins: Vec<_> = (0..20).map(|n| fixture.open(n)).collect();
    for _ in 0..3 {
        for (n, origin) in origins.iter().enumerate() {
            assert_eq!(read(origin).unwrap(), format!("file {n}"));
            assert!(fixture.pool.n_open() <= 3);
        }
    }
    // What is read in turns never is where it was looked for last.
    assert_eq!(fixture.n_reopened(), 60);
    drop(origins);
    assert_eq!(fixture.pool.n_open(), 0);
    assert!(format!("{:?}", fixture.pool).contains("n_origins: 0"));
}

#[test]
fn what_is_used_keeps_its_descriptor() {
    let fixture = Fixture::new(4, 20);
    let used = fixture.open(0);
    let others: Vec<_> = (1..20).map(|n| fixture.open(n)).collect();
    read(&used).unwrap();
    let before = fixture.n_reopened();
    for other in &others {
        read(other).unwrap();
        read(&used).unwrap();
    }
    assert_eq!(fixture.n_reopened(), before + others.len());
}

#[test]
fn a_file_that_is_open_already_is_shared_and_found_by_its_new_name() {
    let fixture = Fixture::new(1, 3);
    let first = fixture.open(0);
    let moved = fixture.folder.path().join("moved");
    fs::rename(fixture.path(0), &moved).unwrap();
    let second = fixture.open_path(moved);
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(fixture.pool.n_open(), 1);
    read(&fixture.open(1)).unwrap();
    assert_eq!(read(&first).unwrap(), "file 0");
    assert_eq!(fixture.n_reopened(), 1);
}

/// Has a file changed while its descriptor is closed; returns what checking and reading it gives then.
fn changed_meanwhile(change: impl FnOnce(&Path)) -> (Result<(), Error>, io::Result<String>) {
    let fixture = Fixture::new(1, 2);
    let origin = fixture.open(0);
    read(&fixture.open(1)).unwrap();
    change(&fixture.path(0));
    (origin.check(), read(&origin))
}

#[test]
fn a_file_that_is_another_by_then_is_refused() {
    let (checked, read) = changed_meanwhile(|path| fs::write(path, "file 1").unwrap());
    assert!(matches!(checked, Err(Error::Changed)), "{checked:?}");
    assert!(read.is_err());
    let (checked, read) = changed_meanwhile(|path| fs::write(path, "cut").unwrap());
    assert!(
        matches!(checked, Err(Error::Truncated { at: 3 })),
        "{checked:?}"
    );
    assert!(read.is_err());
    let (checked, read) = changed_meanwhile(|path| fs::remove_file(path).unwrap());
    assert!(matches!(checked, Err(Error::Io(_))), "{checked:?}");
    assert!(read.is_err());
    let (checked, read) = changed_meanwhile(|path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    });
    assert!(matches!(checked, Err(Error::NotRegular)), "{checked:?}");
    assert!(read.is_err());
}

#[test]
fn many_threads_read_what_they_asked_for() {
    const N_THREADS: usize = 8;
    let fixture = Fixture::new(3, 20);
    let origins: Vec<_> = (0..20).map(|n| fixture.open(n)).collect();
    std::thread::scope(|scope| {
        for thread in 0..N_THREADS {
            let (fixture, origins) = (&fixture, &origins);
            scope.spawn(move || {
                for step in 0..500 {
                    let n = (thread * 7 + step * 13) % origins.len();
                    assert_eq!(read(&origins[n]).unwrap(), format!("file {n}"));
                    assert!(fixture.pool.n_open() <= 3 + N_THREADS);
                }
            });
        }
    });
}
