//! Finds the tables of Python's Unidecode, with which beets puts names into ASCII.
//!
//! Their licence keeps them out of this program, so they are read from where beets' own are: from
//! the folder that `musicfs.unidecode` or `MUSICFS_UNIDECODE` names, from beside the `beet` on the
//! search path, or from where distributions put them. They are read when the first character needs
//! them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Result, bail};
use catalog::ToAscii;
use pathfmt::{BuiltinTransliteration, Transliterate, Unidecode};

use crate::source::Source;

const VARIABLE: &str = "MUSICFS_UNIDECODE";

/// Tables that are read when they are first needed.
struct Lazy {
    folder: Option<PathBuf>,
    tables: OnceLock<Option<Unidecode>>,
}

/// Returns what puts text into ASCII.
pub(super) fn tables(source: &Source) -> Result<Arc<dyn Transliterate>> {
    let folder = match configured(source)? {
        Some(folder) if is_tables(&folder) => Some(folder),
        Some(folder) => bail!(
            "{} holds no tables of Unidecode, such as x000.py; see musicfs.unidecode or {VARIABLE}",
            folder.display()
        ),
        None => beside_beet().or_else(common_place),
    };
    Ok(Arc::new(Lazy {
        folder,
        tables: OnceLock::new(),
    }))
}

/// Returns what puts text into ASCII for queries: character by character, without composing first.
pub(super) fn to_ascii(source: &Source) -> Result<ToAscii> {
    let tables = tables(source)?;
    Ok(ToAscii::new(move |text| {
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            if letter.is_ascii() {
                out.push(letter);
            } else {
                out.push_str(tables.ascii(letter));
            }
        }
        out
    }))
}

impl Transliterate for Lazy {
    fn ascii(&self, c: char) -> &str {
        match self.tables.get_or_init(|| self.read()) {
            Some(tables) => tables.ascii(c),
            None => BuiltinTransliteration.ascii(c),
        }
    }
}

impl Lazy {
    fn read(&self) -> Option<Unidecode> {
        let Some(folder) = &self.folder else {
            tracing::info!(
                "no tables of Unidecode found, built-in ones are used: some names in ASCII may \
                 differ from beets'; musicfs.unidecode or MUSICFS_UNIDECODE names their folder"
            );
            return None;
        };
        let section = |section| fs::read_to_string(folder.join(format!("x{section:03x}.py"))).ok();
        match Unidecode::from_sections(section) {
            Ok(tables) => {
                tracing::info!(folder = %folder.display(), "tables of Unidecode read");
                Some(tables)
            }
            Err(error) => {
                tracing::warn!(
                    folder = %folder.display(),
                    %error,
                    "tables of Unidecode unreadable, built-in ones are used"
                );
                None
            }
        }
    }
}

fn configured(source: &Source) -> Result<Option<PathBuf>> {
    if let Some(folder) = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
        return Ok(Some(folder.into()));
    }
    let setting = source.config.setting(&["musicfs", "unidecode"])?;
    let Some(setting) = setting else {
        return Ok(None);
    };
    let Some(folder) = setting.as_text() else {
        bail!(
            "{}: musicfs.unidecode must be a folder, not {}",
            setting.place,
            setting.kind()
        );
    };
    Ok(Some(
        source
            .surroundings
            .resolve(Path::new(folder), &source.config.dir)?,
    ))
}

fn is_tables(folder: &Path) -> bool {
    folder.join("x000.py").is_file()
}

/// Follows the `beet` on the search path to its interpreter, and that to its packages.
fn beside_beet() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let script = std::env::split_paths(&path)
        .map(|dir| dir.join("beet"))
        .find(|it| it.is_file())?;
    let bytes = fs::read(&script).ok()?;
    let line = bytes
        .strip_prefix(b"#!")?
        .split(|&byte| byte == b'\n')
        .next()?;
    let interpreter = line
        .split(u8::is_ascii_whitespace)
        .find(|word| !word.is_empty())?;
    let prefix = Path::new(OsStr::from_bytes(interpreter))
        .parent()?
        .parent()?;
    in_prefix(prefix)
}

/// Looks where distributions, pip and pipx install packages.
fn common_place() -> Option<PathBuf> {
    let system = ["/usr", "/usr/local"].map(PathBuf::from);
    let home = std::env::home_dir().unwrap_or_default();
    let of_home = [
        ".local",
        ".local/share/pipx/venvs/beets",
        ".local/pipx/venvs/beets",
    ];
    let of_home = of_home.iter().map(|dir| home.join(dir));
    of_home.chain(system).find_map(|prefix| in_prefix(&prefix))
}

/// Looks in the packages of each Python below a prefix, in the order of their names.
fn in_prefix(prefix: &Path) -> Option<PathBuf> {
    let mut pythons: Vec<PathBuf> = fs::read_dir(prefix.join("lib"))
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.as_bytes().starts_with(b"python"))
        })
        .collect();
    pythons.sort();
    pythons.iter().find_map(|python| {
        let folders = ["site-packages", "dist-packages"];
        folders
            .iter()
            .map(|dir| python.join(dir).join("unidecode"))
            .find(|dir| is_tables(dir))
    })
}
