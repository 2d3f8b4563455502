//! `strptime`.

use std::collections::HashSet;

use super::Moment;
use super::directive::{self, Lengths};
use super::fields::Fields;
use crate::python;

/// A piece of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Char(char),
    Space,
    Directive(char),
}

/// Reads a time, or returns the text of Python's `ValueError`.
pub(super) fn read(text: &str, format: &str, zones: &[String]) -> Result<Moment, String> {
    let mut tokens = Vec::new();
    tokenize(format, format, &mut tokens)?;
    check_unique(&tokens, zones)?;
    let mut search = Search {
        text,
        tokens: &tokens,
        zones,
        found: Vec::new(),
        failed: HashSet::new(),
    };
    let Some(end) = search.run(0, 0) else {
        let (text, format) = (
            python::repr(text, usize::MAX),
            python::repr(format, usize::MAX),
        );
        return Err(format!("time data {text} does not match format {format}"));
    };
    if end < text.len() {
        return Err(format!("unconverted data remains: {}", &text[end..]));
    }
    Fields::of(&search.found).moment()
}

/// Splits a format into tokens; `whole` is the one that messages quote.
fn tokenize(format: &str, whole: &str, tokens: &mut Vec<Token>) -> Result<(), String> {
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => match chars.next() {
                None => return Err(format!("stray % in format '{whole}'")),
                Some('%') => tokens.push(Token::Char('%')),
                Some('c') => tokenize("%a %b %d %H:%M:%S %Y", whole, tokens)?,
                Some('x') => tokenize("%m/%d/%y", whole, tokens)?,
                Some('X') => tokenize("%H:%M:%S", whole, tokens)?,
                Some(name) if "aAbBdfGHIjmMpSuUVwWyYzZ".contains(name) => {
                    tokens.push(Token::Directive(name));
                }
                // Python has escaped what means something in its expressions by then.
                Some(name) if python::is_space(name) || "\\.^$*+?(){}[]|".contains(name) => {
                    return Err(format!("'%' is a bad directive in format '{whole}'"));
                }
                Some(name) => {
                    return Err(format!("'{name}' is a bad directive in format '{whole}'"));
                }
            },
            c if python::is_space(c) => {
                if tokens.last() != Some(&Token::Space) {
                    tokens.push(Token::Space);
                }
            }
            c => tokens.push(Token::Char(c)),
        }
    }
    Ok(())
}

/// Checks that no directive comes twice, as Python's expression compiler does.
fn check_unique(tokens: &[Token], zones: &[String]) -> Result<(), String> {
    let (mut at, mut group) = (0, 1);
    let mut groups: Vec<(char, usize)> = Vec::new();
    for token in tokens {
        match *token {
            Token::Char(c) => at += 1 + usize::from("\\.^$*+?(){}[]|".contains(c)),
            Token::Space => at += 3,
            Token::Directive(name) => {
                if let Some((_, first)) = groups.iter().find(|(other, _)| *other == name) {
                    return Err(format!(
                        "redefinition of group name '{name}' as group {group}; was group {first} \
                         at position {}",
                        at + 4
                    ));
                }
                groups.push((name, group));
                let (len, opened) = directive::expression(name, zones);
                at += len;
                group += opened;
            }
        }
    }
    Ok(())
}

/// A search with backtracking, in the order of a regular expression's.
struct Search<'s> {
    text: &'s str,
    tokens: &'s [Token],
    zones: &'s [String],
    /// The texts that directives matched so far.
    found: Vec<(char, &'s str)>,
    /// Tokens and positions that lead nowhere.
    failed: HashSet<(usize, usize)>,
}

impl Search<'_> {
    /// Matches the tokens from `token` on at `at`; returns where the match ends. Only directives
    /// and the space before `%d` have more than one way to match, so recursion is shallow: no
    /// directive comes twice.
    fn run(&mut self, mut token: usize, mut at: usize) -> Option<usize> {
        while let Some(next) = self.tokens.get(token) {
            let rest = &self.text[at..];
            let choices = match *next {
                Token::Char(expected) => {
                    let c = rest
                        .chars()
                        .next()
                        .filter(|c| python::same_letter(expected, *c))?;
                    Lengths::from_slice(&[c.len_utf8()])
                }
                Token::Space => self.spaces(token, rest)?,
                Token::Directive(name) => directive::lengths(name, rest, self.zones),
            };
            match (*next, choices.as_slice()) {
                (Token::Char(_) | Token::Space, [len]) => at += len,
                (next, choices) => return self.choose(next, token, at, choices),
            }
            token += 1;
        }
        Some(at)
    }

    /// Returns how much white space may be taken. Giving some back helps only a following `%d`,
    /// which may begin with a single space.
    fn spaces(&self, token: usize, rest: &str) -> Option<Lengths> {
        let len = rest.len() - rest.trim_start_matches(python::is_space).len();
        let last = rest[..len].chars().next_back()?;
        let mut lengths = Lengths::from_slice(&[len]);
        let shorter = len - last.len_utf8();
        if self.tokens.get(token + 1) == Some(&Token::Directive('d')) && last == ' ' && shorter > 0
        {
            lengths.push(shorter);
        }
        Some(lengths)
    }

    fn choose(&mut self, next: Token, token: usize, at: usize, choices: &[usize]) -> Option<usize> {
        if self.failed.contains(&(token, at)) {
            return None;
        }
        let known = self.found.len();
        for len in choices {
            if let Token::Directive(name) = next {
                self.found.push((name, &self.text[at..at + len]));
            }
            if let Some(end) = self.run(token + 1, at + len) {
                return Some(end);
            }
            self.found.truncate(known);
        }
        self.failed.insert((token, at));
        None
    }
}
