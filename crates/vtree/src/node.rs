//! Inode numbers, leaves, and what a snapshot shows of its nodes.

use std::time::SystemTime;

use crate::{Error, Name, Snapshot};

/// The number by which the kernel knows a node.
///
/// A leaf's is an even function of its [`LeafId`], a directory's an odd hash of its path: both are
/// the same in every snapshot, on every host. All numbers fit 63 bits, and so serve as positions in
/// a directory too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InodeNo(pub u64);

impl InodeNo {
    /// The root directory.
    pub const ROOT: Self = Self(1);
    /// The lowest number of a node other than the root; 2 and 3 stay free for directory positions.
    const FIRST: u64 = 4;

    /// Returns the leaf that this is the number of.
    pub fn leaf(self) -> Option<LeafId> {
        let is_leaf = self.0.is_multiple_of(2) && self.0 >= Self::FIRST;
        let leaf = LeafId::new((self.0 / 2).checked_sub(Self::FIRST / 2)?).ok()?;
        is_leaf.then_some(leaf)
    }

    /// Returns the number that a directory has if no other directory's path hashes to the same.
    pub(crate) fn of_dir(hash: u64) -> Self {
        let ino = (hash & (u64::MAX >> 1)) | 1;
        Self(ino.max(Self::FIRST + 1))
    }

    /// Returns the next number for a directory, when this one is taken.
    pub(crate) fn next_dir(self) -> Self {
        Self::of_dir(self.0 + 2)
    }
}

impl From<LeafId> for InodeNo {
    fn from(leaf: LeafId) -> Self {
        Self(leaf.0 * 2 + Self::FIRST)
    }
}

/// Content that the tree knows nothing about, by its owner's number for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafId(u64);

impl LeafId {
    /// Makes a leaf of a number below 2⁶¹.
    ///
    /// # Errors
    ///
    /// [`Error::LeafOutOfRange`].
    pub fn new(raw: u64) -> Result<Self, Error> {
        if raw < 1 << 61 {
            Ok(Self(raw))
        } else {
            Err(Error::LeafOutOfRange { raw })
        }
    }

    /// Returns the number.
    pub fn get(self) -> u64 {
        self.0
    }
}

/// A directory or leaf of a snapshot.
#[derive(Debug, Clone, Copy)]
pub struct Node<'s> {
    pub(crate) snapshot: &'s Snapshot,
    pub(crate) index: u32,
}

impl<'s> Node<'s> {
    /// Returns the inode number.
    pub fn ino(&self) -> InodeNo {
        self.snapshot.ino_at(self.index)
    }

    /// Returns the name; the root's is empty.
    pub fn name(&self) -> &'s [u8] {
        self.snapshot.name_at(self.index)
    }

    /// Returns the directory that this is in; the root is in itself.
    #[must_use]
    pub fn parent(&self) -> Node<'s> {
        let index = self.snapshot.parent_at(self.index);
        Self { index, ..*self }
    }

    /// Returns the leaf, if this is one.
    pub fn leaf(&self) -> Option<LeafId> {
        self.ino().leaf()
    }

    /// Returns the directory, if this is one.
    pub fn dir(&self) -> Option<Dir<'s>> {
        self.snapshot.dir(self.ino())
    }

    /// Returns the path from the root, its components joined by slashes; the root's is empty.
    pub fn path(&self) -> Vec<u8> {
        let up = |node: &Self| (node.index != 0).then(|| node.parent());
        let mut names: Vec<_> = std::iter::successors(Some(*self), up)
            .take_while(|node| node.index != 0)
            .map(|node| node.name())
            .collect();
        names.reverse();
        names.join(&b'/')
    }
}

/// A directory of a snapshot.
#[derive(Debug, Clone, Copy)]
pub struct Dir<'s> {
    pub(crate) snapshot: &'s Snapshot,
    pub(crate) slot: u32,
}

impl<'s> Dir<'s> {
    /// Returns how many of the entries are directories.
    pub fn n_dirs(&self) -> u32 {
        self.snapshot.dir_at(self.slot).n_dirs
    }

    /// Returns when the entries changed last.
    pub fn mtime(&self) -> SystemTime {
        self.snapshot.dir_at(self.slot).mtime
    }

    /// Returns whether another directory has the same entries: names and inode numbers.
    pub fn has_entries_of(&self, other: &Dir<'_>) -> bool {
        let (own, others) = (self.entries(), other.entries());
        own.inos == others.inos && own.names == others.names && own.lens().eq(others.lens())
    }

    fn entries(&self) -> Entries<'s> {
        let (snapshot, dir) = (self.snapshot, self.snapshot.dir_at(self.slot));
        let nodes = dir.first as usize..(dir.first + dir.len) as usize;
        let start = snapshot.name_start(dir.first);
        let ends = &snapshot.name_ends[nodes.clone()];
        let end = ends.last().copied().unwrap_or(start);
        Entries {
            inos: &snapshot.inos[nodes],
            names: &snapshot.names[start as usize..end as usize],
            start,
            ends,
        }
    }

    /// Finds the entry called `name`.
    pub fn lookup(&self, name: Name<'_>) -> Option<Node<'s>> {
        let index = self.snapshot.find(self.slot, name.as_bytes())?;
        let snapshot = self.snapshot;
        Some(Node { snapshot, index })
    }

    /// Returns the entries in the order of their names' bytes.
    pub fn children(&self) -> impl ExactSizeIterator<Item = Node<'s>> + use<'s> {
        let snapshot = self.snapshot;
        let nodes = snapshot.dir_at(self.slot).nodes();
        nodes.map(move |index| Node { snapshot, index })
    }

    /// Returns the entries whose inode numbers follow `position`, in their order.
    ///
    /// The position of an entry is its inode number, so that whoever reads a directory bit by bit
    /// neither misses nor repeats an entry that is in both of two snapshots.
    pub fn children_after(
        &self,
        position: u64,
    ) -> impl ExactSizeIterator<Item = Node<'s>> + use<'s> {
        let snapshot = self.snapshot;
        let nodes = snapshot.by_ino_after(self.slot, position).iter();
        nodes.map(move |&index| Node { snapshot, index })
    }
}

/// The entries of a directory as they lie in its snapshot.
struct Entries<'s> {
    inos: &'s [InodeNo],
    /// The names, one after the other.
    names: &'s [u8],
    /// Where they start in the snapshot, and where each ends.
    start: u32,
    ends: &'s [u32],
}

impl Entries<'_> {
    /// Returns where each name ends in `names`.
    fn lens(&self) -> impl Iterator<Item = u32> {
        self.ends.iter().map(|end| end - self.start)
    }
}
