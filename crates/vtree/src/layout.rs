//! Lays a snapshot out, one directory after the other, breadth first.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::ops::Range;

use crate::builder::{Builder, Built, Cause, Renamed, SEPARATOR};
use crate::snapshot::DirEntry;
use crate::suffix::Suffixes;
use crate::{Error, InodeNo, Snapshot};

/// A directory whose entries are still to be laid out.
struct Pending {
    /// Its leaves, as positions in the order of paths.
    leaves: Range<usize>,
    /// How many bytes of their paths come before the names of its entries.
    prefix: usize,
    /// The state of the hash over its path.
    hash: u64,
    /// Its position among the directories.
    slot: usize,
}

/// An entry of the directory that is being laid out.
struct Child<'b> {
    name: Cow<'b, [u8]>,
    /// A leaf by its place of insertion, or the leaves below a directory.
    content: Result<usize, Range<usize>>,
}

/// The snapshot in the making.
pub(crate) struct Layout<'b> {
    builder: &'b Builder,
    order: Vec<usize>,
    snapshot: Snapshot,
    used: HashSet<InodeNo>,
    taken: Vec<usize>,
    pending: VecDeque<Pending>,
}

impl<'b> Layout<'b> {
    /// Lays out the whole tree.
    pub(crate) fn of(builder: &'b Builder) -> Result<Built, Error> {
        let mut order: Vec<usize> = (0..builder.leaves.len()).collect();
        order.sort_by(|&a, &b| builder.path(a).cmp(builder.path(b)));
        let mut layout = Self::new(builder, order);
        layout.root()?;
        while let Some(pending) = layout.pending.pop_front() {
            layout.dir(&pending)?;
        }
        layout.finish()
    }

    fn new(builder: &'b Builder, order: Vec<usize>) -> Self {
        Self {
            builder,
            order,
            snapshot: Snapshot::empty(),
            used: HashSet::from([InodeNo::ROOT]),
            taken: Vec::new(),
            pending: VecDeque::new(),
        }
    }

    fn root(&mut self) -> Result<(), Error> {
        self.push_node(b"", 0, InodeNo::ROOT)?;
        let leaves = 0..self.order.len();
        self.push_dir(0, InodeNo::ROOT, leaves, 0, fnv::OFFSET_BASIS)
    }

    /// Lays out the entries of one directory.
    fn dir(&mut self, dir: &Pending) -> Result<(), Error> {
        let (mut children, losers) = self.claims(dir);
        if !losers.is_empty() {
            self.name_losers(&mut children, losers, dir.prefix);
        }
        let parent = self.snapshot.dirs[dir.slot].node;
        let first = index(self.snapshot.inos.len())?;
        let mut n_dirs = 0;
        for Child { name, content } in children {
            match content {
                Ok(leaf) => {
                    let ino = self.builder.leaves[leaf].leaf.into();
                    self.push_node(&name, parent, ino)?;
                }
                Err(leaves) => {
                    n_dirs += 1;
                    let hash = fnv::hash(fnv::hash(dir.hash, b"/"), &name);
                    let ino = self.free_ino(hash);
                    let node = self.push_node(&name, parent, ino)?;
                    self.push_dir(node, ino, leaves, dir.prefix + name.len() + 1, hash)?;
                }
            }
        }
        self.close_dir(dir.slot, first, n_dirs)
    }

    /// Gives each name of a directory to whoever has the first claim, in the order of the names;
    /// returns the entries, and the leaves that got no name.
    fn claims(&self, dir: &Pending) -> (Vec<Child<'b>>, Vec<usize>) {
        let (mut children, mut losers) = (Vec::new(), Vec::new());
        let mut at = dir.leaves.start;
        while at < dir.leaves.end {
            let name = component(self.path(at), dir.prefix);
            let same = |&i: &usize| component(self.path(i), dir.prefix) == name;
            let end = (at..dir.leaves.end)
                .take_while(same)
                .last()
                .map_or(at, |i| i)
                + 1;
            // Where the path ends with the name, it sorts before those that go on.
            let is_leaf = |&i: &usize| self.path(i).len() == dir.prefix + name.len();
            let n_leaves = (at..end).take_while(is_leaf).count();
            let mut leaves = self.order[at..at + n_leaves].iter().copied();
            let content = if at + n_leaves < end {
                Some(Err(at + n_leaves..end))
            } else {
                leaves.next().map(Ok)
            };
            let name = Cow::Borrowed(name);
            children.extend(content.map(|content| Child { name, content }));
            losers.extend(leaves);
            at = end;
        }
        (children, losers)
    }

    /// Makes up names for the leaves that got none, and puts them in their places.
    fn name_losers(
        &mut self,
        children: &mut Vec<Child<'b>>,
        mut losers: Vec<usize>,
        prefix: usize,
    ) {
        losers.sort_unstable();
        let mut suffixes = Suffixes::default();
        let mut named = Vec::with_capacity(losers.len());
        for leaf in losers {
            let wanted = component(self.builder.path(leaf), prefix);
            let taken = |name: &[u8]| children.binary_search_by(|c| (*c.name).cmp(name)).is_ok();
            let name = Cow::Owned(suffixes.next(wanted, taken));
            let content = Ok(leaf);
            named.push(Child { name, content });
            self.taken.push(leaf);
        }
        children.append(&mut named);
        children.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    }

    fn push_node(&mut self, name: &[u8], parent: u32, ino: InodeNo) -> Result<u32, Error> {
        let node = index(self.snapshot.inos.len())?;
        self.snapshot.names.extend_from_slice(name);
        self.snapshot
            .name_ends
            .push(index(self.snapshot.names.len())?);
        self.snapshot.parents.push(parent);
        self.snapshot.inos.push(ino);
        Ok(node)
    }

    fn push_dir(
        &mut self,
        node: u32,
        ino: InodeNo,
        leaves: Range<usize>,
        prefix: usize,
        hash: u64,
    ) -> Result<(), Error> {
        let slot = self.snapshot.dirs.len();
        let path = leaves
            .clone()
            .next()
            .map_or(&[][..], |first| self.path(first));
        let mtime = self.builder.dir_mtime(&path[..prefix.saturating_sub(1)]);
        self.snapshot.dirs.push(DirEntry {
            node,
            first: 0,
            len: 0,
            n_dirs: 0,
            mtime,
        });
        self.snapshot.dir_inos.push((ino, index(slot)?));
        self.pending.push_back(Pending {
            leaves,
            prefix,
            hash,
            slot,
        });
        Ok(())
    }

    fn close_dir(&mut self, slot: usize, first: u32, n_dirs: u32) -> Result<(), Error> {
        let end = index(self.snapshot.inos.len())?;
        let dir = &mut self.snapshot.dirs[slot];
        (dir.first, dir.len, dir.n_dirs) = (first, end - first, n_dirs);
        Ok(())
    }

    /// Returns the inode number of the directory whose path has `hash`, or the next one free.
    fn free_ino(&mut self, hash: u64) -> InodeNo {
        let mut ino = InodeNo::of_dir(hash);
        while !self.used.insert(ino) {
            ino = ino.next_dir();
        }
        ino
    }

    fn finish(mut self) -> Result<Built, Error> {
        let snapshot = &mut self.snapshot;
        let inos = &snapshot.inos;
        snapshot.dir_inos.sort_unstable();
        let nodes = 0..index(inos.len())?;
        snapshot.leaves = nodes
            .clone()
            .filter(|&i| inos[i as usize].leaf().is_some())
            .collect();
        snapshot.leaves.sort_unstable_by_key(|&i| inos[i as usize]);
        let leaf = |i: u32| inos[i as usize];
        let mut pairs = snapshot.leaves.windows(2);
        if let Some(pair) = pairs.find(|pair| leaf(pair[0]) == leaf(pair[1]))
            && let Some(leaf) = leaf(pair[0]).leaf()
        {
            return Err(Error::DuplicateLeaf { leaf });
        }
        snapshot.by_ino = nodes.collect();
        for dir in &snapshot.dirs {
            let children = &mut snapshot.by_ino[dir.first as usize..][..dir.len as usize];
            children.sort_unstable_by_key(|&i| inos[i as usize]);
        }
        let renamed = self.renamed();
        let mut snapshot = self.snapshot;
        snapshot.shrink();
        Ok(Built { snapshot, renamed })
    }

    fn renamed(&mut self) -> Vec<Renamed> {
        let leaves = &self.builder.leaves;
        let changed = leaves
            .iter()
            .enumerate()
            .filter(|(_, wanted)| !wanted.is_safe);
        let mut renamed: Vec<_> = changed.map(|(i, _)| (i, Cause::Unsafe)).collect();
        renamed.extend(self.taken.iter().map(|&i| (i, Cause::Taken)));
        renamed.sort_by_key(|&(i, _)| i);
        renamed.dedup_by_key(|&mut (i, _)| i);
        let of = |(i, cause): (usize, Cause)| Renamed {
            leaf: leaves[i].leaf,
            cause,
        };
        renamed.into_iter().map(of).collect()
    }

    /// Returns the path at a position in the order of paths.
    fn path(&self, at: usize) -> &'b [u8] {
        self.builder.path(self.order[at])
    }
}

/// Returns the component of `path` that starts at `prefix`.
fn component(path: &[u8], prefix: usize) -> &[u8] {
    let rest = &path[prefix..];
    let end = rest.iter().position(|&byte| byte == SEPARATOR);
    &rest[..end.unwrap_or(rest.len())]
}

/// Returns a count as an index into a snapshot's arrays.
fn index(count: usize) -> Result<u32, Error> {
    u32::try_from(count).map_err(|_| Error::TooLarge)
}

/// FNV-1a, 64 bit: <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv-17.html#section-2>.
/// What it gives is part of every directory's inode number, and so may never change.
mod fnv {
    pub(super) const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    pub(super) fn hash(state: u64, bytes: &[u8]) -> u64 {
        let step = |state: u64, &byte: &u8| (state ^ u64::from(byte)).wrapping_mul(PRIME);
        bytes.iter().fold(state, step)
    }
}
