//! The arrays of a snapshot that is made from another.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::touch::Touch;
use super::{Edited, hash_of, ino_of};
use crate::layout::index;
use crate::snapshot::DirEntry;
use crate::{Dir, Error, InodeNo, LeafId, Snapshot};

/// Stands for a node that is not in the new snapshot, or not with the same number.
const GONE: u32 = u32::MAX;

/// Where the entries of a directory come from.
pub(super) enum Source<'a> {
    /// All are what they are in the directory at this position of the snapshot before.
    Same(u32),
    Touched(&'a Touch),
}

/// The new snapshot.
pub(super) struct Copy<'a> {
    before: &'a Snapshot,
    pub(super) snapshot: Snapshot,
    time: SystemTime,
    /// The number that each leaf's node has now, by the one that it had.
    moved: Vec<u32>,
    /// Nodes of leaves that are new, or want something else.
    come: Vec<u32>,
    /// Directories whose entries are still to be laid out, by their positions.
    pub(super) pending: VecDeque<(usize, Source<'a>)>,
}

impl<'a> Copy<'a> {
    pub(super) fn new(before: &'a Snapshot, time: SystemTime) -> Self {
        let mut snapshot = Snapshot::empty();
        let n_nodes = before.inos.len();
        snapshot.names.reserve_exact(before.names.len());
        snapshot.name_ends.reserve_exact(n_nodes);
        snapshot.inos.reserve_exact(n_nodes);
        snapshot.by_ino.reserve_exact(n_nodes);
        snapshot.dirs.reserve_exact(before.dirs.len());
        snapshot.dir_inos.reserve_exact(before.dirs.len());
        snapshot.wanted.clone_from(&before.wanted);
        Self {
            before,
            snapshot,
            time,
            moved: vec![GONE; n_nodes],
            come: Vec::new(),
            pending: VecDeque::new(),
        }
    }

    pub(super) fn root(&mut self, root: &'a Touch) -> Result<(), Error> {
        let node = self.push_node(b"", InodeNo::ROOT)?;
        self.snapshot.by_ino.push(node);
        self.add_dir(node, InodeNo::ROOT, Source::Touched(root))
    }

    /// Copies the entries of a directory.
    pub(super) fn copy_dir(&mut self, slot: usize, before: u32) -> Result<(), Error> {
        let from = *self.before.dir_at(before);
        let first = self.open_dir(slot)?;
        let nodes = from.first as usize..(from.first + from.len) as usize;
        let (start, end) = (
            self.before.name_start(from.first),
            self.before.name_ends[nodes.end - 1],
        );
        let at = index(self.snapshot.names.len())?;
        self.snapshot
            .names
            .extend_from_slice(&self.before.names[start as usize..end as usize]);
        index(self.snapshot.names.len())?;
        let ends = self.before.name_ends[nodes.clone()].iter();
        self.snapshot
            .name_ends
            .extend(ends.map(|end| end - start + at));
        self.snapshot
            .inos
            .extend_from_slice(&self.before.inos[nodes.clone()]);
        let by_ino = self.before.by_ino[nodes.clone()].iter();
        self.snapshot
            .by_ino
            .extend(by_ino.map(|node| node - from.first + first));
        for (moved, node) in self.moved[nodes].iter_mut().zip(first..) {
            *moved = node;
        }
        for dir in self.before.dirs_in(before) {
            let node = self.before.dir_at(dir).node;
            let ino = self.before.ino_at(node);
            self.add_dir(node - from.first + first, ino, Source::Same(dir))?;
        }
        let dir = &mut self.snapshot.dirs[slot];
        (dir.len, dir.n_dirs, dir.mtime) = (from.len, from.n_dirs, from.mtime);
        Ok(())
    }

    /// Begins the entries of a directory; returns the first one's number.
    pub(super) fn open_dir(&mut self, slot: usize) -> Result<u32, Error> {
        let first = index(self.snapshot.inos.len())?;
        self.snapshot.dirs[slot].first = first;
        Ok(first)
    }

    pub(super) fn push_leaf(
        &mut self,
        name: &[u8],
        leaf: LeafId,
        before: Option<u32>,
    ) -> Result<(), Error> {
        let node = self.push_node(name, leaf.into())?;
        match before {
            Some(before) => self.moved[before as usize] = node,
            None => self.come.push(node),
        }
        Ok(())
    }

    pub(super) fn push_dir(
        &mut self,
        name: &[u8],
        parent: &Touch,
        source: Source<'a>,
    ) -> Result<(), Error> {
        let ino = match source {
            Source::Same(slot) => self.before.ino_at(self.before.dir_at(slot).node),
            Source::Touched(_) => ino_of(hash_of(parent.hash, name)),
        };
        let node = self.push_node(name, ino)?;
        self.add_dir(node, ino, source)
    }

    /// Ends the entries of a directory, which keeps its time if they are what they were.
    pub(super) fn close_dir(&mut self, slot: usize, before: Option<u32>) -> Result<(), Error> {
        let (this, end) = (index(slot)?, index(self.snapshot.inos.len())?);
        let snapshot = &mut self.snapshot;
        let first = snapshot.dirs[slot].first;
        let inos = &snapshot.inos;
        let is_dir = |ino: &&InodeNo| ino.leaf().is_none();
        let n_dirs = index(inos[first as usize..].iter().filter(is_dir).count())?;
        let dir = &mut snapshot.dirs[slot];
        (dir.len, dir.n_dirs) = (end - first, n_dirs);
        snapshot.by_ino.extend(first..end);
        snapshot.by_ino[first as usize..].sort_unstable_by_key(|&node| inos[node as usize]);
        let kept = before.filter(|&before| {
            let now = Dir {
                snapshot: &self.snapshot,
                slot: this,
            };
            let then = Dir {
                snapshot: self.before,
                slot: before,
            };
            now.has_entries_of(&then)
        });
        if let Some(before) = kept {
            self.snapshot.dirs[slot].mtime = self.before.dir_at(before).mtime;
        }
        Ok(())
    }

    fn push_node(&mut self, name: &[u8], ino: InodeNo) -> Result<u32, Error> {
        self.snapshot.push_node(name, ino)
    }

    fn add_dir(&mut self, node: u32, ino: InodeNo, source: Source<'a>) -> Result<(), Error> {
        let slot = self.snapshot.dirs.len();
        self.snapshot.dirs.push(DirEntry {
            node,
            first: 0,
            len: 0,
            n_dirs: 0,
            mtime: self.time,
        });
        self.snapshot.dir_inos.push((ino, index(slot)?));
        self.pending.push_back((slot, source));
        Ok(())
    }

    /// Puts leaves and directories in the order of their numbers.
    pub(super) fn finish(mut self) -> Edited {
        let snapshot = &mut self.snapshot;
        snapshot.dir_inos.sort_unstable();
        let same = |pair: &[(InodeNo, u32)]| pair[0].0 == pair[1].0;
        if snapshot.dir_inos.windows(2).any(same) {
            return Edited::Unclear;
        }
        let inos = &snapshot.inos;
        let ino = |node: u32| inos[node as usize];
        self.come.sort_unstable_by_key(|&node| ino(node));
        let mut rest = &self.before.leaves[..];
        let mut leaves = Vec::with_capacity(rest.len() + self.come.len());
        let stayed = |nodes: &[u32]| -> Vec<u32> {
            let moved = nodes.iter().map(|&node| self.moved[node as usize]);
            moved.filter(|&node| node != GONE).collect()
        };
        for &node in &self.come {
            let at = rest.partition_point(|&leaf| self.before.ino_at(leaf) < ino(node));
            leaves.extend(stayed(&rest[..at]));
            leaves.push(node);
            rest = &rest[at..];
        }
        leaves.extend(stayed(rest));
        snapshot.leaves = leaves;
        snapshot.shrink();
        Edited::Changed(self.snapshot)
    }
}
