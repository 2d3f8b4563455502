//! What is kept, what becomes of it when it is damaged, and who may touch it.

use std::os::unix::fs::PermissionsExt;

use splice::Stamp;
use tempfile::TempDir;

use super::*;

fn kept(number: u64) -> Kept {
    let origin = Stamp {
        dev: 7,
        ino: u64::MAX - number,
        len: 1 << 40,
        mtime: -5,
    };
    Kept {
        inputs: number << 60,
        origin,
        art: number.is_multiple_of(2).then_some(origin),
        len: number,
        mtime: 1_700_000_000,
        content: u64::MAX,
    }
}

fn leaf(number: u64) -> LeafId {
    LeafId::new(number).unwrap()
}

fn open(folder: &TempDir) -> State {
    let library = folder.path().join("library.db");
    fs::write(&library, "a database").unwrap();
    let state = folder.path().join("state");
    State::open(claim(&state, &library).map(|()| state))
}

fn database(folder: &TempDir) -> PathBuf {
    folder.path().join("state").join(FILE)
}

/// Makes a state in which one item is kept.
fn with_one() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let state = open(&folder);
    state.put(leaf(1), kept(1));
    state.flush();
    folder
}

#[test]
fn what_is_put_is_found_at_once_and_later() {
    let folder = tempfile::tempdir().unwrap();
    let ids = [0, 1, 2, 3, 1 << 60];
    let all: Vec<_> = ids.iter().map(|&id| (leaf(id), kept(id))).collect();
    let state = open(&folder);
    assert!(state.is_kept());
    for &(leaf, kept) in &all {
        assert_eq!(state.get(leaf), None);
        state.put(leaf, kept);
        assert_eq!(state.get(leaf), Some(kept));
    }
    state.flush();
    drop(state);
    let state = open(&folder);
    assert_eq!(state.range(leaf(0), leaf((1 << 61) - 1)), all);
    assert_eq!(state.range(leaf(0), leaf(2)), all[..3]);
    state.put(leaf(1), kept(9));
    assert_eq!(state.get(leaf(1)), Some(kept(9)));
    assert_eq!(state.range(leaf(1), leaf(1)), [(leaf(1), kept(9))]);
}

#[test]
fn many_rows_are_written_without_being_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(&folder);
    for id in 0..MOST_WAITING as u64 {
        state.put(leaf(id), kept(id));
    }
    let other = open(&folder);
    assert_eq!(other.get(leaf(17)), Some(kept(17)));
}

#[test]
fn two_mounts_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (open(&folder), open(&folder));
    one.put(leaf(1), kept(1));
    two.put(leaf(2), kept(2));
    one.flush();
    two.flush();
    for state in [one, two] {
        assert_eq!(state.get(leaf(1)), Some(kept(1)));
        assert_eq!(state.get(leaf(2)), Some(kept(2)));
    }
}

#[test]
fn what_is_damaged_is_made_anew() {
    let folder = with_one();
    fs::write(database(&folder), vec![0x5a; 9000]).unwrap();
    let state = open(&folder);
    assert!(state.is_kept());
    assert_eq!(state.get(leaf(1)), None);
    state.put(leaf(2), kept(2));
    state.flush();
    assert_eq!(open(&folder).get(leaf(2)), Some(kept(2)));
}

#[test]
fn what_turns_out_to_be_damaged_is_given_up_and_made_anew_later() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(&folder);
    for id in 0..2000 {
        state.put(leaf(id), kept(1));
    }
    state.flush();
    drop(state);
    let mut bytes = fs::read(database(&folder)).unwrap();
    // Everything but the page of the schema becomes garbage.
    bytes[4096..].fill(0x5a);
    fs::write(database(&folder), bytes).unwrap();
    let state = open(&folder);
    assert_eq!(state.get(leaf(1)), None);
    assert!(!state.is_kept());
    state.put(leaf(1), kept(1));
    state.flush();
    let state = open(&folder);
    assert!(state.is_kept());
    assert_eq!(state.get(leaf(1)), None);
}

#[test]
fn it_can_be_deleted_at_any_time() {
    let folder = with_one();
    let state = open(&folder);
    fs::remove_dir_all(folder.path().join("state")).unwrap();
    state.put(leaf(2), kept(2));
    state.flush();
    drop(state);
    let state = open(&folder);
    assert!(state.is_kept());
    assert_eq!(state.get(leaf(1)), None);
}

#[track_caller]
fn check_left_alone(folder: &TempDir) {
    let before = fs::read(database(folder)).unwrap();
    let state = open(folder);
    assert!(!state.is_kept());
    state.put(leaf(1), kept(2));
    assert_eq!(state.get(leaf(1)), None);
    state.flush();
    assert!(fs::read(database(folder)).unwrap() == before);
}

#[test]
fn what_a_later_version_made_is_left_alone() {
    let folder = with_one();
    let writer = Connection::open(database(&folder)).unwrap();
    writer
        .pragma_update(None, "journal_mode", "DELETE")
        .unwrap();
    writer.pragma_update(None, "user_version", 2).unwrap();
    drop(writer);
    check_left_alone(&folder);
}

#[test]
fn what_is_somebody_elses_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("state")).unwrap();
    let writer = Connection::open(database(&folder)).unwrap();
    writer.execute_batch("CREATE TABLE items (id)").unwrap();
    drop(writer);
    check_left_alone(&folder);
}

#[test]
fn what_is_locked_is_done_without() {
    let folder = with_one();
    let locker = Connection::open(database(&folder)).unwrap();
    locker.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert!(!open(&folder).is_kept());
}

#[test]
fn a_folder_that_cannot_be_is_done_without() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("state"), "a file").unwrap();
    assert!(!open(&folder).is_kept());
    let state = State::open(Err(anyhow::anyhow!("nowhere")));
    assert!(!state.is_kept());
    assert_eq!(state.get(leaf(1)), None);
}

#[test]
fn others_cannot_look_into_it() {
    let folder = with_one();
    let mode = fs::metadata(folder.path().join("state"))
        .unwrap()
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o700);
}

#[test]
fn the_same_files_on_another_device_are_the_same() {
    let kept = kept(2);
    let moved = Stamp {
        dev: 8,
        ..kept.origin
    };
    assert!(kept.is_of(moved, Some(moved)));
    assert!(!kept.is_of(moved, None));
    let other = Stamp { ino: 1, ..moved };
    assert!(!kept.is_of(other, Some(moved)) && !kept.is_of(moved, Some(other)));
}
