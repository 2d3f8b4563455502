//! Runs a compiled template.

use smallvec::SmallVec;

use crate::environment::{Environment, Failure};
use crate::error::{Error, Kind, Span};
use crate::functions::{Builtin, Fault};
use crate::options::Options;
use crate::parse::{Program, Step};
use crate::{MAX_ARGUMENTS, MAX_OUTPUT};

/// Text buffers that one evaluation leaves to the next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool(Vec<String>);

impl Pool {
    fn take(&mut self) -> String {
        self.0.pop().unwrap_or_default()
    }

    fn give_back(&mut self, mut text: String) {
        text.clear();
        // Buffers are kept for the common case; a freak value should not stay in memory.
        if text.capacity() <= 4096 && self.0.len() < MAX_ARGUMENTS {
            self.0.push(text);
        }
    }
}

/// One evaluation of a program.
pub(crate) struct Evaluation<'e> {
    pub(crate) source: &'e str,
    pub(crate) program: &'e Program,
    pub(crate) environment: &'e dyn Environment,
    pub(crate) options: &'e Options,
    pub(crate) pool: &'e mut Pool,
}

impl Evaluation<'_> {
    /// Appends the text of some steps.
    pub(crate) fn run(
        &mut self,
        steps: std::ops::Range<usize>,
        out: &mut String,
    ) -> Result<(), Error> {
        let program = self.program;
        for step in &program.steps[steps] {
            let span = match step {
                Step::Literal(span) => {
                    out.push_str(&self.source[span.clone()]);
                    span
                }
                Step::Symbol { name, source } => {
                    self.symbol(name, source, out)?;
                    source
                }
                Step::Call {
                    name,
                    source,
                    builtin,
                    arguments,
                } => {
                    self.call(
                        name,
                        source,
                        *builtin,
                        &program.arguments[arguments.clone()],
                        out,
                    )?;
                    source
                }
            };
            if out.len() > MAX_OUTPUT {
                return Err(too_long(span));
            }
        }
        Ok(())
    }

    fn symbol(&self, name: &Span, source: &Span, out: &mut String) -> Result<(), Error> {
        let (name, start) = (&self.source[name.clone()], out.len());
        match self.environment.symbol(name, out) {
            Ok(true) => self.options.clean_from(start, out),
            Ok(false) => {
                out.truncate(start);
                out.push_str(&self.source[source.clone()]);
            }
            Err(failure) => {
                let name = name.to_owned();
                let kind = match failure {
                    Failure::Message(message) => Kind::Value { name, message },
                    Failure::Refused(reason) => Kind::Refused { name, reason },
                };
                return Err(Error {
                    span: source.clone(),
                    kind,
                });
            }
        }
        Ok(())
    }

    fn call(
        &mut self,
        name: &Span,
        source: &Span,
        builtin: Option<Builtin>,
        arguments: &[std::ops::Range<usize>],
        out: &mut String,
    ) -> Result<(), Error> {
        let name = &self.source[name.clone()];
        let provided = self.environment.provides(name);
        if !provided && builtin.is_none() {
            out.push_str(&self.source[source.clone()]);
            return Ok(());
        }
        let mut values: SmallVec<[String; 4]> = SmallVec::new();
        for steps in arguments {
            let mut value = self.pool.take();
            self.run(steps.clone(), &mut value)?;
            values.push(value);
        }
        let texts: SmallVec<[&str; 4]> = values.iter().map(String::as_str).collect();
        let start = out.len();
        let result = match builtin {
            Some(builtin) if !provided => builtin.call(&texts, self.environment, self.options, out),
            _ => self
                .environment
                .call(name, &texts, out)
                .map_err(Fault::from),
        };
        drop(texts);
        values
            .into_iter()
            .for_each(|value| self.pool.give_back(value));
        result.or_else(|fault| {
            out.truncate(start);
            failed(fault, name, source, out)
        })
    }
}

/// Appends a failing function's message, unless the failure must not end in a name.
fn failed(fault: Fault, name: &str, source: &Span, out: &mut String) -> Result<(), Error> {
    match fault {
        Fault::Message(message) => {
            out.extend(["<", &message, ">"]);
            Ok(())
        }
        Fault::Refused(reason) => {
            let kind = Kind::Refused {
                name: name.to_owned(),
                reason,
            };
            Err(Error {
                span: source.clone(),
                kind,
            })
        }
        Fault::TooLong => Err(too_long(source)),
    }
}

fn too_long(span: &Span) -> Error {
    Error {
        span: span.clone(),
        kind: Kind::OutputTooLong { limit: MAX_OUTPUT },
    }
}
