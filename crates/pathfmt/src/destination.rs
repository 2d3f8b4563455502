//! From a template to a path: render, make ASCII, replace, cut, and all of that twice.

use crate::carrier::{decode_path, encode_into, may_carry};
use crate::environment::Environment;
use crate::error::Error;
use crate::eval::Pool;
use crate::options::Options;
use crate::prefix::Prefix;
use crate::sanitize::{Replacements, is_clean, sanitize};
use crate::template::Template;
use crate::truncate::{extension_start, suffix_start, truncate};

/// The longest file name that Linux takes, in bytes.
const NAME_MAX: usize = 255;

/// Where beets would put a file, relative to its music directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destination {
    path: Vec<u8>,
    fell_back: bool,
}

impl Destination {
    /// Returns the path that beets chooses.
    ///
    /// It may hold components that no directory can: see
    /// [`unsafe_component`](Self::unsafe_component).
    pub fn as_bytes(&self) -> &[u8] {
        &self.path
    }

    /// Returns the path that beets chooses.
    pub fn into_bytes(self) -> Vec<u8> {
        self.path
    }

    /// Returns whether configured replacements were given up because they made the path grow again
    /// after it was cut. beets warns about that.
    pub fn fell_back(&self) -> bool {
        self.fell_back
    }

    /// Returns the first component that must not enter a tree: one that is empty, `.` or `..`,
    /// holds a NUL, or is longer than 255 bytes.
    ///
    /// With beets' default replacements only length can go wrong: an extension (or what a title has
    /// after its last dot, if there is none) is never cut; a name whose stem was cut away leaves it to
    /// the directory above; and a limit that leaves nothing of a path makes it `.`. Other
    /// replacements can bring about all of them.
    pub fn unsafe_component(&self) -> Option<&[u8]> {
        self.path.split(|&byte| byte == b'/').find(|component| {
            matches!(*component, [] | b"." | b"..")
                || component.len() > NAME_MAX
                || component.contains(&0)
        })
    }
}

/// The extension that a name takes over from its origin: with its dot, in lower case, or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extension(String);

impl Extension {
    /// Returns the extension of a path: the last dot of the file name onward, unless that dot
    /// comes first or last.
    pub fn of(path: &[u8]) -> Self {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        let mut suffix = decode_path(&name[suffix_start(name)..]);
        if !suffix.is_ascii() {
            return Self(suffix.to_lowercase());
        }
        suffix.make_ascii_lowercase();
        Self(suffix)
    }

    /// Returns the extension as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names items, one after the other, with the same options and buffers.
#[derive(Debug, Clone)]
pub struct Namer<'o> {
    options: &'o Options,
    pool: Pool,
    prefix: Prefix,
    rendered: String,
    first: String,
    second: String,
}

impl<'o> Namer<'o> {
    /// Returns a namer.
    pub fn new(options: &'o Options) -> Self {
        let (rendered, first, second) = (String::new(), String::new(), String::new());
        Self {
            options,
            pool: Pool::default(),
            prefix: Prefix::default(),
            rendered,
            first,
            second,
        }
    }

    /// Returns the path of an item.
    ///
    /// # Errors
    ///
    /// Fails as [`Template::evaluate`] does.
    pub fn destination(
        &mut self,
        template: &Template,
        environment: &dyn Environment,
        extension: &Extension,
    ) -> Result<Destination, Error> {
        self.render(template, environment)?;
        Ok(self.legalize(extension))
    }

    /// Returns the path for a text that is rendered already.
    pub fn destination_of(&mut self, rendered: &str, extension: &Extension) -> Destination {
        self.rendered.clear();
        self.options.asciify_path(rendered, &mut self.rendered);
        self.legalize(extension)
    }

    /// Returns the file name of an album's cover; `template` is evaluated for the album alone, and
    /// `image` is the image's path.
    ///
    /// # Errors
    ///
    /// Fails as [`Template::evaluate`] does.
    pub fn cover(
        &mut self,
        template: &Template,
        environment: &dyn Environment,
        image: &[u8],
    ) -> Result<Vec<u8>, Error> {
        self.render(template, environment)?;
        sanitize(&self.rendered, &self.options.replacements, &mut self.first);
        let image = decode_path(image);
        self.first.push_str(&image[extension_start(&image)..]);
        let mut name = Vec::with_capacity(self.first.len());
        encode_into(&self.first, &mut name);
        Ok(name)
    }

    /// Renders a template, in ASCII if so configured.
    fn render(&mut self, template: &Template, environment: &dyn Environment) -> Result<(), Error> {
        self.rendered.clear();
        template.evaluate_into(
            environment,
            self.options,
            &mut self.pool,
            &mut self.prefix,
            &mut self.rendered,
        )?;
        if self.options.asciify_paths && !self.rendered.is_ascii() {
            self.first.clear();
            self.options.asciify_path(&self.rendered, &mut self.first);
            std::mem::swap(&mut self.first, &mut self.rendered);
        }
        Ok(())
    }

    /// Makes a path of the rendered text.
    ///
    /// The first pass loses one extension again: the one it appended, or, if there was none to
    /// append, the end of a title that looks like one. The second pass cleans what the first one's
    /// cut left at the ends.
    fn legalize(&mut self, extension: &Extension) -> Destination {
        if self.is_legal(extension) {
            let path = [self.rendered.as_bytes(), extension.0.as_bytes()].concat();
            return Destination {
                path,
                fell_back: false,
            };
        }
        self.legalize_in_full(extension)
    }

    /// Returns whether neither pass has anything to do but to append the extension, so that the
    /// second finds what the first did. It may be wrong about a legal text.
    fn is_legal(&self, extension: &Extension) -> bool {
        let is_default = !matches!(self.options.replacements, Replacements::Custom(_));
        let Ok(limit) = usize::try_from(self.options.max_filename_length) else {
            return false;
        };
        let Some(room) = limit.checked_sub(extension.0.len()) else {
            return false;
        };
        // Without an extension the first pass may cut the end of the title.
        is_default
            && !extension.0.is_empty()
            && extension.0.is_ascii()
            && !may_carry(&self.rendered)
            && self
                .rendered
                .split('/')
                .all(|part| is_clean(part) && part.len() <= room)
    }

    /// Does what [`legalize`](Self::legalize) does, without a look at what may be spared.
    pub(crate) fn legalize_in_full(&mut self, extension: &Extension) -> Destination {
        let replacements = &self.options.replacements;
        self.stage_first(extension);
        self.first.truncate(extension_start(&self.first));
        let fell_back = self.stage_second(replacements, extension);
        if fell_back {
            self.stage_second(&Replacements::Fallback, extension);
        }
        let relative = self.second.trim_start_matches('/');
        let mut path = Vec::with_capacity(relative.len());
        encode_into(relative, &mut path);
        Destination { path, fell_back }
    }

    fn stage_first(&mut self, extension: &Extension) {
        sanitize(&self.rendered, &self.options.replacements, &mut self.first);
        self.first.push_str(&extension.0);
        truncate(&mut self.first, self.options.max_filename_length);
    }

    fn stage_second(&mut self, replacements: &Replacements, extension: &Extension) -> bool {
        sanitize(&self.first, replacements, &mut self.second);
        self.second.push_str(&extension.0);
        truncate(&mut self.second, self.options.max_filename_length)
    }
}
