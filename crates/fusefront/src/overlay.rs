//! What is written over a rendering, or from nothing, and when that is a complete save.
//!
//! Written bytes lie in a file of their own, each at its offset in the virtual file; the rest shows the
//! rendering. A save is complete when the process that opened a handle closes it. Whoever else has
//! inherited the handle closes it too, if only to run another program, and says nothing by that.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use splice::{ReadAt, Reader};

use crate::ranges::Ranges;
use crate::spill::{Spill, refusal};
use crate::{Edit, Error, Taken};

/// What each range costs besides its bytes: a block of a filesystem, and what is noted of it.
const BLOCK: u64 = 4096;
/// How much is compared at a time.
const CHUNK: u64 = 64 << 10;

/// A number for a process; 0 for one that cannot be told from others.
pub(crate) type Process = u32;

/// A file that is written.
///
/// The content changes only while `saving` is held, and so never waits for a library that takes an edit
/// over; what is asked of it without reading is in the book, which nobody holds for long.
#[derive(Debug)]
pub(crate) struct Overlay {
    spill: Arc<Spill>,
    saving: Mutex<()>,
    content: RwLock<Content>,
    book: Mutex<Book>,
}

#[derive(Debug)]
struct Content {
    base: Option<Arc<Reader>>,
    /// How much of the base, from its start, shows where nothing is written.
    shown: u64,
    len: u64,
    written: Ranges,
    file: Option<File>,
    /// What was taken of the spill.
    cost: u64,
}

/// What is noted of a file.
#[derive(Debug)]
struct Book {
    len: u64,
    /// When it was changed last; `None` if it is its base.
    changed: Option<SystemTime>,
    /// Counts the changes.
    version: u64,
    /// The version of which it was last found out what becomes of it.
    settled: u64,
    /// The last save that was committed and still shows.
    taken: Option<Taken>,
    /// Whether the last save was refused, and there is a base to be shown again.
    is_refused: bool,
    writers: HashMap<u64, Writer>,
}

/// A handle that may write.
#[derive(Debug)]
struct Writer {
    opener: Process,
    /// Whether it wrote something since it was last closed.
    is_dirty: bool,
}

impl Overlay {
    /// Makes a file that is `base`, or empty.
    pub(crate) fn new(spill: Arc<Spill>, base: Option<Arc<Reader>>) -> Self {
        let len = base.as_ref().map_or(0, |base| base.len());
        let content = Content {
            base,
            shown: len,
            len,
            written: Ranges::default(),
            file: None,
            cost: 0,
        };
        let book = Book {
            len,
            changed: None,
            version: 0,
            settled: 0,
            taken: None,
            is_refused: false,
            writers: HashMap::new(),
        };
        Self {
            spill,
            saving: Mutex::default(),
            content: RwLock::new(content),
            book: Mutex::new(book),
        }
    }

    /// Notes a handle that may write.
    pub(crate) fn begin(&self, fh: u64, opener: Process) {
        let is_dirty = false;
        let writer = Writer { opener, is_dirty };
        self.book().writers.insert(fh, writer);
    }

    /// Returns whether handles that may write are open.
    pub(crate) fn is_open(&self) -> bool {
        !self.book().writers.is_empty()
    }

    /// Returns the length and when it was changed, unless it is its base.
    pub(crate) fn edited(&self) -> Option<(u64, SystemTime)> {
        let book = self.book();
        book.changed.map(|changed| (book.len, changed))
    }

    /// Returns the length.
    pub(crate) fn len(&self) -> u64 {
        self.book().len
    }

    /// Puts the bytes at `offset` into `scratch`; fewer than `len` only at the end.
    pub(crate) fn read<'s>(
        &self,
        offset: u64,
        len: usize,
        scratch: &'s mut Vec<u8>,
    ) -> Result<&'s [u8], Error> {
        if scratch.len() < len {
            scratch.resize(len, 0);
        }
        let n = self.content().read(&mut scratch[..len], offset)?;
        Ok(&scratch[..n])
    }

    /// Writes through a handle.
    pub(crate) fn write(&self, fh: u64, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.change(fh, |content| content.write(&self.spill, offset, bytes))
    }

    /// Makes it `len` bytes long, through a handle.
    pub(crate) fn truncate(&self, fh: u64, len: u64) -> Result<(), Error> {
        if len == self.len() {
            return Ok(());
        }
        self.change(fh, |content| content.truncate(&self.spill, len))
    }

    fn change(
        &self,
        fh: u64,
        change: impl FnOnce(&mut Content) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let _saving = self.saving();
        let mut content = self.content_to_change();
        change(&mut content)?;
        self.book().note_change(fh, content.len);
        Ok(())
    }

    /// Returns whether it was emptied, and what becomes of that is not settled.
    pub(crate) fn is_emptied(&self) -> bool {
        let book = self.book();
        book.len == 0 && book.version != book.settled
    }

    /// Notes that `closer` closes a handle; returns whether a save is complete by that.
    ///
    /// What is empty is still to be written, if the handle may have other copies, or there are other ones.
    pub(crate) fn close(&self, fh: u64, closer: Process, has_copies: bool) -> bool {
        let mut book = self.book();
        let is_unwritten = book.len == 0 && (has_copies || book.writers.len() > 1);
        let Some(writer) = book.writers.get_mut(&fh) else {
            return false;
        };
        let is_known = writer.opener != 0 && closer != 0;
        let is_inherited = is_known && writer.opener != closer;
        if is_inherited || is_unwritten {
            return false;
        }
        writer.is_dirty = false;
        book.is_complete()
    }

    /// Notes that a handle is gone; returns whether a save is complete by that.
    pub(crate) fn end(&self, fh: u64) -> bool {
        let mut book = self.book();
        book.writers.remove(&fh);
        let is_unwritten = book.len == 0 && !book.writers.is_empty();
        !is_unwritten && book.is_complete()
    }

    /// Hands the edit to `commit`, if it is not settled what becomes of it, or if it `must` be handed.
    /// It stays as it is meanwhile. An empty file is refused without that.
    pub(crate) fn save(
        &self,
        must: bool,
        commit: impl FnOnce(&Edit<'_>) -> Result<Taken, Error>,
    ) -> Result<(), Error> {
        let _saving = self.saving();
        let (is_settled, before) = {
            let book = self.book();
            (book.version == book.settled, book.taken.clone())
        };
        if is_settled && !must {
            return Ok(());
        }
        let content = self.content();
        // What was committed before is what was edited. If it cannot be found out whether anything is other
        // than in the base, the library can say more about it.
        if before.is_none() && content.is_base().unwrap_or(false) {
            drop(content);
            self.revert(self.content_to_change());
            return Ok(());
        }
        // Of what is empty there is nothing to look at, and nothing to keep.
        let committed = if content.len == 0 {
            Err(Error::refused("the file was emptied"))
        } else {
            commit(&content.edit().after(before))
        };
        let has_base = content.base.is_some();
        drop(content);
        let mut book = self.book();
        book.settled = book.version;
        // What has no base is a file of its own, which stays for its owner to do what he likes with.
        book.is_refused = committed.is_err() && has_base;
        book.taken = Some(committed?);
        Ok(())
    }

    /// Returns the last save that was committed and still shows.
    pub(crate) fn taken(&self) -> Option<Taken> {
        self.book().taken.clone()
    }

    /// Returns whether the last save was refused, nobody goes on with it, and there is a base.
    pub(crate) fn is_given_up(&self) -> bool {
        self.book().is_given_up()
    }

    /// Shows the base again if that is so; returns whether it did. Waits for no save, and only if it `may_wait`
    /// for those who are reading, which takes as long as an origin takes to answer.
    pub(crate) fn give_up(&self, may_wait: bool) -> bool {
        let Ok(_saving) = self.saving.try_lock() else {
            return false;
        };
        if !self.book().is_given_up() {
            return false;
        }
        let content = if may_wait {
            Some(self.content_to_change())
        } else {
            self.content.try_write().ok()
        };
        let Some(content) = content else {
            return false;
        };
        self.revert(content);
        true
    }

    /// Makes it its base again, while it is not saved.
    fn revert(&self, mut content: RwLockWriteGuard<'_, Content>) {
        content.revert(&self.spill);
        let mut book = self.book();
        book.len = content.len;
        book.changed = None;
        book.settled = book.version;
        book.taken = None;
        book.is_refused = false;
    }

    fn saving(&self) -> MutexGuard<'_, ()> {
        self.saving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn content(&self) -> RwLockReadGuard<'_, Content> {
        self.content.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn content_to_change(&self) -> RwLockWriteGuard<'_, Content> {
        self.content.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        let cost = self.content().cost;
        self.spill.give(cost);
    }
}

impl Book {
    fn is_complete(&self) -> bool {
        self.version != self.settled && !self.has_dirty_writers()
    }

    fn is_given_up(&self) -> bool {
        self.is_refused && self.version == self.settled && !self.has_dirty_writers()
    }

    fn has_dirty_writers(&self) -> bool {
        self.writers.values().any(|writer| writer.is_dirty)
    }

    fn note_change(&mut self, fh: u64, len: u64) {
        self.len = len;
        self.version += 1;
        self.changed = Some(now());
        if let Some(writer) = self.writers.get_mut(&fh) {
            writer.is_dirty = true;
        }
    }
}

impl Content {
    fn base_len(&self) -> u64 {
        self.base.as_ref().map_or(0, |base| base.len())
    }

    /// Reads as far as there is something; returns how much that was.
    fn read(&self, buf: &mut [u8], offset: u64) -> Result<usize, Error> {
        let left = self.len.saturating_sub(offset);
        let n = usize::try_from(left).map_or(buf.len(), |left| left.min(buf.len()));
        let mut rest = &mut buf[..n];
        for (range, is_written) in self.written.split(offset..offset + n as u64) {
            let (now, later) = rest.split_at_mut(span(&range));
            match &self.file {
                Some(file) if is_written => file
                    .read_exact_at(now, range.start)
                    .map_err(Error::Written)?,
                _ => self.read_base(now, range.start)?,
            }
            rest = later;
        }
        Ok(n)
    }

    /// Reads what shows where nothing is written: the base, and zeros after it.
    fn read_base(&self, buf: &mut [u8], offset: u64) -> Result<(), Error> {
        let n = span(&(offset..self.shown.max(offset))).min(buf.len());
        let (shown, beyond) = buf.split_at_mut(n);
        beyond.fill(0);
        if let Some(base) = self.base.as_ref().filter(|_| n > 0) {
            let mut scratch = Vec::new();
            shown.copy_from_slice(base.read(offset, n, &mut scratch)?);
        }
        Ok(())
    }

    fn write(&mut self, spill: &Spill, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let end = offset.saturating_add(bytes.len() as u64);
        self.check_len(spill, end)?;
        let most = bytes.len() as u64 + BLOCK;
        spill.take(most)?;
        self.cost += most;
        let written = self.write_file(spill, offset, bytes);
        if written.is_ok() {
            self.written.insert(offset..end);
            self.len = self.len.max(end);
        }
        self.settle_cost(spill);
        written
    }

    fn write_file(&mut self, spill: &Spill, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(spill.file()?),
        };
        file.write_all_at(bytes, offset).map_err(refusal)
    }

    fn truncate(&mut self, spill: &Spill, len: u64) -> Result<(), Error> {
        self.check_len(spill, len)?;
        if let Some(file) = &self.file {
            file.set_len(len).map_err(refusal)?;
        }
        self.written.cut(len);
        self.shown = self.shown.min(len);
        self.len = len;
        self.settle_cost(spill);
        Ok(())
    }

    /// Refuses a length that only holes could give.
    fn check_len(&self, spill: &Spill, len: u64) -> Result<(), Error> {
        if len > self.base_len().saturating_add(spill.most()) {
            return Err(spill.full());
        }
        Ok(())
    }

    /// Gives back what was taken of the spill beyond what is used.
    fn settle_cost(&mut self, spill: &Spill) {
        let cost = self.written.total() + self.written.len() as u64 * BLOCK;
        spill.give(self.cost.saturating_sub(cost));
        self.cost = cost;
    }

    fn revert(&mut self, spill: &Spill) {
        self.written = Ranges::default();
        self.file = None;
        self.len = self.base_len();
        self.shown = self.len;
        self.settle_cost(spill);
    }

    fn edit(&self) -> Edit<'_> {
        let Some(base) = &self.base else {
            return Edit::of(self);
        };
        let parts = self.written.split(0..self.shown).into_iter();
        let unchanged = parts.filter(|(_, is_written)| !is_written);
        Edit::of(self).over(base, unchanged.map(|(range, _)| range).collect())
    }

    /// Returns whether it has a base, and its bytes.
    fn is_base(&self) -> Result<bool, Error> {
        let Some(base) = &self.base else {
            return Ok(false);
        };
        if self.len != base.len() {
            return Ok(false);
        }
        let (mut ours, mut scratch) = (vec![0; span(&(0..CHUNK))], Vec::new());
        for (mut range, is_written) in self.written.split(0..self.len) {
            if !is_written {
                range.start = range.start.max(self.shown.min(range.end));
            }
            while !range.is_empty() {
                let n = span(&range).min(ours.len());
                self.read(&mut ours[..n], range.start)?;
                if base.read(range.start, n, &mut scratch)? != &ours[..n] {
                    return Ok(false);
                }
                range.start += n as u64;
            }
        }
        Ok(true)
    }
}

impl ReadAt for Content {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.read(buf, offset).map_err(io::Error::other)
    }
}

/// Returns the length of a range, which a buffer has or which is only compared with one's.
fn span(range: &Range<u64>) -> usize {
    usize::try_from(range.end - range.start).unwrap_or(usize::MAX)
}

/// Returns the time of a change. It never is that of a rendering, which is in whole seconds.
fn now() -> SystemTime {
    let now = SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    if since.subsec_nanos() == 0 {
        now + Duration::from_nanos(1)
    } else {
        now
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use splice::{Origin, Plan};

    use super::*;

    /// Somebody reads, and the origin takes its time to answer.
    #[test]
    fn whoever_must_not_wait_gives_up_nothing_that_is_being_read() {
        let origin = tempfile::NamedTempFile::new().unwrap();
        origin.as_file().set_len(1000).unwrap();
        let origin = Arc::new(Origin::open(origin.path()).unwrap());
        let base = Reader::new(Arc::new(Plan::identity(1000)), origin).unwrap();
        let spill = Arc::new(Spill::new(&std::env::temp_dir(), 1 << 20).unwrap());
        let overlay = Overlay::new(spill, Some(Arc::new(base)));
        overlay.begin(1, 7);
        overlay.write(1, 0, b"edited").unwrap();
        assert!(overlay.close(1, 7, false));
        assert!(overlay.save(false, |_| Err(Error::Busy)).is_err());
        thread::scope(|scope| {
            let (overlay, reading) = (&overlay, overlay.content());
            let (done, is_done) = mpsc::channel();
            scope.spawn(move || done.send(overlay.give_up(false)));
            let given_up = is_done.recv_timeout(Duration::from_secs(20));
            drop(reading);
            assert_eq!(given_up, Ok(false));
        });
        assert!(overlay.edited().is_some() && overlay.give_up(false));
        assert!(overlay.edited().is_none());
    }
}
