//! The frames of a tag, in the order in which they came.

use super::frame::Frame;
use super::layout::Id;
use super::read::Unknown;

/// The frames of a tag; no two of them are alike.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tag {
    frames: Vec<Frame>,
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
        self.frames.iter()
    }

    /// Returns the frames in order, to be changed in what does not tell them apart.
    pub(crate) fn frames_mut(&mut self) -> impl Iterator<Item = &mut Frame> {
        self.frames.iter_mut()
    }

    /// Returns the frames of one kind in order.
    pub(crate) fn of_kind(&self, id: Id) -> impl Iterator<Item = &Frame> {
        self.frames().filter(move |frame| frame.id == id)
    }

    /// Returns the frames of one kind in order, to be changed in what does not tell them apart.
    pub(crate) fn of_kind_mut(&mut self, id: Id) -> impl Iterator<Item = &mut Frame> {
        self.frames_mut().filter(move |frame| frame.id == id)
    }

    /// Returns the frame of a kind that a tag has at most one of.
    pub(crate) fn get(&self, id: Id) -> Option<&Frame> {
        self.of_kind(id).find(|frame| frame.is_single())
    }

    /// Takes out the frame of a kind that a tag has at most one of.
    pub(crate) fn take(&mut self, id: Id) -> Option<Frame> {
        self.take_first(id, Frame::is_single)
    }

    /// Takes out the first frame of a kind that is `wanted`.
    pub(crate) fn take_first(&mut self, id: Id, wanted: impl Fn(&Frame) -> bool) -> Option<Frame> {
        let is_it = |frame: &Frame| frame.id == id && wanted(frame);
        let index = self.frames.iter().position(is_it)?;
        Some(self.frames.remove(index))
    }

    /// Returns whether there is a frame like this one.
    pub(crate) fn contains(&self, frame: &Frame) -> bool {
        self.index(frame).is_some()
    }

    /// Adds a frame that is like no other.
    pub(crate) fn push(&mut self, frame: Frame) {
        self.frames.push(frame);
    }

    /// Adds a frame in the place of the one like it.
    pub(crate) fn add(&mut self, frame: Frame) {
        match self.index(&frame) {
            Some(index) => self.frames[index] = frame,
            None => self.frames.push(frame),
        }
    }

    /// Adds a frame behind all others, and takes out the one like it.
    pub(crate) fn replace(&mut self, frame: Frame) {
        if let Some(index) = self.index(&frame) {
            self.frames.remove(index);
        }
        self.frames.push(frame);
    }

    /// Adds a frame, or merges it into the one like it.
    pub(crate) fn merge(&mut self, mut frame: Frame) {
        while let Some(index) = self.index(&frame) {
            match self.frames[index].merge(frame) {
                Some(again) => frame = again,
                None => return,
            }
        }
        self.frames.push(frame);
    }

    fn index(&self, frame: &Frame) -> Option<usize> {
        self.frames.iter().position(|other| other.is_alike(frame))
    }
}
