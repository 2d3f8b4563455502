//! Where the covers of albums lie, and what they are called.
//!
//! An album has its cover in every folder that has an item of it, so that whoever looks at one folder
//! finds it. Where such a folder is called as that of a disc (`CD 1`, `Disc 2`), the folder that holds it
//! has the cover too: that is where Kodi and Jellyfin look for an album of several discs.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use catalog::{AlbumRow, ItemId, ItemRow, Slot, Value};
use pathfmt::{Environment, Failure, Namer, Template};

use super::fields::Collector;
use super::model::{Models, Row};
use super::rules::want_of;
use super::unique::Uniques;
use crate::leaf::{Kind, Leaf, ViewNo};
use crate::source::Source;

/// What a folder of a disc is called, up to its number, in lower case: what Jellyfin takes for one
/// (`AlbumStackingPrefixes` of its `NamingOptions`), but for `act` and `part`, which are titles as well.
const DISC_PREFIXES: [&str; 6] = ["disc", "disk", "cd", "digital media", "vol", "volume"];

/// The template of covers' names.
#[derive(Debug)]
pub(super) struct CoverRule {
    template: Template,
    /// The column with the path of an album's picture.
    artpath: Slot,
}

/// The folders of a view that have items of albums with covers, in the order of their items.
#[derive(Debug, Default)]
pub(super) struct Covers {
    albums: HashMap<i64, Vec<Folder>>,
}

/// A folder with items of an album.
#[derive(Debug)]
pub(super) struct Folder {
    path: Box<[u8]>,
    /// The first of the items.
    first: ItemId,
}

/// A cover, and where it is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cover {
    pub(super) leaf: Leaf,
    pub(super) path: Vec<u8>,
}

impl CoverRule {
    /// Compiles `art_filename`.
    pub(super) fn new(source: &Source, artpath: Slot) -> Result<Self> {
        let template = &source.config.art_filename;
        let template = Template::parse(template)
            .map_err(|error| anyhow!("art_filename: {}", error.render(template).trim_end()))?;
        Ok(Self { template, artpath })
    }

    /// Returns whether the template calls a function.
    pub(super) fn calls(&self, function: &str) -> bool {
        self.template.calls().any(|(name, _)| name == function)
    }

    /// Wants the fields that names depend on.
    pub(super) fn want(&self, source: &Source, fields: &mut Collector<'_>) -> Result<()> {
        for (name, _) in self.template.symbols() {
            fields.want_of_both(name)?;
        }
        want_of(&self.template, source, fields)
    }

    /// Returns the path of an album's picture, if it has one.
    fn picture(&self, album: AlbumRow<'_>) -> Option<Vec<u8>> {
        match album.value(self.artpath) {
            Some(Value::Bytes(path)) if !path.is_empty() => Some(path),
            _ => None,
        }
    }

    /// Returns the covers of an album with items in these folders of a view.
    pub(super) fn covers(
        &self,
        view: ViewNo,
        album: AlbumRow<'_>,
        folders: &[Folder],
        names: &mut AlbumNames<'_, '_>,
    ) -> Result<Vec<Cover>> {
        let Some(picture) = self.picture(album) else {
            return Ok(Vec::new());
        };
        let name = names.name(
            "art_filename",
            &self.template,
            album,
            &with_usual_extension(picture),
        )?;
        let mut covers = Vec::new();
        let mut parents: Vec<&[u8]> = Vec::new();
        for (at, folder) in folders.iter().enumerate() {
            let (kind, number) = if at == 0 {
                (Kind::Cover, album.id().0)
            } else {
                (Kind::FurtherCover, folder.first.0)
            };
            let mut add = |kind, number, path: &[u8]| {
                covers.push(Cover {
                    leaf: Leaf { view, kind, number },
                    path: join(path, &name),
                });
            };
            add(kind, number, &folder.path);
            if let Some(parent) = parent_of_disc(&folder.path)
                && !parents.contains(&parent)
                && !folders.iter().any(|folder| *folder.path == *parent)
            {
                parents.push(parent);
                add(Kind::CoverOfDiscs, folder.first.0, parent);
            }
        }
        Ok(covers)
    }
}

impl Covers {
    /// Notes where an item is; items come by number.
    pub(super) fn note(&mut self, item: ItemRow<'_>, path: &[u8]) {
        let Some(album) = item.album() else { return };
        let album = album.id().0;
        let path = folder_of(path);
        let folders = self.albums.entry(album).or_default();
        // The last one is the likeliest.
        let mut known = folders.iter().rev();
        let is_known = known.any(|folder| *folder.path == *path);
        if !is_known {
            let (path, first) = (path.into(), item.id());
            folders.push(Folder { path, first });
        }
    }

    /// Returns all covers of a view, by kind and number: an order that is known of each by itself.
    pub(super) fn finish(
        self,
        rule: &CoverRule,
        view: ViewNo,
        models: &Models<'_>,
        names: &mut AlbumNames<'_, '_>,
    ) -> Result<Vec<Cover>> {
        let mut covers = Vec::new();
        for album in models.scan.albums() {
            if let Some(folders) = self.albums.get(&album.id().0) {
                covers.extend(rule.covers(view, album, folders, names)?);
            }
        }
        // Numbers that no leaf has are those of no row of beets.
        covers.retain(|cover| cover.leaf.is_in_range());
        covers.sort_by_key(|cover| (cover.leaf.kind, cover.leaf.number));
        Ok(covers)
    }
}

/// What names files by albums alone.
pub(super) struct AlbumNames<'a, 'n> {
    pub(super) models: &'a Models<'a>,
    pub(super) uniques: &'a Uniques<'a>,
    pub(super) namer: &'a mut Namer<'n>,
}

impl AlbumNames<'_, '_> {
    /// Returns the name of a file that has the extension of `like`; `place` is what the user calls the
    /// template.
    pub(super) fn name(
        &mut self,
        place: &str,
        template: &Template,
        album: AlbumRow<'_>,
        like: &[u8],
    ) -> Result<Vec<u8>> {
        let environment = AlbumEnvironment {
            models: self.models,
            uniques: self.uniques,
            album,
        };
        let name = self.namer.cover(template, &environment, like);
        name.map_err(|error| {
            let rendered = error.render(template.source());
            anyhow!(
                "{place}: album {}: {}\nuse `musicfs: {{sidecars: no}}` to show no such files",
                album.id().0,
                rendered.trim_end()
            )
        })
    }
}

/// An album, as the template of its cover's name sees it.
struct AlbumEnvironment<'e> {
    models: &'e Models<'e>,
    uniques: &'e Uniques<'e>,
    album: AlbumRow<'e>,
}

impl Environment for AlbumEnvironment<'_> {
    fn symbol(&self, name: &str, out: &mut String) -> Result<bool, Failure> {
        let pair = self.models.fields.get(name);
        match pair.and_then(|pair| pair.album.as_ref()) {
            Some(field) => self.models.show(Row::Album(self.album), field, out),
            None => Ok(false),
        }
    }

    fn provides(&self, function: &str) -> bool {
        function == "aunique" || self.models.plugins.has_function(function)
    }

    fn call(&self, function: &str, arguments: &[&str], out: &mut String) -> Result<(), Failure> {
        match function {
            "aunique" => self.uniques.album(Some(self.album), arguments, out),
            _ => self.models.plugins.call(function, arguments, out),
        }
    }
}

/// Returns the folder that a path is in; that of the root is empty.
pub(super) fn folder_of(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|&byte| byte == b'/');
    &path[..slash.unwrap_or(0)]
}

/// Returns the path of a name in a folder.
pub(super) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() {
        name.to_vec()
    } else {
        [folder, name].join(&b'/')
    }
}

/// Returns the folder that holds the folder of a disc, if `folder` is called as one.
pub(super) fn parent_of_disc(folder: &[u8]) -> Option<&[u8]> {
    let parent = folder_of(folder);
    let name = &folder[parent.len()..];
    let name = String::from_utf8_lossy(name.strip_prefix(b"/").unwrap_or(name)).to_lowercase();
    let is_number = |rest: &str| {
        let number = rest.trim_start_matches([' ', '-', '_', '.', '#']);
        let n_digits = number.chars().take_while(char::is_ascii_digit).count();
        n_digits > 0 && !number[n_digits..].starts_with(char::is_alphanumeric)
    };
    let mut prefixes = DISC_PREFIXES.iter();
    let is_disc = prefixes.any(|prefix| name.strip_prefix(prefix).is_some_and(is_number));
    is_disc.then_some(parent)
}

/// Spells the extensions of a picture as programs look for them: `.jpg` and `.png`.
fn with_usual_extension(picture: Vec<u8>) -> Vec<u8> {
    let name = &picture[picture
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |at| at + 1)..];
    let Some(dot) = name.iter().rposition(|&byte| byte == b'.') else {
        return picture;
    };
    let usual = match &name[dot + 1..].to_ascii_lowercase()[..] {
        b"jpg" | b"jpeg" | b"jpe" | b"jfif" => &b"jpg"[..],
        b"png" => b"png",
        _ => return picture,
    };
    let kept = picture.len() - name.len() + dot + 1;
    [&picture[..kept], usual].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_parent(folder: &str, expected: Option<&str>) {
        let parent = parent_of_disc(folder.as_bytes());
        assert_eq!(parent, expected.map(str::as_bytes), "{folder}");
    }

    #[test]
    fn folders_of_discs_are_known_by_their_names() {
        check_parent("A/B/CD1", Some("A/B"));
        check_parent("A/B/Disc 02", Some("A/B"));
        check_parent("A/B/disk-3 (Live)", Some("A/B"));
        check_parent("A/B/Digital Media 1", Some("A/B"));
        check_parent("CD 1", Some(""));
        check_parent("A/B/Discovery", None);
        check_parent("A/B/CD", None);
        check_parent("A/B/Disc 1st", None);
        check_parent("A/Volume 3/B", None);
        check_parent("", None);
    }

    #[test]
    fn extensions_are_spelled_as_programs_look_for_them() {
        let check = |picture: &str, expected: &str| {
            let usual = with_usual_extension(picture.as_bytes().to_vec());
            assert_eq!(usual, expected.as_bytes());
        };
        check("/a.b/cover.JPEG", "/a.b/cover.jpg");
        check("/a.b/cover.Png", "/a.b/cover.png");
        check("/a.b/cover.webp", "/a.b/cover.webp");
        check("/a.b/cover", "/a.b/cover");
    }
}
