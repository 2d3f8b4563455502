//! How a filesystem is mounted.

use std::path::PathBuf;
use std::time::Duration;

use fuser::{Config, MountOption, SessionACL};

use crate::Error;
use crate::announce::Hands;
use crate::attr::Owner;

/// Who may use the mount; within that, modes decide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Audience {
    /// The user who mounts it.
    #[default]
    Owner,
    /// That user, and root.
    OwnerAndRoot,
    /// Everybody (`allow_other`).
    Everyone,
}

/// How what programs write is taken in.
#[derive(Debug, Clone)]
pub struct Writing {
    /// Where it is kept until it is committed, in files without names.
    pub folder: PathBuf,
    /// The most bytes that are kept at any time.
    pub most_bytes: u64,
    /// The most names that are not the library's.
    pub most_names: usize,
    /// How long a leaf may be away from its own name.
    pub patience: Duration,
}

impl Default for Writing {
    /// 4 GiB in the folder that `TMPDIR` names, else `/var/tmp`, which unlike `/tmp` is on a disk
    /// (file-hierarchy(7)); 512 names; ten seconds.
    fn default() -> Self {
        let folder = std::env::var_os("TMPDIR").filter(|folder| !folder.is_empty());
        Self {
            folder: folder.map_or_else(|| PathBuf::from("/var/tmp"), PathBuf::from),
            most_bytes: 4 << 30,
            most_names: 512,
            patience: Duration::from_secs(10),
        }
    }
}

/// How a filesystem is mounted.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the mount table shows as its source.
    pub fsname: String,
    /// Who may use the mount. Anything but [`Audience::Owner`] needs `user_allow_other` in
    /// `/etc/fuse.conf`, unless root mounts.
    pub audience: Audience,
    /// Whether `fusermount3` unmounts when this process ends in whatever way. It works only together
    /// with an audience beyond the owner, so root is let in too if nobody else is.
    pub auto_unmount: bool,
    /// The user whom all files belong to; by default the one who mounts.
    pub uid: Option<u32>,
    /// The group that all files belong to; by default that of the user who mounts.
    pub gid: Option<u32>,
    /// Whether leaves have extended attributes. If not, the kernel says that they are not supported, and
    /// asks no more.
    pub xattr: bool,
    /// The permissions of files; by default 0444, or 0644 if they may be written.
    pub file_mode: Option<u16>,
    /// The permissions of directories; by default 0555, or 0755 if files may be written.
    pub dir_mode: Option<u16>,
    /// Whether files may be written, and how; by default the mount is read-only.
    pub writing: Option<Writing>,
    /// How many threads answer requests; more than there are cores, since origins make them wait.
    pub n_threads: usize,
    /// How long the kernel may keep names and attributes without asking again. What changes is told
    /// to it at once, whatever this is.
    pub lifetime: Duration,
    /// Who has the kernel tell programs that watch the mount of what changes behind it, if anybody does. It
    /// takes a mount that the kernel does not take for read-only, though it is.
    pub announces: Option<Hands>,
    /// Further mount options, as after `mount -o`.
    pub mount_options: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fsname: "musicfs".to_owned(),
            audience: Audience::default(),
            auto_unmount: false,
            uid: None,
            gid: None,
            xattr: false,
            file_mode: None,
            dir_mode: None,
            writing: None,
            n_threads: 16,
            lifetime: Duration::from_hours(1),
            announces: Some(Hands::Thread),
            mount_options: Vec::new(),
        }
    }
}

impl Options {
    pub(crate) fn owner(&self) -> Owner {
        let write_bit = if self.writing.is_some() { 0o200 } else { 0 };
        Owner {
            uid: self
                .uid
                .unwrap_or_else(|| rustix::process::geteuid().as_raw()),
            gid: self
                .gid
                .unwrap_or_else(|| rustix::process::getegid().as_raw()),
            file_mode: self.file_mode.unwrap_or(0o444 | write_bit) & 0o7777,
            dir_mode: self.dir_mode.unwrap_or(0o555 | write_bit) & 0o7777,
        }
    }

    pub(crate) fn config(&self) -> Result<Config, Error> {
        let mut config = Config::default();
        config.mount_options = vec![
            MountOption::FSName(checked(&self.fsname)?),
            MountOption::CUSTOM("subtype=musicfs".to_owned()),
            MountOption::NoAtime,
            MountOption::DefaultPermissions,
        ];
        if self.announces.is_none() && self.writing.is_none() {
            config.mount_options.push(MountOption::RO);
        }
        if self.auto_unmount {
            config.mount_options.push(MountOption::AutoUnmount);
        }
        for option in &self.mount_options {
            config.mount_options.push(mount_option(option)?);
        }
        config.acl = match self.audience {
            Audience::Everyone => SessionACL::All,
            Audience::OwnerAndRoot => SessionACL::RootAndOwner,
            Audience::Owner if self.auto_unmount => SessionACL::RootAndOwner,
            Audience::Owner => SessionACL::Owner,
        };
        config.n_threads = Some(self.n_threads.max(1));
        config.clone_fd = true;
        Ok(config)
    }
}

/// Refuses text that would be several options, or none.
fn checked(option: &str) -> Result<String, Error> {
    let reason = match option {
        "" => "is empty",
        _ if option.contains([',', '\0', '\\']) => "contains a comma, a backslash or a NUL",
        _ => return Ok(option.to_owned()),
    };
    let option = option.to_owned();
    Err(Error::BadOption { option, reason })
}

fn mount_option(option: &str) -> Result<MountOption, Error> {
    Ok(match option {
        "dev" => MountOption::Dev,
        "nodev" => MountOption::NoDev,
        "suid" => MountOption::Suid,
        "nosuid" => MountOption::NoSuid,
        "exec" => MountOption::Exec,
        "noexec" => MountOption::NoExec,
        "ro" => MountOption::RO,
        "noatime" => MountOption::NoAtime,
        "sync" => MountOption::Sync,
        "async" => MountOption::Async,
        "dirsync" => MountOption::DirSync,
        "default_permissions" => MountOption::DefaultPermissions,
        "rw" | "atime" | "allow_other" | "allow_root" | "auto_unmount" => {
            return Err(Error::BadOption {
                option: option.to_owned(),
                reason: "is not to be given as a further mount option",
            });
        }
        _ => MountOption::CUSTOM(checked(option)?),
    })
}
