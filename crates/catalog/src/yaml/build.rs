//! Builds settings from the events of the YAML parser.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag as EventTag};

use super::scalar::{Tag, construct, implicit};
use super::{Malformed, Place, Setting, SettingValue};

/// How deep lists and mappings may nest.
const MAX_DEPTH: usize = 100;
/// How many values a file may have once its aliases are expanded.
const MAX_VALUES: usize = 1_000_000;

type Build<T> = Result<T, Malformed>;

/// Parses a file that holds one YAML document, or none.
pub(crate) fn parse(text: &str, file: &Arc<Path>) -> Build<Setting> {
    let percent = Percent::hide(text);
    let mut builder = Builder {
        parser: Parser::new_from_str(&percent.text),
        file,
        percent: percent.stand_in,
        anchors: HashMap::new(),
        values: 0,
    };
    builder.stream()
}

/// A text in which another character stands for `%`.
///
/// The parser refuses plain scalars that start with `%`; lines that do are directives to both.
struct Percent {
    text: String,
    stand_in: char,
}

impl Percent {
    fn hide(text: &str) -> Self {
        let mut unused = ('\u{E000}'..='\u{F8FF}').filter(|&letter| !text.contains(letter));
        let stand_in = unused.next().unwrap_or('%');
        let hidden = text.split_inclusive('\n').map(|line| {
            if line.starts_with('%') {
                line.to_owned()
            } else {
                line.replace('%', stand_in.encode_utf8(&mut [0; 4]))
            }
        });
        Self {
            text: hidden.collect(),
            stand_in,
        }
    }
}

struct Builder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    file: &'t Arc<Path>,
    percent: char,
    /// Values by the number of their anchor; `None` while they are being built.
    anchors: HashMap<usize, Option<(Setting, usize)>>,
    values: usize,
}

impl<'t> Builder<'t> {
    fn place(&self, span: &Span) -> Place {
        Place {
            file: Arc::clone(self.file),
            line: span.start.line(),
            column: span.start.col() + 1,
        }
    }

    fn malformed(&self, span: &Span, reason: impl Into<String>) -> Malformed {
        Malformed {
            place: self.place(span),
            reason: reason.into(),
        }
    }

    fn next(&mut self) -> Build<(Event<'t>, Span)> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.scan_error(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn scan_error(&self, error: &ScanError) -> Malformed {
        let place = Place {
            file: Arc::clone(self.file),
            line: error.marker().line(),
            column: error.marker().col() + 1,
        };
        Malformed {
            place,
            reason: error.info().replace(self.percent, "%"),
        }
    }

    fn stream(&mut self) -> Build<Setting> {
        let mut document = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) if document.is_some() => {
                    return Err(self.malformed(&span, "only one document is allowed in the file"));
                }
                Event::Nothing
                | Event::StreamStart
                | Event::DocumentStart(_)
                | Event::DocumentEnd => {}
                event => document = Some(self.setting(event, &span, 0)?),
            }
        }
        let place = Place {
            file: Arc::clone(self.file),
            line: 1,
            column: 1,
        };
        Ok(document.unwrap_or(Setting {
            value: SettingValue::Null,
            place,
        }))
    }

    /// Counts values, so that aliases of aliases cannot fill the memory.
    fn count(&mut self, values: usize, span: &Span) -> Build<()> {
        self.values = self.values.saturating_add(values);
        if self.values > MAX_VALUES {
            Err(self.malformed(span, "the file holds too many values"))
        } else {
            Ok(())
        }
    }

    fn setting(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Build<Setting> {
        if depth > MAX_DEPTH {
            return Err(self.malformed(span, "values nest too deeply"));
        }
        let before = self.values;
        self.count(1, span)?;
        let (anchor, value) = match event {
            Event::Alias(anchor) => return self.alias(anchor, span),
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, self.scalar(&text, style, tag.as_deref(), span)?)
            }
            Event::SequenceStart(anchor, tag) => {
                self.anchors.insert(anchor, None);
                (anchor, self.list(tag.as_deref(), span, depth)?)
            }
            Event::MappingStart(anchor, tag) => {
                self.anchors.insert(anchor, None);
                (anchor, self.map(tag.as_deref(), span, depth)?)
            }
            _ => return Err(self.malformed(span, "a value is missing")),
        };
        let setting = Setting {
            value,
            place: self.place(span),
        };
        if anchor > 0 {
            self.anchors
                .insert(anchor, Some((setting.clone(), self.values - before)));
        }
        Ok(setting)
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Build<Setting> {
        let Some(Some((setting, values))) = self.anchors.get(&anchor) else {
            return Err(self.malformed(span, "an alias stands inside the value that it names"));
        };
        let (setting, values) = (setting.clone(), *values);
        self.count(values, span)?;
        Ok(setting)
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&EventTag>,
        span: &Span,
    ) -> Build<SettingValue> {
        let text = text.replace(self.percent, "%");
        let tag = match tag.filter(|tag| !is_bare(tag)) {
            Some(tag) => self.explicit(tag, span)?,
            None if style == ScalarStyle::Plain => implicit(&text),
            None => Tag::Text,
        };
        construct(tag, &text).map_err(|reason| self.malformed(span, reason))
    }

    fn explicit(&self, tag: &EventTag, span: &Span) -> Build<Tag> {
        let known = if tag.is_yaml_core_schema() {
            tag.suffix.as_str()
        } else {
            ""
        };
        Ok(match known {
            "str" => Tag::Text,
            "int" => Tag::Int,
            "float" => Tag::Float,
            "bool" => Tag::Bool,
            "null" => Tag::Null,
            "binary" => Tag::Binary,
            "timestamp" => Tag::Timestamp,
            _ => return Err(self.malformed(span, format!("the tag {tag} is not known"))),
        })
    }

    fn check_tag(&self, tag: Option<&EventTag>, known: &str, span: &Span) -> Build<()> {
        match tag {
            Some(tag) if is_bare(tag) => Ok(()),
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == known => Ok(()),
            Some(tag) => Err(self.malformed(span, format!("the tag {tag} is not known here"))),
            None => Ok(()),
        }
    }

    fn list(&mut self, tag: Option<&EventTag>, span: &Span, depth: usize) -> Build<SettingValue> {
        self.check_tag(tag, "seq", span)?;
        let mut list = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(SettingValue::List(list)),
                (event, span) => list.push(self.setting(event, &span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, tag: Option<&EventTag>, span: &Span, depth: usize) -> Build<SettingValue> {
        self.check_tag(tag, "map", span)?;
        let (mut merged, mut own) = (Vec::new(), Vec::new());
        loop {
            let (event, span) = match self.next()? {
                (Event::MappingEnd, _) => break,
                next => next,
            };
            let special = match &event {
                Event::Scalar(text, ScalarStyle::Plain, _, None) => implicit(text),
                _ => Tag::Text,
            };
            let key = match special {
                Tag::Merge | Tag::Value => {
                    let text = if special == Tag::Merge { "<<" } else { "=" };
                    let value = SettingValue::Text(text.into());
                    Setting {
                        value,
                        place: self.place(&span),
                    }
                }
                _ => self.setting(event, &span, depth + 1)?,
            };
            if matches!(key.value, SettingValue::List(_) | SettingValue::Map(_)) {
                return Err(self.malformed(&span, "a list or mapping cannot be a key"));
            }
            let (event, value_span) = self.next()?;
            let value = self.setting(event, &value_span, depth + 1)?;
            match special {
                Tag::Merge => self.merge(value, &mut merged, &value_span)?,
                _ => own.push((key, value)),
            }
        }
        merged.extend(own);
        Ok(SettingValue::Map(unique(merged)))
    }

    /// Adds the entries that `<<` names; in a list, earlier mappings win.
    fn merge(
        &self,
        value: Setting,
        merged: &mut Vec<(Setting, Setting)>,
        span: &Span,
    ) -> Build<()> {
        match value.value {
            SettingValue::Map(map) => merged.extend(map),
            SettingValue::List(list) => {
                for setting in list.into_iter().rev() {
                    match setting.value {
                        SettingValue::Map(map) => merged.extend(map),
                        _ => return Err(self.malformed(span, "only mappings can be merged")),
                    }
                }
            }
            _ => return Err(self.malformed(span, "only mappings can be merged")),
        }
        Ok(())
    }
}

/// Tells whether a tag is a mere `!`, which says nothing.
fn is_bare(tag: &EventTag) -> bool {
    tag.handle.is_empty() && tag.suffix == "!"
}

/// Keeps the last value of each key in the first one's place.
fn unique(entries: Vec<(Setting, Setting)>) -> Vec<(Setting, Setting)> {
    let mut kept: Vec<(Setting, Setting)> = Vec::with_capacity(entries.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for (key, value) in entries {
        let identity = key.identity();
        if let Some(&index) = identity.as_ref().and_then(|identity| places.get(identity)) {
            kept[index].1 = value;
        } else {
            places.extend(identity.map(|identity| (identity, kept.len())));
            kept.push((key, value));
        }
    }
    kept
}
