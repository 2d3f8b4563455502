//! What is done in the background, and that nobody waits for it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::{self, sleep};
use std::time::Duration;

use fixtures::Library;
use rusqlite::{Connection, OpenFlags};

use crate::support::{Mounted, eventually, execute, fixture, send, served_item};

/// A server of origins, which may be asleep.
struct Server(Mounted);

impl Server {
    /// Starts one that serves a library by the numbers of its items.
    fn start(library: &Library) -> Self {
        let args = ["-o", "nostate", "--path-format", "$id"];
        Self(Mounted::library(library, &args))
    }

    /// Has an item of another library be on this server.
    #[track_caller]
    fn take(&self, library: &Library, id: i64, extension: &str) {
        let path = self.0.path().join(format!("{id}.{extension}"));
        assert!(path.is_file(), "{}", path.display());
        let path = path.display();
        let sql = format!("UPDATE items SET path = CAST('{path}' AS BLOB) WHERE id = {id}");
        execute(library, &sql);
    }

    fn sleep(&self) {
        send("STOP", self.0.pid());
    }

    fn wake(&self) {
        send("CONT", self.0.pid());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.wake();
    }
}

/// Returns of how many files something is kept.
fn n_kept(state: &Path) -> u32 {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let kept = Connection::open_with_flags(state.join("state.db"), flags).unwrap();
    kept.busy_timeout(Duration::from_secs(10)).unwrap();
    let count = "SELECT count(*) FROM files";
    kept.query_row(count, [], |row| row.get(0)).unwrap()
}

fn is_done(mounted: &Mounted) -> bool {
    mounted.log().contains("sizes and times are known")
}

/// The first file that the background comes to, and the last one that is asked for, are on servers that sleep.
#[test]
fn the_background_waits_for_programs_and_none_for_it_and_goes_on_where_they_never_end() {
    let (Some(library), Some(other)) = (fixture(), fixture()) else {
        return;
    };
    let [first, last] = [Server::start(&other), Server::start(&other)];
    first.take(&library, 1, "mp3");
    last.take(&library, 8, "flac");
    first.sleep();
    last.sleep();
    let state = library.folder().join("state");
    let options = format!("state={}", state.display());
    let mounted = Mounted::library(&library, &["-q", "id:1..8", "-o", &options]);
    // The background is at the first file now, and comes no further.
    sleep(Duration::from_millis(300));
    let path = |id| served_item(&mounted, &library, id);
    for id in [3, 4] {
        let len = fs::metadata(path(id)).unwrap().size();
        assert_eq!(fs::read(path(id)).unwrap().len() as u64, len);
    }
    assert_eq!(
        n_kept(&state),
        0,
        "the background came past a server that sleeps"
    );
    let asks_for_last = path(8);
    let reader = thread::spawn(move || fs::read(asks_for_last).unwrap());
    sleep(Duration::from_millis(300));
    first.wake();
    eventually("all known that can be", &mounted, || n_kept(&state) == 7);
    assert!(!reader.is_finished() && !is_done(&mounted));
    last.wake();
    let bytes = reader.join().unwrap();
    assert_eq!(fs::metadata(path(8)).unwrap().size(), bytes.len() as u64);
    eventually("all known", &mounted, || is_done(&mounted));
    assert!(!mounted.log().contains("WARN"), "{}", mounted.log());
}

/// Mounts a library that is known already, has all of it looked at again while the background is paused, one
/// item with other tags, and has it go on if `goes_on`; returns the looks and the renderings that were counted.
fn work(library: &Library, goes_on: bool) -> [u64; 2] {
    let state = format!("state={}", library.folder().join("state").display());
    let mounted = Mounted::library(library, &["-o", &state]);
    eventually("all known", &mounted, || is_done(&mounted));
    send("USR1", mounted.pid());
    eventually("paused", &mounted, || mounted.log().contains("paused"));
    send("HUP", mounted.pid());
    eventually("reloaded", &mounted, || mounted.log().contains("reloaded"));
    let sql = format!("UPDATE items SET comments = '{goes_on}' WHERE id = 3");
    execute(library, &sql);
    eventually("reloaded again", &mounted, || {
        mounted.log().matches("reloaded").count() == 2
    });
    // Time enough to look at all of it.
    sleep(Duration::from_millis(500));
    if goes_on {
        send("USR1", mounted.pid());
        eventually("all known again", &mounted, || {
            mounted.log().matches("sizes and times are known").count() == 2
        });
    }
    let log = mounted.stop_by("TERM");
    [" looks=", " renders="].map(|name| {
        let (_, count) = log.split_once(name).unwrap();
        count.split(' ').next().unwrap().parse().unwrap()
    })
}

#[test]
fn nothing_is_looked_at_while_it_is_paused_and_everything_afterwards() {
    let Some(library) = fixture() else {
        return;
    };
    let n_items = library.items().len() as u64;
    let state = format!("state={}", library.folder().join("state").display());
    let mounted = Mounted::library(&library, &["-o", &state]);
    eventually("all known", &mounted, || is_done(&mounted));
    mounted.stop_by("TERM");
    assert_eq!(work(&library, false), [n_items, 0]);
    let [looks, renders] = work(&library, true);
    // Files of which the rows are on one page with that of the other item are looked at once more.
    assert!(looks >= 2 * n_items, "{looks}");
    // That which was not done when it was paused, and another.
    assert_eq!(renders, 2);
}
