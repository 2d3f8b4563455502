//! Genres: the numbers of ID3v1, and the ways of ID3v2 to write them.

/// The names of ID3v1's genre numbers, with the extensions that players agree on.
#[rustfmt::skip]
pub(crate) const GENRES: &[&str] = &[
    "Blues", "Classic Rock", "Country", "Dance", "Disco", "Funk", "Grunge", "Hip-Hop", "Jazz",
    "Metal", "New Age", "Oldies", "Other", "Pop", "R&B", "Rap", "Reggae", "Rock", "Techno",
    "Industrial", "Alternative", "Ska", "Death Metal", "Pranks", "Soundtrack", "Euro-Techno",
    "Ambient", "Trip-Hop", "Vocal", "Jazz+Funk", "Fusion", "Trance", "Classical", "Instrumental",
    "Acid", "House", "Game", "Sound Clip", "Gospel", "Noise", "Alt. Rock", "Bass", "Soul", "Punk",
    "Space", "Meditative", "Instrumental Pop", "Instrumental Rock", "Ethnic", "Gothic", "Darkwave",
    "Techno-Industrial", "Electronic", "Pop-Folk", "Eurodance", "Dream", "Southern Rock", "Comedy",
    "Cult", "Gangsta Rap", "Top 40", "Christian Rap", "Pop/Funk", "Jungle", "Native American",
    "Cabaret", "New Wave", "Psychedelic", "Rave", "Showtunes", "Trailer", "Lo-Fi", "Tribal",
    "Acid Punk", "Acid Jazz", "Polka", "Retro", "Musical", "Rock & Roll", "Hard Rock", "Folk",
    "Folk-Rock", "National Folk", "Swing", "Fast-Fusion", "Bebop", "Latin", "Revival", "Celtic",
    "Bluegrass", "Avantgarde", "Gothic Rock", "Progressive Rock", "Psychedelic Rock",
    "Symphonic Rock", "Slow Rock", "Big Band", "Chorus", "Easy Listening", "Acoustic", "Humour",
    "Speech", "Chanson", "Opera", "Chamber Music", "Sonata", "Symphony", "Booty Bass", "Primus",
    "Porn Groove", "Satire", "Slow Jam", "Club", "Tango", "Samba", "Folklore", "Ballad",
    "Power Ballad", "Rhythmic Soul", "Freestyle", "Duet", "Punk Rock", "Drum Solo", "A Cappella",
    "Euro-House", "Dance Hall", "Goa", "Drum & Bass", "Club-House", "Hardcore", "Terror", "Indie",
    "BritPop", "Afro-Punk", "Polsk Punk", "Beat", "Christian Gangsta Rap", "Heavy Metal",
    "Black Metal", "Crossover", "Contemporary Christian", "Christian Rock", "Merengue", "Salsa",
    "Thrash Metal", "Anime", "JPop", "Synthpop", "Abstract", "Art Rock", "Baroque", "Bhangra",
    "Big Beat", "Breakbeat", "Chillout", "Downtempo", "Dub", "EBM", "Eclectic", "Electro",
    "Electroclash", "Emo", "Experimental", "Garage", "Global", "IDM", "Illbient", "Industro-Goth",
    "Jam Band", "Krautrock", "Leftfield", "Lounge", "Math Rock", "New Romantic", "Nu-Breakz",
    "Post-Punk", "Post-Rock", "Psytrance", "Shoegaze", "Space Rock", "Trop Rock", "World Music",
    "Neoclassical", "Audiobook", "Audio Theatre", "Neue Deutsche Welle", "Podcast", "Indie Rock",
    "G-Funk", "Dubstep", "Garage Rock", "Psybient",
];

/// Returns the genres that the values of a TCON frame stand for (ID3v2.3 §4.2.1, 2.4 §4.2.3).
///
/// A value is a number, `CR` or `RX`, or text; before 2.4 also numbers in parentheses that text may
/// refine: `(17)(13)Odd` is Rock, Pop and Odd, `((x)` is `(x)`.
pub(crate) fn resolve(values: &[String]) -> Vec<String> {
    let mut genres = Vec::new();
    for value in values {
        match number(value) {
            Some(number) if number < 256 => genres.push(name(number).to_owned()),
            _ if value == "CR" => genres.push("Cover".to_owned()),
            _ if value == "RX" => genres.push("Remix".to_owned()),
            _ => genres.append(&mut refined(value)),
        }
    }
    genres
}

/// Returns the genres of one value that may start with numbers in parentheses.
fn refined(value: &str) -> Vec<String> {
    let mut genres = Vec::new();
    let mut rest = value;
    while let Some((reference, after)) = reference(rest) {
        genres.push(match reference {
            "CR" => "Cover".to_owned(),
            "RX" => "Remix".to_owned(),
            digits => number(digits).map_or("Unknown", name).to_owned(),
        });
        rest = after;
    }
    // Only the first line counts.
    let text = rest.split('\n').next().unwrap_or_default();
    let text = if text.starts_with("((") {
        &text[1..]
    } else {
        text
    };
    if !text.is_empty() && !genres.iter().any(|genre| genre == text) {
        genres.push(text.to_owned());
    }
    genres
}

/// Splits `(17)` or `(RX)` off the start.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (reference, after) = text.strip_prefix('(')?.split_once(')')?;
    let known = reference == "CR" || reference == "RX" || is_number(reference);
    known.then_some((reference, after))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads digits; a number too large for any genre is as good as the largest.
fn number(text: &str) -> Option<usize> {
    is_number(text).then(|| text.parse().unwrap_or(usize::MAX))
}

fn name(number: usize) -> &'static str {
    GENRES.get(number).copied().unwrap_or("Unknown")
}
