//! The layers, held: which crate may import which, who owns an external crate, and who does no I/O.
//!
//! A change of [`ALLOWED`] or [`OWNED`] is a change of the architecture; `CONTRIBUTING.md` says
//! what that takes.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each crate may import of ours, apart from development dependencies.
const ALLOWED: &[(&str, &[&str])] = &[
    ("catalog", &[]),
    ("fusefront", &["splice", "vtree"]),
    (
        "musicfs",
        &[
            "catalog",
            "fusefront",
            "pathfmt",
            "splice",
            "tagsynth",
            "vtree",
        ],
    ),
    ("pathfmt", &[]),
    ("splice", &[]),
    ("tagsynth", &["splice"]),
    ("vtree", &[]),
];

/// Crates for tests and benches alone: they may import anything, and nothing may import them.
const DEV_ONLY: &[&str] = &["benches", "fixtures"];

/// External crates that only these crates of ours may import.
const OWNED: &[(&str, &[&str])] = &[
    ("anyhow", &["musicfs"]),
    ("arc-swap", &["vtree"]),
    ("clap", &["musicfs"]),
    ("fancy-regex", &["catalog"]),
    ("fuser", &["fusefront"]),
    ("lofty", &["tagsynth"]),
    ("memchr", &["splice"]),
    ("rusqlite", &["catalog", "musicfs"]),
    ("rustix", &["fusefront", "musicfs", "splice"]),
    ("saphyr-parser", &["catalog"]),
    ("signal-hook", &["musicfs"]),
    ("tracing-subscriber", &["musicfs"]),
    ("twox-hash", &["musicfs"]),
];

/// Crates that perform no I/O; their callers pass bytes or readers.
const PURE: &[&str] = &["pathfmt", "tagsynth", "vtree"];

/// The modules of `std` that do I/O or ask the process about its surroundings.
const IMPURE_MODULES: &[&str] = &["fs", "net", "process", "env"];

/// A package of the workspace, as far as the rules look at it.
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

/// A dependency of a package that is not for development.
struct Dependency {
    name: String,
    is_ours: bool,
}

/// Returns a sentence for every rule that a package breaks.
fn violations(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    if DEV_ONLY.contains(&name) {
        return Vec::new();
    }
    let Some(allowed) = row(ALLOWED, name) else {
        return vec![format!("{name} has no row in ALLOWED")];
    };
    let mut found = Vec::new();
    for dependency in &package.dependencies {
        let imported = dependency.name.as_str();
        if dependency.is_ours && !allowed.contains(&imported) {
            found.push(format!("{name} may not import {imported}"));
        }
        if let Some(owners) = row(OWNED, imported).filter(|owners| !owners.contains(&name)) {
            found.push(format!(
                "{name} may not import {imported}, which {owners:?} own"
            ));
        }
    }
    found
}

fn row<'a>(table: &[(&str, &'a [&'a str])], name: &str) -> Option<&'a [&'a str]> {
    table
        .iter()
        .find(|(key, _)| *key == name)
        .map(|(_, row)| *row)
}

/// Reads the workspace as cargo sees it.
fn workspace() -> Vec<Package> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec();
    let packages = metadata.expect("cargo describes the workspace").packages;
    packages.into_iter().map(Package::from).collect()
}

impl From<cargo_metadata::Package> for Package {
    fn from(package: cargo_metadata::Package) -> Self {
        let shipped = package.dependencies.into_iter();
        let shipped = shipped.filter(|dependency| dependency.kind != DependencyKind::Development);
        let dependencies = shipped.map(|dependency| Dependency {
            is_ours: dependency.path.is_some(),
            name: dependency.name,
        });
        Self {
            name: package.name.to_string(),
            dependencies: dependencies.collect(),
        }
    }
}

/// Returns the modules of `std` that do I/O and that a source file names.
fn impure_modules(source: &str) -> Vec<String> {
    let code = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code: String = code
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    let mut found = Vec::new();
    for (start, _) in code.match_indices("std::") {
        found.extend(first_segments(&code[start + "std::".len()..]));
    }
    found.retain(|segment| IMPURE_MODULES.contains(&segment.as_str()));
    found
}

/// Returns the first name of every path that follows: one, or those of a group in braces.
fn first_segments(code: &str) -> Vec<String> {
    let name = |code: &str| -> String {
        code.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(group) = code.strip_prefix('{') else {
        return vec![name(code)];
    };
    let mut depth = 1;
    let mut segments = vec![name(group)];
    for (index, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => segments.push(name(&group[index + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    segments
}

/// Returns every Rust file below a folder that is not a test.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("the folder can be read").path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn no_crate_imports_what_its_layer_must_not_know() {
    let packages = workspace();
    for (name, _) in ALLOWED {
        assert!(
            packages.iter().any(|package| package.name == *name),
            "{name} is not a member"
        );
    }
    let found: Vec<_> = packages.iter().flat_map(violations).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn pure_crates_perform_no_io() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates");
    for name in PURE {
        let files = sources(&root.join(name).join("src"));
        assert!(!files.is_empty(), "{name} has sources");
        for file in files {
            let found = impure_modules(&fs::read_to_string(&file).expect("a source is text"));
            assert!(found.is_empty(), "{} uses std::{found:?}", file.display());
        }
    }
}

/// Asserts what the rules say of a package with these dependencies; those of ours start with `=`.
#[track_caller]
fn check(name: &str, dependencies: &[&str], expected: &[&str]) {
    let dependencies = dependencies.iter().map(|dependency| Dependency {
        is_ours: dependency.starts_with('='),
        name: dependency.trim_start_matches('=').to_owned(),
    });
    let package = Package {
        name: name.to_owned(),
        dependencies: dependencies.collect(),
    };
    assert_eq!(violations(&package), expected);
}

#[test]
fn allowed_imports_pass() {
    check("tagsynth", &["=splice", "lofty", "thiserror"], &[]);
    check("musicfs", &["=catalog", "=vtree", "clap", "rusqlite"], &[]);
    check("fixtures", &["=musicfs", "rusqlite"], &[]);
}

#[test]
fn an_edge_between_siblings_is_rejected() {
    check("vtree", &["=splice"], &["vtree may not import splice"]);
    check(
        "pathfmt",
        &["=catalog"],
        &["pathfmt may not import catalog"],
    );
    check(
        "splice",
        &["=tagsynth"],
        &["splice may not import tagsynth"],
    );
}

#[test]
fn a_crate_without_a_row_is_rejected() {
    check("common", &[], &["common has no row in ALLOWED"]);
}

#[test]
fn fixtures_are_rejected_outside_of_tests() {
    check(
        "musicfs",
        &["=fixtures"],
        &["musicfs may not import fixtures"],
    );
}

#[test]
fn an_external_crate_of_another_owner_is_rejected() {
    let message = r#"vtree may not import fuser, which ["fusefront"] own"#;
    check("vtree", &["fuser"], &[message]);
}

#[test]
fn development_dependencies_are_free_and_others_are_not() {
    let package = |kind: &str| {
        let json = serde_json::json!({
            "name": "vtree", "version": "0.0.0", "id": "vtree", "source": null, "targets": [],
            "features": {}, "manifest_path": "/vtree/Cargo.toml", "edition": "2024",
            "dependencies": [{
                "name": "splice", "source": null, "req": "*", "kind": kind, "rename": null,
                "optional": false, "uses_default_features": true, "features": [],
                "target": null, "registry": null, "path": "/splice",
            }],
        });
        Package::from(serde_json::from_value::<cargo_metadata::Package>(json).unwrap())
    };
    assert_eq!(violations(&package("dev")), Vec::<String>::new());
    assert_eq!(
        violations(&package("build")),
        ["vtree may not import splice"]
    );
    assert_eq!(
        violations(&package("normal")),
        ["vtree may not import splice"]
    );
}

#[test]
fn io_is_seen_however_it_is_spelled() {
    let found = |source| impure_modules(source).join(" ");
    assert_eq!(found("use std::fs;"), "fs");
    assert_eq!(found("let file = std :: fs::File::open(path);"), "fs");
    assert_eq!(
        found("use std::{\n    collections::{BTreeMap, btree_map},\n    env, net::TcpStream,\n};"),
        "env net"
    );
    assert_eq!(found("use ::std::process::Command;"), "process");
    assert_eq!(
        found("use std::{io, collections::{env}}; use std::sync::Arc;"),
        ""
    );
    assert_eq!(
        found("//! Never calls std::fs.\nuse std::fmt;\n    // nor std::net"),
        ""
    );
}
