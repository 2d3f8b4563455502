//! Replacement templates as Python's `re.sub` reads them.

use std::collections::HashMap;

use super::parse::Refusal;

/// A piece of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Group(usize),
}

/// Parses a replacement template.
pub(super) fn parse(
    template: &str,
    groups: usize,
    names: &HashMap<String, usize>,
) -> Result<Vec<Piece>, Refusal> {
    let text: Vec<char> = template.chars().collect();
    let mut reader = Reader {
        text: &text,
        at: 0,
        groups,
        names,
        pieces: Vec::new(),
    };
    while let Some(letter) = reader.next() {
        match letter {
            '\\' => reader.escape()?,
            _ => reader.push(letter),
        }
    }
    Ok(reader.pieces)
}

struct Reader<'a> {
    text: &'a [char],
    at: usize,
    groups: usize,
    names: &'a HashMap<String, usize>,
    pieces: Vec<Piece>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let letter = self.text.get(self.at).copied();
        self.at += usize::from(letter.is_some());
        letter
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn push(&mut self, letter: char) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.push(letter),
            _ => self.pieces.push(Piece::Text(letter.into())),
        }
    }

    fn refuse<T>(&self, reason: impl Into<String>) -> Result<T, Refusal> {
        Err(Refusal {
            at: self.at.saturating_sub(1),
            reason: reason.into(),
        })
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<(), Refusal> {
        let Some(letter) = self.next() else {
            return self.refuse("bad escape (end of pattern)");
        };
        match letter {
            'g' => return self.group(),
            '0' => {
                let digits = self.octal_digits(2);
                let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
                self.push(char::from_u32(code).unwrap_or('\0'));
            }
            '1'..='9' => return self.number(letter),
            'a' => self.push('\x07'),
            'b' => self.push('\x08'),
            'f' => self.push('\x0C'),
            'n' => self.push('\n'),
            'r' => self.push('\r'),
            't' => self.push('\t'),
            'v' => self.push('\x0B'),
            _ if letter.is_ascii_alphabetic() => {
                return self.refuse(format!("bad escape \\{letter}"));
            }
            _ => {
                self.push('\\');
                if letter != '\\' {
                    self.push(letter);
                }
            }
        }
        Ok(())
    }

    fn octal_digits(&mut self, most: usize) -> String {
        let mut digits = String::new();
        while let Some(digit) = self.peek(0).filter(|letter| letter.is_digit(8)) {
            if digits.len() == most {
                break;
            }
            digits.push(digit);
            self.at += 1;
        }
        digits
    }

    /// Reads a group by number, or an octal code of three digits.
    fn number(&mut self, first: char) -> Result<(), Refusal> {
        let mut digits = String::from(first);
        if let Some(second) = self.peek(0).filter(char::is_ascii_digit) {
            let third = self.peek(1).filter(|letter| letter.is_digit(8));
            if let (true, true, Some(third)) = (first.is_digit(8), second.is_digit(8), third) {
                self.at += 2;
                let code = u32::from_str_radix(&format!("{first}{second}{third}"), 8);
                return match code
                    .ok()
                    .filter(|&code| code <= 0o377)
                    .and_then(char::from_u32)
                {
                    Some(letter) => {
                        self.push(letter);
                        Ok(())
                    }
                    None => self.refuse("octal escape value outside of range 0-0o377"),
                };
            }
            self.at += 1;
            digits.push(second);
        }
        self.reference(&digits)
    }

    fn group(&mut self) -> Result<(), Refusal> {
        if self.next() != Some('<') {
            return self.refuse("missing <");
        }
        let mut name = String::new();
        loop {
            match self.next() {
                Some('>') => break,
                Some(letter) => name.push(letter),
                None => return self.refuse("missing >, unterminated name"),
            }
        }
        match self.names.get(&name) {
            Some(&group) => {
                self.pieces.push(Piece::Group(group));
                Ok(())
            }
            None if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.reference(&name)
            }
            None => self.refuse(format!("unknown group name {name:?}")),
        }
    }

    fn reference(&mut self, digits: &str) -> Result<(), Refusal> {
        match digits.parse() {
            Ok(group) if group <= self.groups => {
                self.pieces.push(Piece::Group(group));
                Ok(())
            }
            _ => self.refuse(format!("invalid group reference {digits}")),
        }
    }
}
