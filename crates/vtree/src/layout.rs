//! Lays a snapshot out, one directory after the other, breadth first.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use crate::builder::{Builder, Built, Cause, Renamed, SEPARATOR};
use crate::snapshot::DirEntry;
use crate::{Error, InodeNo, LeafId, Snapshot, claims, parallel};

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

/// A leaf by its place of insertion, or the leaves below a directory.
type Content = Result<usize, Range<usize>>;
type Child<'b> = claims::Child<'b, Content>;

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
        parallel::sort_by(&mut order, |&a, &b| builder.path(a).cmp(builder.path(b)));
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
        self.snapshot.push_node(b"", InodeNo::ROOT)?;
        let leaves = 0..self.order.len();
        self.push_dir(0, InodeNo::ROOT, leaves, 0, fnv::OFFSET_BASIS)
    }

    /// Lays out the entries of one directory.
    fn dir(&mut self, dir: &Pending) -> Result<(), Error> {
        let (mut children, losers) = self.claims(dir);
        if !losers.is_empty() {
            self.name_losers(&mut children, losers, dir.prefix);
        }
        let first = index(self.snapshot.inos.len())?;
        let mut n_dirs = 0;
        for Child { name, content } in children {
            match content {
                Ok(leaf) => {
                    let ino = self.builder.leaves[leaf].leaf.into();
                    self.snapshot.push_node(&name, ino)?;
                }
                Err(leaves) => {
                    n_dirs += 1;
                    let hash = fnv::hash(fnv::hash(dir.hash, b"/"), &name);
                    let ino = self.free_ino(hash);
                    let node = self.snapshot.push_node(&name, ino)?;
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
        self.taken.extend(&losers);
        let wanted = |leaf| Cow::Borrowed(component(self.builder.path(leaf), prefix));
        let losers = losers.into_iter().map(|leaf| (wanted(leaf), Ok(leaf)));
        claims::name_losers(children, losers);
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
        let mtime = self.builder.time;
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
            self.snapshot.has_moved_dirs = true;
        }
        ino
    }

    fn finish(mut self) -> Result<Built, Error> {
        let snapshot = &mut self.snapshot;
        let (inos, dirs, dir_inos) = (&snapshot.inos, &snapshot.dirs, &mut snapshot.dir_inos);
        let nodes = 0..index(inos.len())?;
        let ino = |&i: &u32| inos[i as usize];
        dir_inos.sort_unstable();
        let leaves = || {
            let is_leaf = |i: &u32| ino(i).leaf().is_some();
            let mut leaves: Vec<_> = nodes.clone().filter(is_leaf).collect();
            leaves.sort_unstable_by_key(ino);
            leaves
        };
        let by_ino = || {
            let mut by_ino: Vec<_> = nodes.clone().collect();
            for dir in dirs {
                let children = &mut by_ino[dir.first as usize..][..dir.len as usize];
                children.sort_unstable_by_key(ino);
            }
            by_ino
        };
        (snapshot.leaves, snapshot.by_ino) = parallel::both(inos.len(), leaves, by_ino);
        let mut pairs = snapshot.leaves.windows(2);
        if let Some(pair) = pairs.find(|pair| ino(&pair[0]) == ino(&pair[1]))
            && let Some(leaf) = ino(&pair[0]).leaf()
        {
            return Err(Error::DuplicateLeaf { leaf });
        }
        let renamed = self.renamed();
        self.snapshot.wanted = self.wanted(&renamed);
        let renamed = renamed.into_iter().map(|(_, renamed)| renamed).collect();
        let mut snapshot = self.snapshot;
        snapshot.shrink();
        Ok(Built { snapshot, renamed })
    }

    /// Returns the leaves that do not have what they want, each after its place of insertion.
    fn renamed(&self) -> Vec<(usize, Renamed)> {
        let leaves = &self.builder.leaves;
        let changed = leaves
            .iter()
            .enumerate()
            .filter(|(_, wanted)| !wanted.is_safe);
        let mut renamed: Vec<_> = changed.map(|(i, _)| (i, Cause::Unsafe)).collect();
        renamed.extend(self.taken.iter().map(|&i| (i, Cause::Taken)));
        renamed.sort_by_key(|&(i, _)| i);
        renamed.dedup_by_key(|&mut (i, _)| i);
        let of = |(i, cause): (usize, Cause)| {
            let leaf = leaves[i].leaf;
            (i, Renamed { leaf, cause })
        };
        renamed.into_iter().map(of).collect()
    }

    /// Returns what those leaves want; what several want is kept once.
    fn wanted(&self, renamed: &[(usize, Renamed)]) -> BTreeMap<LeafId, Arc<[u8]>> {
        let mut kept: HashSet<Arc<[u8]>> = HashSet::new();
        let mut keep = |path: Vec<u8>| {
            let path = Arc::from(path);
            if let Some(same) = kept.get(&path) {
                return Arc::clone(same);
            }
            kept.insert(Arc::clone(&path));
            path
        };
        let renamed = renamed.iter();
        renamed
            .map(|(i, renamed)| (renamed.leaf, keep(self.builder.given(*i))))
            .collect()
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
pub(crate) fn index(count: usize) -> Result<u32, Error> {
    u32::try_from(count).map_err(|_| Error::TooLarge)
}

/// FNV-1a, 64 bit: <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv-17.html#section-2>.
/// What it gives is part of every directory's inode number, and so may never change.
pub(crate) mod fnv {
    pub(crate) const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    pub(crate) fn hash(state: u64, bytes: &[u8]) -> u64 {
        let step = |state: u64, &byte: &u8| (state ^ u64::from(byte)).wrapping_mul(PRIME);
        bytes.iter().fold(state, step)
    }
}
