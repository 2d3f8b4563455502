//! How another process asks the one that serves a mount to do something.
//!
//! The serving process listens on a socket of the abstract namespace (unix(7)), which is named by the
//! device number of the mount: whoever sees the mount can find it, and nothing is left behind when the
//! process dies. A question is a line and so is the answer: `ok WORD` or `error MESSAGE`. Only root and
//! the user who mounted are answered.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use rustix::fs::{major, minor};

use crate::follow::{Extent, Looked, Reloader};
use crate::mountpoint;

/// The longest question.
const LONGEST: u64 = 64;
/// How long somebody who connected may take to ask.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a mount may be there before its process listens.
const START: Duration = Duration::from_secs(5);
/// How long to wait before something is tried again.
const PAUSE: Duration = Duration::from_millis(50);
/// How often a name is tried that another process has.
const ATTEMPTS: usize = 40;

/// Answers other processes, until it is dropped.
#[derive(Debug)]
pub(crate) struct Control {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Control {
    /// Answers for the mount with this device number.
    ///
    /// # Errors
    ///
    /// If the system does not let us listen, or somebody else listens in our stead.
    pub(crate) fn start(device: u64, reloader: Reloader) -> io::Result<Self> {
        let address = address(device)?;
        let listener = listen(&address)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let run = {
            let is_over = Arc::clone(&is_over);
            move || {
                while !is_over.load(Ordering::Acquire) {
                    let accepted = listener.accept();
                    let answered = accepted.and_then(|(stream, _)| answer(&stream, &reloader));
                    if let Err(error) = answered {
                        tracing::debug!(%error, "a question was not answered");
                        // Where there is no descriptor left, the next try would fail at once.
                        thread::sleep(PAUSE);
                    }
                }
            }
        };
        thread::Builder::new()
            .name("control".to_owned())
            .spawn(run)?;
        Ok(Self { address, is_over })
    }
}

/// Listens at an address. The process of an earlier mount, whose number the kernel has given to this one, may
/// be about to end.
fn listen(address: &SocketAddr) -> io::Result<UnixListener> {
    for _ in 1..ATTEMPTS {
        match UnixListener::bind_addr(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => thread::sleep(PAUSE),
            bound => return bound,
        }
    }
    UnixListener::bind_addr(address)
}

impl Drop for Control {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        // It waits for somebody to connect.
        let _ = UnixStream::connect_addr(&self.address);
    }
}

/// Has the library that is mounted at `mountpoint` looked at now, and returns whether anything had changed;
/// with `everything`, it is read again as a whole.
///
/// # Errors
///
/// If no library is mounted there, its process cannot be asked, or it cannot read the library.
pub(crate) fn reload(mountpoint: &Path, everything: bool) -> Result<bool> {
    let device = mountpoint::device(mountpoint)?;
    let stream = connect(&address(device)?).with_context(|| {
        format!(
            "the process that serves {} cannot be reached from here; send it SIGHUP instead",
            mountpoint.display()
        )
    })?;
    let question = if everything { "reload all" } else { "reload" };
    // Whoever may not ask is answered before that.
    let _ = writeln!(&stream, "{question}");
    let mut answer = String::new();
    BufReader::new(&stream).read_line(&mut answer)?;
    match answer.trim_end().split_once(' ') {
        Some(("ok", word)) => Ok(word == "changed"),
        Some(("error", message)) => Err(anyhow!("{message}")),
        _ => bail!("the process that serves the mount did not answer; it may just be ending"),
    }
}

/// Connects to the process that serves a mount, which may just have been made.
fn connect(address: &SocketAddr) -> io::Result<UnixStream> {
    let start = Instant::now();
    loop {
        match UnixStream::connect_addr(address) {
            Err(error)
                if error.kind() == io::ErrorKind::ConnectionRefused && start.elapsed() < START =>
            {
                thread::sleep(PAUSE);
            }
            connected => return connected,
        }
    }
}

fn address(device: u64) -> io::Result<SocketAddr> {
    let name = format!("musicfs/{}:{}", major(device), minor(device));
    SocketAddr::from_abstract_name(name)
}

fn answer(mut stream: &UnixStream, reloader: &Reloader) -> io::Result<()> {
    let peer = rustix::net::sockopt::socket_peercred(stream)?.uid;
    if !peer.is_root() && peer != rustix::process::geteuid() {
        return writeln!(
            stream,
            "error only root and the user who mounted it may do that"
        );
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut question = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut question)?;
    let looked: Looked = match question.trim_end() {
        "reload" => wait(reloader, Extent::Changes),
        "reload all" => wait(reloader, Extent::Everything),
        unknown => Err(format!("unknown question {unknown:?}")),
    };
    match looked {
        Ok(true) => writeln!(stream, "ok changed"),
        Ok(false) => writeln!(stream, "ok unchanged"),
        Err(message) => writeln!(stream, "error {}", message.replace('\n', " ")),
    }
}

fn wait(reloader: &Reloader, extent: Extent) -> Looked {
    let looked = reloader.reload(extent).recv();
    looked.unwrap_or_else(|_| Err("the mount is ending".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_a_moment_later_is_reached() {
        let name = format!("musicfs-test/{}", std::process::id());
        let address = SocketAddr::from_abstract_name(name).unwrap();
        thread::scope(|scope| {
            let connected = scope.spawn(|| connect(&address));
            thread::sleep(2 * PAUSE);
            let listener = UnixListener::bind_addr(&address).unwrap();
            listener.accept().unwrap();
            assert!(connected.join().unwrap().is_ok());
        });
    }

    #[test]
    fn a_name_that_becomes_free_is_taken() {
        let name = format!("musicfs-test/free/{}", std::process::id());
        let address = SocketAddr::from_abstract_name(name).unwrap();
        let other = UnixListener::bind_addr(&address).unwrap();
        let ending = thread::spawn(move || {
            thread::sleep(PAUSE * 3);
            drop(other);
        });
        assert!(listen(&address).is_ok());
        ending.join().unwrap();
    }
}
