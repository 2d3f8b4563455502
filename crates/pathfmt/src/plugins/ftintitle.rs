//! `$album_artist_no_feat`: an artist without those featured.

use crate::python;

/// The words that announce a featured artist.
const WORDS: [&str; 5] = ["ft", "featuring", "feat", "feat.", "ft."];

/// Returns an artist's name without the artists that `feat.` or the like announces, as the
/// `ftintitle` plugin computes `$album_artist_no_feat`; `custom` are the configured further words.
pub fn without_featured(artist: &str, custom: &[&str]) -> String {
    let mut before = None;
    for (at, c) in artist.char_indices() {
        if let Some(end) = token_end(artist, at, before, custom) {
            return main_artist(&artist[..at], c, &artist[end..]);
        }
        before = Some(c);
    }
    python::strip(artist).to_owned()
}

/// Returns where a token ends that begins at `at`: a word between white space, or with an opening
/// bracket before it.
fn token_end(artist: &str, at: usize, before: Option<char>, custom: &[&str]) -> Option<usize> {
    let rest = &artist[at..];
    let word_end = |from: usize| {
        let ends = WORDS
            .iter()
            .chain(custom)
            .filter_map(|word| python::prefix(word, &artist[from..]));
        let mut ends = ends.map(|len| from + len);
        ends.find(|&end| artist[end..].chars().next().is_some_and(python::is_space))
    };
    let after_space = before.is_none_or(python::is_space);
    if rest.starts_with(['(', '['])
        && after_space
        && let Some(end) = word_end(at + 1)
    {
        return Some(end);
    }
    let separated = before.is_some_and(|c| python::is_space(c) || matches!(c, '(' | '['));
    separated.then(|| word_end(at)).flatten()
}

/// Returns what stands before a token, with its bracket back if that closes somewhere else.
fn main_artist(left: &str, opener: char, right: &str) -> String {
    let (left, right) = (python::strip(left), python::strip(right));
    let closing = match opener {
        '(' => ')',
        '[' => ']',
        _ => return left.to_owned(),
    };
    if right.ends_with(closing) {
        left.to_owned()
    } else {
        python::strip(&format!("{left} {opener}")).to_owned()
    }
}
