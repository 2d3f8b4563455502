//! The other subcommands.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Stdio;

use fixtures::{Ape, ApeTag, Asf, AsfAttribute, AsfObjects, Dsf, Id3};
use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{
    Mounted, can_mount, files_below, library_with, musicfs, refuse, run, run_to_end, send, served,
    succeed, wait_for_end, wait_for_mount,
};

const README: &str = include_str!("../../../../README.md");

fn header(file: &Path, more: &[&OsStr]) -> Vec<u8> {
    let mut args = vec![OsStr::new("render-header"), file.as_os_str()];
    args.extend(more);
    succeed(&args)
}

#[test]
fn the_help_is_what_it_was() {
    let help_of = |args: &[&str]| String::from_utf8(succeed(args)).unwrap();
    let help = help_of(&["--help"]);
    assert_snapshot!("help__musicfs", help);
    let commands = commands(&help);
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        let name = format!("help__{}", command.replace('-', "_"));
        assert_snapshot!(name, help_of(&[command, "--help"]));
    }
}

/// Returns the subcommands that a help lists, but for that of clap's own.
fn commands(help: &str) -> Vec<&str> {
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    let names = list.lines().filter_map(|line| {
        let line = line.strip_prefix("  ")?;
        let name = line.split(' ').next()?;
        (!name.is_empty() && name != "help").then_some(name)
    });
    names.collect()
}

/// As the README has it, and `docs/views.md`.
#[test]
fn the_same_options_are_taken_by_the_same_commands() {
    let help_of = |args: &[&str]| String::from_utf8(succeed(args)).unwrap();
    let help = help_of(&["--help"]);
    let with = |option: &str| {
        let has = |command: &&str| help_of(&[command, "--help"]).contains(option);
        commands(&help).into_iter().filter(has).collect::<Vec<_>>()
    };
    let (all, named) = (
        commands(&help),
        ["mount", "paths", "check", "diff", "materialize"],
    );
    let without = ["umount", "reload", "demo"];
    let sourced: Vec<_> = all
        .into_iter()
        .filter(|name| !without.contains(name))
        .collect();
    for option in ["--config <", "--library <", "--directory <"] {
        assert_eq!(with(option), sourced, "{option}");
    }
    for option in ["--path-format <", "-q, --query <", "--view <"] {
        assert_eq!(with(option), named, "{option}");
    }
    assert_eq!(with("--state <"), ["log", "undo", "materialize"]);
    for command in commands(&help) {
        let row = format!("| `musicfs {command}");
        assert!(README.contains(&row), "{command}");
    }
}

#[test]
fn render_header_describes_what_the_mount_serves() {
    let library = fixtures::Library::copy_to_temp();
    let config = library.config();
    let source = [OsStr::new("--config"), config.as_os_str()];
    for extension in ["flac", "mp3", "ogg", "opus", "m4a", "wav", "aiff", "wv"] {
        let case = library.case(&format!("{extension}-every-field"));
        let dump = header(&library.origin(case), &source);
        let name = format!("render_header__{extension}_every_field");
        assert_snapshot!(name, String::from_utf8(dump).unwrap());
    }
}

#[test]
fn render_header_describes_formats_that_the_library_lacks() {
    let tag = ApeTag::new().text("Title", "a title").text("Genre", "a\0b");
    let id3 = Id3::new(4).frame("TIT2", b"\x03a title");
    let description = AsfObjects::new().description(["a title", "an artist", "", "", ""]);
    let genre = AsfAttribute::text("WM/Genre", "a");
    let objects = description.extended(&[genre]).padding(99);
    let files = [
        ("ape", Ape::monkeys_audio().tag(&tag).build()),
        ("dsf", Dsf::new().tag(&id3.build()).build()),
        ("mpc", Ape::musepack_sv8().tag(&tag).build()),
        ("wma", Asf::new().objects(objects).build()),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (extension, bytes) in files {
        let path = folder.path().join(format!("made.{extension}"));
        fs::write(&path, bytes).unwrap();
        let dump = header(&path, &[]);
        let name = format!("render_header__made_{extension}");
        assert_snapshot!(name, String::from_utf8(dump).unwrap());
    }
}

#[test]
fn a_raw_header_is_the_start_of_the_served_file() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let config = library.config();
    let out = tempfile::NamedTempFile::new().unwrap();
    for case in ["flac-every-block", "mp3-v23-v1", "path-not-utf8"] {
        let more = [
            "--config".as_ref(),
            config.as_os_str(),
            "--raw".as_ref(),
            "-o".as_ref(),
        ];
        let more = [&more[..], &[out.path().as_os_str()]].concat();
        let printed = header(&library.origin(library.case(case)), &more);
        assert_eq!(printed, b"");
        let raw = fs::read(out.path()).unwrap();
        let bytes = fs::read(served(&mounted, &library, case)).unwrap();
        assert!(raw.len() > 100 && bytes.starts_with(&raw), "{case}");
    }
}

#[test]
fn a_header_is_never_written_over_the_library() {
    let library = library_with("include: [more.yaml]");
    let origin = library.origin(library.case("flac-plain"));
    let other = library.origin(library.case("mp3-plain"));
    let folder = library.folder();
    let state = folder.join("state");
    // What else there is of it, with nothing in it.
    let further = [
        "more.yaml",
        "library.db-shm",
        "state/musicfs/of-some-library/state.db",
        "broken/config.yaml",
    ];
    let further = further.map(|name| folder.join(name));
    for path in &further {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    let [kept @ .., broken] = &further;
    let config = library.config();
    let write_to = |out: &Path, more: &[&OsStr]| {
        let mut command = musicfs();
        command
            .arg("render-header")
            .arg(&origin)
            .args(more)
            .arg("-o")
            .arg(out);
        command.env("XDG_STATE_HOME", &state);
        command.env("BEETSDIR", folder.join("broken"));
        let output = run_to_end(command);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            output.status.code(),
            Some(1),
            "{}: {message}",
            out.display()
        );
        assert!(message.contains("belongs to the library"), "{message}");
    };
    let given = ["--config".as_ref(), config.as_os_str()];
    let before = fs::read(&config).unwrap();
    for out in [&origin, &other, &library.database(), &config]
        .into_iter()
        .chain(kept)
    {
        write_to(out, &given);
    }
    // Without a library, the file itself at least, and the configuration.
    write_to(&origin, &[]);
    write_to(broken, &[]);
    assert_eq!(fs::read(&config).unwrap(), before);
    assert!(
        further
            .iter()
            .all(|path| fs::read(path).unwrap().is_empty())
    );
    assert!(library.changed_origins().is_empty());
}

#[test]
fn a_file_outside_the_library_shows_its_own_header() {
    let library = fixtures::Library::copy_to_temp();
    let elsewhere = library.folder().join("elsewhere.flac");
    fs::copy(library.origin(library.case("flac-every-block")), &elsewhere).unwrap();
    let output = musicfs()
        .arg("render-header")
        .arg(&elsewhere)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && said.contains("the file's own header"),
        "{said}"
    );
    assert_snapshot!(
        "render_header__own",
        String::from_utf8(output.stdout).unwrap()
    );
}

#[test]
fn a_file_without_a_rendering_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let origin = folder.path().join("a.tta");
    fs::write(&origin, b"TTA1 is a format that beets writes no tags to").unwrap();
    let message = refuse(&["render-header".as_ref(), origin.as_os_str()]);
    assert!(message.contains("served as"), "{message}");
}

#[test]
fn paths_are_printed_for_programs() {
    let library = fixtures::Library::copy_to_temp();
    let config = library.config();
    let args = [
        "paths".as_ref(),
        "--json".as_ref(),
        "--config".as_ref(),
        config.as_os_str(),
    ];
    let printed = succeed::<&OsStr>(&args);
    let lines: Vec<Value> = printed
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(lines.len(), library.items().len());
    for (line, item) in lines.iter().zip(library.items()) {
        assert_eq!(line["id"], item.id);
        let destination = line
            .get("destination")
            .unwrap_or(&line["path"])
            .as_str()
            .unwrap();
        assert_eq!(
            destination.as_bytes(),
            item.destination.as_os_str().as_bytes()
        );
    }
}

#[test]
fn paths_needs_no_origin() {
    let library = fixtures::Library::copy_to_temp();
    let config = library.config();
    let args = ["paths".as_ref(), "--config".as_ref(), config.as_os_str()];
    let before = succeed::<&OsStr>(&args);
    fs::remove_dir_all(library.music()).unwrap();
    assert_eq!(succeed::<&OsStr>(&args), before);
}

#[test]
fn the_library_is_found_where_beets_keeps_it() {
    let library = fixtures::Library::copy_to_temp();
    let expected = succeed::<&OsStr>(&[
        "paths".as_ref(),
        "--config".as_ref(),
        library.config().as_os_str(),
    ]);
    let by_beetsdir = musicfs()
        .env("BEETSDIR", library.folder())
        .arg("paths")
        .output()
        .unwrap();
    assert_eq!(by_beetsdir.stdout, expected);
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join(".config")).unwrap();
    std::os::unix::fs::symlink(library.folder(), home.path().join(".config/beets")).unwrap();
    let by_home = musicfs()
        .env("HOME", home.path())
        .arg("paths")
        .output()
        .unwrap();
    assert_eq!(by_home.stdout, expected);
}

#[test]
fn the_demo_shows_clean_names_for_badly_named_files() {
    if !can_mount() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mountpoint = home.path().join("here/demo");
    let mut child = musicfs()
        .env("HOME", home.path())
        .env_remove("XDG_CACHE_HOME")
        .arg("demo")
        .arg(&mountpoint)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for_mount(&mut child, &mountpoint);
    let names: Vec<String> = files_below(&mountpoint)
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    send("INT", child.id());
    assert!(wait_for_end(&mut child, String::new).success());
    assert_snapshot!("demo", names.join("\n"));
}

/// Whoever read standard error may be gone, which changes nothing.
#[test]
fn commands_end_as_ever_where_nobody_reads_what_they_tell() {
    let library = fixtures::Library::copy_to_temp();
    let (config, folder) = (library.config(), library.folder().join("export"));
    let folder = folder.to_str().unwrap();
    fs::remove_file(library.origin(library.case("mp3-plain"))).unwrap();
    let sound = format!("id:{}", library.case("flac-every-field").id);
    let commands: [(&[&str], i32); 7] = [
        (&["check", "-q", &sound], 0),
        (&["check"], 1),
        (&["diff"], 1),
        (&["log"], 0),
        (&["materialize", folder, "--copy", "-q", &sound], 0),
        (&["paths", "--library", "/nonexistent"], 1),
        (&["render-header", "/bin/sh"], 1),
    ];
    for (args, code) in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = musicfs();
        command.args(args).arg("--config").arg(&config);
        command.env("XDG_STATE_HOME", library.folder());
        command.env("MUSICFS_LOG", "=nonsense=").stderr(writer);
        let status = command.stdout(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}");
    }
}

#[test]
fn nonsense_is_a_usage_error() {
    assert_eq!(run(&["explode"]).status.code(), Some(2));
}
