//! Parses a pattern in the dialect of Python 3.11's `re` into a tree.

use std::collections::HashMap;

use super::class::Class;

/// How deep groups may nest.
const MAX_DEPTH: usize = 100;
/// A repetition without an upper bound.
pub(super) const UNBOUNDED: u32 = u32::MAX;

/// What a pattern says.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Sequence(Vec<Node>),
    Alternatives(Vec<Node>),
    Class(Class),
    At(At),
    Capture(Box<Node>),
    Group(Box<Node>),
    Atomic(Box<Node>),
    Look {
        behind: bool,
        negated: bool,
        node: Box<Node>,
    },
    Backreference {
        group: usize,
        ignore_case: bool,
    },
    Conditional {
        group: usize,
        yes: Box<Node>,
        no: Option<Box<Node>>,
    },
    Repeat {
        min: u32,
        max: u32,
        kind: Kind,
        node: Box<Node>,
    },
}

/// A position that matches without a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Start,
    LineStart,
    End,
    LineEnd,
    VeryEnd,
    Boundary { negated: bool, ascii: bool },
}

/// How a repetition gives back what it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Greedy,
    Lazy,
    Possessive,
}

/// A parsed pattern.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    pub(super) node: Node,
    /// Number of capturing groups.
    pub(super) groups: usize,
    /// Groups by name.
    pub(super) names: HashMap<String, usize>,
}

/// Why a pattern was refused, and at which character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) at: usize,
    pub(super) reason: String,
}

pub(super) type Parse<T> = Result<T, Refusal>;

#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of Python's")]
pub(super) struct Flags {
    pub(super) ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
    pub(super) verbose: bool,
    pub(super) ascii: bool,
}

impl Flags {
    pub(super) fn set(&mut self, letter: char, on: bool) {
        match letter {
            'i' => self.ignore_case = on,
            'm' => self.multi_line = on,
            's' => self.dot_all = on,
            'x' => self.verbose = on,
            'a' => self.ascii = on,
            _ => self.ascii = !on,
        }
    }
}

/// Parses a pattern.
pub(super) fn parse(pattern: &str, ignore_case: bool) -> Parse<Parsed> {
    let flags = Flags {
        ignore_case,
        ..Flags::default()
    };
    let mut parser = Parser::new(pattern, flags);
    match parser.pattern() {
        // A leading `(?x)` changes how everything, itself included, is read.
        Err(Stop::Verbose(flags)) => {
            let mut again = Parser::new(
                pattern,
                Flags {
                    verbose: true,
                    ..flags
                },
            );
            again.pattern().map_err(Stop::refusal)
        }
        outcome => outcome.map_err(Stop::refusal),
    }
}

pub(super) enum Stop {
    Refused(Refusal),
    Verbose(Flags),
}

impl Stop {
    fn refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Verbose(_) => Refusal {
                at: 0,
                reason: "flags turned on twice".into(),
            },
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

pub(super) struct Parser {
    pub(super) text: Vec<char>,
    pub(super) at: usize,
    pub(super) flags: Flags,
    depth: usize,
    /// Minimum and maximum width of each closed group, `None` while it is open.
    pub(super) widths: Vec<Option<(u64, u64)>>,
    pub(super) names: HashMap<String, usize>,
    /// The number of groups that were open when the innermost lookbehind began.
    pub(super) lookbehind: Option<usize>,
    /// Groups that conditionals ask for, to be checked at the end.
    pub(super) asked: Vec<(usize, usize)>,
}

impl Parser {
    fn new(pattern: &str, flags: Flags) -> Self {
        Self {
            text: pattern.chars().collect(),
            at: 0,
            depth: 0,
            flags,
            widths: vec![None],
            names: HashMap::new(),
            lookbehind: None,
            asked: Vec::new(),
        }
    }

    fn pattern(&mut self) -> Result<Parsed, Stop> {
        let node = self.alternatives()?;
        if self.at < self.text.len() {
            return Err(refuse(self.at, "unbalanced parenthesis").into());
        }
        let groups = self.widths.len() - 1;
        for &(group, at) in &self.asked {
            if group > groups {
                return Err(refuse(at, format!("invalid group reference {group}")).into());
            }
        }
        Ok(Parsed {
            node,
            groups,
            names: std::mem::take(&mut self.names),
        })
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool, most: usize) -> String {
        let rest = self.text[self.at..].iter().take(most);
        let taken: String = rest.take_while(|&&letter| wanted(letter)).collect();
        self.at += taken.chars().count();
        taken
    }

    pub(super) fn take_until(&mut self, end: char, what: &str) -> Parse<String> {
        let start = self.at;
        let taken = self.take_while(|letter| letter != end, usize::MAX);
        if !self.eat(end) {
            return Err(refuse(start, format!("missing {end}, unterminated {what}")));
        }
        if taken.is_empty() {
            return Err(refuse(start, format!("missing {what}")));
        }
        Ok(taken)
    }

    pub(super) fn alternatives(&mut self) -> Result<Node, Stop> {
        let mut branches = Vec::new();
        loop {
            let first = self.depth == 0 && branches.is_empty();
            branches.push(self.sequence(first)?);
            if !self.eat('|') {
                break;
            }
        }
        Ok(match branches.len() {
            1 => branches.swap_remove(0),
            _ => Node::Alternatives(branches),
        })
    }

    pub(super) fn sequence(&mut self, first: bool) -> Result<Node, Stop> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(refuse(self.at, "groups nest too deeply").into());
        }
        let mut nodes: Vec<Node> = Vec::new();
        while let Some(letter) = self.peek() {
            if matches!(letter, '|' | ')') {
                break;
            }
            let start = self.at;
            self.at += 1;
            match letter {
                _ if self.flags.verbose && is_blank(letter) => {}
                '#' if self.flags.verbose => {
                    self.take_while(|letter| letter != '\n', usize::MAX);
                }
                '*' | '+' | '?' | '{' => match self.bounds(letter)? {
                    Some((min, max)) => {
                        let repeated = self.repeat(nodes.pop(), start, min, max)?;
                        nodes.push(repeated);
                    }
                    None => nodes.push(self.literal('{' as u32)),
                },
                '(' => nodes.extend(self.group(first && nodes.is_empty())?),
                '[' => nodes.push(self.bracket(start)?),
                '\\' => nodes.push(self.escape(start)?),
                '^' if self.flags.multi_line => nodes.push(Node::At(At::LineStart)),
                '^' => nodes.push(Node::At(At::Start)),
                '$' if self.flags.multi_line => nodes.push(Node::At(At::LineEnd)),
                '$' => nodes.push(Node::At(At::End)),
                '.' => nodes.push(self.dot()),
                _ => nodes.push(self.literal(letter as u32)),
            }
        }
        self.depth -= 1;
        Ok(Node::Sequence(nodes))
    }

    pub(super) fn literal(&self, code: u32) -> Node {
        let mut class = Class::literal(code);
        if self.flags.ignore_case {
            class.ignore_case(self.flags.ascii);
        }
        Node::Class(class)
    }

    fn dot(&self) -> Node {
        let mut class = if self.flags.dot_all {
            Class::default()
        } else {
            Class::literal('\n' as u32)
        };
        class.negated = true;
        Node::Class(class)
    }

    /// Reads the bounds of a repetition; `None` if the brace is a literal one.
    fn bounds(&mut self, letter: char) -> Parse<Option<(u32, u32)>> {
        let here = self.at;
        match letter {
            '*' => return Ok(Some((0, UNBOUNDED))),
            '+' => return Ok(Some((1, UNBOUNDED))),
            '?' => return Ok(Some((0, 1))),
            _ if self.peek() == Some('}') => return Ok(None),
            _ => {}
        }
        let low = self.take_while(|letter| letter.is_ascii_digit(), usize::MAX);
        let high = if self.eat(',') {
            self.take_while(|letter| letter.is_ascii_digit(), usize::MAX)
        } else {
            low.clone()
        };
        if !self.eat('}') {
            self.at = here;
            return Ok(None);
        }
        let parse = |digits: &str, absent| match digits {
            "" => Ok(absent),
            _ => match digits.parse() {
                Ok(number) if number < UNBOUNDED => Ok(number),
                _ => Err(refuse(here, "the repetition number is too large")),
            },
        };
        let (min, max) = (parse(&low, 0)?, parse(&high, UNBOUNDED)?);
        if max < min {
            return Err(refuse(here, "min repeat greater than max repeat"));
        }
        Ok(Some((min, max)))
    }

    fn repeat(&mut self, node: Option<Node>, start: usize, min: u32, max: u32) -> Parse<Node> {
        let node = match node {
            None | Some(Node::At(_)) => return Err(refuse(start, "nothing to repeat")),
            Some(Node::Repeat { .. }) => return Err(refuse(start, "multiple repeat")),
            Some(node) => Box::new(node),
        };
        let kind = if self.eat('?') {
            Kind::Lazy
        } else if self.eat('+') {
            Kind::Possessive
        } else {
            Kind::Greedy
        };
        Ok(Node::Repeat {
            min,
            max,
            kind,
            node,
        })
    }

    /// Returns the fewest and the most characters that a node matches.
    pub(super) fn width(&self, node: &Node) -> (u64, u64) {
        let add =
            |(a, b): (u64, u64), (c, d): (u64, u64)| (a.saturating_add(c), b.saturating_add(d));
        let either = |(a, b): (u64, u64), (c, d): (u64, u64)| (a.min(c), b.max(d));
        match node {
            Node::Sequence(nodes) => nodes.iter().map(|node| self.width(node)).fold((0, 0), add),
            Node::Alternatives(nodes) => {
                let widths = nodes.iter().map(|node| self.width(node));
                widths.reduce(either).unwrap_or((0, 0))
            }
            Node::Class(_) => (1, 1),
            Node::At(_) | Node::Look { .. } => (0, 0),
            Node::Capture(node) | Node::Group(node) | Node::Atomic(node) => self.width(node),
            Node::Backreference { group, .. } => {
                self.widths.get(*group).copied().flatten().unwrap_or((0, 0))
            }
            Node::Conditional { yes, no, .. } => either(
                self.width(yes),
                no.as_ref().map_or((0, 0), |no| self.width(no)),
            ),
            Node::Repeat { min, max, node, .. } => {
                let (low, high) = self.width(node);
                let high = match *max {
                    UNBOUNDED if high > 0 => u64::MAX,
                    max => high.saturating_mul(u64::from(max)),
                };
                (low.saturating_mul(u64::from(*min)), high)
            }
        }
    }
}

pub(super) fn refuse(at: usize, reason: impl Into<String>) -> Refusal {
    Refusal {
        at,
        reason: reason.into(),
    }
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r' | '\x0B' | '\x0C')
}
