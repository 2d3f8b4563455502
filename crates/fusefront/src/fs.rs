//! The filesystem without a kernel: inodes, attributes, handles, bytes.

use std::sync::Arc;

use splice::Reader;
use vtree::{InodeNo, InodeTable, LeafId, Name, Node, Snapshot, Tree};

use crate::attr::{Attr, Told};
use crate::errno::Complaints;
use crate::foreign::{Area, Difference, is_foreign};
use crate::handle::{Handle, OpenTable, Pinned};
use crate::later::Later;
use crate::saves::Distrusted;
use crate::{Error, LeafAttr, Library, Space, Taken};

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
    /// Names that are not the tree's, if files may be written.
    pub(crate) area: Option<Arc<Area>>,
    pub(crate) distrusted: Distrusted,
    pub(crate) later: Later,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Inode(InodeNo),
    /// Nothing; what there may be soon, the kernel will not be told.
    Nothing {
        is_passing: bool,
    },
}

/// A handle that was opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) fh: u64,
    /// Whether what the kernel knows and has cached is what the handle serves.
    pub(crate) is_as_told: bool,
}

/// A leaf that is no longer open, and may be another than it was while it was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outdated {
    pub(crate) leaf: LeafId,
    pub(crate) before: Told,
    /// Whether the kernel asks for its attributes each time.
    pub(crate) is_passing: bool,
}

/// An entry of a directory that is being listed.
#[derive(Debug)]
pub(crate) struct Listed<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) ino: InodeNo,
    /// Where it is in the tree, if that is where it comes from.
    node: Option<Node<'a>>,
    /// Where to go on after it.
    pub(crate) position: u64,
}

impl<L: Library> Fs<L> {
    pub(crate) fn new(tree: Arc<Tree>, library: L, area: Option<Arc<Area>>) -> Self {
        Self {
            area,
            distrusted: Distrusted::default(),
            later: Later::default(),
            tree,
            library,
            complaints: Complaints::default(),
            opens: OpenTable::default(),
            held: Arc::default(),
        }
    }

    /// Finds the entry of a directory; `.` and `..` are asked for when the mount is exported.
    pub(crate) fn find(&self, parent: InodeNo, name: &[u8]) -> Result<Named, Error> {
        let snapshot = self.tree.load();
        let dir = directory(&snapshot, parent)?;
        match name {
            b"." => return Ok(Named::Inode(dir.ino())),
            b".." => return Ok(Named::Inode(dir.parent().ino())),
            _ => {}
        }
        let nothing = Named::Nothing { is_passing: false };
        let name = match Name::new(name) {
            Ok(name) => name,
            Err(vtree::Error::NameTooLong { .. }) => return Err(Error::NameTooLong),
            Err(_) => return Ok(nothing),
        };
        if let Some(area) = self.area.as_ref().filter(|area| !area.is_empty()) {
            return Ok(area.look_up(&snapshot, parent, name));
        }
        let node = snapshot.lookup(parent, name);
        Ok(node.map_or(nothing, |node| Named::Inode(node.ino())))
    }

    /// Returns attributes that take neither work nor waiting.
    pub(crate) fn attr_at_once(&self, ino: InodeNo) -> Option<Result<Attr, Error>> {
        if is_foreign(ino) {
            let file = self.area().and_then(|area| area.file(ino));
            return Some(file.map(|file| file.attr()));
        }
        let snapshot = self.tree.load();
        match snapshot.node(ino) {
            Some(node) => {
                let attr = self.attr_of(node)?;
                self.complaints.settle(ino);
                Some(Ok(attr))
            }
            // Whoever has it open still has it.
            None => Some(self.opens.attr(ino).ok_or_else(|| gone(ino))),
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
                let attr = self.library.attr(leaf).map_err(not_found)?;
                self.complaints.settle(ino);
                Ok(Attr::of_leaf(ino, attr))
            }
            (None, None) => Err(Error::Gone),
        }
    }

    /// Notes that the kernel is given a lookup of an inode, with these attributes.
    pub(crate) fn hold(&self, attr: &Attr) {
        self.count(attr.ino);
        self.tell(attr);
    }

    /// Notes that the kernel is given a lookup of an inode, whatever it is told of it.
    pub(crate) fn count(&self, ino: InodeNo) {
        if let (true, Some(area)) = (is_foreign(ino), &self.area) {
            area.hold(ino);
        } else if ino != InodeNo::ROOT {
            self.held.add(ino);
        }
    }

    /// Notes that the kernel is told these attributes of an inode that it holds.
    pub(crate) fn tell(&self, attr: &Attr) {
        self.held.tell(attr.ino, attr.told());
    }

    pub(crate) fn forget(&self, ino: InodeNo, n_lookups: u64) {
        if let (true, Some(area)) = (is_foreign(ino), &self.area) {
            area.forget(ino, n_lookups);
        } else {
            self.held.forget(ino, n_lookups);
            // What the kernel holds no more it has no pages of.
            if self.area.is_some() && self.held.told(ino).is_none() {
                self.distrusted.forget(ino);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn n_held(&self) -> usize {
        self.held.len()
    }

    /// Returns the group of origins that requests for an inode may wait for, if it is known.
    pub(crate) fn known_group(&self, ino: InodeNo) -> Option<u64> {
        let known = |leaf| self.library.known_group(leaf);
        ino.leaf().map_or(Some(0), known)
    }

    /// Finds out which group of origins requests for an inode may wait for.
    pub(crate) fn group(&self, ino: InodeNo) -> u64 {
        ino.leaf().map_or(0, |leaf| self.library.origin_group(leaf))
    }

    /// Opens another handle of an inode that is open. If it may not wait, it may serve a refused save that
    /// somebody is reading.
    pub(crate) fn open_again(&self, ino: InodeNo, may_wait: bool) -> Option<Opened> {
        // Before it counts: whoever gives up meanwhile need not tell the kernel what this open is told.
        if self.area.is_some()
            && let Some(pinned) = self.opens.pinned(ino)
            && let Some(overlay) = pinned.overlay.get()
        {
            self.give_up(ino, overlay, may_wait);
        }
        let fh = self.opens.share(ino)?;
        let is_as_told = self.is_as_told(ino);
        Some(Opened { fh, is_as_told })
    }

    /// Opens a file, waiting for its origin if need be.
    pub(crate) fn open(&self, ino: InodeNo) -> Result<Opened, Error> {
        let may_wait = true;
        if let Some(opened) = self.open_again(ino, may_wait) {
            return Ok(opened);
        }
        let leaf = self.leaf(ino)?;
        let (reader, attr) = self.library.open(leaf).map_err(not_found)?;
        let len = reader.len();
        let attr = Attr::of_leaf(ino, LeafAttr { len, ..attr });
        let fh = self.opens.pin(ino, Pinned::new(reader, attr));
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
        let pinned = self.opens.attr(ino).filter(|attr| !attr.is_passing);
        let pinned = pinned.map(|attr| attr.told());
        pinned.is_some() && pinned == self.held.told(ino) && self.distrusted.mark(ino).is_none()
    }

    /// Returns whether several handles of a leaf are open.
    pub(crate) fn is_shared(&self, ino: InodeNo) -> bool {
        self.opens.n_handles(ino) > 1
    }

    /// Notes that the kernel drops what it has cached of a leaf when it is told of an open.
    pub(crate) fn drops_pages(&self, ino: InodeNo, fh: u64) {
        if let (Some(mark), Ok(handle)) = (self.distrusted.mark(ino), self.handle(fh)) {
            // A handle is opened once.
            let _ = handle.dropped.set(mark);
        }
    }

    /// Returns what is read of a leaf that is open: its rendering, and the last save of it.
    pub(crate) fn shown(&self, leaf: LeafId) -> Option<(Arc<Reader>, Option<Taken>)> {
        self.opens.shown(leaf.into())
    }

    pub(crate) fn handle(&self, fh: u64) -> Result<Arc<Handle>, Error> {
        self.opens.handle(fh)
    }

    /// Closes the handle `fh` of a leaf; returns what that was while it was open, if it may no longer be so.
    pub(crate) fn release_leaf(
        &self,
        fh: u64,
        handle: Arc<Handle>,
    ) -> Result<Option<Outdated>, Error> {
        if let Some(&mark) = handle.dropped.get() {
            self.distrusted.trust(handle.pinned.ino(), mark);
        }
        drop(handle);
        let Some(attr) = self.opens.release(fh)? else {
            return Ok(None);
        };
        if attr.is_passing {
            // What was written is shown no more.
            self.distrust(attr.ino);
        }
        let (leaf, before, is_passing) = (attr.ino.leaf(), attr.told(), attr.is_passing);
        let leaf = leaf.filter(|&leaf| !self.is_known_as(leaf, before));
        Ok(leaf.map(|leaf| Outdated {
            leaf,
            before,
            is_passing,
        }))
    }

    fn is_known_as(&self, leaf: LeafId, told: Told) -> bool {
        let known = self.library.known_attr(leaf);
        known.is_some_and(|known| Attr::of_leaf(leaf.into(), known).told() == told)
    }

    /// Answers a seek for data or for a hole: a file is all data.
    pub(crate) fn seek(&self, fh: u64, offset: i64, for_data: bool) -> Result<i64, Error> {
        let len = i64::try_from(self.file(fh)?.len()).unwrap_or(i64::MAX);
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
            ino: node.ino(),
            node: Some(node),
            position,
        });
        let dir = node.dir().ok_or(Error::NotADirectory)?;
        let area = self.area.as_ref();
        let Difference { added, hidden } =
            area.map_or_else(Difference::default, |area| area.difference(&snapshot, ino));
        let entries = dir.children_after(position.max(DOT_DOT));
        let entries = entries.filter(|node| node.leaf().is_none_or(|leaf| !hidden.contains(&leaf)));
        let entries = entries.map(|node| Listed {
            name: node.name(),
            ino: node.ino(),
            node: Some(node),
            position: node.ino().0,
        });
        let added = added.iter().filter(|added| added.position > position);
        let added = added.map(|added| Listed {
            name: &added.name,
            ino: added.ino,
            node: None,
            position: added.position,
        });
        for listed in dots.chain(merged(entries, added)) {
            if !add(listed) {
                break;
            }
        }
        Ok(())
    }

    /// Returns the attributes of a listed entry, and whether they hold: an entry that has none now is
    /// listed all the same. `None` if they cannot be had without waiting, and `may_wait` forbids that.
    pub(crate) fn listed_attr(&self, listed: &Listed<'_>, may_wait: bool) -> Option<(Attr, bool)> {
        let ino = listed.ino;
        let at_once = match listed.node {
            Some(node) => self.attr_of(node).map(Ok),
            None => self.attr_at_once(ino),
        };
        let attr = match at_once {
            Some(Ok(attr)) => return Some((attr, true)),
            Some(Err(error)) => Err(error),
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

/// Goes through two listings in the order of their positions.
fn merged<'a>(
    one: impl Iterator<Item = Listed<'a>>,
    other: impl Iterator<Item = Listed<'a>>,
) -> impl Iterator<Item = Listed<'a>> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(a), Some(b)) if b.position < a.position => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}

/// Returns what to answer if the library lacks a leaf that the tree still has: looking its name up again
/// would not help.
fn not_found(error: Error) -> Error {
    match error {
        Error::Gone => Error::NotFound,
        error => error,
    }
}

/// Returns the error of an inode that is not in the tree.
///
/// The name of a file may be another's by now, and is to be looked up again. The number of a directory is
/// that of its path, so that nothing would be found there.
fn gone(ino: InodeNo) -> Error {
    match ino.leaf() {
        Some(_) => Error::Gone,
        None => Error::NotFound,
    }
}

fn directory(snapshot: &Snapshot, ino: InodeNo) -> Result<Node<'_>, Error> {
    let node = snapshot.node(ino).ok_or_else(|| gone(ino))?;
    if ino.leaf().is_some() {
        return Err(Error::NotADirectory);
    }
    Ok(node)
}
