//! How far a long command is, as a terminal shows it and nobody else.

use fixtures::Library;

use crate::support::{files_below, musicfs, musicfs_on_a_terminal, run_to_end};

#[test]
fn a_terminal_shows_how_far_materialize_is() {
    let library = Library::copy_to_temp();
    let target = library.folder().join("written");
    let state = library.folder().join("state");
    let line = format!(
        "materialize {} --copy --config {} --state {}",
        target.display(),
        library.config().display(),
        state.display()
    );
    let Some(script) = musicfs_on_a_terminal(&line) else {
        return;
    };
    let output = run_to_end(script);
    assert!(output.status.success(), "{output:?}");
    let shown = String::from_utf8(output.stdout).unwrap();
    let n_files = files_below(&target).len();
    let full = format!("{} {n_files}/{n_files} items, 0s left", "█".repeat(40));
    assert!(shown.contains(&full), "{shown:?}");
    // It is gone when all is said.
    assert!(shown.trim_end().ends_with("0 failed"), "{shown:?}");
    let (_, rest) = shown.rsplit_once(" left").unwrap();
    assert!(rest.contains("\x1b[2K"), "{shown:?}");
    let mut command = musicfs();
    command.args(line.split(' '));
    let output = run_to_end(command);
    assert!(output.status.success(), "{output:?}");
    assert!(!String::from_utf8(output.stderr).unwrap().contains(" left"));
}
