//! `%the`: moves articles to the end.

use std::borrow::Cow;
use std::sync::Arc;

use crate::functions::Signature;
use crate::pattern::Pattern;
use crate::python;

/// What counts as an article.
#[derive(Clone)]
#[non_exhaustive]
pub enum Article {
    /// `^the\s`, ignoring case.
    The,
    /// `^[a][n]?\s`, ignoring case.
    A,
    /// A configured expression.
    Pattern(Arc<dyn Pattern>),
}

/// The `the` plugin.
#[derive(Clone)]
pub struct The {
    /// The articles, in the order they are tried: `The` and `A` first if they are switched on.
    pub articles: Vec<Article>,
    /// Whether articles are dropped instead of moved (`strip`).
    pub strip: bool,
    /// Where the rest and the article go (`format`): `{}` twice, or `{0}` and `{1}`.
    pub format: String,
}

impl Default for The {
    fn default() -> Self {
        let articles = vec![Article::The, Article::A];
        Self {
            articles,
            strip: false,
            format: "{}, {}".to_owned(),
        }
    }
}

impl std::fmt::Debug for The {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("The")
            .field("articles", &self.articles.len())
            .field("strip", &self.strip)
            .field("format", &self.format)
            .finish()
    }
}

impl std::fmt::Debug for Article {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::The => "The",
            Self::A => "A",
            Self::Pattern(_) => "Pattern",
        })
    }
}

impl The {
    /// Appends what `%the{text}` gives: the first article that changes the text changes it.
    ///
    /// # Errors
    ///
    /// Returns Python's message.
    pub fn call(&self, arguments: &[&str], out: &mut String) -> Result<(), String> {
        let name = "ThePlugin.the_template_func";
        Signature {
            name,
            required: &["text"],
            optional: 0,
            method: true,
        }
        .check(arguments.len())?;
        let text = arguments.first().copied().unwrap_or("");
        for article in self.articles.iter().filter(|_| !text.is_empty()) {
            let moved = self.moved(text, article)?;
            if moved != text {
                out.push_str(&moved);
                return Ok(());
            }
        }
        out.push_str(text);
        Ok(())
    }

    fn moved<'t>(&self, text: &'t str, article: &Article) -> Result<Cow<'t, str>, String> {
        let Some(found) = article.first(text)? else {
            return Ok(text.into());
        };
        let rest = article.remove(text);
        let rest = python::strip(&rest);
        if self.strip {
            return Ok(rest.to_owned().into());
        }
        let moved = format(&self.format, &[rest, python::strip(found)])?;
        Ok(python::strip(&moved).to_owned().into())
    }
}

impl Article {
    fn first<'t>(&self, text: &'t str) -> Result<Option<&'t str>, String> {
        match self {
            Self::The => Ok(literal(text, &["the"])),
            Self::A => Ok(literal(text, &["an", "a"])),
            Self::Pattern(pattern) => pattern.first(text),
        }
    }

    fn remove<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self {
            Self::Pattern(pattern) => pattern.remove(text),
            Self::The | Self::A => {
                let found = self.first(text).ok().flatten().unwrap_or("");
                text[found.len()..].into()
            }
        }
    }
}

/// Returns the word and the white space character that a text begins with.
fn literal<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    words.iter().find_map(|word| {
        let rest = text.get(word.len()..)?;
        let space = rest.chars().next().filter(|&c| python::is_space(c))?;
        text[..word.len()]
            .eq_ignore_ascii_case(word)
            .then(|| &text[..word.len() + space.len_utf8()])
    })
}

/// Fills a Python format string that has only plain fields.
fn format(format: &str, values: &[&str]) -> Result<String, String> {
    let mut out = String::new();
    let (mut rest, mut automatic, mut manual) = (format, 0, false);
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err("Single '}' encountered in format string".to_owned());
        }
        let Some(end) = rest.find('}') else {
            let alone = rest.is_empty();
            let message = if alone {
                "Single '{' encountered in format string"
            } else {
                "expected '}' before end of string"
            };
            return Err(message.to_owned());
        };
        let field = &rest[..end];
        rest = &rest[end + 1..];
        let index = if field.is_empty() {
            if manual {
                return Err(
                    "cannot switch from manual field specification to automatic field numbering"
                        .to_owned(),
                );
            }
            automatic += 1;
            automatic - 1
        } else {
            if automatic > 0 {
                return Err(
                    "cannot switch from automatic field numbering to manual field specification"
                        .to_owned(),
                );
            }
            manual = true;
            field
                .parse::<usize>()
                .map_err(|_| python::repr(field, usize::MAX))?
        };
        let value = values.get(index).ok_or_else(|| {
            format!("Replacement index {index} out of range for positional args tuple")
        })?;
        out.push_str(value);
    }
    out.push_str(rest);
    Ok(out)
}
