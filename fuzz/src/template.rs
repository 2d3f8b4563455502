//! Parts: settings (a byte of flags), template, extension, pattern and replacement, then names and
//! values in turn.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use pathfmt::{
    Extension, MAX_OUTPUT, Namer, Options, Replace, Replacements, Template, decode_path,
    encode_path,
};

use crate::Parts;

/// More than any transliteration makes of one character.
const WIDEST: usize = 64;

struct Literal {
    from: String,
    to: String,
}

impl Replace for Literal {
    fn replace<'t>(&self, text: &'t str) -> Cow<'t, str> {
        Cow::Owned(text.replace(&self.from, &self.to))
    }
}

pub fn check(data: &[u8]) {
    let mut parts = Parts::new(data);
    let flags = parts.choice();
    let source = parts.text();
    let mut file_name = parts.bytes().to_vec();
    file_name.retain(|&byte| byte != 0); // as in any path of a file system
    let extension = Extension::of(&file_name);
    let (from, to) = (parts.text(), parts.text());
    let mut values = BTreeMap::new();
    while !parts.is_done() {
        values.insert(parts.text(), decode_path(parts.bytes()));
    }
    let Ok(template) = Template::parse(&source) else {
        return;
    };
    inspect(&template);
    let options = options(flags, from, to);
    let Ok(text) = template.evaluate(&values, &options) else {
        return;
    };
    assert!(text.len() <= MAX_OUTPUT, "{} bytes", text.len());
    let mut namer = Namer::new(&options);
    let name = namer
        .destination(&template, &values, &extension)
        .expect("the template was evaluated before");
    let path = name.as_bytes();
    let most = (text.len() + extension.as_str().len() + 1) * WIDEST;
    // A custom rule may write anything in place of each character.
    if !matches!(options.replacements, Replacements::Custom(_)) {
        assert!(path.len() <= most, "{} bytes of {most}", path.len());
    }
    assert!(!path.starts_with(b"/"), "an absolute path");
    match name.unsafe_component() {
        Some(part) => assert!(!is_safe(part), "{part:?} is safe"),
        None => assert!(path.split(|&byte| byte == b'/').all(is_safe)),
    }
    if matches!(options.replacements, Replacements::Default) {
        let steps = |part: &[u8]| matches!(part, b"." | b"..");
        let stays = path == b"."; // nothing was left by the limit
        let has_step = path.split(|&byte| byte == b'/').any(steps);
        assert!(stays || !has_step, "a step");
        assert!(!path.contains(&0), "a NUL");
    }
    let again = namer.destination(&template, &values, &extension);
    assert_eq!(again.expect("it went well before"), name);
    assert_eq!(encode_path(&decode_path(path)), path);
}

/// Asks everything that a caller asks of a template before it is used.
fn inspect(template: &Template) {
    let source = template.source();
    let spans = template.symbols().chain(template.calls());
    for (name, span) in spans {
        assert!(source[span].contains(name));
    }
    for diagnostic in template
        .diagnostics()
        .iter()
        .chain(&template.unknown_calls(|_| false))
    {
        assert!(source.get(diagnostic.span.clone()).is_some());
        diagnostic.render(source);
    }
    template.tested_fields().count();
    template.literal_arguments("aunique").count();
}

fn options(flags: u8, from: String, to: String) -> Options {
    let replacements = match flags & 3 {
        0 | 1 => Replacements::Default,
        2 => Replacements::Fallback,
        _ => Replacements::Custom(vec![Arc::new(Literal { from, to })]),
    };
    let max_filename_length = match flags >> 3 & 7 {
        0..=3 => 200,
        4 => 1,
        5 => 12,
        6 => -3,
        _ => i64::from(flags) * 100,
    };
    Options {
        asciify_paths: flags & 4 != 0,
        replacements,
        max_filename_length,
        ..Options::default()
    }
}

fn is_safe(component: &[u8]) -> bool {
    !component.is_empty()
        && component != b"."
        && component != b".."
        && component.len() <= 255
        && !component.contains(&0)
}
