//! The frames of a tag, each under its key, in the order in which they came.

use super::frame::Frame;
use super::layout::Id;
use super::read::Unknown;
use super::text::latin1;

/// The frames of a tag.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tag {
    /// Frames and the keys under which they were added, which most of them keep.
    frames: Vec<(String, Frame)>,
    /// Frames of kinds that mutagen does not know.
    pub(crate) unknown: Vec<Unknown>,
    /// The major version of the tag that the unknown frames are from.
    pub(crate) unknown_version: u8,
}

impl Tag {
    /// Makes an empty tag that is read from one of this major version.
    pub(crate) fn of_version(major: u8) -> Self {
        Self {
            unknown_version: major,
            ..Self::default()
        }
    }

    /// Returns the frames in order.
    pub(crate) fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.frames.iter().map(|(_, frame)| frame)
    }

    /// Returns the frames in order, to be changed in what is not part of their key.
    pub(crate) fn frames_mut(&mut self) -> impl Iterator<Item = &mut Frame> {
        self.frames.iter_mut().map(|(_, frame)| frame)
    }

    /// Returns the frames of one kind in order.
    pub(crate) fn of_kind(&mut self, id: Id) -> impl Iterator<Item = &mut Frame> {
        self.frames_mut().filter(move |frame| frame.id == id)
    }

    /// Returns the frame whose key is nothing but `id`.
    pub(crate) fn get(&self, id: Id) -> Option<&Frame> {
        let (_, frame) = self.frames.iter().find(|(key, _)| key.as_bytes() == id)?;
        Some(frame)
    }

    /// Returns whether there is a frame with this key.
    pub(crate) fn contains(&self, key: &str) -> bool {
        self.index(key).is_some()
    }

    /// Takes out the frame with this key.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Frame> {
        let index = self.index(key)?;
        Some(self.frames.remove(index).1)
    }

    /// Takes out the frame whose key is nothing but `id`.
    pub(crate) fn remove_id(&mut self, id: Id) -> Option<Frame> {
        self.remove(&latin1(&id))
    }

    /// Takes out the frame with this key; if there is none, all whose keys it starts.
    pub(crate) fn remove_all(&mut self, key: &str) {
        if self.remove(key).is_none() {
            let qualified = |other: &str| {
                other
                    .strip_prefix(key)
                    .is_some_and(|rest| rest.starts_with(':'))
            };
            self.frames.retain(|(other, _)| !qualified(other));
        }
    }

    /// Adds a frame in the place of the one that has its key.
    pub(crate) fn add(&mut self, frame: Frame) {
        let key = frame.key();
        match self.index(&key) {
            Some(index) => self.frames[index].1 = frame,
            None => self.frames.push((key, frame)),
        }
    }

    /// Adds a frame, or merges it into the one that has its key.
    pub(crate) fn merge(&mut self, mut frame: Frame) {
        loop {
            let key = frame.key();
            let Some(index) = self.index(&key) else {
                self.frames.push((key, frame));
                return;
            };
            match self.frames[index].1.merge(frame) {
                Some(again) => frame = again,
                None => return,
            }
        }
    }

    fn index(&self, key: &str) -> Option<usize> {
        self.frames.iter().position(|(other, _)| other == key)
    }
}
