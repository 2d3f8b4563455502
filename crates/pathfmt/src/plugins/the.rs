//! `%the`: moves articles to the end.

use std::borrow::Cow;
use std::sync::Arc;

use super::format::format;
use crate::environment::Failure;
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
    /// Returns Python's message, and refuses formats with more than plain fields.
    pub fn call(&self, arguments: &[&str], out: &mut String) -> Result<(), Failure> {
        let name = "ThePlugin.the_template_func";
        Signature {
            name,
            required: &["text"],
            optional: 0,
            method: true,
        }
        .check(arguments.len())
        .map_err(Failure::Message)?;
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

    fn moved<'t>(&self, text: &'t str, article: &Article) -> Result<Cow<'t, str>, Failure> {
        let Some(found) = article.first(text).map_err(Failure::Message)? else {
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
