//! Makes a snapshot from another that differs from it in few paths.
//!
//! The directories on the way to a path that changed are laid out again, and all others are copied
//! whole. What comes out is what a [`Builder`](crate::Builder) would have made of all paths.

mod copy;
mod touch;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use crate::builder::{Wish, wish};
use crate::claims::{Child, name_losers};
use crate::layout::fnv;
use crate::{Error, InodeNo, LeafId, Snapshot};
use copy::{Copy, Source};
use touch::Touch;

/// What comes of changing a snapshot.
#[derive(Debug)]
pub enum Edited {
    /// Every leaf wants what it wanted before.
    Same,
    /// Something is different.
    Changed(Snapshot),
    /// Two directories' paths hash to one inode number, and who has it is decided by the whole tree.
    Unclear,
}

/// A leaf of a directory that is laid out again.
struct Claim<'a> {
    leaf: LeafId,
    /// Its node in the snapshot before, if it was in this directory and wants there what it wanted.
    before: Option<u32>,
    /// What it wants, if that is new.
    wish: Option<&'a Wish>,
}

/// What an entry of such a directory is.
enum Content<'a> {
    Leaf(Claim<'a>),
    Dir(Source<'a>),
}

impl Snapshot {
    /// Returns the tree in which these leaves want these paths, or are gone, and all others want what
    /// they want in this one.
    ///
    /// Where several leaves want one path, the one of the lowest `rank` comes first: ranks say in which
    /// order the leaves would have been inserted into a [`Builder`](crate::Builder), and are all
    /// different. Directories with the entries that they had keep their times; others get `time`.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`].
    pub fn edited<R: Ord>(
        &self,
        changes: impl IntoIterator<Item = (LeafId, Option<Vec<u8>>)>,
        time: SystemTime,
        rank: impl Fn(LeafId) -> R,
    ) -> Result<Edited, Error> {
        let changes: BTreeMap<_, _> = changes
            .into_iter()
            .filter(|(leaf, path)| self.wanted_path(*leaf) != path.as_deref().map(Cow::Borrowed))
            .collect();
        if changes.is_empty() {
            return Ok(Edited::Same);
        }
        if self.has_moved_dirs {
            return Ok(Edited::Unclear);
        }
        let mut root = Touch::of(Some(0));
        for (&leaf, path) in &changes {
            if let Some(node) = self.leaf(leaf) {
                root.at_node(self, node.parent()).gone.insert(leaf);
            }
            if let Some(path) = path {
                let wish = wish(path, leaf);
                root.at_path(self, wish.folder()).come.push(wish);
            }
        }
        root.settle(self, fnv::OFFSET_BASIS);
        let mut edit = Edit {
            before: self,
            after: Copy::new(self, time),
            rank,
        };
        for leaf in changes.keys() {
            edit.after.snapshot.wanted.remove(leaf);
        }
        edit.run(&root)?;
        Ok(edit.after.finish())
    }
}

/// The new snapshot in the making.
struct Edit<'a, F> {
    before: &'a Snapshot,
    after: Copy<'a>,
    rank: F,
}

impl<'a, R: Ord, F: Fn(LeafId) -> R> Edit<'a, F> {
    fn run(&mut self, root: &'a Touch) -> Result<(), Error> {
        self.after.root(root)?;
        while let Some((slot, source)) = self.after.pending.pop_front() {
            match source {
                Source::Same(before) => self.after.copy_dir(slot, before)?,
                Source::Touched(touch) => self.dir(slot, touch)?,
            }
        }
        Ok(())
    }

    /// Lays a directory out again.
    fn dir(&mut self, slot: usize, touch: &'a Touch) -> Result<(), Error> {
        let children = self.children(touch);
        self.after.open_dir(slot)?;
        for Child { name, content } in children {
            match content {
                Content::Leaf(claim) => {
                    self.note_wanted(&claim, &name, touch);
                    self.after.push_leaf(&name, claim.leaf, claim.before)?;
                }
                Content::Dir(source) => self.after.push_dir(&name, touch, source)?,
            }
        }
        self.after.close_dir(slot, touch.before)
    }

    /// Gives each name of a directory to whoever has the first claim; returns the entries by name.
    fn children(&self, touch: &'a Touch) -> Vec<Child<'a, Content<'a>>> {
        let mut claims = self.claims(touch);
        let rank = |claim: &Claim<'_>| (self.rank)(claim.leaf);
        claims.sort_by(|(a, one), (b, two)| a.cmp(b).then_with(|| rank(one).cmp(&rank(two))));
        let dirs = touch.dirs(self.before);
        let mut children: Vec<_> = dirs
            .map(|(name, source)| Child {
                name: Cow::Borrowed(name),
                content: Content::Dir(source),
            })
            .collect();
        children.sort_by(|a, b| a.name.cmp(&b.name));
        let n_dirs = children.len();
        let mut losers = Vec::new();
        for (name, claim) in claims {
            let is_taken = children[n_dirs..].last().is_some_and(|c| c.name == name)
                || children[..n_dirs]
                    .binary_search_by(|child| child.name.cmp(&name))
                    .is_ok();
            if is_taken {
                losers.push((name, claim));
            } else {
                let content = Content::Leaf(claim);
                children.push(Child { name, content });
            }
        }
        children.sort_by(|a, b| a.name.cmp(&b.name));
        if !losers.is_empty() {
            losers.sort_by_key(|(_, claim)| rank(claim));
            let losers = losers
                .into_iter()
                .map(|(name, claim)| (name, Content::Leaf(claim)));
            name_losers(&mut children, losers);
        }
        children
    }

    /// Returns the leaves of a directory, each with the name that it wants.
    fn claims(&self, touch: &'a Touch) -> Vec<(Cow<'a, [u8]>, Claim<'a>)> {
        let before = self.before;
        let nodes = touch.before.map(|slot| before.dir_at(slot).nodes());
        let stayed = nodes.into_iter().flatten().filter_map(|node| {
            let leaf = before.ino_at(node).leaf()?;
            let claim = Claim {
                leaf,
                before: Some(node),
                wish: None,
            };
            let name = match before.wanted.get(&leaf) {
                Some(path) => Cow::Owned(wish(path, leaf).name().to_vec()),
                None => Cow::Borrowed(before.name_at(node)),
            };
            (!touch.gone.contains(&leaf)).then_some((name, claim))
        });
        let came = touch.come.iter().map(|wish| {
            let claim = Claim {
                leaf: wish.leaf,
                before: None,
                wish: Some(wish),
            };
            (Cow::Borrowed(wish.name()), claim)
        });
        stayed.chain(came).collect()
    }

    /// Notes what a leaf wants if that is not what it has.
    fn note_wanted(&mut self, claim: &Claim<'_>, name: &[u8], touch: &Touch) {
        let wanted = &mut self.after.snapshot.wanted;
        match (claim.wish, claim.before) {
            (Some(wish), _) => {
                if !wish.is_safe || wish.name() != name {
                    wanted.insert(claim.leaf, Arc::from(wish.wanted.as_slice()));
                }
            }
            (None, Some(node)) => {
                let had = self.before.name_at(node);
                match wanted.get(&claim.leaf) {
                    None if had != name => {
                        let path = [&touch.path(self.before)[..], had].concat();
                        wanted.insert(claim.leaf, Arc::from(path));
                    }
                    Some(path) => {
                        let wish = wish(path, claim.leaf);
                        if wish.is_safe && wish.name() == name {
                            wanted.remove(&claim.leaf);
                        }
                    }
                    None => {}
                }
            }
            (None, None) => {}
        }
    }
}

/// Returns the state of the hash over the path of a directory called `name` in another.
fn hash_of(parent: u64, name: &[u8]) -> u64 {
    fnv::hash(fnv::hash(parent, b"/"), name)
}

/// Returns the number of a directory whose path has this hash, if no other's has it.
fn ino_of(hash: u64) -> InodeNo {
    InodeNo::of_dir(hash)
}
