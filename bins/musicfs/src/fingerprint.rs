//! Numbers by which is seen, in later mounts too, that something is what it was.
//!
//! Two kinds: of the *inputs* of a rendering apart from files, by which it is known without looking
//! at any; and of the *content* of a virtual file, which decides whether its time moves. They differ,
//! but for one chance in 2⁶⁴, when what they are of does. The second must be the same in all versions of
//! this program, or all times would move: it is XXH3 with 64 bits, as its specification has it.

use std::hash::{Hash, Hasher};
use std::path::Path;
use std::time::SystemTime;

use splice::{Plan, Segment, Stamp};
use twox_hash::XxHash3_64;

/// Returns a number for everything that decides renderings, but for items and files: options, and
/// which program it is.
pub(crate) fn of_settings(options: &tagsynth::Options, embeds_art: bool) -> u64 {
    let mut hasher = XxHash3_64::new();
    (format!("{options:?}"), embeds_art).hash(&mut hasher);
    // Another build may render other bytes, whatever its version says.
    let program = std::fs::metadata("/proc/self/exe").ok();
    let built = |program: std::fs::Metadata| {
        let modified = program.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        (program.len(), modified)
    };
    (env!("CARGO_PKG_VERSION"), program.map(built)).hash(&mut hasher);
    hasher.finish()
}

/// Returns a number for the inputs of a rendering: settings, the digest of the item's row, and where
/// the art of its album is.
pub(crate) fn of_inputs(settings: u64, digest: u64, art: Option<&Path>) -> u64 {
    let mut hasher = XxHash3_64::with_seed(settings);
    (digest, art).hash(&mut hasher);
    hasher.finish()
}

/// Returns a number for a text.
pub(crate) fn of_text(text: &[u8]) -> u64 {
    XxHash3_64::oneshot(text)
}

/// Returns a number for the bytes of a virtual file.
pub(crate) fn of_content(plan: &Plan, origin: Stamp, art: Option<Stamp>) -> u64 {
    let mut hasher = XxHash3_64::new();
    for file in std::iter::once(origin).chain(art) {
        // A network share may have another device number tomorrow, which is no change of content.
        hasher.write(&file.len.to_le_bytes());
        hasher.write(&file.mtime.to_le_bytes());
    }
    for segment in plan.segments() {
        match segment {
            Segment::Generated(bytes) => hasher.write(bytes),
            other => hasher.write(format!("{other:?}").as_bytes()),
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Stamp = Stamp {
        dev: 1,
        ino: 2,
        len: 3000,
        mtime: 4,
    };

    fn plan(header: &[u8]) -> Plan {
        let plan = Plan::builder().generated(header).zeros(9).extent(100..3000);
        plan.build().unwrap()
    }

    #[test]
    fn the_content_of_a_file_has_the_number_it_always_had() {
        let number = of_content(&plan(b"header"), ORIGIN, None);
        assert_eq!(number, 8_328_414_320_313_667_583, "all times will move");
        let elsewhere = Stamp { dev: 9, ..ORIGIN };
        assert_eq!(of_content(&plan(b"header"), elsewhere, None), number);
    }

    #[test]
    fn whatever_changes_the_content_changes_its_number() {
        let before = of_content(&plan(b"header"), ORIGIN, None);
        let later = Stamp { mtime: 5, ..ORIGIN };
        for after in [
            of_content(&plan(b"HEADER"), ORIGIN, None),
            of_content(&plan(b"header"), later, None),
            of_content(&plan(b"header"), ORIGIN, Some(later)),
        ] {
            assert_ne!(before, after);
        }
    }

    #[test]
    fn inputs_are_told_apart() {
        let options = tagsynth::Options::default();
        let other = tagsynth::Options {
            id3v23: true,
            ..tagsynth::Options::default()
        };
        let settings = of_settings(&options, false);
        assert_eq!(settings, of_settings(&options, false));
        assert_ne!(settings, of_settings(&options, true));
        assert_ne!(settings, of_settings(&other, false));
        let inputs = of_inputs(settings, 7, None);
        assert_ne!(inputs, of_inputs(settings, 8, None));
        assert_ne!(
            inputs,
            of_inputs(settings, 7, Some(Path::new("/cover.jpg")))
        );
        assert_ne!(inputs, of_inputs(settings + 1, 7, None));
    }
}
