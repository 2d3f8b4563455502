//! What a template begins with for a whole group of environments, evaluated once.
//!
//! Most templates begin with directories, which the tracks of an album have in common. Nothing is
//! assumed about a template: the environment says how far what it gave was the whole group's.

use crate::error::Error;
use crate::eval::Evaluation;

/// The text of a template's first steps, for the group that was named last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prefix {
    source: String,
    group: Option<u64>,
    /// The first step that does not belong to it.
    end: usize,
    text: String,
}

impl Prefix {
    /// Appends what the template begins with, evaluated or remembered, and returns the step to go on
    /// with.
    pub(crate) fn run(
        &mut self,
        evaluation: &mut Evaluation<'_>,
        out: &mut String,
    ) -> Result<usize, Error> {
        let main = evaluation.program.main.clone();
        let group = evaluation.environment.group();
        if group.is_none() {
            return Ok(main.start);
        }
        if group == self.group && evaluation.source == self.source {
            out.push_str(&self.text);
            return Ok(self.end);
        }
        self.group = None; // until all went well
        let (start, mut shared) = (out.len(), out.len());
        let mut end = main.start;
        for step in main {
            evaluation.run(step..step + 1, out)?;
            if !evaluation.environment.is_shared() {
                break;
            }
            (end, shared) = (step + 1, out.len());
        }
        self.text.clear();
        self.text.push_str(&out[start..shared]);
        self.source.clear();
        self.source.push_str(evaluation.source);
        (self.group, self.end) = (group, end);
        out.truncate(shared);
        Ok(end)
    }
}
