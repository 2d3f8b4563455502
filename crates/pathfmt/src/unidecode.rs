//! The tables of Python's Unidecode, read from its own source files.
//!
//! Unidecode is what beets transliterates with. Its licence keeps its tables out of this program,
//! so they are read from where the user has installed them: one file for 256 code points, named
//! `x` and three hexadecimal digits, holding a tuple of 256 strings:
//!
//! ```text
//! data = (
//! 'Ie',    # 0x00
//! 'Io',    # 0x01
//! …
//! )
//! ```

use crate::transliterate::Transliterate;

/// The sections there can be: Unidecode knows nothing beyond U+EFFFF.
const SECTIONS: u32 = 0xf00;
/// The code points in a section.
const SECTION: usize = 256;

/// Transliterates exactly as Python's `unidecode()` does.
///
/// ```
/// let greek = |section| (section == 3).then(|| format!("data = ({})", "'',".repeat(187) + "'l',"));
/// let tables = pathfmt::Unidecode::from_sections(greek)?;
/// assert_eq!(pathfmt::Transliterate::ascii(&tables, 'λ'), "l");
/// # Ok::<(), pathfmt::unidecode::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Unidecode {
    /// By section number; sections that are missing at the end are not there.
    sections: Vec<Section>,
}

/// The texts of up to 256 code points, one after the other.
#[derive(Debug, Clone, Default)]
struct Section {
    text: String,
    /// Where each text ends.
    ends: Vec<u32>,
}

/// A section whose file is not what Unidecode's files are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The number is beyond what Unidecode has.
    #[error("there is no section {section:#x}")]
    NoSection {
        /// The number.
        section: u32,
    },
    /// The text is not a tuple of strings.
    #[error("section {section:#05x} is not a tuple of strings at byte {at}")]
    Syntax {
        /// The section's number.
        section: u32,
        /// Where reading ended.
        at: usize,
    },
}

impl Unidecode {
    /// Reads all sections that `source` has a file for.
    ///
    /// # Errors
    ///
    /// Fails if a file is not what Unidecode's files are.
    pub fn from_sections(source: impl Fn(u32) -> Option<String>) -> Result<Self, Error> {
        let mut tables = Self::default();
        for section in 0..SECTIONS {
            if let Some(text) = source(section) {
                tables.add_section(section, &text)?;
            }
        }
        Ok(tables)
    }

    /// Reads the file of one section.
    ///
    /// # Errors
    ///
    /// Fails if it is not what Unidecode's files are.
    pub fn add_section(&mut self, section: u32, source: &str) -> Result<(), Error> {
        let slot = usize::try_from(section).ok().filter(|_| section < SECTIONS);
        let slot = slot.ok_or(Error::NoSection { section })?;
        let mut reader = Reader { source, at: 0 };
        let read = reader.tuple().ok_or(Error::Syntax {
            section,
            at: reader.at,
        })?;
        if self.sections.len() <= slot {
            self.sections.resize_with(slot + 1, Section::default);
        }
        self.sections[slot] = read;
        Ok(())
    }
}

impl Transliterate for Unidecode {
    fn ascii(&self, c: char) -> &str {
        let point = u32::from(c);
        let found = usize::try_from(point >> 8)
            .ok()
            .and_then(|slot| self.sections.get(slot));
        found.map_or("", |section| section.get(usize::from((point & 0xff) as u8)))
    }
}

impl Section {
    fn get(&self, position: usize) -> &str {
        let end = |at: usize| self.ends.get(at).and_then(|&end| usize::try_from(end).ok());
        let start = position.checked_sub(1).map_or(Some(0), end);
        match (start, end(position)) {
            (Some(start), Some(end)) => &self.text[start..end],
            _ => "",
        }
    }
}

/// Reads the little of Python that the files hold.
struct Reader<'s> {
    source: &'s str,
    at: usize,
}

impl Reader<'_> {
    /// Reads `data = ( … )`. Texts past the 256th are read and forgotten.
    fn tuple(&mut self) -> Option<Section> {
        for token in ["data", "=", "("] {
            self.skip_blank();
            self.take(token).then_some(())?;
        }
        let mut section = Section::default();
        loop {
            self.skip_blank();
            if self.take(")") {
                return Some(section);
            }
            self.element(&mut section.text)?;
            if section.ends.len() < SECTION {
                section.ends.push(u32::try_from(section.text.len()).ok()?);
            }
            self.skip_blank();
            if !self.take(",") && !self.source[self.at..].starts_with(')') {
                return None;
            }
        }
    }

    /// Appends one element: `None`, or string literals side by side.
    fn element(&mut self, out: &mut String) -> Option<()> {
        if self.take("None") {
            return Some(());
        }
        self.string(out)?;
        loop {
            self.skip_blank();
            if !self.source[self.at..].starts_with(['\'', '"']) {
                return Some(());
            }
            self.string(out)?;
        }
    }

    fn string(&mut self, out: &mut String) -> Option<()> {
        let quote = self.next().filter(|c| matches!(c, '\'' | '"'))?;
        loop {
            match self.next()? {
                c if c == quote => return Some(()),
                '\n' => return None,
                '\\' => self.escape(out)?,
                c => out.push(c),
            }
        }
    }

    /// Appends what the rest of an escape sequence means.
    fn escape(&mut self, out: &mut String) -> Option<()> {
        let c = match self.next()? {
            '\n' => return Some(()),
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' => self.code(2, 16)?,
            'u' => self.code(4, 16)?,
            'U' => self.code(8, 16)?,
            '0'..='7' => {
                self.at -= 1;
                let rest = &self.source.as_bytes()[self.at..];
                let len = rest
                    .iter()
                    .take(3)
                    .take_while(|c| matches!(c, b'0'..=b'7'))
                    .count();
                self.code(len, 8)?
            }
            c @ ('\\' | '\'' | '"') => c,
            c => {
                out.push('\\');
                c
            }
        };
        out.push(c);
        Some(())
    }

    fn code(&mut self, len: usize, radix: u32) -> Option<char> {
        let digits = self.source.get(self.at..self.at + len)?;
        self.at += len;
        u32::from_str_radix(digits, radix)
            .ok()
            .and_then(char::from_u32)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.source[self.at..].chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.source[self.at..].starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    /// Skips white space and comments.
    fn skip_blank(&mut self) {
        loop {
            let rest = &self.source[self.at..];
            let text = rest.trim_start();
            self.at += rest.len() - text.len();
            if !text.starts_with('#') {
                return;
            }
            self.at += text.find('\n').unwrap_or(text.len());
        }
    }
}
