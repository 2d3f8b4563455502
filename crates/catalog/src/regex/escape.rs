//! Parses escapes and bracket expressions of Python's `re`.

use super::class::{Category, Class};
use super::parse::{At, Node, Parse, Parser, refuse};

impl Parser {
    pub(super) fn escape(&mut self, start: usize) -> Parse<Node> {
        let Some(letter) = self.peek() else {
            return Err(refuse(start, "bad escape (end of pattern)"));
        };
        self.at += 1;
        let ascii = self.flags.ascii;
        Ok(match letter {
            'A' => Node::At(At::Start),
            'Z' => Node::At(At::VeryEnd),
            'b' | 'B' => Node::At(At::Boundary {
                negated: letter == 'B',
                ascii,
            }),
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                let mut class = Class::default();
                let (category, negated) = category(letter);
                class.add_category(category, negated, ascii);
                Node::Class(class)
            }
            '0' => {
                let digits = self.take_while(|letter| letter.is_digit(8), 2);
                self.literal(u32::from_str_radix(&digits, 8).unwrap_or(0))
            }
            '1'..='9' => return self.number(start),
            _ => {
                let code = self.code(letter, start)?;
                self.literal(code)
            }
        })
    }

    /// Reads what follows `\` and a digit other than 0: an octal code or a group.
    fn number(&mut self, start: usize) -> Parse<Node> {
        self.at -= 1;
        let octal: String = self.text[self.at..].iter().take(3).collect();
        if octal.chars().count() == 3 && octal.chars().all(|letter| letter.is_digit(8)) {
            self.at += 3;
            return Self::octal(&octal, start).map(|code| self.literal(code));
        }
        let digits = self.take_while(|letter| letter.is_ascii_digit(), 2);
        self.backreference(digits.parse().unwrap_or(0), start)
    }

    fn octal(digits: &str, start: usize) -> Parse<u32> {
        match u32::from_str_radix(digits, 8) {
            Ok(code) if code <= 0o377 => Ok(code),
            _ => {
                let reason = format!("octal escape value \\{digits} outside of range 0-0o377");
                Err(refuse(start, reason))
            }
        }
    }

    /// Reads an escape that means one character, the same inside and outside brackets.
    fn code(&mut self, letter: char, start: usize) -> Parse<u32> {
        let digits = match letter {
            'a' => return Ok(0x07),
            'f' => return Ok(0x0C),
            'n' => return Ok(0x0A),
            'r' => return Ok(0x0D),
            't' => return Ok(0x09),
            'v' => return Ok(0x0B),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            'N' => {
                let reason = "characters by name (\\N{...}) are not supported; use \\uXXXX";
                return Err(refuse(start, reason));
            }
            _ if letter.is_ascii_alphabetic() => {
                return Err(refuse(start, format!("bad escape \\{letter}")));
            }
            _ => return Ok(letter as u32),
        };
        let found = self.take_while(|letter| letter.is_ascii_hexdigit(), digits);
        match u32::from_str_radix(&found, 16) {
            Ok(code) if found.len() == digits && code <= 0x10_FFFF => Ok(code),
            _ => Err(refuse(
                start,
                format!("incomplete or bad escape \\{letter}{found}"),
            )),
        }
    }

    pub(super) fn bracket(&mut self, start: usize) -> Parse<Node> {
        let mut class = Class::default();
        class.negated = self.eat('^');
        let first = self.at;
        loop {
            let Some(letter) = self.peek() else {
                return Err(refuse(start, "unterminated character set"));
            };
            if letter == ']' && self.at != first {
                self.at += 1;
                break;
            }
            let here = self.at;
            let low = self.member(&mut class, start)?;
            if !self.eat('-') {
                add(&mut class, low);
                continue;
            }
            match self.peek() {
                None => return Err(refuse(start, "unterminated character set")),
                Some(']') => {
                    add(&mut class, low);
                    class.add_range('-' as u32, '-' as u32);
                }
                Some(_) => {
                    let high = self.member(&mut class, start)?;
                    match (low, high) {
                        (Some(low), Some(high)) if low <= high => {
                            class.add_range(low, high);
                        }
                        _ => return Err(refuse(here, "bad character range")),
                    }
                }
            }
        }
        if self.flags.ignore_case {
            class.ignore_case(self.flags.ascii);
        }
        Ok(Node::Class(class))
    }

    /// Reads one member of a bracket expression: a code, or a category that goes into the class.
    fn member(&mut self, class: &mut Class, start: usize) -> Parse<Option<u32>> {
        let here = self.at;
        let Some(letter) = self.peek() else {
            return Err(refuse(start, "unterminated character set"));
        };
        self.at += 1;
        if letter != '\\' {
            return Ok(Some(letter as u32));
        }
        let Some(letter) = self.peek() else {
            return Err(refuse(here, "bad escape (end of pattern)"));
        };
        self.at += 1;
        match letter {
            'b' => Ok(Some(0x08)),
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                let (category, negated) = category(letter);
                class.add_category(category, negated, self.flags.ascii);
                Ok(None)
            }
            '0'..='7' => {
                self.at -= 1;
                let digits = self.take_while(|letter| letter.is_digit(8), 3);
                Self::octal(&digits, here).map(Some)
            }
            '8' | '9' => Err(refuse(here, format!("bad escape \\{letter}"))),
            _ => self.code(letter, here).map(Some),
        }
    }
}

/// Adds one character, if it is one and not a category.
fn add(class: &mut Class, code: Option<u32>) {
    if let Some(code) = code {
        class.add_range(code, code);
    }
}

fn category(letter: char) -> (Category, bool) {
    let category = match letter.to_ascii_lowercase() {
        'd' => Category::Digit,
        's' => Category::Space,
        _ => Category::Word,
    };
    (category, letter.is_ascii_uppercase())
}
