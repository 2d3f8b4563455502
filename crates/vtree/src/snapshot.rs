//! One immutable tree in flat arrays.
//!
//! Nodes are numbered breadth first, the root being 0, so the children of a directory are
//! consecutive; they are sorted by their names' bytes. A leaf costs 20 bytes and its name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use crate::layout::index;
use crate::{Dir, Error, InodeNo, LeafId, Name, Node};

/// What only directories have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DirEntry {
    /// Its number as a node.
    pub(crate) node: u32,
    /// Its first child.
    pub(crate) first: u32,
    /// How many children it has.
    pub(crate) len: u32,
    /// How many of them are directories.
    pub(crate) n_dirs: u32,
    /// When its entries changed last.
    pub(crate) mtime: SystemTime,
}

impl DirEntry {
    pub(crate) fn nodes(&self) -> Range<u32> {
        self.first..self.first + self.len
    }
}

/// An immutable tree of names.
pub struct Snapshot {
    /// The names of all nodes, in their order.
    pub(crate) names: Vec<u8>,
    /// Where each node's name ends in `names`.
    pub(crate) name_ends: Vec<u32>,
    pub(crate) inos: Vec<InodeNo>,
    /// The children of each directory, at the directory's own range, by inode number.
    pub(crate) by_ino: Vec<u32>,
    /// All leaves by inode number.
    pub(crate) leaves: Vec<u32>,
    /// All directories in the order of the nodes.
    pub(crate) dirs: Vec<DirEntry>,
    /// The position in `dirs` of each directory, by inode number.
    pub(crate) dir_inos: Vec<(InodeNo, u32)>,
    /// The paths that leaves want whose paths are others.
    pub(crate) wanted: BTreeMap<LeafId, Arc<[u8]>>,
    /// Whether the number of some directory is not that of its path, since another's is.
    pub(crate) has_moved_dirs: bool,
}

impl Snapshot {
    /// Returns arrays to fill; a snapshot has at least a root.
    pub(crate) fn empty() -> Self {
        Self {
            names: Vec::new(),
            name_ends: Vec::new(),
            inos: Vec::new(),
            by_ino: Vec::new(),
            leaves: Vec::new(),
            dirs: Vec::new(),
            dir_inos: Vec::new(),
            wanted: BTreeMap::new(),
            has_moved_dirs: false,
        }
    }

    /// Returns how many leaves the tree has.
    pub fn n_files(&self) -> usize {
        self.leaves.len()
    }

    /// Returns how many directories the tree has, the root included.
    pub fn n_dirs(&self) -> usize {
        self.dirs.len()
    }

    /// Returns the bytes of memory that the tree takes.
    pub fn memory(&self) -> usize {
        let indices = self.name_ends.capacity() + self.by_ino.capacity() + self.leaves.capacity();
        self.names.capacity()
            + indices * size_of::<u32>()
            + self.inos.capacity() * size_of::<InodeNo>()
            + self.dirs.capacity() * size_of::<DirEntry>()
            + self.dir_inos.capacity() * size_of::<(InodeNo, u32)>()
            + self.wanted.len() * size_of::<(LeafId, Arc<[u8]>)>()
    }

    /// Finds the entry called `name` of the directory `parent`.
    pub fn lookup(&self, parent: InodeNo, name: Name<'_>) -> Option<Node<'_>> {
        self.dir(parent)?.lookup(name)
    }

    /// Finds the node numbered `ino`.
    pub fn node(&self, ino: InodeNo) -> Option<Node<'_>> {
        let index = if ino.leaf().is_some() {
            let leaves = &self.leaves;
            leaves[leaves
                .binary_search_by_key(&ino, |&leaf| self.ino_at(leaf))
                .ok()?]
        } else {
            self.dir_at(self.slot(ino)?).node
        };
        let snapshot = self;
        Some(Node { snapshot, index })
    }

    /// Finds the node of `leaf`.
    pub fn leaf(&self, leaf: LeafId) -> Option<Node<'_>> {
        self.node(leaf.into())
    }

    /// Finds the directory numbered `ino`.
    pub fn dir(&self, ino: InodeNo) -> Option<Dir<'_>> {
        let snapshot = self;
        self.slot(ino).map(|slot| Dir { snapshot, slot })
    }

    /// Returns the entries of the directory `ino` in the order of their names' bytes.
    pub fn children(&self, ino: InodeNo) -> Option<impl ExactSizeIterator<Item = Node<'_>>> {
        self.dir(ino).map(|dir| dir.children())
    }

    /// Returns the path of the node `ino` from the root, without a leading slash.
    pub fn path(&self, ino: InodeNo) -> Option<Vec<u8>> {
        self.node(ino).map(|node| node.path())
    }

    /// Returns the path that a leaf wanted, if it did not get it.
    pub fn wanted(&self, leaf: LeafId) -> Option<&[u8]> {
        self.wanted.get(&leaf).map(|path| &path[..])
    }

    /// Returns the path that a leaf wanted, if it is here.
    pub(crate) fn wanted_path(&self, leaf: LeafId) -> Option<Cow<'_, [u8]>> {
        let own = || self.leaf(leaf).map(|node| Cow::Owned(node.path()));
        self.wanted(leaf).map(Cow::Borrowed).or_else(own)
    }

    /// Returns all leaves in the order of their numbers.
    pub fn leaves(&self) -> impl ExactSizeIterator<Item = Node<'_>> {
        let snapshot = self;
        let nodes = self.leaves.iter();
        nodes.map(move |&index| Node { snapshot, index })
    }

    /// Returns all directories, each after the one that it is in.
    pub fn dirs(&self) -> impl ExactSizeIterator<Item = Node<'_>> {
        let snapshot = self;
        let entries = self.dirs.iter();
        entries.map(move |&DirEntry { node: index, .. }| Node { snapshot, index })
    }

    /// Gives every directory whose entries are those that it had in `before` the time that it had.
    pub fn keep_times(&mut self, before: &Self) {
        let is_same = |ino: InodeNo| {
            let (now, then) = (self.dir(ino)?, before.dir(ino)?);
            now.has_entries_of(&then).then(|| then.mtime())
        };
        let times: Vec<_> = self
            .dirs
            .iter()
            .map(|dir| is_same(self.ino_at(dir.node)))
            .collect();
        for (dir, time) in self.dirs.iter_mut().zip(times) {
            dir.mtime = time.unwrap_or(dir.mtime);
        }
    }

    /// Gives back memory that growing the arrays took in advance.
    pub(crate) fn shrink(&mut self) {
        self.names.shrink_to_fit();
        self.name_ends.shrink_to_fit();
        self.inos.shrink_to_fit();
        self.leaves.shrink_to_fit();
        self.dirs.shrink_to_fit();
        self.dir_inos.shrink_to_fit();
    }

    pub(crate) fn ino_at(&self, index: u32) -> InodeNo {
        self.inos[index as usize]
    }

    /// Returns the directory that a node is in; the root is in itself.
    pub(crate) fn parent_at(&self, index: u32) -> u32 {
        // Directories come in the order of their nodes, and so do their entries.
        let after = self.dirs.partition_point(|dir| dir.first <= index);
        after.checked_sub(1).map_or(0, |slot| self.dirs[slot].node)
    }

    pub(crate) fn name_at(&self, index: u32) -> &[u8] {
        let (start, end) = (self.name_start(index), self.name_ends[index as usize]);
        &self.names[start as usize..end as usize]
    }

    /// Returns where a node's name starts in `names`.
    pub(crate) fn name_start(&self, index: u32) -> u32 {
        let before = (index as usize).checked_sub(1);
        before.map_or(0, |before| self.name_ends[before])
    }

    pub(crate) fn node_at(&self, index: u32) -> Node<'_> {
        let snapshot = self;
        Node { snapshot, index }
    }

    /// Returns the positions of the directories in a directory, by name.
    pub(crate) fn dirs_in(&self, slot: u32) -> Range<u32> {
        let DirEntry { first, n_dirs, .. } = *self.dir_at(slot);
        let start = self.dirs.partition_point(|dir| dir.node < first);
        let start = u32::try_from(start).expect("directories are nodes, which 32 bits count");
        start..start + n_dirs
    }

    /// Adds a node; returns its number.
    pub(crate) fn push_node(&mut self, name: &[u8], ino: InodeNo) -> Result<u32, Error> {
        let node = index(self.inos.len())?;
        self.names.extend_from_slice(name);
        self.name_ends.push(index(self.names.len())?);
        self.inos.push(ino);
        Ok(node)
    }

    pub(crate) fn dir_at(&self, slot: u32) -> &DirEntry {
        &self.dirs[slot as usize]
    }

    /// Returns the child of a directory that is called `name`.
    pub(crate) fn find(&self, slot: u32, name: &[u8]) -> Option<u32> {
        let Range { mut start, mut end } = self.dir_at(slot).nodes();
        while start < end {
            let middle = start + (end - start) / 2;
            match self.name_at(middle).cmp(name) {
                std::cmp::Ordering::Less => start = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => end = middle,
            }
        }
        None
    }

    /// Returns the children of a directory whose inode numbers follow `position`.
    pub(crate) fn by_ino_after(&self, slot: u32, position: u64) -> &[u32] {
        let Range { start, end } = self.dir_at(slot).nodes();
        let nodes = &self.by_ino[start as usize..end as usize];
        let first = nodes.partition_point(|&node| self.ino_at(node).0 <= position);
        &nodes[first..]
    }

    pub(crate) fn slot(&self, ino: InodeNo) -> Option<u32> {
        let at = self.dir_inos.binary_search_by_key(&ino, |&(ino, _)| ino);
        Some(self.dir_inos[at.ok()?].1)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut snapshot = f.debug_struct("Snapshot");
        snapshot.field("n_files", &self.n_files());
        snapshot
            .field("n_dirs", &self.n_dirs())
            .finish_non_exhaustive()
    }
}
