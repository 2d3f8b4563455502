//! What the kernel says of the machine and of processes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// What a process takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resources {
    /// Resident memory, in bytes.
    pub(crate) resident: u64,
    /// The part of it that no file backs.
    pub(crate) anonymous: u64,
    pub(crate) descriptors: usize,
    pub(crate) maps: usize,
}

impl Resources {
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let kib = |name: &str| -> Result<u64> { Ok(1024 * field(&status, name)?) };
        Ok(Self {
            resident: kib("VmRSS:")?,
            anonymous: kib("RssAnon:")?,
            descriptors: fs::read_dir(format!("/proc/{pid}/fd"))?.count(),
            maps: fs::read_to_string(format!("/proc/{pid}/maps"))?
                .lines()
                .count(),
        })
    }
}

/// Returns how many bytes a process has read so far, by whatever call.
pub(crate) fn bytes_read(pid: u32) -> Result<u64> {
    field(&fs::read_to_string(format!("/proc/{pid}/io"))?, "rchar:")
}

/// Returns the number behind a name, in a text of `/proc`.
fn field(text: &str, name: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    let number = number.and_then(|number| number.parse().ok());
    number.with_context(|| format!("the kernel does not say {name}"))
}

/// Returns what figures must be read with.
pub(crate) fn machine(folder: &Path) -> Vec<(&'static str, String)> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model = processors
        .lines()
        .find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split(": ").nth(1));
    let n_processors = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = field(&read("/proc/meminfo"), "MemTotal:").unwrap_or(0) >> 20;
    vec![
        (
            "processor",
            format!("{}, {n_processors} cores", model.unwrap_or("unknown")),
        ),
        ("memory", format!("{memory} GiB")),
        (
            "kernel",
            read("/proc/sys/kernel/osrelease").trim().to_owned(),
        ),
        ("origins on", filesystem_of(folder)),
        ("load before", load()),
    ]
}

/// Returns how many threads wanted to run, over the last 1, 5 and 15 minutes.
pub(crate) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<_> = load.split(' ').take(3).collect();
    averages.join(", ")
}

/// Returns the type of the filesystem that a folder is on, by the longest mountpoint above it.
fn filesystem_of(folder: &Path) -> String {
    let table = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mut best = (0, "unknown".to_owned());
    for line in table.lines() {
        let mut words = line.split(' ');
        if let (Some(_), Some(at), Some(kind)) = (words.next(), words.next(), words.next())
            && folder.starts_with(at)
            && at.len() >= best.0
        {
            best = (at.len(), kind.to_owned());
        }
    }
    best.1
}

/// What the kernel can be told to forget, of all filesystems (`drop_caches`, see `proc_sys_vm(5)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cached {
    /// Names and attributes that nobody uses; what is cached of files and of disks stays.
    Names,
    /// What is cached of files and of disks, too.
    Everything,
}

/// Has the kernel forget what it has cached; returns whether it may be told to.
pub(crate) fn forget(cached: Cached) -> bool {
    let number = match cached {
        Cached::Names => "2\n",
        Cached::Everything => "3\n",
    };
    fs::write("/proc/sys/vm/drop_caches", number).is_ok()
}
