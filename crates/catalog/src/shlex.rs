//! Splits a text into words by the rules of a POSIX shell, as Python's `shlex.split` does.

/// Why a text cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unsplittable {
    /// A quotation does not end.
    #[error("this quotation is never closed")]
    NoClosingQuotation {
        /// Byte offset of the opening quote.
        at: usize,
    },
    /// The text ends in a backslash.
    #[error("nothing follows this backslash")]
    NoEscapedCharacter {
        /// Byte offset of the backslash.
        at: usize,
    },
}

/// A word and where it stands in the text, quotes included, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Splits a text into words; comments are not recognised.
pub(crate) fn split(text: &str) -> Result<Vec<Word>, Unsplittable> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        if matches!(letter, ' ' | '\t' | '\r' | '\n') {
            words.extend(word.take().map(|word| Word { end: at, ..word }));
            continue;
        }
        let word = &mut word
            .get_or_insert(Word {
                text: String::new(),
                start: at,
                end: text.len(),
            })
            .text;
        match letter {
            '\'' => quoted(&mut letters, word, at, '\'')?,
            '"' => quoted(&mut letters, word, at, '"')?,
            '\\' => match letters.next() {
                Some((_, escaped)) => word.push(escaped),
                None => return Err(Unsplittable::NoEscapedCharacter { at }),
            },
            _ => word.push(letter),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Reads up to the closing quote; only double quotes know escapes.
fn quoted(
    letters: &mut std::str::CharIndices<'_>,
    word: &mut String,
    at: usize,
    quote: char,
) -> Result<(), Unsplittable> {
    while let Some((here, letter)) = letters.next() {
        match letter {
            _ if letter == quote => return Ok(()),
            '\\' if quote == '"' => match letters.next() {
                Some((_, escaped)) => {
                    if escaped != '\\' && escaped != quote {
                        word.push('\\');
                    }
                    word.push(escaped);
                }
                None => return Err(Unsplittable::NoEscapedCharacter { at: here }),
            },
            _ => word.push(letter),
        }
    }
    Err(Unsplittable::NoClosingQuotation { at })
}

#[cfg(test)]
mod tests {
    use super::{Unsplittable, split};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let words: Vec<String> = split(text)
            .unwrap()
            .into_iter()
            .map(|word| word.text)
            .collect();
        assert_eq!(words, expected, "{text:?}");
    }

    #[test]
    fn words_are_separated_by_ascii_whitespace() {
        check("", &[]);
        check(" \t\r\n", &[]);
        check("a  b\tc\n", &["a", "b", "c"]);
        check("a\u{a0}b\u{c}c", &["a\u{a0}b\u{c}c"]);
    }

    #[test]
    fn quotes_join_and_may_be_empty() {
        check("'a b'c\"d e\"", &["a bcd e"]);
        check("'' \"\"x", &["", "x"]);
        check("#not a 'comment'", &["#not", "a", "comment"]);
        check("title:'it''s'", &["title:its"]);
    }

    #[test]
    fn backslash_escapes_outside_and_only_quotes_inside_double_quotes() {
        check(r"a\ b \'", &["a b", "'"]);
        check(r#""\a\"\\\$" '\a'"#, &[r#"\a"\\$"#, r"\a"]);
        check("a\\\nb", &["a\nb"]);
    }

    #[test]
    fn open_quotes_and_escapes_are_refused() {
        assert_eq!(
            split("a 'b"),
            Err(Unsplittable::NoClosingQuotation { at: 2 })
        );
        assert_eq!(split("\""), Err(Unsplittable::NoClosingQuotation { at: 0 }));
        assert_eq!(
            split("a\\"),
            Err(Unsplittable::NoEscapedCharacter { at: 1 })
        );
        assert_eq!(
            split("\"a\\"),
            Err(Unsplittable::NoEscapedCharacter { at: 2 })
        );
    }
}
