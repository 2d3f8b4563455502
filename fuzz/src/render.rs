//! Parts: settings (a byte of flags), tags, and what is left is the origin.
//!
//! What is rendered is read back, and rendered again with what was read: from then on nothing changes.
//!
//! The tags are texts between bytes 0xFE, each after a byte that chooses its field.

use splice::{ReadAt, Segment};
use tagsynth::{
    Composed, Cover, Error, Field, Kind, Options, Rendering, TagSet, Value, inspect, parse, render,
};

use crate::Parts;

/// What a rendering may add to its origin and tags: padding, and frames that become wider ones.
const SLACK: u64 = 1 << 20;
/// Enough of a picture to be taken for one.
const PICTURE: &[u8] = b"\xff\xd8\xff\xe0picture";

pub(crate) fn check(data: &[u8], file_name: &[u8]) {
    let mut parts = Parts::new(data);
    let flags = parts.choice();
    let tags = parts.bytes();
    let origin = parts.rest();
    let cover = Cover::new(&PICTURE).expect("memory can be read");
    let case = Case {
        file_name,
        cover: cover.filter(|_| flags & 4 != 0),
        options: Options {
            vendor: "musicfs fuzz".to_owned(),
            id3v23: flags & 1 != 0,
            drop_ape: flags & 2 != 0,
        },
    };
    let most = 8 * (origin.len() + 8 * tags.len()) as u64 + SLACK;
    if let Ok(rendering) = inspect(origin, file_name) {
        case.adds_up(&rendering, origin, most);
        drop(rendering.dump(origin, None)); // which may find what no rendering has
        assert!(rendering.plan.is_identity(origin.len() as u64));
    }
    drop(parse(origin, file_name)); // which need not be possible
    if let Some(file) = case.rendered(origin, &tag_set(tags), most) {
        case.comes_back(&file, most);
    }
}

/// How origins are rendered.
struct Case<'a> {
    file_name: &'a [u8],
    cover: Option<Cover<'a>>,
    options: Options,
}

impl Case<'_> {
    /// Renders, if that is possible, and returns the virtual file.
    fn rendered(&self, origin: &[u8], tags: &TagSet<'_>, most: u64) -> Option<Vec<u8>> {
        let render = || render(origin, self.file_name, tags, self.cover, &self.options);
        let rendering = match render() {
            Ok(rendering) => rendering,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return None;
            }
        };
        let file = self.adds_up(&rendering, origin, most);
        let dump = rendering.dump(origin, self.cover);
        assert!(dump.is_ok(), "{dump:?}");
        assert_eq!(render().expect("it went well before"), rendering);
        Some(file)
    }

    fn adds_up(&self, rendering: &Rendering, origin: &[u8], most: u64) -> Vec<u8> {
        let plan = &rendering.plan;
        assert_eq!(
            plan.segments().iter().map(Segment::len).sum::<u64>(),
            plan.len()
        );
        assert!(plan.len() <= most, "{} bytes of {most}", plan.len());
        let file = Composed::new(plan, origin, self.cover);
        let mut bytes = vec![0; usize::try_from(plan.len()).expect("it is small")];
        let n = file.read_at(&mut bytes, 0).expect("memory can be read");
        assert_eq!(n, bytes.len(), "an extent lies beyond the origin");
        let at = |offset: u64| usize::try_from(offset).expect("it is small");
        let audio = &origin[at(rendering.audio.start)..at(rendering.audio.end)];
        let header = at(rendering.header_len);
        let served = &bytes[header..header + audio.len()];
        let is_renumbered = |segment: &Segment| matches!(segment, Segment::Renumbered(_));
        if plan.segments().iter().any(is_renumbered) {
            only_numbers_differ(served, audio);
        } else {
            assert!(served == audio, "other audio");
        }
        bytes
    }

    /// Reads back what was rendered. One more rendering drops what tags say by accident, such as a day
    /// without a month; after that they are the same again and again.
    fn comes_back(&self, file: &[u8], most: u64) {
        let read = |file: &[u8]| match parse(file, self.file_name) {
            Err(Error::Unsupported { .. }) => None,
            // A binary item that no field is written to, but one is looked for in.
            Err(Error::Malformed { what, .. }) if what.starts_with("an APEv2 item of a field") => None,
            tags => Some(tags.expect("what was rendered is read")),
        };
        let Some(tags) = read(file) else { return };
        let again = |file: &[u8], tags: &TagSet<'_>| {
            let file = self.rendered(file, tags, 2 * most);
            let file = file.expect("what was rendered is rendered again");
            (read(&file).expect("it was read before"), file)
        };
        let (tags, file) = again(file, &tags);
        assert_eq!(again(&file, &tags).0, tags);
    }
}

/// Asserts that other bytes are those of the number and the checksum of a page of Ogg.
fn only_numbers_differ(served: &[u8], audio: &[u8]) {
    let is_number = |at: usize| {
        let starts = at.saturating_sub(25)..=at.saturating_sub(18);
        starts.into_iter().any(|start| audio[start..].starts_with(b"OggS"))
    };
    let differing = (0..audio.len()).filter(|&at| served[at] != audio[at]);
    let other = { differing }.find(|&at| !is_number(at));
    assert_eq!(other, None, "other audio");
}

fn tag_set(texts: &[u8]) -> TagSet<'static> {
    let mut tags = TagSet::default();
    for tag in texts.split(|&byte| byte == 0xfe) {
        let [field, value @ ..] = tag else { continue };
        let field = Field::ALL[usize::from(*field) % Field::COUNT];
        tags.set(field, value_of(field, value));
    }
    tags
}

fn value_of(field: Field, bytes: &[u8]) -> Value<'static> {
    let text = String::from_utf8_lossy(bytes);
    let number = bytes
        .iter()
        .take(8)
        .fold(0, |number: u64, &byte| number << 8 | u64::from(byte));
    match field.kind() {
        Kind::Text => Value::text(text.into_owned()),
        // Small numbers are usual, and eight bytes make any.
        Kind::Int => Value::Int(number.cast_signed()),
        Kind::Float => match bytes.len() {
            8.. => Value::Float(f64::from_bits(number)),
            _ => Value::Float(text.parse().unwrap_or(0.0)),
        },
        Kind::List => Value::list(text.split(';').map(str::to_owned)),
    }
}
