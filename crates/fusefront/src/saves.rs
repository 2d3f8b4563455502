//! Files that are written, and when what was written is handed to the library.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vtree::{InodeNo, LeafId};

use crate::foreign::{Area, ForeignFile, is_foreign, is_foreign_handle};
use crate::fs::{Fs, Opened, Outdated};
use crate::handle::Handle;
use crate::later::Notice;
use crate::overlay::{Overlay, Process};
use crate::{Edit, Error, Library, Taken, copies};

/// A file by one of its handles.
#[derive(Debug)]
pub(crate) enum OpenFile {
    Leaf(Arc<Handle>),
    Foreign(Arc<ForeignFile>),
}

impl OpenFile {
    pub(crate) fn ino(&self) -> InodeNo {
        match self {
            Self::Leaf(handle) => handle.pinned.ino(),
            Self::Foreign(file) => file.ino,
        }
    }

    /// Returns the length of what is read.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Leaf(handle) => handle.pinned.attr().len(),
            Self::Foreign(file) => file.overlay.len(),
        }
    }

    pub(crate) fn read<'a>(
        &'a self,
        offset: u64,
        len: u32,
        scratch: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], Error> {
        match self {
            Self::Leaf(handle) => handle.read(offset, len, scratch),
            Self::Foreign(file) => {
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                file.overlay.read(offset, len, scratch)
            }
        }
    }

    /// Returns what is written, if any handle may write.
    fn overlay(&self) -> Option<&Overlay> {
        match self {
            Self::Leaf(handle) => handle.pinned.overlay.get().map(|overlay| &**overlay),
            Self::Foreign(file) => Some(&file.overlay),
        }
    }
}

impl<L: Library> Fs<L> {
    /// Returns where names are that are not the library's, if files may be written.
    pub(crate) fn area(&self) -> Result<&Area, Error> {
        self.area.as_deref().ok_or(Error::ReadOnly)
    }

    pub(crate) fn file(&self, fh: u64) -> Result<OpenFile, Error> {
        if is_foreign_handle(fh) {
            return self.area()?.handle(fh).map(OpenFile::Foreign);
        }
        self.handle(fh).map(OpenFile::Leaf)
    }

    /// Opens a file that is not the library's for reading.
    pub(crate) fn open_foreign(&self, ino: InodeNo) -> Result<Opened, Error> {
        let fh = self.area()?.open(ino)?;
        let is_as_told = false;
        Ok(Opened { fh, is_as_told })
    }

    /// Opens a file for writing on behalf of `process`, and empties it if `is_emptied`.
    pub(crate) fn open_to_write(
        &self,
        ino: InodeNo,
        is_emptied: bool,
        process: Process,
    ) -> Result<Opened, Error> {
        let area = self.area()?;
        let opened = match ino.leaf() {
            _ if is_foreign(ino) => self.open_foreign(ino)?,
            Some(leaf) if !self.library.is_editable(leaf) => return Err(Error::NotPermitted),
            _ => self.open(ino)?,
        };
        let file = self.file(opened.fh)?;
        let overlay = match &file {
            OpenFile::Leaf(handle) => {
                let pinned = &handle.pinned;
                let base = || Some(pinned.reader.clone());
                let overlay = || Box::new(Overlay::new(area.spill.clone(), base()));
                pinned.overlay.get_or_init(overlay)
            }
            OpenFile::Foreign(file) => &file.overlay,
        };
        overlay.begin(opened.fh, process);
        if is_emptied {
            let truncated = self.truncate_open(opened.fh, 0);
            if let Err(error) = truncated {
                self.release(opened.fh)?;
                return Err(error);
            }
        }
        Ok(opened)
    }

    /// Writes through a handle.
    pub(crate) fn write(&self, fh: u64, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let file = self.file(fh)?;
        let overlay = file.overlay().ok_or(Error::BadHandle { fh })?;
        self.distrust(file.ino());
        overlay.write(fh, offset, bytes)
    }

    /// Makes a file `len` bytes long, through a handle or by its name; the latter is a save of its own.
    pub(crate) fn truncate(&self, ino: InodeNo, fh: Option<u64>, len: u64) -> Result<(), Error> {
        if let Some(fh) = fh {
            return self.truncate_open(fh, len);
        }
        let Opened { fh, .. } = self.open_to_write(ino, false, 0)?;
        let has_copies = false;
        let close = || self.close_file(&self.file(fh)?, fh, 0, has_copies);
        let truncated = self.truncate_open(fh, len).and_then(|()| close());
        self.release(fh)?;
        truncated
    }

    fn truncate_open(&self, fh: u64, len: u64) -> Result<(), Error> {
        let file = self.file(fh)?;
        let overlay = file.overlay().ok_or(Error::BadHandle { fh })?;
        self.distrust(file.ino());
        overlay.truncate(fh, len)
    }

    /// Makes a file at least `len` bytes long.
    pub(crate) fn extend(&self, fh: u64, len: u64) -> Result<(), Error> {
        if self.file(fh)?.len() < len {
            self.truncate_open(fh, len)?;
        }
        Ok(())
    }

    /// Notes that a process closes a handle, and commits the save that is complete by that.
    pub(crate) fn close(&self, fh: u64, closer: Process) -> Result<(), Error> {
        let file = self.file(fh)?;
        let is_emptied = file.overlay().is_some_and(Overlay::is_emptied);
        let has_copies = is_emptied && copies::may_exist(file.ino(), closer);
        self.close_file(&file, fh, closer, has_copies)
    }

    fn close_file(
        &self,
        file: &OpenFile,
        fh: u64,
        closer: Process,
        has_copies: bool,
    ) -> Result<(), Error> {
        match file.overlay() {
            Some(overlay) if overlay.close(fh, closer, has_copies) => self.save(file),
            _ => Ok(()),
        }
    }

    /// Lets a handle go, and commits what nobody committed who could have been told of errors. Returns
    /// what a leaf was while it was open, if it may no longer be so.
    pub(crate) fn release(&self, fh: u64) -> Result<Option<Outdated>, Error> {
        let file = self.file(fh)?;
        let (ino, mut is_news) = (file.ino(), false);
        if let Some(overlay) = file.overlay() {
            if overlay.end(fh)
                && let Err(error) = self.save(&file)
            {
                let error = error.chain();
                tracing::warn!(ino = ino.0, error, "a save failed after its close");
            }
            // Whoever opens it from now on has the kernel drop its pages. To be told of that later would make
            // it forget the length that it has just asked for.
            let is_shared = self.is_shared(ino);
            let may_wait = true;
            is_news = !overlay.is_open() && self.give_up(ino, overlay, may_wait) && is_shared;
        }
        let outdated = match file {
            OpenFile::Foreign(_) => self.area()?.release(fh).map(|()| None),
            OpenFile::Leaf(handle) => self.release_leaf(fh, handle),
        };
        if is_news {
            self.later.notify(Notice::Content(ino));
        }
        outdated
    }

    /// Shows a leaf as the library has it again if a save of it was refused; returns whether it did. That is
    /// left to others if it may not wait while somebody reads.
    pub(crate) fn give_up(&self, ino: InodeNo, overlay: &Overlay, may_wait: bool) -> bool {
        if !overlay.is_given_up() {
            return false;
        }
        // First: whoever opens it as it is shown then must not keep what was cached before.
        self.distrust(ino);
        overlay.give_up(may_wait)
    }

    fn save(&self, file: &OpenFile) -> Result<(), Error> {
        match file {
            OpenFile::Leaf(handle) => {
                let leaf = handle.pinned.ino().leaf().ok_or(Error::Gone)?;
                let overlay = handle.pinned.overlay.get().ok_or(Error::Gone)?;
                overlay.save(false, |edit| self.library.commit(leaf, edit))
            }
            OpenFile::Foreign(file) => self.save_foreign(file),
        }
    }

    /// Commits a file that is to become the content of a leaf. Whatever comes of it, its place is the leaf's
    /// then, or nobody's if that has another one by now.
    fn save_foreign(&self, file: &ForeignFile) -> Result<(), Error> {
        let Some(leaf) = self.area()?.target(file.ino) else {
            return Ok(());
        };
        let overlay = &file.overlay;
        let committed = overlay.save(false, |edit| self.commit_file(leaf, edit));
        self.hand_over(leaf, file.ino, None)?;
        committed
    }

    /// Commits the content of a file that takes the place of a leaf.
    ///
    /// While the leaf is open, everybody who opens it reads what it was opened with, or what was saved there
    /// since, whatever the library says by now. So that is what was edited, unless this file was saved before.
    pub(crate) fn commit_file(&self, leaf: LeafId, edit: &Edit<'_>) -> Result<Taken, Error> {
        match self.shown(leaf) {
            Some((base, before)) if edit.before().is_none() => {
                self.library.commit(leaf, &edit.based_on(&base, before))
            }
            _ => self.library.commit(leaf, edit),
        }
    }

    /// Notes that the kernel may have other pages of a file than it was told of.
    pub(crate) fn distrust(&self, ino: InodeNo) {
        if !is_foreign(ino) {
            self.distrusted.note(ino);
        }
    }
}

/// Files of which the kernel may have other pages than it was told of, since they were written.
#[derive(Debug, Default)]
pub(crate) struct Distrusted {
    state: Mutex<Marks>,
}

#[derive(Debug, Default)]
struct Marks {
    last: u64,
    /// The number of the last write of each file.
    by_ino: HashMap<InodeNo, u64>,
}

impl Distrusted {
    fn note(&self, ino: InodeNo) {
        let mut state = self.lock();
        state.last += 1;
        let mark = state.last;
        state.by_ino.insert(ino, mark);
    }

    /// Returns what is to be shown to [`Distrusted::trust`] once the kernel has dropped its pages.
    pub(crate) fn mark(&self, ino: InodeNo) -> Option<u64> {
        self.lock().by_ino.get(&ino).copied()
    }

    /// Notes that the kernel has no pages of a file.
    pub(crate) fn forget(&self, ino: InodeNo) {
        self.lock().by_ino.remove(&ino);
    }

    /// Notes that the kernel has dropped its pages, unless it was given more since the mark was got.
    pub(crate) fn trust(&self, ino: InodeNo, mark: u64) {
        let mut state = self.lock();
        if state.by_ino.get(&ino) == Some(&mark) {
            state.by_ino.remove(&ino);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the process that a thread is of; 0 if the kernel has no number of ours for it.
///
/// Where `/proc` hides it (`hidepid`, proc(5)), the thread stands for its process, which is true of most
/// programs that save. Of others, what one thread closes that another has opened counts as inherited: it is
/// saved when the last copy is closed, and only the log says if it is refused. To know nothing would be
/// worse: whenever a child of the program ended, half a file would be taken for a save of its own.
pub(crate) fn process_of(thread: u32) -> Process {
    if thread == 0 {
        return 0;
    }
    // proc(5): a line of `status` says `Tgid:`, a tab and the number.
    let status = fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"));
    let process = line.and_then(|number| number.trim().parse().ok());
    process.unwrap_or(thread)
}
