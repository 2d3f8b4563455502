//! Runs the program, and mounts with it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, sleep};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::{Advice, fadvise};
use rustix::io::Errno;
use tempfile::TempDir;

/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Returns a command that runs the program, with no library of the user's in sight, and however the
/// tests themselves were started, as by nohup(1), with SIGHUP as a terminal leaves it.
pub(crate) fn musicfs() -> Command {
    musicfs_by(&["--default-signal=HUP"])
}

/// Returns a command that runs the program by env(1) with further options.
pub(crate) fn musicfs_by(options: &[&str]) -> Command {
    let mut command = Command::new("/usr/bin/env");
    command.args(options).arg(env!("CARGO_BIN_EXE_musicfs"));
    for name in [
        "BEETSDIR",
        "XDG_CONFIG_HOME",
        "XDG_CONFIG_DIRS",
        "XDG_STATE_HOME",
        "MUSICFS_LOG",
        "MUSICFS_UNIDECODE",
    ] {
        command.env_remove(name);
    }
    command
        .env("HOME", "/proc/nonexistent")
        .env("TZ", "UTC")
        .stdin(Stdio::null());
    command
}

/// Returns a command that runs the program on a terminal, by script(1), with arguments as a shell reads them; says
/// loudly, or fails, where it cannot.
pub(crate) fn musicfs_on_a_terminal(args: &str) -> Option<Command> {
    let mut script = fixtures::tool("script")?;
    for (name, value) in musicfs().get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    // On an unknown terminal nothing is drawn.
    script.env("TERM", "xterm").env_remove("NO_COLOR");
    let program = env!("CARGO_BIN_EXE_musicfs");
    let line = format!("{program} {args}");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    Some(script)
}

/// Runs the program to its end, which must come soon: a mount that should be refused would stay.
#[track_caller]
pub(crate) fn run<S: AsRef<OsStr>>(args: &[S]) -> Output {
    let mut command = musicfs();
    command.args(args);
    run_to_end(command)
}

/// Runs a command to its end, which must come soon.
#[track_caller]
pub(crate) fn run_to_end(mut command: Command) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the program starts");
    let pid = child.id();
    let (done, is_done) = mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        if is_done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            send("TERM", pid);
        }
    });
    let output = child.wait_with_output().expect("the program ends");
    drop(done);
    watchdog.join().expect("the watchdog waits");
    output
}

/// Runs the program, which must succeed, and returns what it printed.
#[track_caller]
pub(crate) fn succeed<S: AsRef<OsStr>>(args: &[S]) -> Vec<u8> {
    let output = run(args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {errors}", output.status);
    output.stdout
}

/// Runs the program, which must refuse, and returns its message.
#[track_caller]
pub(crate) fn refuse<S: AsRef<OsStr>>(args: &[S]) -> String {
    let output = run(args);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.starts_with("musicfs: "), "{errors}");
    errors
}

/// Returns whether mounts can be made here; says so loudly, or fails, where they cannot.
pub(crate) fn can_mount() -> bool {
    let device = File::options().read(true).write(true).open("/dev/fuse");
    match device {
        Ok(_) => true,
        Err(error) => {
            fixtures::skip(&format!("on a mount: /dev/fuse cannot be opened: {error}"));
            false
        }
    }
}

/// Makes a mountpoint in a folder of its own.
pub(crate) fn mountpoint() -> (TempDir, PathBuf) {
    let folder = TempDir::with_prefix("musicfs-mount-").expect("a temporary folder");
    let mountpoint = folder.path().join("mnt");
    fs::create_dir(&mountpoint).expect("a mountpoint");
    (folder, mountpoint)
}

/// A library mounted by the program; unmounted when dropped.
pub(crate) struct Mounted {
    child: Child,
    mountpoint: PathBuf,
    folder: TempDir,
}

impl Mounted {
    /// Mounts with these arguments, on a new folder.
    #[track_caller]
    pub(crate) fn start<S: AsRef<OsStr>>(args: &[S]) -> Self {
        let (folder, mountpoint) = mountpoint();
        Self::start_on(folder, mountpoint, args)
    }

    /// Mounts the fixture library, with further arguments.
    #[track_caller]
    pub(crate) fn library(library: &fixtures::Library, args: &[&str]) -> Self {
        let config = library.config();
        let mut all = vec![OsStr::new("--config"), config.as_os_str()];
        all.extend(args.iter().map(OsStr::new));
        Self::start(&all)
    }

    /// Mounts on a folder that is there.
    #[track_caller]
    pub(crate) fn start_on<S: AsRef<OsStr>>(
        folder: TempDir,
        mountpoint: PathBuf,
        args: &[S],
    ) -> Self {
        Self::run(musicfs(), folder, mountpoint, args)
    }

    /// Mounts with a command of one's own.
    #[track_caller]
    pub(crate) fn run<S: AsRef<OsStr>>(
        mut command: Command,
        folder: TempDir,
        mountpoint: PathBuf,
        args: &[S],
    ) -> Self {
        let log = File::create(folder.path().join("log")).expect("a log");
        let is_given =
            |(name, value): (&OsStr, Option<&OsStr>)| name == "XDG_STATE_HOME" && value.is_some();
        if !command.get_envs().any(is_given) {
            command.env("XDG_STATE_HOME", folder.path().join("state"));
        }
        let child = command
            .arg("mount")
            .arg(&mountpoint)
            .args(args)
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let mut mounted = Self {
            child,
            mountpoint,
            folder,
        };
        let start = Instant::now();
        // What a dead daemon has left there does not answer; once it is gone, the folder does.
        let answers = |path: &Path| rustix::fs::statfs(path).is_ok();
        while !(answers(&mounted.mountpoint) && is_mounted(&mounted.mountpoint)) {
            let ended = mounted.child.try_wait().expect("the child can be asked");
            let log = mounted.log();
            assert!(ended.is_none(), "the program ended: {ended:?}: {log}");
            assert!(start.elapsed() < PATIENCE, "nothing is mounted: {log}");
            sleep(Duration::from_millis(5));
        }
        mounted
    }

    pub(crate) fn path(&self) -> &Path {
        &self.mountpoint
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns what the program has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).expect("the log is text")
    }

    /// Waits until the program ends by itself.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let log = self.folder.path().join("log");
        wait_for_end(&mut self.child, || {
            fs::read_to_string(&log).expect("the log is text")
        })
    }

    /// Ends the program as `signal` asks, checks that it does so cleanly, and returns its log.
    #[track_caller]
    pub(crate) fn stop_by(mut self, signal: &str) -> String {
        send(signal, self.child.id());
        let status = self.wait();
        assert!(status.success(), "{status}: {}", self.log());
        assert!(!is_mounted(&self.mountpoint));
        self.log()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        send("TERM", self.child.id());
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(5) {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            sleep(Duration::from_millis(5));
        }
        let _ = musicfs()
            .args(["umount", "--lazy"])
            .arg(&self.mountpoint)
            .status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn eventually(what: &str, mounted: &Mounted, is_so: impl FnMut() -> bool) {
    wait_until(what, || mounted.log(), is_so);
}

/// Waits until a program that was started here has mounted something.
#[track_caller]
pub(crate) fn wait_for_mount(child: &mut Child, mountpoint: &Path) {
    wait_until("mounted", String::new, || {
        let ended = child.try_wait().expect("the child can be asked");
        assert!(ended.is_none(), "the program ended: {ended:?}");
        is_mounted(mountpoint)
    });
}

/// Waits until a program that was started here ends.
#[track_caller]
pub(crate) fn wait_for_end(child: &mut Child, said: impl Fn() -> String) -> ExitStatus {
    let mut status = None;
    wait_until("ended", said, || {
        status = child.try_wait().expect("the child can be asked");
        status.is_some()
    });
    status.expect("it has ended")
}

#[track_caller]
fn wait_until(what: &str, said: impl Fn() -> String, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "not {what}: {}", said());
        sleep(Duration::from_millis(5));
    }
}

/// Returns the seed that `MUSICFS_SEED` names, or another one each time, and says how to use it again.
pub(crate) fn seed() -> u64 {
    let named = std::env::var("MUSICFS_SEED").map(|seed| seed.parse().expect("a number"));
    let seed = named.unwrap_or_else(|_| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("a clock that goes right");
        now.as_secs() << 20 | u64::from(now.subsec_micros())
    });
    eprintln!("repeat with MUSICFS_SEED={seed}");
    seed
}

/// Returns how often a program says, in the log of its end, that it did something.
#[track_caller]
pub(crate) fn work_done(log: &str, name: &str) -> u64 {
    let line = log.lines().find(|line| line.contains("work done"));
    let mut words = line.expect("it says what it did").split(' ');
    let number = words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let number = number.unwrap_or_else(|| panic!("{name} is counted"));
    number.parse().expect("a number")
}

/// Returns the fixture library, if mounts can be made here.
pub(crate) fn fixture() -> Option<fixtures::Library> {
    can_mount().then(fixtures::Library::copy_to_temp)
}

/// Mounts the fixture library, if mounts can be made here.
#[track_caller]
pub(crate) fn fixture_mounted(args: &[&str]) -> Option<(fixtures::Library, Mounted)> {
    let library = fixture()?;
    let mounted = Mounted::library(&library, args);
    Some((library, mounted))
}

/// Returns a library whose configuration goes on with `more`.
pub(crate) fn library_with(more: &str) -> fixtures::Library {
    let library = fixtures::Library::copy_to_temp();
    let mut config = fs::read_to_string(library.config()).expect("the configuration is text");
    config.push('\n');
    config.push_str(more);
    fs::write(library.config(), config).expect("the configuration can be written");
    library
}

/// Changes the database of a library.
#[track_caller]
pub(crate) fn execute(library: &fixtures::Library, sql: &str) {
    let connection = rusqlite::Connection::open(library.database()).expect("the database opens");
    connection.execute_batch(sql).expect("the statements run");
}

/// Returns a command that runs the real beets on a library, or says loudly that it is missing.
#[track_caller]
pub(crate) fn beet<S: AsRef<OsStr>>(library: &fixtures::Library, args: &[S]) -> Option<Command> {
    let mut beet = fixtures::beets_python()?;
    beet.args(["-m", "beets", "-c"]).arg(library.config());
    beet.args(args).env("BEETSDIR", library.folder());
    Some(beet)
}

/// Runs the real beets on a library, which must succeed, and returns what it printed.
#[track_caller]
pub(crate) fn beet_says<S: AsRef<OsStr>>(
    library: &fixtures::Library,
    args: &[S],
) -> Option<String> {
    let output = run_to_end(beet(library, args)?);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Sends a signal, by name, to a process that this test started.
pub(crate) fn send(signal: &str, pid: u32) {
    let sent = Command::new("kill")
        .args(["-s", signal, &pid.to_string()])
        .status();
    assert!(
        sent.is_ok_and(|status| status.success()),
        "no process {pid}"
    );
}

/// Returns whether something is mounted exactly at `path`.
pub(crate) fn is_mounted(path: &Path) -> bool {
    let table = fs::read("/proc/self/mountinfo").expect("procfs is mounted");
    let path = path.as_os_str().as_bytes();
    table
        .split(|&byte| byte == b'\n')
        .any(|line| line.split(|&byte| byte == b' ').nth(4) == Some(path))
}

/// Reads a file from the program, not from what the kernel has of it.
pub(crate) fn read_anew(file: &File, len: usize) -> io::Result<Vec<u8>> {
    fadvise(file, 0, None, Advice::DontNeed)?;
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// Returns the paths of all files below `root`, relative to it and sorted; folders that go meanwhile are
/// left out.
pub(crate) fn files_below(root: &Path) -> Vec<PathBuf> {
    fn visit(folder: &Path, root: &Path, found: &mut Vec<PathBuf>) {
        // One that just went and came back is an error to who was about to open it, once.
        let is_other = |error: &io::Error| error.raw_os_error() == Some(Errno::IO.raw_os_error());
        let listed = match fs::read_dir(folder) {
            Err(error) if is_other(&error) && folder != root => fs::read_dir(folder),
            listed => listed,
        };
        let entries = match listed {
            Err(error) if error.kind() == ErrorKind::NotFound && folder != root => return,
            entries => entries.expect("the folder lists"),
        };
        for entry in entries {
            let entry = entry.expect("the entry reads");
            if entry.file_type().expect("the entry has a type").is_dir() {
                visit(&entry.path(), root, found);
            } else {
                let path = entry.path();
                found.push(path.strip_prefix(root).expect("below root").to_owned());
            }
        }
    }
    let mut found = Vec::new();
    visit(root, root, &mut found);
    found.sort();
    found
}

/// An item of a mounted library: its id, and its path in the mount.
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) path: PathBuf,
}

/// Returns what `musicfs paths` says, by id.
#[track_caller]
pub(crate) fn paths<S: AsRef<OsStr>>(args: &[S]) -> Vec<Entry> {
    let mut all = vec![OsStr::new("paths")];
    all.extend(args.iter().map(AsRef::as_ref));
    let printed = succeed(&all);
    let lines = printed
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty());
    let entry = |line: &[u8]| {
        let tab = line.iter().position(|&byte| byte == b'\t').expect("a tab");
        let id = std::str::from_utf8(&line[..tab])
            .expect("a number")
            .parse()
            .expect("a number");
        Entry {
            id,
            path: PathBuf::from(OsStr::from_bytes(&line[tab + 1..])),
        }
    };
    lines.map(entry).collect()
}

/// Returns the path in the mount of an item of the fixture library.
#[track_caller]
pub(crate) fn served(mounted: &Mounted, library: &fixtures::Library, case: &str) -> PathBuf {
    served_item(mounted, library, library.case(case).id)
}

/// Returns the path in the mount of an item.
#[track_caller]
pub(crate) fn served_item(mounted: &Mounted, library: &fixtures::Library, id: i64) -> PathBuf {
    let all = paths(&[OsStr::new("--config"), library.config().as_os_str()]);
    let entry = all
        .iter()
        .find(|entry| entry.id == id)
        .expect("the item has a path");
    mounted.path().join(&entry.path)
}
