//! Parses groups, lookarounds, backreferences, conditionals and flags of Python's `re`.

use super::parse::{Node, Parse, Parser, Stop, refuse};

impl Parser {
    pub(super) fn group(&mut self, first: bool) -> Result<Option<Node>, Stop> {
        let start = self.at - 1;
        if !self.eat('?') {
            return self.capture(start, None).map(Some);
        }
        let Some(letter) = self.peek() else {
            return Err(refuse(start, "unexpected end of pattern").into());
        };
        self.at += 1;
        match letter {
            ':' => Ok(Some(Node::Group(Box::new(self.body(start)?)))),
            '>' => Ok(Some(Node::Atomic(Box::new(self.body(start)?)))),
            '=' | '!' => self.look(start, false, letter == '!').map(Some),
            '<' if self.eat('=') => self.look(start, true, false).map(Some),
            '<' if self.eat('!') => self.look(start, true, true).map(Some),
            'P' if self.eat('<') => {
                let name = self.take_until('>', "group name")?;
                self.capture(start, Some(name)).map(Some)
            }
            'P' if self.eat('=') => Ok(Some(self.named_backreference()?)),
            '(' => self.conditional(start).map(Some),
            '#' => {
                self.take_while(|letter| letter != ')', usize::MAX);
                if self.eat(')') {
                    Ok(None)
                } else {
                    Err(refuse(start, "missing ), unterminated comment").into())
                }
            }
            _ if letter == '-' || letter.is_ascii_alphabetic() && letter != 'P' => {
                self.at -= 1;
                self.flagged(start, first)
            }
            _ => Err(refuse(start, format!("unknown extension ?{letter}")).into()),
        }
    }

    /// Reads what is inside a group and its closing parenthesis.
    fn body(&mut self, start: usize) -> Result<Node, Stop> {
        let flags = self.flags;
        let node = self.alternatives()?;
        self.flags = flags;
        if !self.eat(')') {
            return Err(refuse(start, "missing ), unterminated subpattern").into());
        }
        Ok(node)
    }

    fn capture(&mut self, start: usize, name: Option<String>) -> Result<Node, Stop> {
        let group = self.widths.len();
        self.widths.push(None);
        if let Some(name) = name {
            if !is_identifier(&name) {
                let reason = format!("bad character in group name {name:?}");
                return Err(refuse(start, reason).into());
            }
            if self.names.insert(name.clone(), group).is_some() {
                let reason = format!("redefinition of group name {name:?}");
                return Err(refuse(start, reason).into());
            }
        }
        let node = self.body(start)?;
        self.widths[group] = Some(self.width(&node));
        Ok(Node::Capture(Box::new(node)))
    }

    fn look(&mut self, start: usize, behind: bool, negated: bool) -> Result<Node, Stop> {
        let outer = self.lookbehind;
        if behind && outer.is_none() {
            self.lookbehind = Some(self.widths.len());
        }
        let node = self.body(start)?;
        self.lookbehind = outer;
        if behind {
            let (min, max) = self.width(&node);
            if min != max {
                let reason = "look-behind requires fixed-width pattern";
                return Err(refuse(start, reason).into());
            }
        }
        Ok(Node::Look {
            behind,
            negated,
            node: Box::new(node),
        })
    }

    fn named_backreference(&mut self) -> Parse<Node> {
        let at = self.at;
        let name = self.take_until(')', "group name")?;
        match self.names.get(&name).copied() {
            Some(group) => self.backreference(group, at),
            None => Err(refuse(at, format!("unknown group name {name:?}"))),
        }
    }

    pub(super) fn backreference(&self, group: usize, at: usize) -> Parse<Node> {
        match self.widths.get(group) {
            Some(Some(_)) => {}
            Some(None) if group > 0 => {
                return Err(refuse(at, "cannot refer to an open group"));
            }
            _ => return Err(refuse(at, format!("invalid group reference {group}"))),
        }
        if self.lookbehind.is_some_and(|first| group >= first) {
            let reason = "cannot refer to group defined in the same lookbehind subpattern";
            return Err(refuse(at, reason));
        }
        Ok(Node::Backreference {
            group,
            ignore_case: self.flags.ignore_case,
        })
    }

    fn conditional(&mut self, start: usize) -> Result<Node, Stop> {
        let at = self.at;
        let name = self.take_until(')', "group name")?;
        let group = if name.bytes().all(|byte| byte.is_ascii_digit()) {
            match name.parse() {
                Ok(group) if group > 0 => group,
                _ => return Err(refuse(at, "bad group number").into()),
            }
        } else {
            match self.names.get(&name) {
                Some(&group) => group,
                None => return Err(refuse(at, format!("unknown group name {name:?}")).into()),
            }
        };
        if self.lookbehind.is_some() {
            self.backreference(group, at)?;
        }
        self.asked.push((group, at));
        let flags = self.flags;
        let yes = Box::new(self.sequence(false)?);
        let no = if self.eat('|') {
            Some(Box::new(self.sequence(false)?))
        } else {
            None
        };
        self.flags = flags;
        if self.peek() == Some('|') {
            return Err(refuse(start, "conditional backref with more than two branches").into());
        }
        if !self.eat(')') {
            return Err(refuse(start, "missing ), unterminated subpattern").into());
        }
        Ok(Node::Conditional { group, yes, no })
    }

    fn flagged(&mut self, start: usize, first: bool) -> Result<Option<Node>, Stop> {
        let on = self.take_while(|letter| letter.is_ascii_alphabetic(), usize::MAX);
        let off = if self.eat('-') {
            Some(self.take_while(|letter| letter.is_ascii_alphabetic(), usize::MAX))
        } else {
            None
        };
        let global = self.peek() == Some(')') && off.is_none();
        Self::check_flags(start, &on, off.as_deref())?;
        let outer = self.flags;
        on.chars().for_each(|letter| self.flags.set(letter, true));
        off.iter()
            .flat_map(|off| off.chars())
            .for_each(|letter| self.flags.set(letter, false));
        if global {
            self.at += 1;
            if !first {
                let reason = "global flags not at the start of the expression";
                return Err(refuse(start, reason).into());
            }
            if self.flags.verbose && !outer.verbose {
                return Err(Stop::Verbose(self.flags));
            }
            return Ok(None);
        }
        if !self.eat(':') {
            return Err(refuse(self.at, "missing -, : or )").into());
        }
        let node = self.body(start)?;
        self.flags = outer;
        Ok(Some(Node::Group(Box::new(node))))
    }

    fn check_flags(start: usize, on: &str, off: Option<&str>) -> Parse<()> {
        let all = || on.chars().chain(off.unwrap_or("").chars());
        if let Some(unknown) = all().find(|&letter| !"aiLmsux".contains(letter)) {
            return Err(refuse(start, format!("unknown flag {unknown}")));
        }
        if all().any(|letter| letter == 'L') {
            return Err(refuse(start, "the flag L is only for bytes"));
        }
        if on.contains('a') && on.contains('u') {
            return Err(refuse(start, "flags a and u are incompatible"));
        }
        let Some(off) = off else { return Ok(()) };
        if off.is_empty() {
            return Err(refuse(start, "missing flag"));
        }
        if off.contains(['a', 'u']) {
            return Err(refuse(start, "flags a and u cannot be turned off"));
        }
        if off.chars().any(|letter| on.contains(letter)) {
            return Err(refuse(start, "flag turned on and off"));
        }
        Ok(())
    }
}

/// Returns whether the text could name a group.
fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|letter| letter == '_' || letter.is_alphabetic())
        && letters.all(|letter| letter == '_' || letter.is_alphanumeric())
}
