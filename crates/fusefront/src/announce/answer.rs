//! Answers to the announcer's own requests: whatever it does is accepted, and changes nothing.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use fuser::{
    Errno, FileAttr, FileHandle, FopenFlags, ReplyAttr, ReplyEmpty, ReplyEntry, ReplyOpen,
};
use vtree::InodeNo;

use super::Own;
use crate::Library;
use crate::answer::Shared;
use crate::attr::Attr;
use crate::fs::Named;

/// What it has open for writing, which nothing is ever written to. Other handles are counted from 1.
pub(crate) const WRITING_NOTHING: FileHandle = FileHandle(u64::MAX);

impl<L: Library> Shared<L> {
    /// Answers a lookup of a name that the announcer is about to remove, make or touch.
    pub(crate) fn announced(&self, own: &Own, parent: InodeNo, name: &OsStr, reply: ReplyEntry) {
        if own.makes() {
            // An error, unlike the answer that there is no such name, is not kept by the kernel.
            return reply.error(Errno::ENOENT);
        }
        self.entry_of(parent, name, reply);
    }

    /// Answers the making of a name, and a lookup: with what is there anyway.
    pub(crate) fn entry_of(&self, parent: InodeNo, name: &OsStr, reply: ReplyEntry) {
        let n_changes = self.publisher.n_changes();
        let Ok(Named::Inode(ino)) = self.fs.find(parent, name.as_bytes()) else {
            return reply.error(Errno::ENOENT);
        };
        if let Some(Ok(attr)) = self.fs.attr_at_once(ino) {
            return self.entry(&attr, n_changes, reply);
        }
        // Nothing to wait for an origin for: the kernel is to ask again if it wants to know.
        let attr = Attr::unknown(ino);
        self.fs.hold(&attr);
        reply.entry(
            &Duration::ZERO,
            &self.permitting(&attr),
            self.publisher.generations.of(ino),
        );
    }

    /// Accepts the removal of an entry by the announcer, which the kernel takes for gone then.
    pub(crate) fn removed(
        &self,
        op: &'static str,
        parent: InodeNo,
        name: &OsStr,
        reply: ReplyEmpty,
    ) {
        match self.fs.find(parent, name.as_bytes()) {
            Ok(Named::Inode(ino)) => self.publisher.generations.end(ino),
            // A directory went before it was told of. It must not come back in the inode that the kernel
            // would take for removed.
            _ if op == "rmdir" => return reply.error(Errno::ENOENT),
            _ => {}
        }
        reply.ok();
    }

    /// Answers what the attributes of something are that the announcer changes. The kernel asks that
    /// before it refuses to let an ordinary user do so, and asks again before it relies on the answer.
    pub(crate) fn permit(&self, attr: &Attr, reply: ReplyAttr) {
        self.fs.tell(attr);
        reply.attr(&Duration::ZERO, &self.permitting(attr));
    }

    fn permitting(&self, attr: &Attr) -> FileAttr {
        let attr = attr.to_kernel(&self.owner);
        let perm = if self.fs.area.is_some() {
            attr.perm
        } else {
            0o777
        };
        FileAttr { perm, ..attr }
    }
}

/// Answers an open for writing.
pub(crate) fn open_for_nothing(reply: ReplyOpen) {
    let flags = FopenFlags::FOPEN_DIRECT_IO | FopenFlags::FOPEN_KEEP_CACHE;
    reply.opened(WRITING_NOTHING, flags | FopenFlags::FOPEN_NOFLUSH);
}
