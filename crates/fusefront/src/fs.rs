//! The filesystem without a kernel: inodes, attributes, handles, bytes.

use std::sync::Arc;

use vtree::{InodeNo, InodeTable, LeafId, Name, Node, Snapshot, Tree};

use crate::attr::{Attr, Told};
use crate::errno::Complaints;
use crate::handle::{Handle, OpenTable, Pinned};
use crate::passthrough::Backing;
use crate::{Error, LeafAttr, Library, Space};

/// Positions in a directory before those of its entries, which are their inode numbers.
const DOT: u64 = 1;
const DOT_DOT: u64 = 2;

/// Everything that requests are answered from.
#[derive(Debug)]
pub(crate) struct Fs<L> {
    pub(crate) tree: Arc<Tree>,
    pub(crate) library: L,
    pub(crate) complaints: Complaints,
    opens: OpenTable,
    pub(crate) held: Arc<InodeTable<Told>>,
}

/// A handle that was opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) fh: u64,
    /// Whether what the kernel knows and has cached is what the handle serves.
    pub(crate) is_as_told: bool,
}

/// An entry of a directory that is being listed.
#[derive(Debug)]
pub(crate) struct Listed<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) node: Node<'a>,
    /// Where to go on after it.
    pub(crate) position: u64,
}

impl<L: Library> Fs<L> {
    pub(crate) fn new(tree: Arc<Tree>, library: L) -> Self {
        Self {
            tree,
            library,
            complaints: Complaints::default(),
            opens: OpenTable::default(),
            held: Arc::default(),
        }
    }

    /// Finds the entry of a directory; `.` and `..` are asked for when the mount is exported.
    pub(crate) fn find(&self, parent: InodeNo, name: &[u8]) -> Result<Option<InodeNo>, Error> {
        let snapshot = self.tree.load();
        let dir = directory(&snapshot, parent)?;
        match name {
            b"." => return Ok(Some(dir.ino())),
            b".." => return Ok(Some(dir.parent().ino())),
            _ => {}
        }
        let name = match Name::new(name) {
            Ok(name) => name,
            Err(vtree::Error::NameTooLong { .. }) => return Err(Error::NameTooLong),
            Err(_) => return Ok(None),
        };
        Ok(snapshot.lookup(parent, name).map(|node| node.ino()))
    }

    /// Returns attributes that take neither work nor waiting.
    pub(crate) fn attr_at_once(&self, ino: InodeNo) -> Option<Result<Attr, Error>> {
        let snapshot = self.tree.load();
        match snapshot.node(ino) {
            Some(node) => {
                let attr = self.attr_of(node)?;
                self.complaints.settle(ino);
                Some(Ok(attr))
            }
            // Whoever has it open still has it.
            None => Some(self.opens.attr(ino).ok_or(Error::Gone)),
        }
    }

    /// Returns the attributes of a node that take neither work nor waiting.
    fn attr_of(&self, node: Node<'_>) -> Option<Attr> {
        let ino = node.ino();
        let Some(leaf) = node.leaf() else {
            return Some(Attr::of_dir(ino, node.dir()?));
        };
        if let Some(attr) = self.opens.attr(ino) {
            return Some(attr);
        }
        let known = self.library.known_attr(leaf)?;
        Some(Attr::of_leaf(ino, known))
    }

    /// Returns attributes, waiting for the origin if need be.
    pub(crate) fn attr(&self, ino: InodeNo) -> Result<Attr, Error> {
        match (self.attr_at_once(ino), ino.leaf()) {
            (Some(attr), _) => attr,
            (None, Some(leaf)) => {
                let attr = self.library.attr(leaf)?;
                self.complaints.settle(ino);
                Ok(Attr::of_leaf(ino, attr))
            }
            (None, None) => Err(Error::Gone),
        }
    }

    /// Notes that the kernel is given a lookup of an inode, with these attributes.
    pub(crate) fn hold(&self, attr: &Attr) {
        if attr.ino != InodeNo::ROOT {
            self.held.add(attr.ino, attr.told());
        }
    }

    /// Notes that the kernel is told these attributes of an inode that it holds.
    pub(crate) fn tell(&self, attr: &Attr) {
        self.held.tell(attr.ino, attr.told());
    }

    /// Returns what the kernel knows of a leaf that it holds, and what stands in for it otherwise.
    pub(crate) fn held_attr(&self, ino: InodeNo) -> Attr {
        let told = self.held.told(ino);
        told.map_or_else(|| Attr::unknown(ino), |told| told.attr(ino))
    }

    pub(crate) fn forget(&self, ino: InodeNo, n_lookups: u64) {
        self.held.forget(ino, n_lookups);
    }

    #[cfg(test)]
    pub(crate) fn n_held(&self) -> usize {
        self.held.len()
    }

    /// Returns the group of origins that requests for an inode may wait for.
    pub(crate) fn group(&self, ino: InodeNo) -> u64 {
        ino.leaf().map_or(0, |leaf| self.library.origin_group(leaf))
    }

    /// Opens another handle of an inode that is open.
    pub(crate) fn open_again(&self, ino: InodeNo) -> Option<Opened> {
        let fh = self.opens.share(ino)?;
        let is_as_told = self.is_as_told(ino);
        Some(Opened { fh, is_as_told })
    }

    /// Opens a file, waiting for its origin if need be.
    pub(crate) fn open(&self, ino: InodeNo) -> Result<Opened, Error> {
        if let Some(opened) = self.open_again(ino) {
            return Ok(opened);
        }
        let leaf = self.leaf(ino)?;
        let (reader, attr) = self.library.open(leaf)?;
        let len = reader.len();
        let attr = Attr::of_leaf(ino, LeafAttr { len, ..attr });
        let backing = Backing::default();
        let pinned = Pinned {
            reader,
            attr,
            backing,
        };
        let (fh, _) = self.opens.pin(ino, pinned);
        self.complaints.settle(ino);
        let is_as_told = self.is_as_told(ino);
        Ok(Opened { fh, is_as_told })
    }

    fn leaf(&self, ino: InodeNo) -> Result<LeafId, Error> {
        let snapshot = self.tree.load();
        let node = snapshot.node(ino).ok_or(Error::Gone)?;
        node.leaf().ok_or(Error::IsADirectory)
    }

    /// Returns whether the kernel was last told of `ino` what is pinned for it, and can have cached
    /// nothing else.
    fn is_as_told(&self, ino: InodeNo) -> bool {
        let pinned = self.opens.attr(ino).map(|attr| attr.told());
        pinned.is_some() && pinned == self.held.told(ino)
    }

    pub(crate) fn handle(&self, fh: u64) -> Result<Arc<Handle>, Error> {
        self.opens.handle(fh)
    }

    /// Closes a handle; returns what was known of a leaf while it was open, if that may hold no longer.
    pub(crate) fn release(&self, fh: u64) -> Result<Option<(LeafId, Told)>, Error> {
        let Some(attr) = self.opens.release(fh)? else {
            return Ok(None);
        };
        let (leaf, before) = (attr.ino.leaf(), attr.told());
        Ok(leaf
            .filter(|&leaf| !self.is_known_as(leaf, before))
            .map(|leaf| (leaf, before)))
    }

    fn is_known_as(&self, leaf: LeafId, told: Told) -> bool {
        let known = self.library.known_attr(leaf);
        known.is_some_and(|known| Attr::of_leaf(leaf.into(), known).told() == told)
    }

    /// Answers a seek for data or for a hole: a file is all data.
    pub(crate) fn seek(&self, fh: u64, offset: i64, for_data: bool) -> Result<i64, Error> {
        let handle = self.handle(fh)?;
        let len = i64::try_from(handle.pinned.reader.len()).unwrap_or(i64::MAX);
        if !(0..len).contains(&offset) {
            return Err(Error::PastEnd { offset });
        }
        Ok(if for_data { offset } else { len })
    }

    /// Lists a directory from `position` on, until `add` finds no room for an entry.
    pub(crate) fn list(
        &self,
        ino: InodeNo,
        position: u64,
        mut add: impl FnMut(Listed<'_>) -> bool,
    ) -> Result<(), Error> {
        let snapshot = self.tree.load();
        let node = directory(&snapshot, ino)?;
        let dots = [(&b"."[..], node, DOT), (b"..", node.parent(), DOT_DOT)];
        let dots = dots.into_iter().filter(|&(_, _, at)| at > position);
        let dots = dots.map(|(name, node, position)| Listed {
            name,
            node,
            position,
        });
        let dir = node.dir().ok_or(Error::NotADirectory)?;
        let entries = dir.children_after(position.max(DOT_DOT));
        let entries = entries.map(|node| Listed {
            name: node.name(),
            node,
            position: node.ino().0,
        });
        for listed in dots.chain(entries) {
            if !add(listed) {
                break;
            }
        }
        Ok(())
    }

    /// Returns the attributes of a listed entry, and whether they hold: an entry that has none now is
    /// listed all the same. `None` if they cannot be had without waiting, and `may_wait` forbids that.
    pub(crate) fn listed_attr(&self, node: Node<'_>, may_wait: bool) -> Option<(Attr, bool)> {
        let ino = node.ino();
        let attr = match self.attr_of(node) {
            Some(attr) => return Some((attr, true)),
            None if may_wait => self.attr(ino),
            None => return None,
        };
        Some(match attr {
            Ok(attr) => (attr, true),
            Err(error) => {
                self.complaints.choose(&error, ino, &self.tree);
                (Attr::unknown(ino), false)
            }
        })
    }

    pub(crate) fn space(&self) -> Result<(Space, u64), Error> {
        let snapshot = self.tree.load();
        let n_inodes = snapshot.n_files() + snapshot.n_dirs();
        Ok((self.library.space()?, n_inodes as u64))
    }
}

fn directory(snapshot: &Snapshot, ino: InodeNo) -> Result<Node<'_>, Error> {
    let node = snapshot.node(ino).ok_or(Error::Gone)?;
    if ino.leaf().is_some() {
        return Err(Error::NotADirectory);
    }
    Ok(node)
}
