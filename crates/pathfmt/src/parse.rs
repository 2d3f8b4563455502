//! The grammar of path templates: one scan from left to right into a flat program.
//!
//! | source | meaning |
//! |---|---|
//! | `$` and one of `$ % } ,` | that character |
//! | `$name`, `${any text}` | a symbol |
//! | `%name{a,b}` | a call; its arguments are templates |
//! | `}` outside a call | the end: it and the rest are literal |
//! | anything else | literal |
//!
//! The last character of the source never begins anything. What is malformed is literal text and a
//! [`Diagnostic`].

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Problem};
use crate::error::{Error, Kind, Span};
use crate::functions::Builtin;
use crate::python::is_word;
use crate::{MAX_DEPTH, MAX_SOURCE};

/// A step of a compiled template. Every text is a span of the source.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Literal(Span),
    Symbol {
        name: Span,
        source: Span,
    },
    Call {
        name: Span,
        source: Span,
        builtin: Option<Builtin>,
        arguments: Range<usize>,
    },
}

/// A compiled template: `steps[main]` in order; an argument is a range of steps of its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    pub(crate) steps: Vec<Step>,
    pub(crate) arguments: Vec<Range<usize>>,
    pub(crate) main: Range<usize>,
}

/// Compiles a source.
pub(crate) fn parse(source: &str) -> Result<(Program, Vec<Diagnostic>), Error> {
    if source.len() > MAX_SOURCE {
        let kind = Kind::SourceTooLong {
            len: source.len(),
            limit: MAX_SOURCE,
        };
        return Err(Error { span: 0..0, kind });
    }
    let mut parser = Parser {
        source,
        at: 0,
        program: Program::default(),
        diagnostics: Vec::new(),
    };
    let mut steps = parser.expression(0)?;
    if parser.at < source.len() {
        let rest = parser.at..source.len();
        parser.report(rest.clone(), Problem::StrayClose);
        steps.push(Step::Literal(rest));
    }
    parser.program.main = parser.place(steps);
    Ok((parser.program, parser.diagnostics))
}

struct Parser<'s> {
    source: &'s str,
    at: usize,
    program: Program,
    diagnostics: Vec<Diagnostic>,
}

impl Parser<'_> {
    /// Reads up to a terminator, `}` or within arguments `,`, or to the end.
    fn expression(&mut self, depth: usize) -> Result<Vec<Step>, Error> {
        let mut steps = Vec::new();
        while let Some(c) = self.peek(0) {
            let next = self.peek(c.len_utf8());
            match (c, next) {
                ('}', _) => break,
                (',', _) if depth > 0 => break,
                ('$' | '%', None) => {
                    self.report(self.at..self.at + 1, Problem::LoneDelimiter);
                    self.literal(1, &mut steps);
                }
                ('$', Some('$' | '%' | '}' | ',')) => {
                    self.at += 1;
                    self.literal(1, &mut steps);
                }
                ('$', Some('{')) => self.braced_symbol(&mut steps),
                ('$', Some(_)) => self.bare_symbol(&mut steps),
                ('%', Some(_)) => self.call(depth, &mut steps)?,
                _ => self.literal(c.len_utf8(), &mut steps),
            }
        }
        Ok(steps)
    }

    /// Reads `${name}`. The name may hold anything but `}`.
    fn braced_symbol(&mut self, steps: &mut Vec<Step>) {
        let (start, name) = (self.at, self.at + 2);
        match self.source[name..].find('}') {
            Some(0) => {
                self.report(start..name + 1, Problem::EmptySymbol);
                self.literal(2, steps);
            }
            None => {
                self.report(start..name, Problem::UnclosedSymbol);
                self.literal(2, steps);
            }
            Some(len) => {
                self.at = name + len + 1;
                steps.push(Step::Symbol {
                    name: name..name + len,
                    source: start..self.at,
                });
            }
        }
    }

    fn bare_symbol(&mut self, steps: &mut Vec<Step>) {
        let start = self.at;
        let name = self.word(start + 1);
        if name.is_empty() {
            self.report(start..start + 1, Problem::LoneDelimiter);
            self.literal(1, steps);
        } else {
            self.at = name.end;
            steps.push(Step::Symbol {
                source: start..name.end,
                name,
            });
        }
    }

    fn call(&mut self, depth: usize, steps: &mut Vec<Step>) -> Result<(), Error> {
        let start = self.at;
        let name = self.word(start + 1);
        if name.is_empty() {
            self.report(start..start + 1, Problem::LoneDelimiter);
            self.literal(1, steps);
            return Ok(());
        }
        if !self.source[name.end..].starts_with('{') {
            self.report(start..name.end, Problem::CallWithoutArguments);
            self.literal(name.end - start, steps);
            return Ok(());
        }
        if depth == MAX_DEPTH {
            return Err(Error {
                span: start..name.end,
                kind: Kind::TooDeep { limit: MAX_DEPTH },
            });
        }
        let before = (self.program.steps.len(), self.program.arguments.len());
        let known = self.diagnostics.len();
        self.at = name.end + 1;
        let arguments = self.arguments(depth + 1)?;
        if self.at == self.source.len() {
            // What was found inside is literal text now, and so are its mistakes.
            self.diagnostics.truncate(known);
            self.program.steps.truncate(before.0);
            self.program.arguments.truncate(before.1);
            self.report(start..self.at, Problem::UnclosedCall);
            push_literal(start..self.at, steps);
            return Ok(());
        }
        self.at += 1;
        steps.push(self.finished_call(name, start..self.at, arguments));
        Ok(())
    }

    fn finished_call(&mut self, name: Span, source: Span, arguments: Vec<Range<usize>>) -> Step {
        let builtin = Builtin::named(&self.source[name.clone()]);
        if let Some(Err(message)) = builtin.map(|builtin| builtin.check_arity(arguments.len())) {
            self.report(source.clone(), Problem::Arity(message));
        }
        let first = self.program.arguments.len();
        self.program.arguments.extend(arguments);
        Step::Call {
            name,
            source,
            builtin,
            arguments: first..self.program.arguments.len(),
        }
    }

    /// Reads arguments up to the `}` that closes them, which is left, or to the end.
    fn arguments(&mut self, depth: usize) -> Result<Vec<Range<usize>>, Error> {
        let mut arguments = Vec::new();
        while self.at < self.source.len() {
            let steps = self.expression(depth)?;
            arguments.push(self.place(steps));
            if !self.source[self.at..].starts_with(',') {
                break;
            }
            self.at += 1;
        }
        Ok(arguments)
    }

    /// Gives the steps of one expression their place in the program.
    fn place(&mut self, steps: Vec<Step>) -> Range<usize> {
        let first = self.program.steps.len();
        self.program.steps.extend(steps);
        first..self.program.steps.len()
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.source[self.at + ahead..].chars().next()
    }

    fn word(&self, from: usize) -> Span {
        let text = &self.source[from..];
        from..from + text.find(|c| !is_word(c)).unwrap_or(text.len())
    }

    fn literal(&mut self, len: usize, steps: &mut Vec<Step>) {
        push_literal(self.at..self.at + len, steps);
        self.at += len;
    }

    fn report(&mut self, span: Span, problem: Problem) {
        self.diagnostics.push(Diagnostic { span, problem });
    }
}

/// Appends a literal, joined to the one before if they touch.
fn push_literal(span: Span, steps: &mut Vec<Step>) {
    match steps.last_mut() {
        Some(Step::Literal(last)) if last.end == span.start => last.end = span.end,
        _ => steps.push(Step::Literal(span)),
    }
}
