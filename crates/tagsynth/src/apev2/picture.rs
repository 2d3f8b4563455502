//! The items that are pictures.

/// The key of the front cover.
pub(super) const FRONT: &str = "Cover Art (front)";
/// The keys of the pictures that mediafile knows; all give way to a cover.
const PICTURES: [&str; 21] = [
    "Cover Art (other)",
    "Cover Art (icon)",
    "Cover Art (other icon)",
    FRONT,
    "Cover Art (back)",
    "Cover Art (leaflet)",
    "Cover Art (media)",
    "Cover Art (lead)",
    "Cover Art (artist)",
    "Cover Art (conductor)",
    "Cover Art (band)",
    "Cover Art (composer)",
    "Cover Art (lyricist)",
    "Cover Art (studio)",
    "Cover Art (recording)",
    "Cover Art (performance)",
    "Cover Art (movie scene)",
    "Cover Art (colored fish)",
    "Cover Art (illustration)",
    "Cover Art (band logo)",
    "Cover Art (publisher logo)",
];

/// Returns whether an item of this key is a picture.
pub(super) fn is_picture(key: &str) -> bool {
    PICTURES.iter().any(|known| known.eq_ignore_ascii_case(key))
}
