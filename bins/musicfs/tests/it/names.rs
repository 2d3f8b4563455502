//! Names, compared with those that the real beets chose for an adversarial library.
//!
//! `fixtures/data/paths` holds a library, configurations, templates and queries, and what
//! beets makes of them; `pack_paths.py` and
//! `make_path_cases.py` beside it made them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use catalog::Surroundings;
use jiff::tz::TimeZone;
use musicfs::naming::{self, Named};
use musicfs::source::{Overrides, Source};
use serde::Deserialize;
use tempfile::TempDir;

/// A configuration and what beets makes of the library under it.
#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    zone: String,
    config: String,
    files: BTreeMap<String, String>,
    templates: Vec<Template>,
    queries: Vec<Query>,
}

#[derive(Debug, Deserialize)]
struct Template {
    /// The template; that of the configuration if none.
    template: Option<String>,
    paths: BTreeMap<i64, Destination>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Destination {
    Text(String),
    Bytes(Vec<u8>),
}

#[derive(Debug, Deserialize)]
struct Query {
    query: String,
    /// The items that beets lists; none if it refuses the query.
    ids: Option<Vec<i64>>,
}

impl Destination {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/data/paths")
        .join(file)
}

fn cases() -> Vec<Case> {
    let text = fs::read_to_string(data("cases.jsonl")).expect("the cases are there");
    let cases = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a case is JSON"));
    cases.collect()
}

/// The files of a case, in a folder of their own.
struct Laid {
    case: Case,
    folder: TempDir,
}

impl Laid {
    fn out(case: Case) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let write = |file: &str, text: &str| {
            fs::write(folder.path().join(file), text).expect("the file can be written");
        };
        write("config.yaml", &case.config);
        case.files.iter().for_each(|(file, text)| write(file, text));
        Self { case, folder }
    }

    fn names(&self, path_format: Option<&str>, query: Option<&str>) -> anyhow::Result<Vec<Named>> {
        let database = if self.case.name == "legacy" {
            "legacy.db"
        } else {
            "library.db"
        };
        let overrides = Overrides {
            config: Some(self.folder.path().join("config.yaml")),
            library: Some(data(database)),
            path_format: path_format.map(str::to_owned),
            query: query.map(str::to_owned),
            ..Overrides::default()
        };
        let surroundings = Surroundings {
            home: Some("/nonexistent".into()),
            working_directory: "/".into(),
            ..Surroundings::default()
        };
        let zone = TimeZone::get(&self.case.zone).expect("the zone is known");
        let source = Source::open_in(overrides, surroundings, zone)?;
        Ok(naming::name_all(&source)?.iter().collect())
    }
}

/// Adds what differs from beets' choice.
fn compare(case: &str, template: &Template, named: &[Named], differences: &mut Vec<String>) {
    let by_id: HashMap<i64, &Named> = named.iter().map(|named| (named.id.0, named)).collect();
    for (id, wanted) in &template.paths {
        let found = by_id
            .get(id)
            .map(|named| named.destination.as_ref().unwrap_or(&named.path));
        if found.map(Vec::as_slice) != Some(wanted.as_bytes()) {
            let template = &template.template;
            differences.push(format!(
                "{case}: {template:?}: item {id}: {wanted:?}, not {found:?}"
            ));
        }
    }
    let paths: HashSet<_> = named.iter().map(|named| &named.path).collect();
    if paths.len() != named.len() {
        differences.push(format!(
            "{case}: {:?}: a path is used twice",
            template.template
        ));
    }
}

fn report(differences: &[String]) {
    let first = differences
        .iter()
        .take(20)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        differences.is_empty(),
        "{} differences:\n{first}",
        differences.len()
    );
}

#[test]
fn destinations_are_those_of_beets() {
    let mut differences = Vec::new();
    let mut n_paths = 0;
    for laid in cases().into_iter().map(Laid::out) {
        for template in &laid.case.templates {
            n_paths += template.paths.len();
            match laid.names(template.template.as_deref(), None) {
                Ok(named) => compare(&laid.case.name, template, &named, &mut differences),
                Err(error) => differences.push(format!("{:?}: {error:#}", template.template)),
            }
        }
    }
    report(&differences);
    assert!(n_paths > 3000, "only {n_paths} paths were compared");
}

#[test]
fn queries_select_what_beets_lists() {
    let mut differences = Vec::new();
    let mut n_queries = 0;
    for laid in cases().into_iter().map(Laid::out) {
        for Query { query, ids } in &laid.case.queries {
            n_queries += 1;
            let named = laid.names(None, Some(query)).ok();
            let found = named.map(|named| named.iter().map(|named| named.id.0).collect());
            if found != *ids {
                differences.push(format!(
                    "{}: {query}: {ids:?}, not {found:?}",
                    laid.case.name
                ));
            }
        }
    }
    report(&differences);
    assert!(n_queries > 200, "only {n_queries} queries were compared");
}

/// Lays out a configuration of the library that nothing is known of.
fn lay_out(config: &str) -> Laid {
    Laid::out(Case {
        name: "other".to_owned(),
        zone: "UTC".to_owned(),
        config: format!("library: library.db\ndirectory: /music\n{config}"),
        files: BTreeMap::new(),
        templates: Vec::new(),
        queries: Vec::new(),
    })
}

/// Names the library under a configuration, which must be refused for a reason.
#[track_caller]
fn check_refused(config: &str, reasons: &[&str]) {
    let error = lay_out(config)
        .names(None, None)
        .expect_err("the configuration is refused");
    let message = format!("{error:#}");
    for reason in reasons {
        assert!(message.contains(reason), "{reason:?} is not in {message:?}");
    }
}

#[test]
fn what_only_python_can_compute_is_refused_with_its_place() {
    check_refused(
        "plugins: [inline]\nitem_fields:\n  initial: albumartist[0]\n\
         paths:\n  default: $initial/$title\n  singleton: $title\n  comp: $title\n",
        &[
            "paths: default",
            "item_fields.initial",
            "\n  ^^^^^^^^\n",
            "--path-format",
        ],
    );
    check_refused(
        "plugins: [titlecase]\npaths:\n  default: '%titlecase{$title}'\n",
        &["paths: default", "the plugin titlecase", "--path-format"],
    );
    check_refused(
        "plugins: [my_own]\npaths:\n  default: $title%mine{}\n",
        &["paths: default", "\n        ^^^^^^^\n", "the plugin my_own"],
    );
    check_refused(
        "plugins: []\npaths:\n  comp: $has_cover_art\n",
        &["paths: comp:true", "has_cover_art", "reading each file"],
    );
}

#[test]
fn what_beets_refuses_is_refused_with_its_place() {
    check_refused(
        "plugins: []\npaths:\n  'year:x': $title\n",
        &["config.yaml:5:3", "year:x"],
    );
    check_refused(
        "plugins: []\nreplace:\n  '(': _\n",
        &["config.yaml:5:3: replace", "\"(\""],
    );
    check_refused(
        "plugins: []\nreplace:\n  a: '\\2'\n",
        &["replace", "invalid group"],
    );
    check_refused(
        "plugins: [rewrite]\nrewrite:\n  nofield x: y\n",
        &["rewrite", "nofield"],
    );
    check_refused(
        "plugins: [rewrite, advancedrewrite]\nrewrite:\n  title a: b\n\
         advancedrewrite:\n  - title c: d\n",
        &["two plugins", "title"],
    );
}

/// Python gives up there too (`RecursionError`).
#[test]
fn a_rewriting_that_asks_for_what_it_rewrites_is_refused() {
    for rules in [
        "  - match: 'title:a'\n    replacements: {title: b}\n",
        "  - match: 'artist:a'\n    replacements: {title: b}\n  \
           - match: 'title:a'\n    replacements: {artist: b}\n",
    ] {
        check_refused(
            &format!(
                "plugins: advancedrewrite\nadvancedrewrite:\n{rules}paths:\n  default: $title\n"
            ),
            &["title", "depends on itself"],
        );
    }
}

#[test]
fn the_bareasc_plugin_selects_by_ascii() {
    let laid = lay_out(
        "plugins: [bareasc]\nbareasc:\n  prefix: '@'\n\
         paths:\n  'title:@dzungla': bare/$id\n  default: $id\n",
    );
    let ids = |query| -> Vec<i64> {
        let named = laid.names(None, Some(query)).expect("the query is good");
        named.iter().map(|named| named.id.0).collect()
    };
    assert_eq!(ids("title:@dzungla nosuch:"), [10]);
    assert_eq!(ids("id:10 title:@DZUNGLA"), [10]);
    assert!(ids("id:10 title:@DZUNGLA nosuch:").is_empty());
    let named = laid.names(None, None).expect("the rules are good");
    let bare = named
        .iter()
        .filter(|named| named.path.starts_with(b"bare/"));
    assert_eq!(bare.map(|named| named.id.0).collect::<Vec<_>>(), [10]);
    // One title is NULL, at which beets' database gives up.
    let error = laid
        .names(None, Some("title:@dzungla"))
        .expect_err("the query is refused");
    assert!(error.to_string().contains("a value of title"), "{error:#}");
}
