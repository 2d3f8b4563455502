//! `$atypes`: an album's types, in brackets.

/// The `albumtypes` plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlbumTypes {
    /// A type and what is shown for it, in order of appearance; an empty text shows nothing.
    pub types: Vec<(String, String)>,
    /// The types that are not shown for albums of various artists.
    pub ignore_va: Vec<String>,
    /// The two characters around each; anything but two characters means none.
    pub bracket: String,
}

/// The `MusicBrainz` artist that stands for various artists.
const VARIOUS_ARTISTS: &str = "89ad4ac3-39f7-470e-963a-56509c546377";

impl Default for AlbumTypes {
    fn default() -> Self {
        let types = [
            ("ep", "EP"),
            ("single", "Single"),
            ("soundtrack", "OST"),
            ("live", "Live"),
            ("compilation", "Anthology"),
            ("remix", "Remix"),
        ];
        Self {
            types: types
                .map(|(name, shown)| (name.to_owned(), shown.to_owned()))
                .to_vec(),
            ignore_va: vec!["compilation".to_owned()],
            bracket: "[]".to_owned(),
        }
    }
}

impl AlbumTypes {
    /// Appends the types of an album that has these `albumtypes` and `mb_albumartistid`.
    pub fn show(&self, types: &[&str], album_artist_id: &str, out: &mut String) {
        let mut bracket = self.bracket.chars();
        let (left, right) = match (bracket.next(), bracket.next(), bracket.next()) {
            (Some(left), Some(right), None) => (Some(left), Some(right)),
            _ => (None, None),
        };
        let various = album_artist_id == VARIOUS_ARTISTS;
        for (name, shown) in &self.types {
            let ignored = various && self.ignore_va.contains(name);
            if types.contains(&name.as_str()) && !shown.is_empty() && !ignored {
                out.extend(left);
                out.push_str(shown);
                out.extend(right);
            }
        }
    }
}
