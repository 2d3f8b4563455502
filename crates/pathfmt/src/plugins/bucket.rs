//! `%bucket`: sorts years and initials into ranges.

use std::sync::Arc;

use super::format::format;
use crate::environment::Failure;
use crate::functions::Signature;
use crate::pattern::Pattern;
use crate::python;

/// The characters that ranges of initials are made of, in order.
const INITIALS: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
/// The years that `extrapolate` fills.
const EXTRAPOLATED: std::ops::Range<i64> = 1900..2014;
/// The last year that is told from later ones.
const LAST_YEAR: i64 = 1_000_000_000;
/// The longest list of year spans. Filling a century with spans of a year comes nowhere near.
const MAX_SPANS: usize = 100_000;

/// A bucket of initials.
#[derive(Clone)]
pub enum Alpha {
    /// A name such as `A - D`, which says the range itself.
    Range(String),
    /// A name with an expression of its own (`bucket_alpha_regex`).
    Pattern(String, Arc<dyn Pattern>),
}

/// The `bucket` plugin.
#[derive(Clone)]
pub struct Bucket {
    years: Vec<Span>,
    /// How buckets that are not configured are spelled.
    spelling: Option<Spelling>,
    initials: Vec<(String, Initials)>,
}

/// A bucket that cannot be made of its name. beets does not start with such a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BucketError {
    /// There is no number in a year bucket.
    #[error("invalid range defined for year bucket `{0}`: no year found")]
    NoYear(String),
    /// The first year is too short to know the century.
    #[error("invalid range defined for year bucket `{0}`: {1} must be expressed on 4 digits")]
    ShortYear(String, i64),
    /// There is no letter or digit in an alpha bucket.
    #[error("invalid range defined for alpha bucket `{0}`: no alphanumeric character found")]
    NoInitial(String),
    /// A range begins or ends with what is neither a digit nor a letter of the Latin alphabet.
    #[error("invalid range defined for alpha bucket `{0}`: only 0-9 and a-z make a range")]
    ForeignInitial(String),
    /// Extrapolation needs a span of at least a year, and of the usual centuries.
    #[error("year buckets cannot be extrapolated from spans of {0} years")]
    NoStep(i64),
}

#[derive(Debug, Clone)]
struct Span {
    from: i64,
    to: Option<i64>,
    name: Option<String>,
}

/// A bucket's name as a Python format of its years, and how many digits they have.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spelling {
    format: String,
    from: usize,
    to: usize,
}

#[derive(Clone)]
enum Initials {
    Range(&'static str),
    Pattern(Arc<dyn Pattern>),
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let initials: Vec<_> = self.initials.iter().map(|(name, _)| name).collect();
        f.debug_struct("Bucket")
            .field("years", &self.years)
            .field("initials", &initials)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Alpha {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Range(name) => write!(f, "Range({name:?})"),
            Self::Pattern(name, _) => write!(f, "Pattern({name:?})"),
        }
    }
}

impl Bucket {
    /// Makes the buckets of a configuration. `this_year` ends a last year bucket that has no end.
    ///
    /// # Errors
    ///
    /// Fails where beets refuses the configuration.
    pub fn new(
        years: &[&str],
        initials: Vec<Alpha>,
        extrapolate: bool,
        this_year: i64,
    ) -> Result<Self, BucketError> {
        let mut spans = years
            .iter()
            .map(|name| Span::named(name))
            .collect::<Result<Vec<_>, _>>()?;
        complete(&mut spans, this_year);
        let mut spelling = None;
        if extrapolate && !spans.is_empty() {
            spelling = usual(
                spans
                    .iter()
                    .filter_map(|span| span.name.as_deref())
                    .map(Spelling::of),
            );
            let step = usual_length(&spans);
            extend(&mut spans, step)?;
            complete(&mut spans, this_year);
        }
        let initials = initials
            .into_iter()
            .map(Alpha::compile)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            years: spans,
            spelling,
            initials,
        })
    }

    /// Appends what `%bucket{text,field=}` gives.
    ///
    /// # Errors
    ///
    /// Returns Python's message.
    pub fn call(&self, arguments: &[&str], out: &mut String) -> Result<(), Failure> {
        let name = "BucketPlugin._tmpl_bucket";
        Signature {
            name,
            required: &["text"],
            optional: 1,
            method: true,
        }
        .check(arguments.len())
        .map_err(Failure::Message)?;
        let argument = |at: usize| arguments.get(at).copied().unwrap_or("");
        let (text, field) = (argument(0), argument(1));
        let looks_like_year =
            field.is_empty() && text.chars().count() == 4 && text.chars().all(python::is_digit);
        if field == "year" || looks_like_year {
            self.year(text, out)
        } else {
            self.initial(text, out)
        }
    }

    fn year(&self, text: &str, out: &mut String) -> Result<(), Failure> {
        if self.years.is_empty() {
            out.push_str(text);
            return Ok(());
        }
        let year = python::int(text).map_err(Failure::Message)?;
        match self
            .years
            .iter()
            .find(|span| span.from <= year && Some(year) <= span.to)
        {
            Some(Span {
                name: Some(name), ..
            }) => out.push_str(name),
            Some(span) => self.spell(span, out)?,
            None => out.push_str(text),
        }
        Ok(())
    }

    fn spell(&self, span: &Span, out: &mut String) -> Result<(), Failure> {
        let Some(spelling) = &self.spelling else {
            return Ok(());
        };
        let last = |year: i64, count: usize| {
            let digits = year.to_string();
            digits[digits.len().saturating_sub(count)..].to_owned()
        };
        let from = last(span.from, spelling.from);
        let to = last(span.to.unwrap_or(span.from), spelling.to);
        let years = [from.as_str(), to.as_str()];
        let given = if spelling.to > 0 {
            &years[..]
        } else {
            &years[..1]
        };
        out.push_str(&format(&spelling.format, given)?);
        Ok(())
    }

    fn initial(&self, text: &str, out: &mut String) -> Result<(), Failure> {
        if let Some((name, _)) = self
            .initials
            .iter()
            .find(|(_, initials)| initials.start(text))
        {
            out.push_str(name);
            return Ok(());
        }
        let first = text
            .chars()
            .next()
            .ok_or_else(|| Failure::Message("string index out of range".to_owned()))?;
        out.extend(first.to_uppercase());
        Ok(())
    }
}

impl Span {
    fn named(name: &str) -> Result<Self, BucketError> {
        let years: Vec<i64> = numbers(name);
        let first = *years
            .first()
            .ok_or_else(|| BucketError::NoYear(name.to_owned()))?;
        if first < 100 {
            return Err(BucketError::ShortYear(name.to_owned(), first));
        }
        // Two digits mean the next year that ends so.
        let century = first - first % 100;
        let full = |year: i64| match year {
            0..100 if year < first % 100 => century + 100 + year,
            0..100 => century + year,
            _ => year,
        };
        let to = years[1..].last().map(|&year| full(year));
        Ok(Self {
            from: first,
            to,
            name: Some(name.to_owned()),
        })
    }
}

/// Returns the runs of decimal digits in a text.
fn numbers(text: &str) -> Vec<i64> {
    text.split(|c| python::decimal(c).is_none())
        .filter(|run| !run.is_empty())
        .map(|run| python::int(run).map_or(LAST_YEAR, |year| year.min(LAST_YEAR)))
        .collect()
}

/// Sorts spans and ends those without an end before the next, the last one with this year.
fn complete(spans: &mut [Span], this_year: i64) {
    spans.sort_by_key(|span| span.from);
    for at in 0..spans.len() {
        let end = spans.get(at + 1).map_or(this_year, |next| next.from - 1);
        spans[at].to.get_or_insert(end);
    }
}

/// Fills the gaps between spans, and the years around them, with spans of a length.
fn extend(spans: &mut Vec<Span>, step: i64) -> Result<(), BucketError> {
    let width = usize::try_from(step).ok().filter(|&width| width > 0);
    let width = width.ok_or(BucketError::NoStep(step))?;
    let end = |span: &Span| span.to.unwrap_or(span.from).saturating_add(1);
    let mut starts: Vec<i64> = Vec::new();
    let fill = |years: std::ops::Range<i64>, starts: &mut Vec<i64>| {
        starts.extend(years.step_by(width).take(MAX_SPANS));
        if starts.len() < MAX_SPANS {
            Ok(())
        } else {
            Err(BucketError::NoStep(step))
        }
    };
    for pair in spans.windows(2) {
        fill(end(&pair[0])..pair[1].from, &mut starts)?;
    }
    if let (Some(first), Some(last)) = (spans.first(), spans.last()) {
        let mut from = first.from - step;
        while from > EXTRAPOLATED.start && starts.len() < MAX_SPANS {
            starts.push(from);
            from -= step;
        }
        fill(end(last)..EXTRAPOLATED.end, &mut starts)?;
    }
    spans.extend(starts.into_iter().map(|from| Span {
        from,
        to: None,
        name: None,
    }));
    Ok(())
}

/// Returns the commonest length of spans, of equally common ones the longest.
fn usual_length(spans: &[Span]) -> i64 {
    let mut lengths: Vec<_> = spans
        .iter()
        .map(|span| span.to.unwrap_or(span.from).saturating_sub(span.from) + 1)
        .collect();
    lengths.sort_unstable();
    usual(lengths.into_iter()).unwrap_or(1)
}

/// Returns the commonest element, of equally common ones the last.
fn usual<T: PartialEq>(elements: impl Iterator<Item = T>) -> Option<T> {
    let elements: Vec<T> = elements.collect();
    let count = |wanted: &T| elements.iter().filter(|element| *element == wanted).count();
    let counts: Vec<usize> = elements.iter().map(count).collect();
    let most = (0..counts.len()).max_by_key(|&at| counts[at])?;
    elements.into_iter().nth(most)
}

impl Spelling {
    fn of(name: &str) -> Self {
        let digit = |c: char| python::decimal(c).is_some();
        let cut = |text: &str, stop: &dyn Fn(char) -> bool| {
            let at = text.find(stop).unwrap_or(text.len());
            (text[..at].to_owned(), text[at..].to_owned())
        };
        let (before, rest) = cut(name, &digit);
        let (from, rest) = cut(&rest, &|c| !digit(c));
        let (between, rest) = cut(&rest, &digit);
        let (to, rest) = cut(&rest, &|c| !digit(c));
        let (after, _) = cut(&rest, &digit);
        let (from, to) = (from.chars().count(), to.chars().count());
        let second = if to > 0 { "{}" } else { "" };
        Self {
            format: format!("{before}{{}}{between}{second}{after}"),
            from,
            to,
        }
    }
}

impl Alpha {
    fn compile(self) -> Result<(String, Initials), BucketError> {
        let name = match self {
            Self::Pattern(name, pattern) => return Ok((name, Initials::Pattern(pattern))),
            Self::Range(name) => name,
        };
        let lowered = name.to_lowercase();
        let letters = || lowered.chars().filter(|&c| python::is_alphanumeric(c));
        let (Some(first), Some(last)) = (letters().min(), letters().max()) else {
            return Err(BucketError::NoInitial(name));
        };
        let (Some(first), Some(last)) = (INITIALS.find(first), INITIALS.find(last)) else {
            return Err(BucketError::ForeignInitial(name));
        };
        Ok((name, Initials::Range(&INITIALS[first..=last])))
    }
}

impl Initials {
    fn start(&self, text: &str) -> bool {
        match self {
            Self::Pattern(pattern) => pattern.matches_start(text),
            Self::Range(range) => text
                .chars()
                .next()
                .is_some_and(|c| range.contains(folded(c))),
        }
    }
}

/// Returns the ASCII letter that Python takes a character for when it ignores case.
fn folded(c: char) -> char {
    match c {
        'ı' | 'İ' => 'i',
        'ſ' => 's',
        '\u{212a}' => 'k',
        _ => c.to_ascii_lowercase(),
    }
}
