//! Files that make us panic.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use fusefront::Error;
use vtree::LeafId;

use crate::caught::caught;

/// The files that did.
#[derive(Debug, Default)]
pub(super) struct Faults {
    leaves: HashSet<LeafId>,
}

impl Faults {
    /// Looks at the file of a leaf by `look`. A panic is told with the file's `path`, once, and is an error.
    pub(super) fn guard(
        &mut self,
        leaf: LeafId,
        path: impl FnOnce() -> PathBuf,
        look: impl FnOnce() -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        caught(|| Ok(look())).unwrap_or_else(|error| {
            let path = path();
            if self.leaves.insert(leaf) {
                complain(&path, &error);
            }
            Err(Error::origin(path, error))
        })
    }
}

fn complain(path: &Path, error: &str) {
    tracing::error!(path = %path.display(), error, "cannot be looked at in the background");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_over_one_file_is_told_once_and_ends_nothing() {
        let mut faults = Faults::default();
        let leaf = |number| LeafId::new(number).unwrap();
        let path = || PathBuf::from("Kid A/08 Idioteque.flac");
        for _ in 0..2 {
            let failed = faults.guard(leaf(1), path, || panic!("no such frame"));
            let said = format!("{:#}", anyhow::Error::from(failed.unwrap_err()));
            assert!(
                said.contains("Idioteque") && said.contains("no such frame"),
                "{said}"
            );
            assert_eq!(faults.leaves.len(), 1);
        }
        assert!(matches!(faults.guard(leaf(2), path, || Ok(true)), Ok(true)));
        let gone = faults.guard(leaf(2), path, || Err(Error::Gone));
        assert!(matches!(gone, Err(Error::Gone)));
    }
}
