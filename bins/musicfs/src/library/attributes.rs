//! Extended attributes of files: which item each is, and where its origin lies.

use fusefront::Error;
use vtree::LeafId;

use super::BeetsLibrary;
use crate::leaf::item_of;

/// The number of the item.
const ITEM_ID: &str = "user.musicfs.item_id";
/// The path of the origin, as bytes.
const ORIGIN: &str = "user.musicfs.origin";
/// A number for the item's row in the database, in hexadecimal: another one whenever the row is.
const REVISION: &str = "user.musicfs.revision";

impl BeetsLibrary {
    /// Returns the names of a leaf's attributes; only items' files have any.
    pub(super) fn attribute_names(leaf: LeafId) -> Vec<&'static str> {
        match item_of(leaf) {
            Some(_) => vec![ITEM_ID, ORIGIN, REVISION],
            None => Vec::new(),
        }
    }

    /// Returns an attribute of a leaf, if it has it.
    pub(super) fn attribute_of(&self, leaf: LeafId, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        // Programs ask all files for some that only others have.
        let names = Self::attribute_names(leaf);
        let Some(&name) = names.iter().find(|known| known.as_bytes() == name) else {
            return Ok(None);
        };
        let row = self.digest(leaf)?;
        Ok(Some(match name {
            ITEM_ID => row.id.0.to_string().into_bytes(),
            ORIGIN => row.path,
            _ => format!("{:016x}", row.digest).into_bytes(),
        }))
    }
}
