//! Edited files become what the real beets makes of them.

use super::*;

const SCRIPT: &str = include_str!("../../../tests/it/edits.py");
/// How often a file of each album is edited; as many as the album of all formats has files.
const ROUNDS: usize = 8;

/// Runs the script; `None` if there is no beets.
pub(super) fn beets<S: AsRef<OsStr>>(args: &[S]) -> Option<()> {
    let output = fixtures::beets_python()?
        .args(["-c", SCRIPT])
        .args(args)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    eprintln!("{errors}");
    Some(())
}

/// Returns a library of all formats whose files and database say the same; `None` if there is no beets.
pub(super) fn settled() -> Option<Place> {
    let fixture = fixtures::Library::copy_to_temp();
    let place = Place::copy(fixture.folder());
    let made = place.root.join("music/made");
    fs::create_dir(&made).unwrap();
    for ape in Ape::all() {
        fs::write(made.join(OsStr::from_bytes(ape.name)), ape.build()).unwrap();
    }
    fs::write(made.join("a.wma"), Asf::new().build()).unwrap();
    fs::write(made.join("a.dsf"), Dsf::new().build()).unwrap();
    beets(&[OsStr::new("settle"), place.config().as_os_str()])?;
    Some(place)
}

/// Returns fields that a file never says as the database has them: a tag under an older name shows
/// where the newer one is empty, and two fields share a tag. beets reads those back with every update.
fn unsettled(place: &Place, library: &BeetsLibrary) -> Vec<(i64, &'static str)> {
    let source = Source::open(Overrides {
        config: Some(place.config()),
        ..Overrides::default()
    });
    let source = source.unwrap();
    let mut odd = Vec::new();
    for (id, path) in place.albums().into_iter().flatten() {
        let item = source.library.item(ItemId(id)).unwrap().unwrap();
        let Ok((reader, _)) = library.open(leaf(id)) else {
            continue;
        };
        let name = path.as_os_str().as_bytes();
        if let Ok(file) = tagsynth::parse(&Rendered(&reader), name) {
            let file = tags::of_file(&file);
            let new = tags::of_item(&item);
            // One empty text is stored like none.
            let is_empty = |field: &Field| file.get(*field) == Some(&TagValue::list([""]));
            let fields = file.changes(&new).filter(|field| !is_empty(field));
            odd.extend(fields.map(|field| (id, field.name())));
        }
    }
    odd
}

fn seed() -> String {
    let seed = std::env::var("MUSICFS_SEED").unwrap_or_else(|_| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        now.as_nanos().to_string()
    });
    eprintln!("repeat with MUSICFS_SEED={seed}");
    seed
}

fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, i64)> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(snapshot(&path));
        } else {
            let mtime = fs::metadata(&path).unwrap().mtime();
            let bytes = fs::read(&path).unwrap();
            files.insert(path, (bytes, mtime));
        }
    }
    files
}

#[test]
fn the_real_beets_makes_the_same_rows_of_edited_files() {
    let Some(ours) = settled() else { return };
    let theirs = Place::copy(&ours.root);
    let seed = seed();
    let before = snapshot(&ours.root.join("music"));
    let (library, _) = ours.serve();
    let mut odd = HashSet::new();
    let scratch = tempfile::tempdir().unwrap();
    let mut formats = HashSet::new();
    for round in 0..ROUNDS {
        odd.extend(unsettled(&ours, &library));
        let mut edited = Vec::new();
        for album in ours.albums() {
            let (id, path) = &album[round % album.len()];
            let Ok(format) = tagsynth::probe(
                &*fs::read(path).unwrap_or_default(),
                path.as_os_str().as_bytes(),
            ) else {
                continue;
            };
            formats.insert(format);
            let copy = scratch
                .path()
                .join(id.to_string())
                .with_extension(path.extension().unwrap_or_default());
            fs::write(&copy, served(&library, *id)).unwrap();
            edited.push((*id, copy));
        }
        let mut args = vec!["round".into(), theirs.config().into_os_string()];
        args.push(format!("{seed} {round}").into());
        for (id, copy) in &edited {
            let mut pair = std::ffi::OsString::from(format!("{id}="));
            pair.push(copy);
            args.push(pair);
        }
        beets(&args).unwrap();
        for (id, copy) in &edited {
            let bytes = fs::read(copy).unwrap();
            let commit = library.commit(leaf(*id), &Edit::of(&bytes));
            commit.unwrap_or_else(|error| panic!("item {id}: {error:?}"));
        }
        let (ours, theirs) = (ours.rows(), theirs.rows());
        for (key, row) in &theirs {
            for (name, value) in row {
                let is_odd = odd.contains(&(key.1, name.as_str())) && key.0 == "items";
                if !is_odd {
                    assert_eq!(&ours[key][name], value, "round {round}: {key:?} {name}");
                }
            }
        }
    }
    assert_eq!(formats.len(), 12, "{formats:?}");
    assert!(odd.len() < 40, "{odd:?}");
    assert_eq!(snapshot(&ours.root.join("music")), before);
    // Nothing of it is taken back by the next update.
    let rows = ours.rows();
    beets(&["update".as_ref(), ours.config().as_os_str()]).unwrap();
    assert_eq!(ours.rows(), rows);
}
