//! `musicfs reload`.

use std::fs;
use std::io::Write;

use crate::support::{Mounted, execute, fixture, fixture_mounted, refuse, served, succeed};

fn reload(mounted: &Mounted, more: &[&str]) -> String {
    let mut args = vec!["reload", mounted.path().to_str().unwrap()];
    args.extend(more);
    String::from_utf8(succeed(&args)).unwrap()
}

#[test]
fn what_changed_is_shown_when_it_is_done() {
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    let item = library.case("flac-every-field");
    for round in 0..5 {
        let before = served(&mounted, &library, &item.case);
        let sql = format!(
            "UPDATE items SET title = 'Round {round}' WHERE id = {}",
            item.id
        );
        execute(&library, &sql);
        let printed = reload(&mounted, &[]);
        let after = served(&mounted, &library, &item.case);
        assert!(after.exists() && !before.exists(), "{round}: {printed}");
    }
    assert_eq!(reload(&mounted, &[]), "nothing has changed\n");
    assert_eq!(reload(&mounted, &["--all"]), "reloaded\n");
}

#[test]
fn a_configuration_that_makes_no_sense_is_told_of_and_the_last_tree_stays() {
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    let path = served(&mounted, &library, "flac-every-field");
    let good = fs::read_to_string(library.config()).unwrap();
    let mut file = fs::File::options()
        .append(true)
        .open(library.config())
        .unwrap();
    file.write_all(b"\npaths: [not, a, mapping]\n").unwrap();
    let mountpoint = mounted.path().to_str().unwrap();
    let error = refuse(&["reload", mountpoint]);
    assert!(error.contains("paths"), "{error}");
    assert!(path.exists());
    fs::write(library.config(), good).unwrap();
    // It may have been followed before that.
    reload(&mounted, &[]);
    assert!(path.exists());
}

#[test]
fn what_is_not_mounted_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let error = refuse(&["reload", folder.path().to_str().unwrap()]);
    assert!(error.contains("nothing is mounted at"), "{error}");
}

#[test]
fn what_is_odd_about_a_template_is_said_once_and_not_for_each_change() {
    let Some(library) = fixture() else { return };
    let args = ["--path-format", "$title %upper{$artist"];
    let mounted = Mounted::library(&library, &args);
    for title in ["One", "Two", "Three"] {
        // Where there is an item more, all are named anew.
        execute(
            &library,
            &format!("INSERT INTO items (path, title) VALUES ('{title}.mp3', '{title}')"),
        );
        reload(&mounted, &[]);
    }
    let log = mounted.stop_by("TERM");
    assert!(log.contains("reloaded"), "{log}");
    assert_eq!(log.matches("is never closed").count(), 1, "{log}");
}
