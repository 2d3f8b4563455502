//! What is done through the mount, by another process or by a thread of this one.
//!
//! Whoever waits for an answer of its own process cannot be killed, and then keeps the process, and with
//! it the mount, from ending. So it should be another process. It is told what to do through a socket,
//! one thing at a time, and answers each with an errno, 0 if there is none.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, XattrFlags};
use rustix::io::Errno;

use super::own::{Acting, Own};

/// A name that is looked up to see whether the mount is still ours; whether it exists does not matter.
const PROBE: &str = ".musicfs-probe";
/// Permissions, of which the session takes no notice.
const ANY: Mode = Mode::RWXU;
/// The name of an attribute, which the session does not keep.
const MARK: &str = "user.musicfs.changed";
/// The longest path (`PATH_MAX` of Linux).
const LONGEST: usize = 4096;

/// Who does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hands {
    /// A thread of this process, which can then not be killed at any moment without a trace: its mount may
    /// stay until `umount -f`.
    Thread,
    /// The program and arguments of a process that calls [`announce`].
    Process(Vec<OsString>),
}

/// What can be done. Names are in the directory that was opened last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Opens the root of the mount, and looks a name up in it.
    Root,
    /// Opens a directory of the mount, and nothing that may be mounted in it.
    Dir,
    RemoveFile,
    RemoveDir,
    MakeFile,
    MakeDir,
    /// Sets an attribute of a file, of which watchers are told as of any other (inotify(7)). To set its times
    /// would do so too, but the kernel takes its size from the answer, which may be that of a moment ago.
    Touch,
    /// Opens a file for writing and closes it: what watchers take for the end of a change.
    WriteNothing,
    /// Closes everything: a mount in use cannot be unmounted.
    Rest,
}

const ACTS: [Act; 9] = [
    Act::Root,
    Act::Dir,
    Act::RemoveFile,
    Act::RemoveDir,
    Act::MakeFile,
    Act::MakeDir,
    Act::Touch,
    Act::WriteNothing,
    Act::Rest,
];

/// The way to whoever does it.
#[derive(Debug)]
pub(super) struct Link {
    socket: UnixStream,
    /// Taken when it is to end.
    acts: Option<(Doer, Acting)>,
}

/// What does it.
#[derive(Debug)]
enum Doer {
    Thread(JoinHandle<()>),
    Process(Child),
}

impl Link {
    /// Starts a process, or a thread, and waits for no more than `patience` for whatever it is to do.
    pub(super) fn start(hands: &Hands, own: &Arc<Own>, patience: Duration) -> io::Result<Self> {
        let hang = || io::Error::other("those that hang have not ended yet");
        let acting = own.begin().ok_or_else(hang)?;
        let (socket, other) = UnixStream::pair()?;
        socket.set_read_timeout(Some(patience))?;
        socket.set_write_timeout(Some(patience))?;
        let doer = match hands {
            Hands::Thread => {
                let thread = thread::Builder::new().name("hands".to_owned());
                Doer::Thread(thread.spawn(move || serve(&other))?)
            }
            Hands::Process(words) => Doer::Process(spawn(words, other.into())?),
        };
        let mut link = Self {
            socket,
            acts: Some((doer, acting)),
        };
        // The number that the kernel gives with its requests.
        let mut thread = [0; 4];
        link.socket.read_exact(&mut thread)?;
        if let Some((_, acting)) = &link.acts {
            acting.be(u32::from_le_bytes(thread));
        }
        Ok(link)
    }

    /// Returns whether whoever does it has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        match &mut self.acts {
            Some((Doer::Process(child), _)) => !matches!(child.try_wait(), Ok(None)),
            _ => false,
        }
    }

    /// Has something done; the outer error is that nobody is there to do it.
    pub(super) fn act(&mut self, act: Act, name: &[u8]) -> io::Result<Result<(), Errno>> {
        let number = ACTS.iter().position(|&one| one == act).unwrap_or_default();
        let head = [number, name.len()].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        let mut message: Vec<u8> = head
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        message.extend_from_slice(name);
        self.socket.write_all(&message)?;
        let mut answer = [0; 4];
        self.socket.read_exact(&mut answer)?;
        Ok(match i32::from_le_bytes(answer) {
            0 => Ok(()),
            errno => Err(Errno::from_raw_os_error(errno)),
        })
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // It ends when it next looks at the socket, or when it is killed; either may take until the mount
        // answers it.
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        if let Some((doer, acting)) = self.acts.take() {
            thread::spawn(move || {
                doer.end();
                drop(acting);
            });
        }
    }
}

impl Doer {
    /// Waits until it has ended.
    fn end(self) {
        match self {
            Self::Thread(thread) => {
                let _ = thread.join();
            }
            Self::Process(mut child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

fn spawn(words: &[OsString], socket: OwnedFd) -> io::Result<Child> {
    let Some((program, args)) = words.split_first() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut command = Command::new(program);
    // In a group of its own, so that what a terminal sends is for the one that serves.
    command.args(args).process_group(0).stdin(socket);
    command.stdout(Stdio::null()).spawn()
}

/// Does what a session that was mounted with [`Hands::Process`] says through the standard input, until that
/// is closed.
///
/// # Errors
///
/// If there is no standard input.
pub fn announce() -> io::Result<()> {
    // What lists of processes show, whatever path it was started by.
    let _ = rustix::thread::set_name(c"musicfs-watch");
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    serve(&UnixStream::from(socket));
    Ok(())
}

fn serve(mut socket: &UnixStream) {
    let thread = rustix::thread::gettid().as_raw_nonzero().get();
    let mut place = Place::default();
    let mut answer = thread.to_le_bytes();
    while socket.write_all(&answer).is_ok() {
        let Ok((act, name)) = receive(socket) else {
            break;
        };
        let errno = place.act(act, &name).err().map_or(0, Errno::raw_os_error);
        answer = errno.to_le_bytes();
    }
}

fn receive(mut socket: &UnixStream) -> io::Result<(Act, Vec<u8>)> {
    let mut number = || {
        let mut bytes = [0; 4];
        socket.read_exact(&mut bytes)?;
        Ok::<_, io::Error>(u32::from_le_bytes(bytes) as usize)
    };
    let (act, len) = (number()?, number()?);
    let act = ACTS.get(act).filter(|_| len <= LONGEST);
    let mut name = vec![0; len.min(LONGEST)];
    socket.read_exact(&mut name)?;
    Ok((*act.ok_or(io::ErrorKind::InvalidData)?, name))
}

/// Where things are done.
#[derive(Debug, Default)]
struct Place {
    root: Option<OwnedFd>,
    dir: Option<OwnedFd>,
}

impl Place {
    fn act(&mut self, act: Act, name: &[u8]) -> Result<(), Errno> {
        match act {
            Act::Root => {
                let root = rustix::fs::open(name, folder(), Mode::empty())?;
                let _ = rustix::fs::statat(&root, PROBE, AtFlags::SYMLINK_NOFOLLOW);
                self.root = Some(root);
            }
            Act::Dir => self.dir = Some(beneath(self.root.as_ref().ok_or(Errno::BADF)?, name)?),
            Act::Rest => *self = Self::default(),
            _ => act_in(self.dir.as_ref().ok_or(Errno::BADF)?, act, name)?,
        }
        Ok(())
    }
}

fn act_in(dir: &OwnedFd, act: Act, name: &[u8]) -> Result<(), Errno> {
    match act {
        Act::RemoveFile => rustix::fs::unlinkat(dir, name, AtFlags::empty()),
        Act::RemoveDir => rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR),
        Act::MakeFile => rustix::fs::mknodat(dir, name, FileType::RegularFile, ANY, 0),
        Act::MakeDir => rustix::fs::mkdirat(dir, name, ANY),
        Act::Touch => rustix::fs::lsetxattr(path_of(dir, name), MARK, &[], XattrFlags::empty()),
        Act::WriteNothing => {
            let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            rustix::fs::openat(dir, name, flags, Mode::empty()).map(drop)
        }
        Act::Root | Act::Dir | Act::Rest => Err(Errno::INVAL),
    }
}

/// Returns a path by which calls reach a name in a directory that take no descriptor of one (proc(5)).
fn path_of(dir: &OwnedFd, name: &[u8]) -> Vec<u8> {
    let dir = format!("/proc/self/fd/{}/", dir.as_raw_fd());
    [dir.as_bytes(), name].concat()
}

/// How folders are opened: to find names in them.
fn folder() -> OFlags {
    OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

fn beneath(root: &OwnedFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    let path = if path.is_empty() { b"." } else { path };
    let within = ResolveFlags::BENEATH | ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
    rustix::fs::openat2(root, path, folder(), Mode::empty(), within)
}
