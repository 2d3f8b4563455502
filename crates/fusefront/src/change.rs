//! Answers to requests that change something.

use fuser::{FileHandle, OpenFlags, RenameFlags, ReplyCreate, ReplyEmpty};
use rustix::fs::OFlags;
use vtree::InodeNo;

use crate::answer::{GENERATION, Shared};
use crate::attr::Attr;
use crate::dispatch::{has, is_read_only};
use crate::foreign::{Place, is_foreign};
use crate::fs::Opened;
use crate::saves::process_of;
use crate::{Error, Library};

impl<L: Library> Shared<L> {
    /// Opens a file on behalf of a thread.
    pub(crate) fn open(
        &self,
        ino: InodeNo,
        flags: OpenFlags,
        thread: u32,
    ) -> Result<Opened, Error> {
        if !is_read_only(flags) {
            let truncates = has(flags.0, OFlags::TRUNC);
            self.fs.open_to_write(ino, truncates, process_of(thread))
        } else if is_foreign(ino) {
            self.fs.open_foreign(ino)
        } else {
            self.fs.open(ino)
        }
    }

    /// Makes a file and opens it.
    pub(crate) fn create(
        &self,
        place: Place,
        flags: i32,
        thread: u32,
    ) -> Result<(Attr, Opened), Error> {
        let ino = self.fs.create(place, has(flags, OFlags::EXCL))?;
        let opened = self.open(ino, OpenFlags(flags), thread)?;
        match self.fs.attr(ino) {
            Ok(attr) => Ok((attr, opened)),
            Err(error) => {
                self.fs.release(opened.fh)?;
                Err(error)
            }
        }
    }

    /// Answers that a file was made and opened.
    pub(crate) fn created(
        &self,
        attr: &Attr,
        opened: Opened,
        flags: OpenFlags,
        reply: ReplyCreate,
    ) {
        let open_flags = self.open_flags(attr.ino, opened, !is_read_only(flags));
        self.fs.hold(attr);
        let (lifetime, fh) = (self.lifetime_of(attr), FileHandle(opened.fh));
        let attr = attr.to_kernel(&self.owner);
        reply.created(&lifetime, &attr, GENERATION, fh, open_flags);
    }

    /// Makes a file that must be new.
    pub(crate) fn make(&self, place: Place) -> Result<Attr, Error> {
        let ino = self.fs.create(place, true)?;
        self.fs.attr(ino)
    }

    /// Changes the length of a file. Times and permissions stay what they are, which is no error, since
    /// few programs could do anything about it; so does the owner, and wanting another one is.
    pub(crate) fn set_attr(
        &self,
        ino: InodeNo,
        fh: Option<u64>,
        len: Option<u64>,
        (uid, gid): (Option<u32>, Option<u32>),
    ) -> Result<Attr, Error> {
        let is_other = |id: Option<u32>, own| id.is_some_and(|id| id != own);
        if is_other(uid, self.owner.uid) || is_other(gid, self.owner.gid) {
            return Err(Error::NotPermitted);
        }
        if let Some(len) = len {
            self.fs.truncate(ino, fh, len)?;
        }
        self.fs.attr(ino)
    }

    pub(crate) fn rename(&self, from: &Place, to: Place, flags: RenameFlags) -> Result<(), Error> {
        let must_be_new = flags.contains(RenameFlags::RENAME_NOREPLACE);
        if flags.is_empty() || flags == RenameFlags::RENAME_NOREPLACE {
            return self.fs.rename(from, to, must_be_new);
        }
        self.fs.area()?;
        // What rename(2) says of flags that a filesystem does not support.
        Err(Error::BadRequest)
    }

    pub(crate) fn done(&self, ino: InodeNo, done: Result<(), Error>, reply: ReplyEmpty) {
        match done {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(self.refusal(ino, &error)),
        }
    }
}
