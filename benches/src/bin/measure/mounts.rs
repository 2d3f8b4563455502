//! Processes that serve a mount while they are measured.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fusefront::Unmounter;

use crate::facts::Resources;

/// How long a mount may take to come, or to go.
const PATIENCE: Duration = Duration::from_mins(5);

/// A mount, and the process that serves it; dropping it unmounts.
#[derive(Debug)]
pub(crate) struct Mount {
    child: Child,
    mountpoint: PathBuf,
    /// From the start of the process until the first listing of the root was answered.
    pub(crate) until_listed: Duration,
}

impl Mount {
    /// Runs a program that mounts something on `mountpoint`; returns when the mount answers.
    pub(crate) fn start(command: &mut Command, mountpoint: &Path) -> Result<Self> {
        fs::create_dir_all(mountpoint)?;
        let log = mountpoint.with_extension("log");
        let before = device(mountpoint)?;
        let start = Instant::now();
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot run {}", command.get_program().display()))?;
        let mut mount = Self {
            child,
            mountpoint: mountpoint.to_owned(),
            until_listed: Duration::ZERO,
        };
        while device(mountpoint).is_ok_and(|device| device == before) {
            let text = || fs::read_to_string(&log).unwrap_or_default();
            if mount.child.try_wait()?.is_some() {
                bail!(
                    "nothing was mounted on {}: {}",
                    mountpoint.display(),
                    text()
                );
            }
            if start.elapsed() > PATIENCE {
                bail!("{} is still not mounted: {}", mountpoint.display(), text());
            }
            sleep(Duration::from_micros(500));
        }
        let n_entries = fs::read_dir(mountpoint)?.count();
        if n_entries == 0 {
            bail!("nothing is shown in {}", mountpoint.display());
        }
        mount.until_listed = start.elapsed();
        Ok(mount)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.mountpoint
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn resources(&self) -> Result<Resources> {
        Resources::of(self.pid())
    }

    /// Takes what the process listens to and answers with.
    pub(crate) fn take_ends(&mut self) -> Result<Ends> {
        let (input, output) = (self.child.stdin.take(), self.child.stdout.take());
        let output = BufReader::new(output.context("standard output is piped")?);
        let input = input.context("standard input is piped")?;
        Ok(Ends { input, output })
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let unmounter = Unmounter::of(&self.mountpoint);
        if unmounter.unmount().is_err() {
            let _ = unmounter.detach();
        }
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if start.elapsed() > PATIENCE / 10 {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            sleep(Duration::from_millis(1));
        }
    }
}

/// The ends of a conversation with a process, a line each way.
#[derive(Debug)]
pub(crate) struct Ends {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Ends {
    /// Has the process answer once more.
    pub(crate) fn ask(&mut self) -> Result<String> {
        self.input.write_all(b"\n")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line)
    }
}

fn device(path: &Path) -> std::io::Result<u64> {
    fs::metadata(path).map(|metadata| metadata.dev())
}
