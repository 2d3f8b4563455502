//! What was measured, and how it is shown.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

/// Who was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// The filesystem that the origins are on, without a mount.
    Origin,
    /// Our own way to the kernel without a library behind it: it answers zeros, or origins by `pread`.
    Bare,
    /// The program as users run it.
    Musicfs,
    /// The other program.
    Musefs,
}

impl Who {
    const ALL: [Self; 4] = [Self::Origin, Self::Bare, Self::Musicfs, Self::Musefs];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Bare => "bare",
            Self::Musicfs => "musicfs",
            Self::Musefs => "musefs",
        }
    }
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    MibPerSecond,
    FilesPerSecond,
    Micros,
    Millis,
    Bytes,
    Megabytes,
    Count,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::MibPerSecond => "MiB/s",
            Self::FilesPerSecond => "files/s",
            Self::Micros => "µs",
            Self::Millis => "ms",
            Self::Bytes => "B",
            Self::Megabytes => "MB",
            Self::Count => "",
        }
    }
}

/// What is asked of musicfs, in the row's unit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// At least so many times what another has.
    AtLeast(f64, Who),
    /// At most so many times what another has.
    AtMost(f64, Who),
    /// At least this.
    Over(f64),
    /// At most this.
    Under(f64),
}

/// One thing that was measured.
#[derive(Debug)]
pub(crate) struct Row {
    id: String,
    what: String,
    unit: Unit,
    /// One number a round.
    samples: BTreeMap<Who, Vec<f64>>,
    targets: Vec<Target>,
    notes: Vec<String>,
}

impl Row {
    pub(crate) fn new(id: impl Into<String>, what: impl Into<String>, unit: Unit) -> Self {
        Self {
            id: id.into(),
            what: what.into(),
            unit,
            samples: BTreeMap::new(),
            targets: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn target(mut self, target: Target) -> Self {
        self.targets.push(target);
        self
    }

    pub(crate) fn push(&mut self, who: Who, value: f64) {
        self.samples.entry(who).or_default().push(value);
    }

    /// Says what the numbers do not.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn cell(&self, who: Who) -> String {
        let Some(samples) = self.samples.get(&who) else {
            return "–".to_owned();
        };
        let (low, high) = (percentile(samples, 0.0), percentile(samples, 1.0));
        let median = number(median(samples));
        let unit = self.unit.name();
        if samples.len() < 2 {
            return format!("{median} {unit}").trim_end().to_owned();
        }
        format!("{median} {unit} ({}–{})", number(low), number(high))
    }

    /// Returns the median of the rounds' ratios to another; `None` if either was not measured.
    fn ratio(&self, to: Who) -> Option<f64> {
        let (ours, theirs) = (self.samples.get(&Who::Musicfs)?, self.samples.get(&to)?);
        let ratios: Vec<_> = ours.iter().zip(theirs).map(|(a, b)| a / b).collect();
        (!ratios.is_empty()).then(|| median(&ratios))
    }

    /// Returns what came of a target, and whether it is met; `None` if it was not measured.
    fn verdict(&self, target: Target) -> (String, Option<bool>) {
        let compared = |of: Who, wanted: String, is_met: &dyn Fn(f64) -> bool| {
            let ratio = self.ratio(of);
            let found = ratio.map_or("not measured".to_owned(), |ratio| {
                format!("{} × {}", number(ratio), of.name())
            });
            (format!("{found} ({wanted})"), ratio.map(is_met))
        };
        let absolute = |wanted: String, is_met: &dyn Fn(f64) -> bool| {
            let ours = self
                .samples
                .get(&Who::Musicfs)
                .map(|samples| median(samples));
            let found = ours.map_or("not measured".to_owned(), number);
            (format!("{found} ({wanted})"), ours.map(is_met))
        };
        match target {
            Target::AtLeast(factor, of) => {
                compared(of, format!("≥ {}", number(factor)), &|ratio| {
                    ratio >= factor
                })
            }
            Target::AtMost(factor, of) => {
                compared(of, format!("≤ {}", number(factor)), &|ratio| {
                    ratio <= factor
                })
            }
            Target::Over(bound) => absolute(format!("≥ {}", number(bound)), &|n| n >= bound),
            Target::Under(bound) => absolute(format!("≤ {}", number(bound)), &|n| n <= bound),
        }
    }

    fn verdicts(&self) -> String {
        let say = |target: &Target| match self.verdict(*target) {
            (text, Some(false)) => format!("**missed**: {text}"),
            (text, _) => text,
        };
        self.targets.iter().map(say).collect::<Vec<_>>().join("; ")
    }

    fn to_json(&self) -> Value {
        let samples: BTreeMap<_, _> = self
            .samples
            .iter()
            .map(|(who, samples)| (who.name(), samples))
            .collect();
        let verdict = |target: &Target| {
            let (text, is_met) = self.verdict(*target);
            json!({ "text": text, "met": is_met })
        };
        let targets: Vec<_> = self.targets.iter().map(verdict).collect();
        json!({
            "id": self.id, "what": self.what, "unit": self.unit.name(),
            "samples": samples, "targets": targets, "notes": self.notes,
        })
    }
}

/// Everything that was measured in one run.
#[derive(Debug)]
pub(crate) struct Table {
    machine: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    failures: Vec<String>,
}

impl Table {
    pub(crate) fn new(machine: Vec<(&'static str, String)>) -> Self {
        Self {
            machine,
            rows: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Adds a row, and says that it is there, since the whole takes long.
    pub(crate) fn add(&mut self, row: Row) {
        eprintln!("{}: {} {}", row.id, row.cell(Who::Musicfs), row.verdicts());
        self.rows.push(row);
    }

    /// Notes a fact that figures must be read with.
    pub(crate) fn note_machine(&mut self, name: &'static str, value: String) {
        self.machine.push((name, value));
    }

    /// Notes that rows could not be measured.
    pub(crate) fn fail(&mut self, id: &str, error: &anyhow::Error) {
        eprintln!("{id}: FAILED: {error:#}");
        self.failures.push(format!("{id}: {error:#}"));
    }

    /// Returns why rows are missing.
    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    pub(crate) fn to_json(&self) -> Value {
        let rows: Vec<_> = self.rows.iter().map(Row::to_json).collect();
        let machine: BTreeMap<_, _> = self.machine.iter().cloned().collect();
        json!({ "machine": machine, "rows": rows })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | |\n|---|---|")?;
        for (name, value) in &self.machine {
            writeln!(f, "| {name} | {value} |")?;
        }
        writeln!(
            f,
            "\n| row | what | origin | bare | musicfs | musefs | target |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for row in &self.rows {
            let cells = Who::ALL.map(|who| row.cell(who)).join(" | ");
            writeln!(
                f,
                "| `{}` | {} | {cells} | {} |",
                row.id,
                row.what,
                row.verdicts()
            )?;
        }
        writeln!(f)?;
        for row in &self.rows {
            for note in &row.notes {
                writeln!(f, "- `{}`: {note}", row.id)?;
            }
        }
        Ok(())
    }
}

/// Returns the middle of some samples, of which there is one at least.
pub(crate) fn median(samples: &[f64]) -> f64 {
    percentile(samples, 0.5)
}

/// Returns the sample that this share of all is not above; midway between two where it falls there.
fn percentile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "there are few samples"
    )]
    let (low, high) = {
        let at = (sorted.len() - 1) as f64 * share;
        (at.floor() as usize, at.ceil() as usize)
    };
    f64::midpoint(sorted[low], sorted[high])
}

/// Writes a number with three digits that count.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}
