//! Files whose tags were edited, and files whose audio was: the fixture library, as encoders made it.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;

use fixtures::{Ape, Asf, Dsf, Item, Library, tool};
use splice::ReadAt;
use tagsynth::{Composed, Field, Options, TagSet, Value, inspect, render, same_audio};

/// Formats that ffmpeg copies into containers of its own.
const COPIED: [&str; 7] = ["AAC", "AIFF", "FLAC", "MP3", "OGG", "Opus", "WAVE"];

fn nothing(_: u64) -> Option<Range<u64>> {
    None
}

/// Returns the file with another title, as long as that makes the header longer.
fn retitled(bytes: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let mut tags = TagSet::default();
    tags.set(Field::Title, Value::text("other ".repeat(2000)));
    tags.set(Field::Artist, Value::text("also other"));
    let rendering = render(bytes, name, &tags, None, &Options::default()).ok()?;
    let composed = Composed::new(&rendering.plan, bytes, None);
    let mut edited = vec![0; usize::try_from(composed.len()).expect("it is small")];
    let n = composed.read_at(&mut edited, 0).expect("memory reads");
    assert_eq!(n, edited.len());
    Some(edited)
}

fn name(item: &Item) -> &[u8] {
    item.path.as_os_str().as_bytes()
}

/// Returns files of every format, with their names.
fn files() -> Vec<(Vec<u8>, Vec<u8>)> {
    let library = Library::copy_to_temp();
    let items = library.items().iter();
    let mut files: Vec<_> = items
        .map(|item| (name(item).to_vec(), library.packed_origin(item)))
        .collect();
    let apes = Ape::all().into_iter();
    files.extend(apes.map(|ape| (ape.name.to_vec(), ape.build())));
    files.push((b"a.wma".to_vec(), Asf::new().build()));
    files.push((b"a.dsf".to_vec(), Dsf::new().build()));
    files
}

#[test]
fn other_tags_are_the_same_audio_and_other_bytes_are_not() {
    let mut formats = HashSet::new();
    for (name, bytes) in files() {
        let shown = String::from_utf8_lossy(&name);
        let Some(mut edited) = retitled(&bytes, &name) else {
            continue;
        };
        let same = |edited: &[u8]| same_audio(&bytes, edited, &name, &nothing);
        assert!(same(&edited).unwrap(), "{shown}");
        let inspected = inspect(edited.as_slice(), &name).unwrap();
        formats.insert(inspected.format);
        let audio = inspected.audio;
        let middle = usize::try_from(u64::midpoint(audio.start, audio.end)).unwrap();
        edited[middle] ^= 1;
        assert!(!same(&edited).unwrap_or(false), "{shown}");
        edited[middle] ^= 1;
        edited.truncate(middle);
        assert!(!same(&edited).unwrap_or(false), "{shown}");
    }
    assert_eq!(formats.len(), 12, "{formats:?}");
}

#[test]
fn what_is_known_to_be_shared_is_not_read() {
    struct Front<'a>(&'a [u8], u64);
    impl ReadAt for Front<'_> {
        fn len(&self) -> u64 {
            self.0.len() as u64
        }
        fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
            let end = offset + buf.len() as u64;
            assert!(
                end <= self.1 || offset + 256 > self.len(),
                "{offset}..{end}"
            );
            self.0.read_at(buf, offset)
        }
    }
    let samples = (0..400_000_u32).map(|n| n.wrapping_mul(2_654_435_769) >> 16);
    let samples = samples.map(u32::to_le_bytes);
    let samples = samples.map(|[a, b, ..]| i16::from_le_bytes([a, b]));
    let origin = fixtures::Flac::new().samples(samples.collect()).build();
    let edited = retitled(&origin, b"a.flac").unwrap();
    let [one, two] = [&origin, &edited].map(|file| inspect(file, b"a.flac").unwrap().audio);
    let shared = |at: u64| {
        two.contains(&at)
            .then(|| one.start + (at - two.start)..one.end)
    };
    // As much as is read to find the header, and the tags at the end.
    let front = 128 << 10;
    assert!(two.end > 4 * front, "the audio is short");
    let same = same_audio(&origin, &Front(&edited, front), b"a.flac", &shared);
    assert!(same.is_ok_and(|same| same));
}

#[test]
fn chunks_that_overlap_are_not_compared_again_and_again() {
    let library = Library::copy_to_temp();
    let mut items = library.items().iter();
    let item = items.find(|item| item.format == "AAC").unwrap();
    let mut bytes = library.packed_origin(item);
    assert!(same_audio(&bytes, &bytes, name(item), &nothing).unwrap());
    let table = |bytes: &[u8], name: &[u8]| {
        let at = bytes.windows(4).position(|four| four == name).unwrap();
        at + 8
    };
    // All chunks begin at the start, and all samples have so many bytes that a few fill the file.
    let stco = table(&bytes, b"stco");
    let count = bytes[stco..stco + 4].try_into().unwrap();
    let count = usize::try_from(u32::from_be_bytes(count)).unwrap();
    bytes[stco + 4..][..count * 4].fill(0);
    let stsz = table(&bytes, b"stsz");
    let size = u32::try_from(bytes.len() / 4).unwrap();
    bytes[stsz..stsz + 4].copy_from_slice(&size.to_be_bytes());
    let error = same_audio(&bytes, &bytes, name(item), &nothing).unwrap_err();
    assert!(error.to_string().contains("more samples"), "{error}");
}

#[test]
fn a_copy_of_the_streams_is_the_same_audio() {
    let library = Library::copy_to_temp();
    let folder = tempfile::tempdir().unwrap();
    let mut formats = BTreeSet::new();
    for item in library.items() {
        let Some(mut ffmpeg) = tool_for(item) else {
            continue;
        };
        let bytes = library.packed_origin(item);
        if inspect(&bytes, name(item)).is_err() {
            continue;
        }
        let extension = item.path.extension().unwrap();
        let copy = folder.path().join("copy").with_extension(extension);
        ffmpeg
            .args(["-nostdin", "-loglevel", "error", "-y", "-i"])
            .arg(library.origin(item))
            .args(["-map", "0:a", "-c", "copy", "-metadata", "title=by ffmpeg"])
            .arg(&copy);
        assert!(ffmpeg.status().unwrap().success(), "{}", item.case);
        let copied = fs::read(&copy).unwrap();
        let same = same_audio(&bytes, &copied, name(item), &nothing);
        assert!(same.unwrap(), "{} {}", item.format, item.case);
        formats.insert(item.format.as_str());
    }
    if !formats.is_empty() {
        assert_eq!(formats, COPIED.into());
    }
}

/// Returns ffmpeg for files whose containers it writes.
fn tool_for(item: &Item) -> Option<std::process::Command> {
    if COPIED.contains(&item.format.as_str()) {
        return tool("ffmpeg");
    }
    None
}
