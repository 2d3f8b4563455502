//! A template: parsed once, evaluated for many items.

use crate::diagnostic::{Diagnostic, Problem};
use crate::environment::Environment;
use crate::error::{Error, Span};
use crate::eval::{Evaluation, Pool};
use crate::options::Options;
use crate::parse::{self, Program, Step};
use crate::prefix::Prefix;

/// A compiled path template.
#[derive(Debug, Clone)]
pub struct Template {
    source: Box<str>,
    program: Program,
    diagnostics: Vec<Diagnostic>,
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    ///
    /// Fails only on what beets itself cannot hold: calls nested beyond
    /// [`MAX_DEPTH`](crate::MAX_DEPTH), and sources longer than [`MAX_SOURCE`](crate::MAX_SOURCE).
    /// Everything else is a template; see [`diagnostics`](Self::diagnostics).
    pub fn parse(source: &str) -> Result<Self, Error> {
        let (program, diagnostics) = parse::parse(source)?;
        Ok(Self {
            source: source.into(),
            program,
            diagnostics,
        })
    }

    /// Returns the source that this was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the parts that look like syntax and are taken literally, or that always fail.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Returns the fields that the template names, and where.
    pub fn symbols(&self) -> impl Iterator<Item = (&str, Span)> {
        self.program.steps.iter().filter_map(|step| match step {
            Step::Symbol { name, source } => Some((&self.source[name.clone()], source.clone())),
            _ => None,
        })
    }

    /// Returns the functions that the template calls, and where.
    pub fn calls(&self) -> impl Iterator<Item = (&str, Span)> {
        self.program.steps.iter().filter_map(|step| match step {
            Step::Call { name, source, .. } => Some((&self.source[name.clone()], source.clone())),
            _ => None,
        })
    }

    /// Returns the fields that `%ifdef` asks for by a literal name.
    ///
    /// They are read like symbols, so whoever loads only the columns a template needs has to load
    /// these too. `None` stands for a name that is known only at evaluation.
    pub fn tested_fields(&self) -> impl Iterator<Item = Option<&str>> {
        self.program.steps.iter().filter_map(|step| match step {
            Step::Call {
                name, arguments, ..
            } if &self.source[name.clone()] == "ifdef" => {
                let steps = self.program.arguments.get(arguments.start)?.clone();
                Some(match &self.program.steps[steps] {
                    [Step::Literal(span)] => Some(&self.source[span.clone()]),
                    _ => None,
                })
            }
            _ => None,
        })
    }

    /// Returns the arguments of every call of `function`; `None` is one that is known only at
    /// evaluation.
    ///
    /// ```
    /// let template = pathfmt::Template::parse("%aunique{album,$year}%aunique{}")?;
    /// let calls: Vec<_> = template.literal_arguments("aunique").collect();
    /// assert_eq!(calls, [vec![Some("album".to_owned()), None], vec![Some(String::new())]]);
    /// # Ok::<(), pathfmt::Error>(())
    /// ```
    pub fn literal_arguments<'t>(
        &'t self,
        function: &'t str,
    ) -> impl Iterator<Item = Vec<Option<String>>> + 't {
        self.program
            .steps
            .iter()
            .filter_map(move |step| match step {
                Step::Call {
                    name, arguments, ..
                } if &self.source[name.clone()] == function => {
                    let arguments = self.program.arguments.get(arguments.clone())?.iter();
                    Some(arguments.map(|steps| self.literal(steps.clone())).collect())
                }
                _ => None,
            })
    }

    /// Returns the text of steps that are the same in every evaluation.
    fn literal(&self, steps: std::ops::Range<usize>) -> Option<String> {
        let texts = self.program.steps[steps].iter().map(|step| match step {
            Step::Literal(span) => Some(&self.source[span.clone()]),
            _ => None,
        });
        texts.collect()
    }

    /// Returns the calls of functions that are neither built in nor known to `provides`.
    pub fn unknown_calls(&self, provides: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
        let unknown = self.program.steps.iter().filter_map(|step| match step {
            Step::Call {
                name,
                source,
                builtin: None,
                ..
            } if !provides(&self.source[name.clone()]) => Some(Diagnostic {
                span: source.clone(),
                problem: Problem::UnknownFunction,
            }),
            _ => None,
        });
        unknown.collect()
    }

    /// Returns the text of the template in an environment.
    ///
    /// To name many items use a [`Namer`](crate::Namer), which keeps its buffers.
    ///
    /// # Errors
    ///
    /// Fails where beets does ([`Kind::Value`](crate::Kind)), where the environment refuses, and
    /// where the text outgrows [`MAX_OUTPUT`](crate::MAX_OUTPUT).
    pub fn evaluate(
        &self,
        environment: &dyn Environment,
        options: &Options,
    ) -> Result<String, Error> {
        let mut out = String::new();
        self.evaluate_into(
            environment,
            options,
            &mut Pool::default(),
            &mut Prefix::default(),
            &mut out,
        )?;
        Ok(out)
    }

    pub(crate) fn evaluate_into(
        &self,
        environment: &dyn Environment,
        options: &Options,
        pool: &mut Pool,
        prefix: &mut Prefix,
        out: &mut String,
    ) -> Result<(), Error> {
        let (source, program) = (&*self.source, &self.program);
        let mut evaluation = Evaluation {
            source,
            program,
            environment,
            options,
            pool,
        };
        let start = prefix.run(&mut evaluation, out)?;
        evaluation.run(start..program.main.end, out)
    }
}
