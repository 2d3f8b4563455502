//! `musicfs render-header`.

use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use catalog::{Config, Item, Setting, Surroundings};
use splice::{Origin, ReadAt};
use tagsynth::{Composed, Cover, Options, Rendering};

use super::output;
use super::source::SourceArgs;
use crate::logging::tell;
use crate::mount_options::Keeping;
use crate::mountpoint::check_reachable;
use crate::source::Source;
use crate::tags;

/// Shows, field by field, the header that the mount serves for a file, and where its audio starts.
///
/// FILE is an origin: a file of the library, as it lies on disk. The tags are the database's if the
/// library has the file; else the header is the file's own. Needs no mount.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An audio file.
    file: PathBuf,
    /// The bytes of the header instead of their description.
    #[arg(long)]
    raw: bool,
    /// Write to this file, which must not be one of the library, instead of standard output.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let file = std::path::absolute(&args.file)?;
    let name = file.display();
    let origin = Origin::open(&file).with_context(|| format!("cannot read {name}"))?;
    let source = open(&args.source)?;
    if let Some(out) = &args.output {
        check_output(out, &origin, source.as_ref())?;
    }
    let item = match &source {
        Some(source) => find(source, &file)?,
        None => None,
    };
    if item.is_some() {
        check_reachable(&file)?;
    }
    let view = source.as_ref().map(Source::whole).transpose()?;
    let file_name = file.as_os_str().as_bytes();
    let art = match (&source, &view, &item) {
        (Some(source), Some(view), Some(item)) => source.art(view, item)?,
        _ => None,
    };
    let options = view.map_or_else(Options::default, |view| view.rendering);
    let cover = art.as_ref().map(|art| Cover::new(art)).transpose();
    let cover = cover?.flatten();
    let rendering = match &item {
        Some(item) => tagsynth::render(&origin, file_name, &tags::of_item(item), cover, &options),
        None => tagsynth::inspect(&origin, file_name),
    };
    let rendering = rendering.with_context(|| format!("{name} is served as it is"))?;
    let text = if args.raw {
        raw_header(&rendering, &origin, cover)?
    } else {
        rendering.dump(&origin, cover)?.into_bytes()
    };
    write(args.output.as_deref(), &text)
}

/// Opens the library; where none is given and none is found, says so and goes on without.
fn open(source: &SourceArgs) -> Result<Option<Source>> {
    match source.open() {
        Ok(source) => Ok(Some(source)),
        Err(error) if source.is_given() => Err(error),
        Err(error) => {
            tell(format_args!("showing the file's own header: {error:#}"));
            Ok(None)
        }
    }
}

/// Looks the file up in the library, and says so if it is not there.
fn find(source: &Source, file: &Path) -> Result<Option<Item>> {
    if let Some(item) = source.library.item_by_path(file.as_os_str().as_bytes())? {
        return Ok(Some(item));
    }
    let real = fs::canonicalize(file)?;
    let item = source.library.item_by_path(real.as_os_str().as_bytes())?;
    if item.is_none() {
        let library = source.library.path().display();
        tell(format_args!(
            "showing the file's own header, since {library} does not list it"
        ));
    }
    Ok(item)
}

fn raw_header(rendering: &Rendering, origin: &Origin, cover: Option<Cover<'_>>) -> Result<Vec<u8>> {
    let file = Composed::new(&rendering.plan, origin, cover);
    let len = usize::try_from(rendering.header_len).context("the header is too long")?;
    let mut header = vec![0; len];
    let n = file.read_at(&mut header, 0)?;
    header.truncate(n);
    Ok(header)
}

fn write(path: Option<&Path>, bytes: &[u8]) -> Result<()> {
    if let Some(path) = path {
        return fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()));
    }
    let mut out = output::stdout();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// Refuses to write over the origin, or anything else of the library.
fn check_output(out: &Path, origin: &Origin, source: Option<&Source>) -> Result<()> {
    let Ok(there) = fs::metadata(out) else {
        return Ok(());
    };
    let stamp = origin.stamp();
    let is_origin = (there.dev(), there.ino()) == (stamp.dev, stamp.ino);
    let real = fs::canonicalize(out)?;
    let is_at = |path: PathBuf| fs::canonicalize(path).is_ok_and(|path| real.starts_with(path));
    if is_origin || parts(source)?.into_iter().any(is_at) {
        bail!(
            "{} belongs to the library and is not written over",
            out.display()
        );
    }
    Ok(())
}

/// Returns the files and folders of a library; of one that cannot be opened, its configuration.
fn parts(source: Option<&Source>) -> Result<Vec<PathBuf>> {
    let Some(source) = source else {
        let configuration = Config::locate(None, &Surroundings::from_process());
        return Ok(configuration.into_iter().collect());
    };
    let database = fs::canonicalize(source.library.path())?;
    let mut parts = vec![
        source.directory().to_owned(),
        source.configuration().to_owned(),
    ];
    // With what SQLite keeps beside the database.
    parts.extend(["", "-journal", "-wal", "-shm"].map(|ending| {
        let mut path = database.clone().into_os_string();
        path.push(ending);
        path.into()
    }));
    let config = &source.config;
    let included = config.setting(&["include"])?.and_then(Setting::as_list);
    for name in included
        .unwrap_or_default()
        .iter()
        .filter_map(Setting::as_text)
    {
        parts.push(source.surroundings.resolve(Path::new(name), &config.dir)?);
    }
    // What is kept, of any library.
    let kept = Keeping::InDefaultFolder.folder(&database).ok();
    parts.extend(kept.and_then(|folder| Some(folder.parent()?.to_owned())));
    Ok(parts)
}
