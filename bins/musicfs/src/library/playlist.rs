//! Playlists, as text: extended M3U in UTF-8, with paths relative to the playlist's own folder.

use catalog::{Item, ItemId};
use vtree::{LeafId, Snapshot};

use crate::leaf::{Leaf, ViewNo};

/// Returns the text of a playlist that is in a tree; items that are not there are left out.
///
/// # Errors
///
/// What `find` gives, which finds items.
pub(super) fn text<E>(
    snapshot: &Snapshot,
    playlist: LeafId,
    items: &[ItemId],
    find: impl Fn(ItemId) -> Result<Option<Item>, E>,
) -> Result<Vec<u8>, E> {
    let mut text = b"#EXTM3U\n".to_vec();
    let Some(node) = snapshot.leaf(playlist) else {
        return Ok(text);
    };
    let folder = node.parent().path();
    let view: ViewNo = Leaf::of(playlist).view;
    for &id in items {
        let Some(file) = snapshot.leaf(Leaf::item(view, id).id()) else {
            continue;
        };
        let path = relative(&folder, &file.path());
        // An end of a line cannot be in a line.
        if path.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            continue;
        }
        if let Some(item) = find(id)? {
            text.extend_from_slice(&info(&item));
            text.extend_from_slice(&path);
            text.push(b'\n');
        }
    }
    Ok(text)
}

/// Returns the line that says what an item is: its whole seconds, or -1, and what it is called.
fn info(item: &Item) -> Vec<u8> {
    let length = item.get("length").as_f64().filter(|length| *length > 0.0);
    let seconds = length.map_or("-1".to_owned(), |length| format!("{length:.0}"));
    let field = |name| item.text(name).unwrap_or_default();
    let (artist, title) = (field("artist"), field("title"));
    let called = match (artist.is_empty(), title.is_empty()) {
        (false, false) => format!("{artist} - {title}"),
        _ => format!("{artist}{title}"),
    };
    let called = called.replace(['\r', '\n'], " ");
    format!("#EXTINF:{seconds},{called}\n").into_bytes()
}

/// Returns the way from a folder to a file, both from one root.
fn relative(folder: &[u8], file: &[u8]) -> Vec<u8> {
    let parts = |path: &[u8]| -> Vec<Vec<u8>> {
        let parts = path.split(|&byte| byte == b'/');
        parts
            .filter(|part| !part.is_empty())
            .map(<[u8]>::to_vec)
            .collect()
    };
    let (folder, file) = (parts(folder), parts(file));
    let common = folder.iter().zip(&file).take_while(|(one, two)| one == two);
    let common = common.count().min(file.len().saturating_sub(1));
    let up = std::iter::repeat_n(b"..".to_vec(), folder.len() - common);
    let path = up
        .chain(file[common..].iter().cloned())
        .collect::<Vec<_>>()
        .join(&b'/');
    // Such a line would be a comment.
    if path.starts_with(b"#") {
        return [b"./", &path[..]].concat();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_from_the_folder_of_the_playlist() {
        let check = |folder: &str, file: &str, expected: &str| {
            let path = relative(folder.as_bytes(), file.as_bytes());
            assert_eq!(String::from_utf8(path).unwrap(), expected);
        };
        check("", "a/b.mp3", "a/b.mp3");
        check("a", "a/b.mp3", "b.mp3");
        check("a/b", "a/c/d.mp3", "../c/d.mp3");
        check("a/b/c", "d.mp3", "../../../d.mp3");
        check("a", "a/#1.mp3", "./#1.mp3");
        check("a", "ab/c.mp3", "../ab/c.mp3");
    }
}
