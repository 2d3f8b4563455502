//! Our own way to the kernel without a library behind it: files of zeros, or origins but for their first page.
//!
//! What the first takes is what FUSE takes, whoever serves: the ceiling. It runs as a process of its
//! own, as the program that is measured does.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result};
use fusefront::{Error, LeafAttr, Library, Options, Session};
use splice::{Origin, Plan, Reader};
use vtree::{Builder, LeafId, Tree};

/// How much at the start of an origin is not served: a page.
const FIRST: u64 = 4096;

/// Serves files until they are unmounted, named by their numbers.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Zeros in place of all that the files hold, not of the first page alone.
    #[arg(long)]
    zeros: bool,
    mountpoint: PathBuf,
    files: Vec<PathBuf>,
}

struct Files {
    zeros: bool,
    paths: Vec<PathBuf>,
}

impl Files {
    fn reader(&self, leaf: LeafId) -> Result<Reader, splice::Error> {
        let index = usize::try_from(leaf.get()).expect("there are few files");
        let origin = Origin::open(&self.paths[index])?;
        let len = origin.stamp().len;
        // What is its origin to the byte, the kernel would read by itself.
        let n_zeros = if self.zeros { len } else { len.min(FIRST) };
        let plan = Plan::builder()
            .zeros(n_zeros)
            .extent(n_zeros..len)
            .build()?;
        Reader::new(Arc::new(plan), Arc::new(origin))
    }
}

impl Library for Files {
    fn attr(&self, leaf: LeafId) -> Result<LeafAttr, Error> {
        self.open(leaf).map(|(_, attr)| attr)
    }

    fn open(&self, leaf: LeafId) -> Result<(Arc<Reader>, LeafAttr), Error> {
        let reader = self.reader(leaf);
        let reader = reader.map_err(|error| Error::origin(Path::new("of the ceiling"), error))?;
        let len = reader.len();
        let (mtime, ctime) = (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH);
        Ok((Arc::new(reader), LeafAttr { len, mtime, ctime }))
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut builder = Builder::new();
    for n in 0..args.files.len() {
        let leaf = LeafId::new(n as u64).context("there are few files")?;
        builder.insert(n.to_string().as_bytes(), leaf);
    }
    let tree = Arc::new(Tree::new(builder.build()?.snapshot));
    let library = Files {
        zeros: args.zeros,
        paths: args.files.clone(),
    };
    let mut session = Session::mount(tree, library, &args.mountpoint, &Options::default())?;
    Ok(session.wait()?)
}
