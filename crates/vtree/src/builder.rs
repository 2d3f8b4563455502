//! Settles who gets which name, and lays the tree out.
//!
//! The rules, in this order:
//! 1. Components that cannot be names are replaced ([`crate::Name`]).
//! 2. Every proper prefix of a path is a directory; a leaf never hides one.
//! 3. In a directory, each name goes to the first leaf inserted that wants it.
//! 4. The others, in the order of insertion, get the next free number before their extension.
//!
//! What one directory's entries are called depends on nothing outside it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::time::SystemTime;

use crate::layout::Layout;
use crate::name::safe;
use crate::{Error, LeafId, Snapshot};

/// Separates components of a wanted path: it sorts before every byte of a name, so that sorting the
/// paths' bytes sorts them component by component.
pub(crate) const SEPARATOR: u8 = 0;

/// Collects the paths that leaves want.
#[derive(Debug)]
pub struct Builder {
    /// The wanted paths, made safe, one after the other.
    paths: Vec<u8>,
    pub(crate) leaves: Vec<Wanted>,
    /// The wanted paths that had to be made safe, as they were given, by the place of insertion.
    given: HashMap<usize, Vec<u8>>,
    pub(crate) time: SystemTime,
}

#[derive(Debug)]
pub(crate) struct Wanted {
    path: Range<usize>,
    pub(crate) leaf: LeafId,
    pub(crate) is_safe: bool,
}

/// A snapshot, and what had to be changed for it.
#[derive(Debug)]
#[must_use]
pub struct Built {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The leaves whose paths are not the ones they wanted, in the order of their insertion.
    pub renamed: Vec<Renamed>,
}

/// A leaf whose path is not the one it wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renamed {
    /// The leaf.
    pub leaf: LeafId,
    /// Why.
    pub cause: Cause,
}

/// Why a leaf's path is not the one it wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A component cannot be a name.
    Unsafe,
    /// The name belongs to a leaf inserted before, or to a directory.
    Taken,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// Starts with an empty tree.
    pub fn new() -> Self {
        Self {
            paths: Vec::new(),
            leaves: Vec::new(),
            given: HashMap::new(),
            time: SystemTime::UNIX_EPOCH,
        }
    }

    /// Sets the modification time of all directories.
    #[must_use]
    pub fn time(mut self, time: SystemTime) -> Self {
        self.time = time;
        self
    }

    /// Adds a leaf; the first to want a path gets it.
    pub fn insert(&mut self, path: &[u8], leaf: LeafId) {
        let start = self.paths.len();
        let is_safe = append_path(path, &mut self.paths);
        if !is_safe {
            self.given.insert(self.leaves.len(), path.to_vec());
        }
        let path = start..self.paths.len();
        self.leaves.push(Wanted {
            path,
            leaf,
            is_safe,
        });
    }

    /// Lays out the snapshot.
    ///
    /// # Errors
    ///
    /// [`Error::DuplicateLeaf`] if a leaf was inserted twice, [`Error::TooLarge`].
    pub fn build(self) -> Result<Built, Error> {
        Layout::of(&self)
    }

    pub(crate) fn path(&self, leaf: usize) -> &[u8] {
        &self.paths[self.leaves[leaf].path.clone()]
    }

    /// Returns the path that a leaf wants, as it was given.
    pub(crate) fn given(&self, leaf: usize) -> Vec<u8> {
        let given = self.given.get(&leaf).cloned();
        given.unwrap_or_else(|| joined(self.path(leaf)))
    }
}

/// A path that a leaf wants.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) leaf: LeafId,
    /// The path as it was given.
    pub(crate) wanted: Vec<u8>,
    /// The path made safe, its components separated by [`SEPARATOR`].
    safe: Vec<u8>,
    /// Whether nothing had to be changed for that.
    pub(crate) is_safe: bool,
}

/// Returns what a leaf wants that wants this path.
pub(crate) fn wish(path: &[u8], leaf: LeafId) -> Wish {
    let mut safe = Vec::with_capacity(path.len());
    let is_safe = append_path(path, &mut safe);
    Wish {
        leaf,
        wanted: path.to_vec(),
        safe,
        is_safe,
    }
}

impl Wish {
    /// Returns the path of the directory, its components separated by [`SEPARATOR`].
    pub(crate) fn folder(&self) -> &[u8] {
        &self.safe[..self.name_start().saturating_sub(1)]
    }

    pub(crate) fn name(&self) -> &[u8] {
        &self.safe[self.name_start()..]
    }

    fn name_start(&self) -> usize {
        let last = self.safe.iter().rposition(|&byte| byte == SEPARATOR);
        last.map_or(0, |at| at + 1)
    }
}

/// Returns a path with slashes between its components.
fn joined(path: &[u8]) -> Vec<u8> {
    let slash = |&byte: &u8| if byte == SEPARATOR { b'/' } else { byte };
    path.iter().map(slash).collect()
}

/// Appends the components of a leaf's path, made safe, of which there is at least one; returns whether
/// nothing had to be changed.
fn append_path(path: &[u8], to: &mut Vec<u8>) -> bool {
    let start = to.len();
    let is_safe = append_safe(path, to);
    if to.len() > start {
        return is_safe;
    }
    to.push(b'_');
    false
}

/// Appends the components of `path`, made safe, and returns whether nothing had to be changed.
fn append_safe(path: &[u8], to: &mut Vec<u8>) -> bool {
    let mut is_safe = true;
    let mut separate = false;
    for component in path.split(|&byte| byte == b'/') {
        if component.is_empty() {
            is_safe = false;
            continue;
        }
        if separate {
            to.push(SEPARATOR);
        }
        let name = safe(component);
        is_safe &= matches!(name, Cow::Borrowed(same) if same == component);
        to.extend_from_slice(&name);
        separate = true;
    }
    is_safe
}
