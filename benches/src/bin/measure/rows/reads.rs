//! Reading large files: in sequence and at random, of origins in the page cache and on the disk.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use benches::stream::forget;

use super::files;
use super::pass::{Order, RANDOM, rate, read_through};
use crate::inputs::{Library, Origins};
use crate::lab::{Attempt, Lab, Layout};
use crate::mounts::Mount;
use crate::table::{Row, Table, Target, Unit, Who};

/// How many files there are, and readers at most.
const N_FILES: u32 = 4;

/// What is read, and what the kernel has cached when it begins.
#[derive(Debug, Clone, Copy)]
struct Case {
    order: Order,
    readers: usize,
    /// Whether origins are in the page cache.
    warm: bool,
    /// Whether the mount's files are.
    again: bool,
}

/// The files of one contender.
struct Contender {
    who: Who,
    files: Vec<PathBuf>,
}

/// Everyone who serves the four files.
struct Setting {
    library: Library,
    origins: Vec<PathBuf>,
    contenders: Vec<Contender>,
    mounts: Vec<(Who, Mount)>,
}

impl Setting {
    fn new(lab: &Lab) -> Result<Self> {
        let library = lab.library("streams", N_FILES, Origins::Sized(lab.args.stream << 20))?;
        let mut origins: Vec<_> = library.origins().collect();
        origins.sort();
        for origin in &origins {
            // However it was read the last time, it is now cached as a stream leaves it.
            forget(origin);
            read_through(origin)?;
        }
        let mut setting = Self {
            library,
            origins: origins.clone(),
            contenders: Vec::new(),
            mounts: Vec::new(),
        };
        setting.contenders.push(Contender {
            who: Who::Origin,
            files: origins,
        });
        let ours = lab.mount(&setting.library, Layout::Tree)?;
        setting.add(Who::Musicfs, ours)?;
        if let Some(theirs) = lab.mount_peer(&setting.library, Layout::Tree)? {
            setting.add(Who::Musefs, theirs)?;
        }
        Ok(setting)
    }

    fn add(&mut self, who: Who, mount: Mount) -> Result<()> {
        let files = files(mount.path())?;
        ensure!(
            files.len() == self.origins.len(),
            "{} shows {files:?}",
            who.name()
        );
        if who != Who::Bare {
            for (file, origin) in files.iter().zip(&self.origins) {
                check(file, origin)?;
            }
        }
        self.contenders.push(Contender { who, files });
        self.mounts.push((who, mount));
        Ok(())
    }

    /// Has another that takes part as [`Who::Bare`], in place of the one before.
    fn set_bare(&mut self, lab: &Lab, zeros: bool) -> Result<()> {
        self.contenders
            .retain(|contender| contender.who != Who::Bare);
        self.mounts.retain(|(who, _)| *who != Who::Bare);
        self.add(Who::Bare, lab.mount_bare(zeros, &self.origins)?)
    }

    fn measure(&self, lab: &Lab, row: &mut Row, case: Case) -> Result<()> {
        let attempt =
            |contender| -> Attempt<'_> { Box::new(move || self.attempt(contender, case)) };
        let contenders = self.contenders.iter();
        let contenders = contenders.map(|contender| (contender.who, attempt(contender)));
        lab.measure(row, contenders.collect())
    }

    fn attempt(&self, contender: &Contender, case: Case) -> Result<f64> {
        let files = contender.files.iter().zip(&self.origins);
        for (file, origin) in files.take(case.readers) {
            if contender.who != Who::Origin && !case.again {
                forget(file);
            }
            if case.warm {
                read_through(origin)?;
            } else {
                forget(origin);
            }
            if case.again {
                read_through(file)?;
            }
        }
        rate(&contender.files[..case.readers], case.order)
    }
}

/// Checks that a file ends as its origin does.
fn check(file: &Path, origin: &Path) -> Result<()> {
    let tail = |path: &Path| -> Result<Vec<u8>> {
        let file = File::open(path)?;
        let mut bytes = vec![0; RANDOM];
        let len = file.metadata()?.len();
        file.read_exact_at(&mut bytes, len.saturating_sub(RANDOM as u64))?;
        Ok(bytes)
    };
    let is_same = tail(file)? == tail(origin)?;
    ensure!(is_same, "{} is not {}", file.display(), origin.display());
    Ok(())
}

pub(super) fn measure(lab: &Lab, table: &mut Table) -> Result<()> {
    let mut setting = Setting::new(lab)?;
    setting.set_bare(lab, true)?;
    warm(lab, table, &setting)?;
    setting.set_bare(lab, false)?;
    cold(lab, table, &setting)
}

const WARM: Case = Case {
    order: Order::Sequence,
    readers: 1,
    warm: true,
    again: false,
};

/// What is measured of origins in the page cache, beside the ceiling.
fn warm(lab: &Lab, table: &mut Table, setting: &Setting) -> Result<()> {
    let mut add = |id: &str, what: &str, case: Case, targets: &[Target]| -> Result<()> {
        if !lab.wants(id) {
            return Ok(());
        }
        let what = format!("{what}; bare: zeros");
        let row = Row::new(id, what, Unit::MibPerSecond);
        let mut row = targets.iter().fold(row, |row, target| row.target(*target));
        setting.measure(lab, &mut row, case)?;
        table.add(row);
        Ok(())
    };
    let targets = [
        Target::AtLeast(0.85, Who::Bare),
        Target::AtLeast(1.0, Who::Musefs),
    ];
    add(
        "read/seq/first",
        "1 MiB in sequence, the first time",
        WARM,
        &targets,
    )?;
    let again = Case {
        again: true,
        ..WARM
    };
    let as_origin = [Target::AtLeast(0.95, Who::Origin)];
    add(
        "read/seq/again",
        "1 MiB in sequence, again",
        again,
        &as_origin,
    )?;
    for readers in [1, N_FILES as usize] {
        let case = Case {
            order: Order::Random,
            readers,
            ..WARM
        };
        let what = format!("64 KiB at random, warm origin, readers: {readers}");
        add(
            &format!("read/random/warm/{readers}"),
            &what,
            case,
            &targets,
        )?;
    }
    Ok(())
}

/// What is measured of origins on the disk, beside the same server that only reads them.
fn cold(lab: &Lab, table: &mut Table, setting: &Setting) -> Result<()> {
    for readers in [1, N_FILES as usize] {
        let id = format!("read/random/cold/{readers}");
        if !lab.wants(&id) {
            continue;
        }
        let what = format!("64 KiB at random, cold origin, readers: {readers}; bare: `pread`");
        // The same calls, so that anything beyond the noise is a loss.
        let mut row = Row::new(id, what, Unit::MibPerSecond)
            .target(Target::AtLeast(0.9, Who::Bare))
            .target(Target::AtLeast(1.0, Who::Musefs));
        let case = Case {
            order: Order::Random,
            readers,
            warm: false,
            again: false,
        };
        setting.measure(lab, &mut row, case)?;
        table.add(row);
    }
    Ok(())
}
