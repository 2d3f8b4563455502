//! Names in ASCII: which tables they come from, and that the user is told.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support;

/// A library with names in ASCII, and a folder for what a test brings.
struct Laid {
    library: fixtures::Library,
    folder: TempDir,
    config: PathBuf,
}

impl Laid {
    fn new(more: &str) -> Self {
        let library = fixtures::Library::copy_to_temp();
        let folder = TempDir::with_prefix("musicfs-ascii-").unwrap();
        let database = library.config().with_file_name("library.db");
        let config = folder.path().join("config.yaml");
        let text = format!(
            "library: {}\nasciify_paths: yes\n{more}",
            database.display()
        );
        fs::write(&config, text).unwrap();
        Self {
            library,
            folder,
            config,
        }
    }

    /// Puts down tables that know one letter.
    fn with_tables(self, folder: &str) -> Self {
        let folder = self.folder.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("x000.py"), table(0xe9, "<e acute>")).unwrap();
        self
    }

    /// Returns the names of all items under one template, and what was logged.
    fn names(&self, environment: &[(&str, &Path)]) -> (String, String) {
        let output = support::musicfs()
            .args(["paths", "--path-format", "\u{e9}\u{e9} $id"])
            .arg("--config")
            .arg(&self.config)
            .env("PATH", "/nonexistent")
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let names = String::from_utf8(output.stdout).unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        assert_eq!(names.lines().count(), self.library.items().len());
        (names, said)
    }

    #[track_caller]
    fn check(&self, environment: &[(&str, &Path)], name: &str, message: &str) {
        let (names, said) = self.names(environment);
        assert!(names.contains(name), "{names}");
        assert_eq!(said.matches(message).count(), 1, "{said}");
        assert_eq!(said.matches("Unidecode").count(), 1, "{said}");
    }
}

/// A file of Unidecode in which one character has a text.
fn table(at: usize, text: &str) -> String {
    let mut texts = vec!["''"; 256];
    let quoted = format!("'{text}'");
    texts[at] = &quoted;
    format!("data = (\n{},\n)\n", texts.join(",\n"))
}

const READ: &str = "tables of Unidecode read";

#[test]
fn the_variable_names_tables() {
    let laid = Laid::new("").with_tables("mine");
    let folder = laid.folder.path().join("mine");
    laid.check(
        &[("MUSICFS_UNIDECODE", &folder)],
        "_e acute__e acute_ 1.",
        READ,
    );
}

#[test]
fn the_configuration_names_tables_beside_itself() {
    let laid = Laid::new("musicfs:\n  unidecode: mine\n").with_tables("mine");
    laid.check(&[], "_e acute__e acute_ 1.", READ);
}

#[test]
fn tables_are_found_with_the_beet_on_the_search_path() {
    let laid = Laid::new("").with_tables("venv/lib/python3.11/site-packages/unidecode");
    let bin = laid.folder.path().join("venv/bin");
    fs::create_dir_all(&bin).unwrap();
    let script = format!("#!{}/python\n", bin.display());
    fs::write(bin.join("beet"), script).unwrap();
    laid.check(&[("PATH", &bin)], "_e acute__e acute_ 1.", READ);
}

#[test]
fn unreadable_tables_are_told_of_and_replaced() {
    let laid = Laid::new("musicfs: {unidecode: mine}\n").with_tables("mine");
    fs::write(laid.folder.path().join("mine/x001.py"), "data = None").unwrap();
    laid.check(&[], "\tee 1.", "unreadable, built-in ones are used");
}

#[test]
fn a_folder_without_tables_is_refused() {
    let laid = Laid::new("musicfs: {unidecode: absent}\n");
    let config = laid.config.to_str().unwrap();
    let message = support::refuse(&["paths", "--config", config]);
    for reason in ["absent", "x000.py", "musicfs.unidecode"] {
        assert!(message.contains(reason), "{message}");
    }
}
