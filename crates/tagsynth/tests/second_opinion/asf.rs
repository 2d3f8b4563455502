//! Windows Media files.

use std::path::Path;

use fixtures::{Asf, AsfAttribute, AsfObjects};
use splice::ReadAt as _;
use tagsynth::{Composed, Field, Options, TagSet, Value, render};

use super::run;

/// ASF files of every shape that programs must be able to read.
fn asf_files() -> Vec<Asf> {
    let text = |text| AsfAttribute::text("WM/Genre", text);
    let picture = AsfAttribute::new("WM/Picture", 1, vec![1; 70_000]);
    let extension = AsfObjects::new()
        .padding(99)
        .metadata(&[text("of a stream").stream(1)])
        .library(&[text("of a language").language(1), picture]);
    let objects = AsfObjects::new()
        .extension(&extension)
        .description(["old", "", "c", "", "r"])
        .extended(&[text("old"), AsfAttribute::text("Mood", "kept")]);
    let files = [objects.clone().padding(2000), objects, AsfObjects::new()];
    files.map(|objects| Asf::new().objects(objects)).into()
}

/// Renders an ASF file with a title that no origin has, and asks ffprobe about it.
fn probe_asf(bytes: &[u8], path: &Path) -> Option<String> {
    std::fs::write(path, bytes).expect("there is room");
    let path = path.to_str().expect("the system names it in ASCII");
    let entries = "format_tags:format=duration:stream=codec_name,nb_read_packets";
    let args = [
        "-v",
        "error",
        "-count_packets",
        "-show_entries",
        entries,
        path,
    ];
    let output = run("ffprobe", &args, b"")?;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn ffprobe_reads_the_new_title_and_the_old_duration_of_asf() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("a.wma");
    let mut tags = TagSet::default();
    tags.set(Field::Title, Value::text("Treefingers é"));
    tags.set(Field::Track, Value::Int(5));
    for file in asf_files() {
        let origin = file.build();
        let Some(before) = probe_asf(&origin, &path) else {
            return;
        };
        let rendering = render(&origin, b"a.wma", &tags, None, &Options::default());
        let rendering = rendering.expect("the file is valid");
        let composed = Composed::new(&rendering.plan, &origin, None);
        let mut bytes = vec![0; usize::try_from(composed.len()).expect("the file is small")];
        composed.read_at(&mut bytes, 0).expect("memory reads");
        let after = probe_asf(&bytes, &path).expect("it was there just now");
        assert!(after.contains("TAG:title=Treefingers é"), "{after}");
        assert!(after.contains("TAG:track=5"), "{after}");
        let untagged = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.starts_with("TAG:"));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(untagged(&before), untagged(&after));
    }
}
