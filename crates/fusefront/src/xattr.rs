//! Extended attributes, which the library gives to leaves: asked for by size first, as a rule, and then by
//! value (`getxattr(2)`, `listxattr(2)`).

use fuser::ReplyXattr;
use vtree::{InodeNo, LeafId};

use crate::answer::Shared;
use crate::{Error, Library};

impl<L: Library> Shared<L> {
    /// Answers with the value of an attribute, for which there is room for so many bytes.
    pub(crate) fn attribute(&self, ino: InodeNo, name: &[u8], room: u32, reply: ReplyXattr) {
        let value = self.leaf_of(ino).and_then(|leaf| match leaf {
            Some(leaf) => self.fs.library.attribute(leaf, name),
            None => Ok(None),
        });
        self.answer(
            ino,
            value.and_then(|value| value.ok_or(Error::NoAttribute)),
            room,
            reply,
        );
    }

    /// Answers with the names of all attributes, each with a NUL at its end.
    pub(crate) fn attributes(&self, ino: InodeNo, room: u32, reply: ReplyXattr) {
        let names = self.leaf_of(ino).and_then(|leaf| match leaf {
            Some(leaf) => self.fs.library.attributes(leaf),
            None => Ok(Vec::new()),
        });
        let joined = names.map(|names| {
            let names = names.iter().flat_map(|name| [name.as_bytes(), b"\0"]);
            names.collect::<Vec<_>>().concat()
        });
        self.answer(ino, joined, room, reply);
    }

    /// Returns the leaf of an inode that is there; directories have none.
    fn leaf_of(&self, ino: InodeNo) -> Result<Option<LeafId>, Error> {
        let snapshot = self.fs.tree.load();
        let node = snapshot.node(ino).ok_or(Error::Gone)?;
        Ok(node.leaf())
    }

    /// Answers with bytes, or how many there are if there is no room at all.
    fn answer(&self, ino: InodeNo, bytes: Result<Vec<u8>, Error>, room: u32, reply: ReplyXattr) {
        let fitting = bytes.and_then(|bytes| {
            let len = u32::try_from(bytes.len()).map_err(|_| Error::NoRoom)?;
            if room > 0 && len > room {
                return Err(Error::NoRoom);
            }
            Ok((bytes, len))
        });
        match fitting {
            Ok((_, len)) if room == 0 => reply.size(len),
            Ok((bytes, _)) => reply.data(&bytes),
            Err(error) => reply.error(self.refusal(ino, &error)),
        }
    }
}
