//! Writes a parsed pattern in the dialect of the engine that runs it.
//!
//! Everything in which the two dialects differ is spelled out: classes and ignored case become
//! explicit sets, `$` and `\b` become lookarounds, names become numbers.

use std::fmt::Write as _;

use super::class::Category;
use super::parse::{At, Kind, Node, UNBOUNDED};

/// Writes a pattern.
///
/// With `plain_end`, `$` is written for texts that do not end in a line break, where it can only
/// match at the very end; that spares the engine a lookahead, and with it most of its time.
pub(super) fn emit(node: &Node, plain_end: bool) -> String {
    let mut out = String::new();
    Emitter {
        plain_end,
        out: &mut out,
    }
    .node(node);
    out
}

struct Emitter<'a> {
    plain_end: bool,
    out: &'a mut String,
}

impl Emitter<'_> {
    fn node(&mut self, node: &Node) {
        match node {
            Node::Sequence(nodes) => nodes.iter().for_each(|node| self.node(node)),
            Node::Alternatives(nodes) => {
                self.out.push_str("(?:");
                self.alternatives(nodes);
                self.out.push(')');
            }
            Node::Class(class) => class.write(self.out),
            Node::At(at) => self.at(*at),
            Node::Capture(node) => self.wrap("(", node),
            Node::Group(node) => self.wrap("(?:", node),
            Node::Atomic(node) => self.wrap("(?>", node),
            Node::Look {
                behind,
                negated,
                node,
            } => {
                let open = match (behind, negated) {
                    (false, false) => "(?=",
                    (false, true) => "(?!",
                    (true, false) => "(?<=",
                    (true, true) => "(?<!",
                };
                self.wrap(open, node);
            }
            Node::Backreference { group, ignore_case } => {
                let flag = if *ignore_case { "i" } else { "" };
                let _ = write!(self.out, "(?{flag}:\\{group})");
            }
            Node::Conditional { group, yes, no } => self.conditional(*group, yes, no.as_deref()),
            Node::Repeat {
                min,
                max,
                kind,
                node,
            } => self.repeat(*min, *max, *kind, node),
        }
    }

    fn alternatives(&mut self, nodes: &[Node]) {
        for (index, node) in nodes.iter().enumerate() {
            if index > 0 {
                self.out.push('|');
            }
            self.node(node);
        }
    }

    fn wrap(&mut self, open: &str, node: &Node) {
        self.out.push_str(open);
        self.node(node);
        self.out.push(')');
    }

    fn at(&mut self, at: At) {
        match at {
            At::Start => self.out.push_str(r"\A"),
            At::LineStart => self.out.push_str(r"(?:\A|(?<=\x{a}))"),
            At::End if !self.plain_end => self.out.push_str(r"(?=\x{a}?\z)"),
            At::End | At::VeryEnd => self.out.push_str(r"\z"),
            At::LineEnd => self.out.push_str(r"(?=\x{a}|\z)"),
            At::Boundary { negated, ascii } => {
                let word = Category::Word.members(ascii);
                let (before, after) = if negated { ("=", "!") } else { ("!", "=") };
                let _ = write!(
                    self.out,
                    "(?:(?<=[{word}])(?{before}[{word}])|(?<![{word}])(?{after}[{word}]))"
                );
                if negated {
                    // An empty text has neither boundaries nor their absence.
                    self.out.push_str(r"(?!\A\z)");
                }
            }
        }
    }

    fn conditional(&mut self, group: usize, yes: &Node, no: Option<&Node>) {
        // What the engine finds without branches, it takes for a mere condition.
        let is_empty = |node: &Node| matches!(node, Node::Sequence(nodes) if nodes.is_empty());
        if is_empty(yes) && no.is_none_or(is_empty) {
            self.out.push_str("(?:)");
            return;
        }
        let _ = write!(self.out, "(?({group})");
        self.wrap("(?:", yes);
        match no {
            Some(no) => self.wrap("|(?:", no),
            None => self.out.push_str("|(?:)"),
        }
        self.out.push(')');
    }

    fn repeat(&mut self, min: u32, max: u32, kind: Kind, node: &Node) {
        if max == 0 {
            // Nothing is matched, but groups inside keep their numbers.
            self.out.push_str("(?:");
            self.wrap("(?:(?!)", node);
            self.out.push_str("|)");
            return;
        }
        if is_zero_width(node) {
            // The engine does not repeat what matches no character, and once is enough.
            return self.optional(min > 0, kind, node);
        }
        if kind == Kind::Possessive {
            self.out.push_str("(?>");
        }
        self.out.push_str("(?:");
        self.node(node);
        self.out.push(')');
        let _ = match (min, max) {
            (0, UNBOUNDED) => write!(self.out, "*"),
            (1, UNBOUNDED) => write!(self.out, "+"),
            (0, 1) => write!(self.out, "?"),
            (_, UNBOUNDED) => write!(self.out, "{{{min},}}"),
            _ => write!(self.out, "{{{min},{max}}}"),
        };
        match kind {
            Kind::Greedy => {}
            Kind::Lazy => self.out.push('?'),
            Kind::Possessive => self.out.push(')'),
        }
    }

    fn optional(&mut self, required: bool, kind: Kind, node: &Node) {
        let (open, close) = match (required, kind) {
            (true, Kind::Greedy | Kind::Lazy) => ("(?:", ")"),
            (true, Kind::Possessive) => ("(?>", ")"),
            (false, Kind::Greedy) => ("(?:", "|)"),
            (false, Kind::Lazy) => ("(?:|", ")"),
            (false, Kind::Possessive) => ("(?>", "|)"),
        };
        self.out.push_str(open);
        self.node(node);
        self.out.push_str(close);
    }
}

/// Returns whether a node can match no character.
fn is_zero_width(node: &Node) -> bool {
    match node {
        Node::At(_) | Node::Look { .. } => true,
        Node::Class(_) | Node::Backreference { .. } => false,
        Node::Sequence(nodes) | Node::Alternatives(nodes) => nodes.iter().all(is_zero_width),
        Node::Capture(node) | Node::Group(node) | Node::Atomic(node) => is_zero_width(node),
        Node::Repeat { max, node, .. } => *max == 0 || is_zero_width(node),
        Node::Conditional { yes, no, .. } => {
            is_zero_width(yes) && no.as_deref().is_none_or(is_zero_width)
        }
    }
}

/// Returns whether the pattern has a `$` that is not a line end.
pub(super) fn has_end(node: &Node) -> bool {
    match node {
        Node::At(at) => *at == At::End,
        Node::Sequence(nodes) | Node::Alternatives(nodes) => nodes.iter().any(has_end),
        Node::Capture(node)
        | Node::Group(node)
        | Node::Atomic(node)
        | Node::Look { node, .. }
        | Node::Repeat { node, .. } => has_end(node),
        Node::Conditional { yes, no, .. } => has_end(yes) || no.as_deref().is_some_and(has_end),
        Node::Class(_) | Node::Backreference { .. } => false,
    }
}
