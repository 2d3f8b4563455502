//! Where a configuration is looked for, and what relative paths in it mean.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use super::ConfigError;

/// What of a process decides where its configuration is.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// The working directory.
    pub working_directory: PathBuf,
    /// `$BEETSDIR`.
    pub beets_dir: Option<OsString>,
    /// `$XDG_CONFIG_HOME`.
    pub xdg_config_home: Option<OsString>,
    /// `$XDG_CONFIG_DIRS`.
    pub xdg_config_dirs: Option<OsString>,
}

impl Surroundings {
    /// Returns the surroundings of this process.
    pub fn from_process() -> Self {
        Self {
            home: std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            working_directory: std::env::current_dir().unwrap_or_else(|_| "/".into()),
            beets_dir: std::env::var_os("BEETSDIR"),
            xdg_config_home: std::env::var_os("XDG_CONFIG_HOME"),
            xdg_config_dirs: std::env::var_os("XDG_CONFIG_DIRS"),
        }
    }

    /// Returns the directory that holds the configuration, or would.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NotADirectory`] if `$BEETSDIR` names a file, [`ConfigError::NoHome`] if a
    /// path cannot be expanded.
    pub fn config_dir(&self) -> Result<PathBuf, ConfigError> {
        if let Some(named) = &self.beets_dir {
            let dir = self.resolve(Path::new(named), &self.working_directory)?;
            return if dir.is_file() {
                Err(ConfigError::NotADirectory { file: dir })
            } else {
                Ok(dir)
            };
        }
        let mut first = None;
        for parent in self.config_parents() {
            // Without a home, the places beneath it do not exist.
            let Ok(parent) = self.resolve(&parent, &self.working_directory) else {
                continue;
            };
            let dir = parent.join("beets");
            if dir.join("config.yaml").is_file() {
                return Ok(dir);
            }
            first.get_or_insert(dir);
        }
        Ok(first.unwrap_or_else(|| "/etc/beets".into()))
    }

    fn config_parents(&self) -> Vec<PathBuf> {
        let mut parents = vec![PathBuf::from("~/.config")];
        parents.extend(self.xdg_config_home.iter().map(PathBuf::from));
        match &self.xdg_config_dirs {
            Some(dirs) => {
                let dirs = dirs.as_bytes().split(|&byte| byte == b':');
                parents.extend(dirs.map(|dir| OsString::from_vec(dir.to_vec()).into()));
            }
            None => parents.push("/etc/xdg".into()),
        }
        parents.push("/etc".into());
        parents
    }

    /// Expands `~`, joins a relative path to `base`, and removes `.`, `..` and repeated slashes.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoHome`] if the path starts with a `~` that cannot be expanded.
    pub fn resolve(&self, path: &Path, base: &Path) -> Result<PathBuf, ConfigError> {
        let joined = self.working_directory.join(base).join(self.expand(path)?);
        let mut clean = PathBuf::new();
        for component in joined.components() {
            match component {
                Component::ParentDir => {
                    clean.pop();
                }
                Component::CurDir => {}
                component => clean.push(component),
            }
        }
        Ok(clean)
    }

    fn expand(&self, path: &Path) -> Result<PathBuf, ConfigError> {
        let mut components = path.components();
        match components.next() {
            Some(Component::Normal(first)) if first.as_bytes().starts_with(b"~") => {
                match &self.home {
                    Some(home) if first == "~" => Ok(home.join(components.as_path())),
                    _ => Err(ConfigError::NoHome {
                        path: path.display().to_string(),
                    }),
                }
            }
            _ => Ok(path.to_owned()),
        }
    }
}
