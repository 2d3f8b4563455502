//! The `-o` options of a mount, as mount(8) and fstab(5) spell them.

use anyhow::{Context, Result, bail};
use fusefront::{Audience, Options};

/// What `-o` asked for.
#[derive(Debug, Default)]
pub struct MountOptions {
    /// What the session is told.
    pub session: Options,
    /// `nonempty`: the mountpoint may hold files, which are hidden while mounted.
    pub nonempty: bool,
    /// `allow_empty`: a library without items, or none that match, may be mounted.
    pub allow_empty: bool,
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
    pub fn parse<'a>(lists: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut options = Self::default();
        let words = lists.into_iter().flat_map(|list| list.split(','));
        for word in words.map(str::trim).filter(|word| !word.is_empty()) {
            options.set(word)?;
        }
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
            ("uid", Some(value)) => self.session.uid = Some(number(word, value, 10)?),
            ("gid", Some(value)) => self.session.gid = Some(number(word, value, 10)?),
            ("file_mode", Some(value)) => self.session.file_mode = mode(word, value)?,
            ("dir_mode", Some(value)) => self.session.dir_mode = mode(word, value)?,
            ("fsname", Some(value)) => value.clone_into(&mut self.session.fsname),
            ("rw", None) => bail!("option `rw`: musicfs mounts are read-only"),
            _ => bail!(
                "unknown mount option `{word}`; known are allow_other, allow_root, auto_unmount, \
                 nonempty, allow_empty, uid=, gid=, file_mode=, dir_mode=, fsname="
            ),
        }
        Ok(())
    }
}

/// Returns whether an option is meant for mount(8), systemd or the kernel's defaults.
fn is_for_others(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "ro", "auto", "noauto", "user", "nouser", "users", "owner", "group", "defaults", "nofail",
        "_netdev", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "atime", "noatime",
        "relatime", "async",
    ];
    OTHERS.contains(&name) || name.starts_with("x_") || name == "comment"
}

fn number(word: &str, value: &str, radix: u32) -> Result<u32> {
    u32::from_str_radix(value, radix).with_context(|| format!("mount option `{word}`"))
}

/// Reads permission bits, in octal; write bits are refused.
fn mode(word: &str, value: &str) -> Result<u16> {
    let mode = number(word, value, 8)?;
    match u16::try_from(mode) {
        Ok(mode) if mode & !0o555 == 0 => Ok(mode),
        _ => bail!("mount option `{word}`: a read-only mount takes only read and execute bits"),
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
    fn options_of_fstab_are_left_alone() {
        MountOptions::parse(["noauto,x-systemd.automount,_netdev,nofail,ro"]).unwrap();
    }

    #[test]
    fn unknown_options_are_named() {
        refused("allow_others", "`allow_others`");
    }

    #[test]
    fn bad_values_are_named() {
        refused("uid=me", "`uid=me`");
        refused("file_mode=0644", "`file_mode=0644`");
    }
}
