//! Parts: settings (a byte of flags), tags, and what is left is the origin.
//!
//! The tags are texts between bytes 0xFE, each after a byte that chooses its field.

use splice::{ReadAt, Segment};
use tagsynth::{Composed, Field, Kind, Options, Rendering, TagSet, Value, inspect, render};

use crate::Parts;

/// What a rendering may add to its origin and tags: padding, and frames that become wider ones.
const SLACK: u64 = 1 << 20;

pub(crate) fn check(data: &[u8], file_name: &[u8]) {
    let mut parts = Parts::new(data);
    let flags = parts.choice();
    let tags = parts.bytes();
    let origin = parts.rest();
    let options = Options {
        vendor: "musicfs fuzz".to_owned(),
        id3v23: flags & 1 != 0,
        drop_ape: flags & 2 != 0,
    };
    let most = 8 * (origin.len() + 8 * tags.len()) as u64 + SLACK;
    let tags = tag_set(tags);
    if let Ok(rendering) = inspect(origin, file_name) {
        adds_up(&rendering, origin, most);
        drop(rendering.dump(origin, None)); // which may find what no rendering has
        assert!(rendering.plan.is_identity(origin.len() as u64));
    }
    let rendering = match render(origin, file_name, &tags, None, &options) {
        Ok(rendering) => rendering,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    adds_up(&rendering, origin, most);
    let dump = rendering.dump(origin, None);
    assert!(dump.is_ok(), "{dump:?}");
    let again = render(origin, file_name, &tags, None, &options);
    assert_eq!(again.expect("it went well before"), rendering);
}

fn adds_up(rendering: &Rendering, origin: &[u8], most: u64) {
    let plan = &rendering.plan;
    assert_eq!(
        plan.segments().iter().map(Segment::len).sum::<u64>(),
        plan.len()
    );
    assert!(plan.len() <= most, "{} bytes of {most}", plan.len());
    let file = Composed::new(plan, origin, None);
    let mut bytes = vec![0; usize::try_from(plan.len()).expect("it is small")];
    let n = file.read_at(&mut bytes, 0).expect("memory can be read");
    assert_eq!(n, bytes.len(), "an extent lies beyond the origin");
    let at = |offset: u64| usize::try_from(offset).expect("it is small");
    let audio = &origin[at(rendering.audio.start)..at(rendering.audio.end)];
    let header = at(rendering.header_len);
    assert!(bytes[header..].starts_with(audio), "other audio");
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
