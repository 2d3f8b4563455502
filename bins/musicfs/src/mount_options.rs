//! The `-o` options of a mount, as mount(8) and fstab(5) spell them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use fusefront::{Audience, Options, Writing};

use crate::composed::Composer;
use crate::origins::Origins;
use crate::state::{self, State};

/// What `-o` asked for.
#[derive(Debug, Default)]
pub(crate) struct MountOptions {
    /// What the session is told.
    pub session: Options,
    /// `nonempty`: the mountpoint may hold files, which are hidden while mounted.
    pub nonempty: bool,
    /// `state=`, `nostate`: where sizes and times are kept.
    pub keeping: Keeping,
    /// `passthrough`, `passthrough=`: whether and where files are composed for the kernel to read.
    pub composing: Option<Composing>,
    /// `allow_empty`: a library without items, or none that match, may be mounted.
    pub allow_empty: bool,
}

/// Where what is found out about files is kept for later mounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// In a folder of the library's own, in the user's folder for such things.
    #[default]
    InDefaultFolder,
    /// In this folder.
    In(PathBuf),
    /// Nowhere.
    Nothing,
}

/// On which filesystem files are composed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Composing {
    /// That of the library's own folder.
    #[default]
    OnLibrarys,
    /// That of this folder.
    On(PathBuf),
}

impl Composing {
    /// Prepares for composing files of a library whose folder is `directory`.
    pub(crate) fn composer(&self, directory: &Path, origins: &Arc<Origins>) -> Option<Composer> {
        let folder = match self {
            Self::OnLibrarys => directory,
            Self::On(folder) => folder,
        };
        Composer::open(folder, origins)
    }
}

impl Keeping {
    /// Keeps it in a folder, or in the default one.
    pub(crate) fn in_folder(folder: Option<&Path>) -> Self {
        folder.map_or(Self::InDefaultFolder, |folder| Self::In(folder.to_owned()))
    }

    /// Returns the folder for what is kept of the library whose database is at `library`.
    ///
    /// # Errors
    ///
    /// If nothing is to be kept, or the process has no folder for such things.
    pub(crate) fn folder(&self, library: &Path) -> Result<PathBuf> {
        match self {
            Self::InDefaultFolder => state::folder(library),
            Self::In(folder) => Ok(folder.clone()),
            Self::Nothing => bail!("`nostate` leaves no folder to keep anything in"),
        }
    }

    /// Returns that folder, made if it is not there, and the library's from now on.
    ///
    /// # Errors
    ///
    /// As for [`Keeping::folder`], if it cannot be made or written to, and [`state::Others`] if it is
    /// another library's.
    pub(crate) fn claim(&self, library: &Path) -> Result<PathBuf> {
        let folder = self.folder(library)?;
        state::claim(&folder, library)?;
        Ok(folder)
    }

    /// Opens what is kept of the library whose database is at `library`.
    ///
    /// # Errors
    ///
    /// [`state::Others`] if the folder is another library's. Whatever else is wrong with it is told by the
    /// log, and nothing is kept.
    pub(crate) fn state(&self, library: &Path) -> Result<State> {
        if *self == Self::Nothing {
            return Ok(State::none());
        }
        match self.claim(library) {
            Err(error) if error.is::<state::Others>() => Err(error),
            folder => Ok(State::open(folder)),
        }
    }
}

impl MountOptions {
    /// Reads lists such as `allow_other,uid=1000`; `-` and `_` mean the same.
    ///
    /// Options that fstab carries for others (`noauto`, `x-systemd.*`, `_netdev`, …) are accepted
    /// and left alone.
    ///
    /// # Errors
    ///
    /// Names the option that is unknown or has a bad value.
    pub(crate) fn parse<'a>(lists: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut options = Self::default();
        let words = lists.into_iter().flat_map(|list| list.split(','));
        for word in words.map(str::trim).filter(|word| !word.is_empty()) {
            options.set(word)?;
        }
        options.check_modes()?;
        Ok(options)
    }

    fn set(&mut self, word: &str) -> Result<()> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let name = name.replace('-', "_");
        if is_for_others(&name) {
            return Ok(());
        }
        match (name.as_str(), value) {
            ("allow_other", None) => self.session.audience = Audience::Everyone,
            ("allow_root", None) => self.session.audience = Audience::OwnerAndRoot,
            ("auto_unmount", None) => self.session.auto_unmount = true,
            ("nonempty", None) => self.nonempty = true,
            ("allow_empty", None) => self.allow_empty = true,
            ("state", Some(value)) => self.keeping = Keeping::In(folder(word, value)?),
            ("xattr", None) => self.session.xattr = true,
            ("nostate", None) => self.keeping = Keeping::Nothing,
            ("ro", None) => (self.session.announces, self.session.writing) = (None, None),
            ("rw", None) => {
                self.session.announces = Options::default().announces;
                self.session.writing = Some(Writing::default());
            }
            ("passthrough", None) => self.composing = Some(Composing::default()),
            ("passthrough", Some(value)) => {
                self.composing = Some(Composing::On(folder(word, value)?));
            }
            ("uid", Some(value)) => self.session.uid = Some(number(word, value, 10)?),
            ("gid", Some(value)) => self.session.gid = Some(number(word, value, 10)?),
            ("file_mode", Some(value)) => self.session.file_mode = Some(mode(word, value)?),
            ("dir_mode", Some(value)) => self.session.dir_mode = Some(mode(word, value)?),
            ("fsname", Some(value)) => value.clone_into(&mut self.session.fsname),
            _ => bail!(
                "unknown mount option `{word}`; known are allow_other, allow_root, auto_unmount, \
                 nonempty, allow_empty, ro, rw, state=, nostate, xattr, passthrough, passthrough=, \
                 uid=, gid=, file_mode=, dir_mode=, fsname="
            ),
        }
        Ok(())
    }

    /// Refuses permissions to write where nothing can be written.
    fn check_modes(&self) -> Result<()> {
        let modes = [
            ("file_mode", self.session.file_mode),
            ("dir_mode", self.session.dir_mode),
        ];
        for (name, mode) in modes {
            if self.session.writing.is_none() && mode.is_some_and(|mode| mode & 0o222 != 0) {
                let mode = mode.unwrap_or_default();
                bail!(
                    "mount option `{name}={mode:04o}`: a mount without `rw` takes only read and \
                     execute bits"
                );
            }
        }
        Ok(())
    }
}

/// Returns whether an option is meant for mount(8), systemd or the kernel's defaults.
fn is_for_others(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "auto", "noauto", "user", "nouser", "users", "owner", "group", "defaults", "nofail",
        "_netdev", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "atime", "noatime",
        "relatime", "async",
    ];
    OTHERS.contains(&name) || name.starts_with("x_") || name == "comment"
}

/// Reads the path of a folder, which has to be absolute: where a mount from fstab(5) runs is not known.
fn folder(word: &str, value: &str) -> Result<PathBuf> {
    let folder = PathBuf::from(value);
    if !folder.is_absolute() {
        bail!("mount option `{word}`: the path of the folder must be absolute");
    }
    Ok(folder)
}

fn number(word: &str, value: &str, radix: u32) -> Result<u32> {
    let kind = if radix == 8 {
        "an octal number"
    } else {
        "a number, such as `id -u NAME` prints"
    };
    u32::from_str_radix(value, radix)
        .with_context(|| format!("mount option `{word}` must have {kind}"))
}

/// Reads permission bits, in octal.
fn mode(word: &str, value: &str) -> Result<u16> {
    let mode = number(word, value, 8)?;
    match u16::try_from(mode) {
        Ok(mode) if mode & !0o777 == 0 => Ok(mode),
        _ => bail!("mount option `{word}`: only the nine bits of permissions can be given"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(list: &str, reason: &str) {
        let error = MountOptions::parse([list]).expect_err("must be refused");
        assert!(format!("{error:#}").contains(reason), "{error:#}");
    }

    #[test]
    fn a_list_is_taken_apart() {
        let options = MountOptions::parse(["allow-other,uid=1000", "nonempty"]).unwrap();
        assert_eq!(options.session.audience, Audience::Everyone);
        assert!(options.nonempty);
        assert_eq!(options.session.uid, Some(1000));
    }

    #[test]
    fn the_last_word_on_state_holds() {
        let keeping = |list| MountOptions::parse([list]).unwrap().keeping;
        assert_eq!(keeping(""), Keeping::InDefaultFolder);
        assert_eq!(keeping("nostate,state=/s"), Keeping::In("/s".into()));
        assert_eq!(keeping("state=/s,nostate"), Keeping::Nothing);
    }

    #[test]
    fn files_are_composed_where_that_is_asked_for() {
        let composing = |list| MountOptions::parse([list]).unwrap().composing;
        assert_eq!(composing(""), None);
        assert_eq!(composing("passthrough"), Some(Composing::OnLibrarys));
        assert_eq!(
            composing("passthrough=/c"),
            Some(Composing::On("/c".into()))
        );
        refused("passthrough=c", "must be absolute");
    }

    #[test]
    fn files_may_be_edited_where_that_is_asked_for_last() {
        let writes = |list| {
            let options = MountOptions::parse([list]).unwrap();
            options.session.writing.is_some()
        };
        assert!(!writes("") && !writes("rw,ro"));
        assert!(writes("rw") && writes("ro,rw,file_mode=0640"));
    }

    #[test]
    fn options_of_fstab_are_left_alone() {
        MountOptions::parse(["noauto,x-systemd.automount,_netdev,nofail,ro"]).unwrap();
    }

    #[test]
    fn unknown_options_are_named() {
        refused("allow_others", "`allow_others`");
    }

    #[test]
    fn bad_values_are_named() {
        refused("uid=me", "`uid=me` must have a number");
        refused("file_mode=0644", "`file_mode=0644`");
        refused("rw,file_mode=4755", "`file_mode=4755`");
        refused("rw,file_mode=0640,ro", "`file_mode=0640`");
        refused("state=here", "must be absolute");
    }
}
