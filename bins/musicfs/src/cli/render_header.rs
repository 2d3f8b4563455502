//! `musicfs render-header`.

use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use catalog::Item;
use splice::{Origin, ReadAt};
use tagsynth::{Composed, Options, Rendering};

use super::output;
use super::source::SourceArgs;
use crate::tags;

/// Shows, field by field, the header that the mount serves for a file, and where its audio starts.
///
/// FILE is an origin: a file of the library, as it lies on disk. The tags are the database's if the
/// library has the file; else the header is the file's own. Needs no mount.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An audio file.
    file: PathBuf,
    #[command(flatten)]
    source: SourceArgs,
    /// The bytes of the header instead of their description.
    #[arg(long)]
    raw: bool,
    /// Write to this new file instead of standard output.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let file = std::path::absolute(&args.file)?;
    let name = file.display();
    let origin = Origin::open(&file).with_context(|| format!("cannot read {name}"))?;
    let (item, options) = find(&args.source, &file)?;
    let file_name = file.as_os_str().as_bytes();
    let rendering = match &item {
        Some(item) => tagsynth::render(&origin, file_name, &tags::of_item(item), &options),
        None => tagsynth::inspect(&origin, file_name),
    };
    let rendering = rendering.with_context(|| format!("{name} is served as it is"))?;
    let text = if args.raw {
        raw_header(&rendering, &origin)?
    } else {
        rendering.dump(&origin)?.into_bytes()
    };
    write(args.output.as_deref(), &text)
}

/// Looks the file up in the library, if there is one, and says so if there is none or it lacks the
/// file.
fn find(source: &SourceArgs, file: &Path) -> Result<(Option<Item>, Options)> {
    let source = match source.open() {
        Ok(source) => source,
        Err(error) if source.is_given() => return Err(error),
        Err(error) => {
            eprintln!(
                "musicfs: showing the file's own header, since there is no library: {error:#}"
            );
            return Ok((None, Options::default()));
        }
    };
    let mut item = source.library.item_by_path(file.as_os_str().as_bytes())?;
    if item.is_none() {
        let real = fs::canonicalize(file)?;
        item = source.library.item_by_path(real.as_os_str().as_bytes())?;
    }
    if item.is_none() {
        let library = source.library.path().display();
        eprintln!("musicfs: showing the file's own header, since {library} does not list it");
    }
    Ok((item, source.rendering()?))
}

fn raw_header(rendering: &Rendering, origin: &Origin) -> Result<Vec<u8>> {
    let file = Composed::new(&rendering.plan, origin);
    let len = usize::try_from(rendering.header_len).context("the header is too long")?;
    let mut header = vec![0; len];
    let n = file.read_at(&mut header, 0)?;
    header.truncate(n);
    Ok(header)
}

fn write(path: Option<&Path>, bytes: &[u8]) -> Result<()> {
    if let Some(path) = path {
        // Never over a file that is there: it may be the origin.
        let mut file = fs::File::create_new(path)
            .with_context(|| format!("cannot create {}", path.display()))?;
        file.write_all(bytes)?;
        return Ok(());
    }
    let mut out = output::stdout();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}
