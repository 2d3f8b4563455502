//! Parses queries.

use std::fmt;
use std::ops::Range;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use unicode_normalization::UnicodeNormalization;

use super::bareasc::{BareTest, ToAscii};
use super::fuzzy::FuzzyTest;
use super::path::{PathTest, joined, slashed, stored_form};
use super::{Folded, Leaf, Node, QueryError, Test, date, number};
use crate::shlex::{self, Unsplittable, Word};
use crate::{Entity, Regex, Type, Types, field, norm_path};

/// What a query means depends on.
#[derive(Clone)]
pub struct ParseContext<'a> {
    /// What is selected.
    pub entity: Entity,
    /// The type of each field.
    pub types: &'a Types,
    /// The library's directory, absolute.
    pub directory: &'a [u8],
    /// The working directory, absolute, where a term such as `./Album` starts.
    pub working_directory: &'a [u8],
    /// The user's home directory, for a term such as `~/Music`.
    pub home: Option<&'a [u8]>,
    /// The local time, for relative dates.
    pub now: DateTime,
    /// The local time zone.
    pub zone: TimeZone,
    /// What plugins add to the language.
    pub plugins: &'a PluginQueries,
    /// Tells whether there is a file or folder; a term that looks like a path is one if it is.
    pub exists: &'a dyn Fn(&[u8]) -> bool,
}

/// What plugins add to the language of queries.
#[derive(Debug, Clone, Default)]
pub struct PluginQueries {
    /// The prefix of terms of the `fuzzy` plugin, and how alike texts must be.
    pub fuzzy: Option<(String, f64)>,
    /// The prefix of terms of the `bareasc` plugin.
    pub bareasc: Option<String>,
    /// What these terms compare texts by; they are refused without it.
    pub to_ascii: Option<ToAscii>,
    /// Whether there is the key `playlist` of the plugin of that name, which is refused.
    pub playlist: bool,
}

impl fmt::Debug for ParseContext<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("ParseContext");
        shown
            .field("entity", &self.entity)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// Fields that a term without a key is looked for in.
fn search_fields(entity: Entity) -> &'static [&'static str] {
    match entity {
        Entity::Item => &[
            "artist",
            "title",
            "comments",
            "album",
            "albumartist",
            "genres",
        ],
        Entity::Album => &["album", "albumartist", "genres"],
    }
}

/// Kinds of terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Substring,
    Whole,
    Exact,
    Regex,
    Number,
    Duration,
    Bool,
    Date,
    Path,
    Singleton,
    Fuzzy,
    BareAscii,
    Playlist,
}

/// Prefixes of terms, in the order in which they are looked for; those of plugins follow.
const PREFIXES: [(&str, Kind); 3] = [(":", Kind::Regex), ("=~", Kind::Whole), ("=", Kind::Exact)];

/// Parses a query.
pub(super) fn query(text: &str, context: &ParseContext<'_>) -> Result<Node, QueryError> {
    let words = shlex::split(text).map_err(|error| {
        let (Unsplittable::NoClosingQuotation { at } | Unsplittable::NoEscapedCharacter { at }) =
            error;
        QueryError::Words {
            query: text.to_owned(),
            reason: error.to_string(),
            at,
        }
    })?;
    let parser = Parser { text, context };
    let (mut groups, mut group) = (Vec::new(), Vec::new());
    for word in words {
        let part = parser.explicit_path(&word.text);
        match part.strip_suffix(',') {
            Some(last) => {
                if !last.is_empty() {
                    group.push(parser.part(last, &word)?);
                }
                groups.push(Node::All(std::mem::take(&mut group)));
            }
            None if is_sort(&part) => {}
            None => group.push(parser.part(&part, &word)?),
        }
    }
    groups.push(Node::All(group));
    Ok(match groups.len() {
        1 => groups.swap_remove(0),
        _ => Node::Any(groups),
    })
}

/// Tells whether a part asks for an order, which a filter has no use for.
fn is_sort(part: &str) -> bool {
    part.len() > 1 && part.ends_with(['+', '-']) && !part.contains(':')
}

/// Tells whether Python's `str.isspace` is true of a character.
pub(super) fn is_space(letter: char) -> bool {
    letter.is_whitespace() || ('\x1c'..='\x1f').contains(&letter)
}

/// A part, taken apart.
struct Part<'p> {
    negated: bool,
    key: Option<&'p str>,
    term: String,
}

fn take_apart(part: &str) -> Part<'_> {
    let part = part.trim_matches(is_space);
    let (negated, rest) = match part.strip_prefix(['-', '^']) {
        Some(rest) => (true, rest),
        None => (false, part),
    };
    let mut before = None;
    let mut colon = None;
    for (at, letter) in rest.char_indices() {
        if letter == ':' && before.is_some_and(|before| before != '\\') {
            colon = Some(at);
            break;
        }
        if is_space(letter) {
            break;
        }
        before = Some(letter);
    }
    let (key, term) = match colon {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    };
    let term = term.split('\n').next().unwrap_or(term);
    Part {
        negated,
        key,
        term: term.replace("\\:", ":"),
    }
}

struct Parser<'a> {
    text: &'a str,
    context: &'a ParseContext<'a>,
}

impl Parser<'_> {
    /// Puts `path:` before a part that names something on disk.
    fn explicit_path(&self, part: &str) -> String {
        let name = part.split(':').next().unwrap_or(part);
        if name.contains('/') && (self.context.exists)(&self.absolute(name)) {
            return format!("path:{part}");
        }
        part.to_owned()
    }

    /// Returns a path that starts at the working directory, or at home.
    fn absolute(&self, name: &str) -> Vec<u8> {
        let bytes = bytes_of(name);
        let path = match (bytes.strip_prefix(b"~"), self.context.home) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with(b"/") => {
                [home, rest].concat()
            }
            _ => bytes,
        };
        norm_path(&joined(self.context.working_directory, &path))
    }

    fn part(&self, part: &str, word: &Word) -> Result<Node, QueryError> {
        if part.is_empty() {
            return Ok(Node::True);
        }
        let Part { negated, key, term } = take_apart(part);
        let (kind, term) = match self.prefix(&term) {
            Some(found) => found,
            None => (self.kind_of(key), term.as_str()),
        };
        let node = if let Some(key) = key {
            self.field(&key.to_lowercase(), kind, term)
        } else {
            let fields = search_fields(self.context.entity).iter();
            fields
                .map(|field| self.field(field, kind, term))
                .collect::<Result<_, _>>()
                .map(Node::Any)
        };
        let node = node.map_err(|reason| QueryError::Term {
            query: self.text.to_owned(),
            part: part.to_owned(),
            span: self.span(word),
            reason,
        })?;
        Ok(if negated {
            Node::Not(Box::new(node))
        } else {
            node
        })
    }

    /// Splits the prefix off a term, if it has one.
    fn prefix<'t>(&self, term: &'t str) -> Option<(Kind, &'t str)> {
        let plugins = self.context.plugins;
        let fuzzy = plugins
            .fuzzy
            .iter()
            .map(|(prefix, _)| (prefix.as_str(), Kind::Fuzzy));
        let bareasc = plugins
            .bareasc
            .iter()
            .map(|prefix| (prefix.as_str(), Kind::BareAscii));
        let added: Vec<_> = fuzzy.chain(bareasc).collect();
        // A plugin's kind takes the place of another one with its prefix.
        let own = PREFIXES.iter().map(|&(prefix, kind)| {
            let other = added.iter().find(|(added, _)| *added == prefix);
            (prefix, other.map_or(kind, |(_, kind)| *kind))
        });
        let mut all = own.chain(added.iter().copied());
        all.find_map(|(prefix, kind)| Some((kind, term.strip_prefix(prefix)?)))
    }

    fn span(&self, word: &Word) -> Range<usize> {
        word.start..word.end.min(self.text.len())
    }

    /// Returns the kind of a term without a prefix. The key's case matters, to beets' surprise.
    fn kind_of(&self, key: Option<&str>) -> Kind {
        let (Some(key), entity) = (key, self.context.entity) else {
            return Kind::Substring;
        };
        match self.context.types.own(entity, key) {
            _ if key == "singleton" && entity == Entity::Item => Kind::Singleton,
            _ if key == "playlist" && self.context.plugins.playlist => Kind::Playlist,
            Some(Type::Duration) => Kind::Duration,
            Some(Type::Date) => Kind::Date,
            Some(Type::Bool) => Kind::Bool,
            Some(Type::Path | Type::NullPath) => Kind::Path,
            Some(ty) if ty.is_numeric() => Kind::Number,
            _ => Kind::Substring,
        }
    }

    fn field(&self, key: &str, kind: Kind, term: &str) -> Result<Node, String> {
        if kind == Kind::Singleton {
            let null = Node::Field(Leaf {
                field: "album_id".into(),
                is_column: true,
                test: Test::Null,
            });
            return Ok(if is_true(term) {
                null
            } else {
                Node::Not(Box::new(null))
            });
        }
        let name = current_name(key, self.context.entity);
        let is_path = matches!(
            self.context.types.of(self.context.entity, name),
            Type::Path | Type::NullPath
        );
        let stored;
        let term = if is_path && kind != Kind::Path {
            stored = self.stored_term(term, kind);
            stored.as_str()
        } else {
            term
        };
        let test = self.test(kind, term)?;
        let is_column = field(name).is_some() && kind != Kind::Fuzzy;
        Ok(Node::Field(Leaf {
            field: name.to_owned(),
            is_column,
            test,
        }))
    }

    /// Returns a term about paths in the form that the database stores.
    fn stored_term(&self, term: &str, kind: Kind) -> String {
        let bytes = bytes_of(term);
        let stored = stored_form(self.context.directory, &bytes);
        let stored = if kind == Kind::Regex {
            stored.into_owned()
        } else {
            slashed(&stored)
        };
        let mut shown = String::new();
        crate::display_path(&stored, &mut shown);
        shown
    }

    fn test(&self, kind: Kind, term: &str) -> Result<Test, String> {
        Ok(match kind {
            Kind::Substring => Test::Substring(Folded::new(term)),
            Kind::Whole => Test::Whole(Folded::new(term)),
            Kind::Exact => Test::Exact(term.to_owned()),
            Kind::Regex => {
                let pattern: String = term.nfc().collect();
                let regex = Regex::new(&pattern).map_err(|error| error.to_string())?;
                Test::Regex(Box::new(regex))
            }
            Kind::Number => Test::Number(number::Interval::parse(term)?),
            Kind::Duration => Test::Number(number::Interval::parse_duration(term)?),
            Kind::Bool => Test::Bool(is_true(term)),
            Kind::Date => Test::Date(date::Interval::parse(
                term,
                self.context.now,
                &self.context.zone,
            )?),
            Kind::Fuzzy => {
                let threshold = self
                    .context
                    .plugins
                    .fuzzy
                    .as_ref()
                    .map_or(0.7, |fuzzy| fuzzy.1);
                Test::Fuzzy(FuzzyTest::new(term, threshold))
            }
            Kind::BareAscii => {
                let to_ascii = self.context.plugins.to_ascii.as_ref();
                let to_ascii = to_ascii.ok_or("nothing puts the text of the term into ASCII")?;
                Test::BareAscii(BareTest::new(term, to_ascii))
            }
            Kind::Playlist => {
                let reason = "terms of the plugin playlist are not supported; write a query of \
                              fields in its place";
                return Err(reason.to_owned());
            }
            Kind::Path | Kind::Singleton => {
                Test::Path(PathTest::new(&bytes_of(term), self.context.directory))
            }
        })
    }
}

/// Reads truth as beets does.
fn is_true(text: &str) -> bool {
    matches!(
        text.to_lowercase().as_str(),
        "yes" | "1" | "true" | "t" | "y"
    )
}

/// Returns the name that a field has now, of names that it had before it became a list.
fn current_name(name: &str, entity: Entity) -> &str {
    match (name, entity) {
        ("genre", _) => "genres",
        ("arranger", Entity::Item) => "arrangers",
        ("composer", Entity::Item) => "composers",
        ("lyricist", Entity::Item) => "lyricists",
        ("remixer", Entity::Item) => "remixers",
        _ => name,
    }
}

/// Returns the bytes of a path; private-use characters that carry a byte become it.
fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        match u32::from(letter)
            .checked_sub(0x10_FF00)
            .and_then(|byte| u8::try_from(byte).ok())
        {
            Some(byte) if byte >= 0x80 => bytes.push(byte),
            _ => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}
