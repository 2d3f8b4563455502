//! Tests of the configuration.

use super::*;

use std::fs;

use tempfile::TempDir;

/// A home directory with configuration files.
struct Home(TempDir);

impl Home {
    fn with(files: &[(&str, &str)]) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let file = home.path(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn surroundings(&self) -> Surroundings {
        Surroundings {
            home: Some(self.0.path().to_owned()),
            working_directory: self.path("work"),
            xdg_config_dirs: Some("".into()),
            ..Surroundings::default()
        }
    }

    fn load(&self) -> Result<Config, ConfigError> {
        Config::load(None, &self.surroundings())
    }
}

const USER: &str = ".config/beets/config.yaml";

/// Loads a configuration file of this text.
fn load(text: &str) -> Result<Config, ConfigError> {
    Home::with(&[(USER, text)]).load()
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    let error = load(text).unwrap_err().to_string();
    assert!(error.contains(expected), "{text:?}: {error}");
}

fn rules(config: &Config) -> Vec<(&str, &str)> {
    config
        .paths
        .iter()
        .map(|rule| (rule.query.as_str(), rule.template.as_str()))
        .collect()
}

#[test]
fn without_a_file_the_defaults_hold() {
    let home = Home::with(&[]);
    let config = home.load().unwrap();
    assert_eq!(config.file, None);
    assert_eq!(config.library, home.path(".config/beets/library.db"));
    assert_eq!(config.directory, home.path("Music"));
    assert_eq!(config.replace.len(), 9);
    assert_eq!(config.replace[0].pattern, r"[<>:\?\*\|]");
    assert_eq!(config.replace[5].pattern, r"[\x00-\x1f]");
    assert_eq!(config.replace[7].replacement, "");
    assert_eq!(config.aunique.bracket, "[]");
    let queries: Vec<&str> = rules(&config).iter().map(|rule| rule.0).collect();
    assert_eq!(queries, ["default", "singleton:true", "comp:true"]);
}

#[test]
fn an_order_is_read_as_beets_reads_it() {
    let home = Home::with(&[(USER, "sort_item: artist+\n  year-\n")]);
    let keys = home.load().unwrap().sort_item.into_iter();
    let keys: Vec<_> = keys.map(|key| (key.field, key.descending)).collect();
    assert_eq!(
        keys,
        [("artist".to_owned(), false), ("year".to_owned(), true)]
    );
    check_error(
        "sort_item: [artist+, year]",
        "\"year\" must be a field with +",
    );
    check_error("sort_item: +", "sort_item: \"+\" must be");
}

#[test]
fn the_file_is_looked_for_in_beets_order() {
    let marked = |name: &str| format!("directory: /{name}\n");
    let files = [
        (USER, marked("home")),
        ("xdg/beets/config.yaml", marked("xdg")),
        ("b/beets/config.yaml", marked("b")),
        ("own/config.yaml", marked("own")),
        ("given.yaml", marked("given")),
    ];
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let home = Home::with(&files);
    let mut surroundings = home.surroundings();
    surroundings.xdg_config_home = Some(home.path("xdg").into());
    surroundings.xdg_config_dirs =
        Some(format!("{}:{}", home.path("a").display(), home.path("b").display()).into());
    let found = |surroundings: &Surroundings| Config::load(None, surroundings).unwrap().directory;
    assert_eq!(found(&surroundings), Path::new("/home"));
    fs::remove_file(home.path(USER)).unwrap();
    assert_eq!(found(&surroundings), Path::new("/xdg"));
    surroundings.xdg_config_home = None;
    assert_eq!(found(&surroundings), Path::new("/b"));
    surroundings.beets_dir = Some(home.path("own").into());
    assert_eq!(found(&surroundings), Path::new("/own"));
    let given = Config::load(Some(&home.path("given.yaml")), &surroundings).unwrap();
    assert_eq!(given.directory, Path::new("/given"));
    surroundings.beets_dir = Some(home.path("given.yaml").into());
    assert!(matches!(
        surroundings.config_dir(),
        Err(ConfigError::NotADirectory { .. })
    ));
    let missing = Config::load(Some(&home.path("nowhere.yaml")), &surroundings).unwrap_err();
    assert!(matches!(missing, ConfigError::Unreadable { .. }));
}

#[test]
fn relative_paths_start_at_the_configuration() {
    let home = Home::with(&[(
        "c/config.yaml",
        "library: ../x/./l.db\ndirectory: ~/M//N/\n",
    )]);
    let config = Config::load(Some(&home.path("c/config.yaml")), &home.surroundings()).unwrap();
    assert_eq!(config.library, home.path("x/l.db"));
    assert_eq!(config.directory, home.path("M/N"));
    assert_eq!(config.directory_as_written, "~/M//N/");
    check_error("directory: ~someone/x\n", "write it in full");
}

#[test]
fn path_rules_keep_their_order_and_defaults_follow() {
    let config = load("paths:\n  genre:=Foo: a\n  comp: b\n  %x: %y\n").unwrap();
    assert_eq!(
        rules(&config),
        [
            ("genre:=Foo", "a"),
            ("comp:true", "b"),
            ("%x", "%y"),
            ("default", "$albumartist/$album%aunique{}/$track $title"),
            ("singleton:true", "Non-Album/$artist/$title"),
        ]
    );
    assert_eq!(config.paths[1].place.line, 3);
}

#[test]
fn included_files_have_the_last_word() {
    let home = Home::with(&[
        (
            USER,
            "include: [one.yaml, two.yaml]\npaths: {x: a, y: a}\naunique: {keys: a}\n",
        ),
        (
            ".config/beets/one.yaml",
            "paths: {y: b, z: b}\naunique: {bracket: ''}\nreplace: {a: b}\n",
        ),
        (".config/beets/two.yaml", "paths: {z: c}\n"),
    ]);
    let config = home.load().unwrap();
    assert_eq!(rules(&config)[..3], [("z", "c"), ("y", "b"), ("x", "a")]);
    assert_eq!(
        (
            config.aunique.keys.as_str(),
            config.aunique.bracket.as_str()
        ),
        ("a", "")
    );
    assert_eq!(config.replace.len(), 1);
    let error = load("include: [gone.yaml]\n").unwrap_err().to_string();
    assert!(
        error.contains("config.yaml:1:11") && error.contains("gone.yaml"),
        "{error}"
    );
}

#[test]
fn a_file_that_includes_itself_is_read_once_more() {
    let config = load("include: [config.yaml, config.yaml]\npaths: {x: a}\n").unwrap();
    assert_eq!(rules(&config)[0], ("x", "a"));
}

#[test]
fn lists_may_be_words_and_truth_is_pythons() {
    let config = load("plugins: the bucket the\ndisabled_plugins: [bucket]\nasciify_paths: 'no'\n");
    let config = config.unwrap();
    assert_eq!(config.plugins, ["the"]);
    assert!(config.asciify_paths);
    assert_eq!(
        load("max_filename_length: 24.9\n")
            .unwrap()
            .max_filename_length,
        24
    );
    assert_eq!(
        load("replace: {x: , y: 0}\n").unwrap().replace[1].replacement,
        ""
    );
}

#[test]
fn errors_name_place_and_setting() {
    check_error("- a\n", "config.yaml:1:1: the file must hold a mapping");
    check_error(
        "paths:\n  x: 5\n",
        "config.yaml:2:6: paths.x must be text (put it in quotes)",
    );
    check_error("paths:\n", "paths must be a mapping, not nothing");
    check_error("paths:\n  1: x\n", "key of paths");
    check_error("aunique: x\n", "aunique must be a mapping, not text");
    check_error("id3v23: 'yes'\n", "id3v23 must be yes or no, not text");
    check_error(
        "directory: [a]\n",
        "directory must be text (put it in quotes), not a list",
    );
    check_error("a: b: c\n", "config.yaml:1:5: not YAML");
    check_error("include: x.yaml\n", "include must be a list of files");
    check_error("replace: {a: 1}\n", "replace.a must be text");
    let home = Home::with(&[]);
    fs::create_dir_all(home.path(".config/beets")).unwrap();
    fs::write(home.path(USER), b"a: 1\nb: \xe9\n").unwrap();
    let error = home.load().unwrap_err().to_string();
    assert!(
        error.contains("config.yaml:2: not UTF-8 at byte 8"),
        "{error}"
    );
}

#[test]
fn plugins_have_typed_settings() {
    let text = "plugins: [types, the, bucket, fuzzy]\ntypes: {stars: int}\n\
                the: {patterns: ['^der\\s'], a: no}\nbucket: {bucket_year: ['1950s']}\n\
                rewrite: {'artist x.*': y}\nalbumtypes: {types: [live: Live!, ep]}\n\
                musicfs: {listen: 1}\n";
    let config = load(text).unwrap();
    assert_eq!(
        config.declared_types().unwrap(),
        [("stars".to_owned(), "int".to_owned())]
    );
    let the = config.the().unwrap();
    assert_eq!(
        (the.the, the.a, the.format.as_str()),
        (true, false, "{}, {}")
    );
    assert_eq!(the.patterns, [r"^der\s"]);
    assert_eq!(config.bucket().unwrap().years, ["1950s"]);
    assert_eq!(
        config.pairs("rewrite").unwrap(),
        [("artist x.*".to_owned(), "y".to_owned())]
    );
    let types = config.pair_list(&["albumtypes", "types"]).unwrap().unwrap();
    assert_eq!(
        types,
        [
            ("live".to_owned(), Some("Live!".to_owned())),
            ("ep".to_owned(), None)
        ]
    );
    let queries = config.plugin_queries().unwrap();
    assert_eq!(queries.fuzzy, Some(("~".to_owned(), 0.7)));
    assert_eq!(queries.bareasc, None);
    assert!(config.setting(&["musicfs", "listen"]).unwrap().is_some());
    let error = load("plugins: types\ntypes: {x: text}\n")
        .unwrap()
        .declared_types()
        .unwrap_err();
    assert!(
        error.to_string().contains("types.x: the type must be"),
        "{error}"
    );
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]
    #[test]
    fn no_configuration_panics(text in r"((paths|replace|include|aunique|plugins|directory|x):( [\PC]{0,9})?\n(  [\PC]{0,6}: ?[\PC]{0,6}\n)?){0,4}") {
        let _ = load(&text);
    }
}
