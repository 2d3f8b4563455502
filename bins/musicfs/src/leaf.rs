//! What the number of a leaf says: the view that it is in, what it is, and of which row.
//!
//! | bits | say |
//! |---|---|
//! | 43–60 | the view: 0 for the one without a name, else a hash of its name |
//! | 40–42 | the kind |
//! | 0–39 | a number, in two's complement: mostly that of a row |
//!
//! Inodes are numbered by these, so none of it may ever change. A file of the view without a name has
//! its item's own number.

use catalog::{AlbumId, ItemId};
use twox_hash::XxHash3_64;
use vtree::LeafId;

const KIND_SHIFT: u32 = 40;
const VIEW_SHIFT: u32 = 43;
const NUMBER_MASK: u64 = (1 << KIND_SHIFT) - 1;
/// How many numbers there are for views.
const N_VIEWS: u64 = 1 << 18;
/// The bits of 64 that a number does not have.
const SIGN_SHIFT: u32 = 64 - KIND_SHIFT;

/// The number of a view: a function of its name alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewNo(u32);

impl ViewNo {
    /// The view that has no name, and is the root.
    pub const UNNAMED: Self = Self(0);

    /// Returns the number of the view with a name. Two names may have one number.
    pub fn of(name: &str) -> Self {
        let hash = XxHash3_64::oneshot(name.as_bytes());
        let number = 1 + hash % (N_VIEWS - 1);
        Self(u32::try_from(number).unwrap_or_else(|_| unreachable!("18 bits fit")))
    }
}

/// What a leaf is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The file of an item, by the item's number.
    Item,
    /// The cover of an album, by the album's number.
    Cover,
    /// The album's cover in another folder, by the number of the first of its items there.
    FurtherCover,
    /// The cover in the folder that holds a folder for a disc, by the number of the disc's first item.
    CoverOfDiscs,
    /// The lyrics of an item, by the item's number.
    Lyrics,
    /// The playlist of an album, by the album's number.
    AlbumPlaylist,
    /// A playlist of the configuration, by a hash of its name.
    Playlist,
    /// A file that lies beside origins, by a hash of its path.
    Beside,
}

impl Kind {
    /// Returns the word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Cover | Self::FurtherCover | Self::CoverOfDiscs => "cover",
            Self::Lyrics => "lyrics",
            Self::AlbumPlaylist | Self::Playlist => "playlist",
            Self::Beside => "passthrough",
        }
    }
}

/// All kinds in the order of their numbers.
const KINDS: [Kind; 8] = [
    Kind::Item,
    Kind::Cover,
    Kind::FurtherCover,
    Kind::CoverOfDiscs,
    Kind::Lyrics,
    Kind::AlbumPlaylist,
    Kind::Playlist,
    Kind::Beside,
];

/// A leaf, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Leaf {
    /// The view that it is in.
    pub view: ViewNo,
    /// What it is.
    pub kind: Kind,
    /// Its number among those, from −2³⁹ to 2³⁹ − 1.
    pub number: i64,
}

impl Leaf {
    /// Returns the file of an item in a view.
    pub(crate) const fn item(view: ViewNo, id: ItemId) -> Self {
        Self {
            view,
            kind: Kind::Item,
            number: id.0,
        }
    }

    /// Returns everything in a view that may change with the row of an item, whether or not it is there.
    pub(crate) fn of_item(view: ViewNo, id: ItemId) -> [Self; 4] {
        let kinds = [
            Kind::Item,
            Kind::FurtherCover,
            Kind::CoverOfDiscs,
            Kind::Lyrics,
        ];
        kinds.map(|kind| Self {
            view,
            kind,
            number: id.0,
        })
    }

    /// Returns everything in a view that may change with the row of an album, but for what changes with its
    /// items' rows.
    pub(crate) fn of_album(view: ViewNo, id: AlbumId) -> [Self; 2] {
        let kinds = [Kind::Cover, Kind::AlbumPlaylist];
        kinds.map(|kind| Self {
            view,
            kind,
            number: id.0,
        })
    }

    /// Takes the number of a leaf apart.
    pub(crate) fn of(id: LeafId) -> Self {
        let raw = id.get();
        let kind =
            usize::try_from(raw >> KIND_SHIFT & 7).unwrap_or_else(|_| unreachable!("3 bits fit"));
        let view = u32::try_from(raw >> VIEW_SHIFT).unwrap_or_else(|_| unreachable!("18 bits fit"));
        Self {
            view: ViewNo(view),
            kind: KINDS[kind],
            number: (raw << SIGN_SHIFT).cast_signed() >> SIGN_SHIFT,
        }
    }

    /// Returns the number of the leaf. Of a number that is out of range the lowest bits count.
    pub(crate) fn id(self) -> LeafId {
        let view = u64::from(self.view.0) << VIEW_SHIFT;
        let kind = (self.kind as u64) << KIND_SHIFT;
        let number = self.number.cast_unsigned() & NUMBER_MASK;
        LeafId::new(view | kind | number).unwrap_or_else(|_| unreachable!("61 bits are below 2^61"))
    }

    /// Returns whether the number is in range, so that no other one has the same leaf.
    pub(crate) fn is_in_range(self) -> bool {
        Self::of(self.id()) == self
    }
}

/// Returns the item whose file a leaf is, if it is one.
pub(crate) fn item_of(leaf: LeafId) -> Option<ItemId> {
    let leaf = Leaf::of(leaf);
    (leaf.kind == Kind::Item).then_some(ItemId(leaf.number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_view_without_a_name_has_the_number_of_its_item() {
        for id in [0, 1, 7, (1 << 39) - 1] {
            let leaf = Leaf::item(ViewNo::UNNAMED, ItemId(id));
            assert_eq!(leaf.id().get(), id.cast_unsigned());
        }
    }

    #[test]
    fn what_is_put_together_comes_apart() {
        let views = [ViewNo::UNNAMED, ViewNo::of("By genre"), ViewNo(0x3_ffff)];
        for (view, kind) in views
            .into_iter()
            .flat_map(|view| KINDS.map(|kind| (view, kind)))
        {
            for number in [0, 1, -1, 7, -(1 << 39), (1 << 39) - 1] {
                let leaf = Leaf { view, kind, number };
                assert!(leaf.is_in_range());
                assert_eq!(Leaf::of(leaf.id()), leaf);
            }
        }
    }

    #[test]
    fn numbers_that_no_leaf_has_are_known() {
        for id in [1 << 39, -(1 << 39) - 1, i64::MIN, i64::MAX] {
            assert!(!Leaf::item(ViewNo::UNNAMED, ItemId(id)).is_in_range());
        }
    }

    #[test]
    fn a_view_has_the_number_it_always_had() {
        let number = ViewNo::of("By genre");
        assert_eq!(number, ViewNo(229_000), "all its inodes will change");
        assert_ne!(number, ViewNo::of("By decade"));
    }
}
