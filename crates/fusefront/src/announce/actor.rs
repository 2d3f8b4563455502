//! The thread that says what is to be done for watchers.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use rustix::io::Errno;
use vtree::{InodeTable, LeafId, Tree};

use super::hands::{Act, Link};
use super::{Backlog, Entry, Hands, Listing, News, Own, is_held};
use crate::attr::Told;

/// How many names are remembered that could not be told of, since a program has their leaves away.
const MOST_NOT_SHOWN: usize = 64;

/// What the thread works with.
pub(super) struct Actor {
    pub(super) mountpoint: PathBuf,
    pub(super) own: Arc<Own>,
    pub(super) tree: Arc<Tree>,
    pub(super) held: Arc<InodeTable<Told>>,
    pub(super) hands: Hands,
    pub(super) link: Option<Link>,
    /// Names that came, but were not shown.
    pub(super) not_shown: VecDeque<Listing>,
    /// How long it may take to do one thing.
    pub(super) patience: Duration,
    pub(super) backlog: Arc<Backlog>,
}

impl Actor {
    /// Tells what comes, until nobody can have news any more.
    pub(super) fn run(mut self, news: &Receiver<News>) {
        while let Ok(first) = news.recv() {
            self.backlog.take(&first);
            if matches!(first, News::Back) && self.not_shown.is_empty() {
                continue;
            }
            if let Err(error) = self.tell_all(first, news) {
                tracing::debug!(%error, "whoever tells watchers is gone, or hangs");
                self.let_go();
                // Or the next would hang for each of them.
                while let Ok(next) = news.try_recv() {
                    self.backlog.take(&next);
                }
            }
        }
    }

    fn let_go(&mut self) {
        self.own.let_go();
        self.link = None;
    }

    /// Tells some news, and what has come by the time that is done.
    fn tell_all(&mut self, first: News, news: &Receiver<News>) -> io::Result<()> {
        if self.link.as_mut().is_some_and(Link::has_ended) {
            self.let_go();
        }
        if self.link.is_none() {
            self.link = Some(Link::start(&self.hands, &self.own, self.patience)?);
        }
        if !self.find_root()? {
            tracing::debug!("the mount is out of reach, and watchers are told nothing");
            return self.act(Act::Rest, b"").map(drop);
        }
        let mut next = Some(first);
        while let Some(one) = next {
            self.tell(one)?;
            next = news.try_recv().ok();
            if let Some(next) = &next {
                self.backlog.take(next);
            }
        }
        self.act(Act::Rest, b"").map(drop)
    }

    /// Finds the root of the mount, if it is there. What is done beneath it must never be done to another filesystem,
    /// such as the one that was mounted on.
    fn find_root(&mut self) -> io::Result<bool> {
        self.own.forget();
        let root = self.mountpoint.as_os_str().as_bytes().to_owned();
        Ok(self.act(Act::Root, &root)?.is_ok() && self.own.came())
    }

    fn act(&mut self, act: Act, name: &[u8]) -> io::Result<Result<(), Errno>> {
        let link = self.link.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        link.act(act, name)
    }

    /// Does something; what cannot be done is of no consequence but for the watchers.
    fn attempt(&mut self, act: Act, name: &[u8]) -> io::Result<bool> {
        let done = self.act(act, name)?;
        if let Err(error) = &done {
            let name = Path::new(OsStr::from_bytes(name)).display();
            tracing::debug!(?act, %name, %error, "not announced");
        }
        Ok(done.is_ok())
    }

    fn tell(&mut self, news: News) -> io::Result<()> {
        match news {
            News::Going(listings, done) => {
                for listing in &listings {
                    self.each(listing, Self::remove)?;
                }
                drop(done);
                Ok(())
            }
            News::Came(listings) => {
                let mut listings = listings.iter();
                listings.try_for_each(|listing| self.make_all(listing))
            }
            News::Back => {
                let mut listings = std::mem::take(&mut self.not_shown).into_iter();
                listings.try_for_each(|listing| self.make_all(&listing))
            }
            News::Changed(leaf, before) => self.touch(leaf, before),
        }
    }

    fn make_all(&mut self, listing: &Listing) -> io::Result<()> {
        let mut not_shown = Vec::new();
        self.each(listing, |actor, entry| {
            if !actor.make(entry)? {
                not_shown.push(entry.clone());
            }
            Ok(())
        })?;
        if !not_shown.is_empty() {
            let dir = listing.dir.clone();
            let entries = not_shown;
            self.not_shown.push_back(Listing { dir, entries });
            let n_over = self.not_shown.len().saturating_sub(MOST_NOT_SHOWN);
            self.not_shown.drain(..n_over);
        }
        Ok(())
    }

    fn each(
        &mut self,
        listing: &Listing,
        mut act: impl FnMut(&mut Self, &Entry) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.attempt(Act::Dir, &listing.dir)? {
            let mut entries = listing.entries.iter();
            entries.try_for_each(|entry| act(self, entry))?;
        }
        Ok(())
    }

    fn remove(&mut self, entry: &Entry) -> io::Result<()> {
        let act = if entry.is_dir {
            Act::RemoveDir
        } else {
            Act::RemoveFile
        };
        self.attempt(act, &entry.name).map(drop)
    }

    /// Makes what came; returns whether it is there.
    fn make(&mut self, entry: &Entry) -> io::Result<bool> {
        let act = if entry.is_dir {
            Act::MakeDir
        } else {
            Act::MakeFile
        };
        self.own.set_makes(true);
        let made = self.act(act, &entry.name);
        self.own.set_makes(false);
        match made? {
            // Somebody found it before it was told of.
            Ok(()) | Err(Errno::EXIST) if !entry.is_dir => {
                self.attempt(Act::WriteNothing, &entry.name).map(|_| true)
            }
            made => Ok(made != Err(Errno::NOENT)),
        }
    }

    /// Touches a leaf, unless the session finds that there is nothing new about it.
    fn touch(&mut self, leaf: LeafId, before: Option<Told>) -> io::Result<()> {
        let snapshot = Arc::clone(&self.tree.load());
        let Some(node) = snapshot.leaf(leaf) else {
            return Ok(());
        };
        if !is_held(&self.held, node.parent().ino()) {
            return Ok(());
        }
        if !self.attempt(Act::Dir, &node.parent().path())? {
            return Ok(());
        }
        self.own.note(before);
        // An error is how the session says that nothing is new.
        if self.act(Act::Touch, node.name())?.is_ok() {
            self.attempt(Act::WriteNothing, node.name())?;
        }
        Ok(())
    }
}
