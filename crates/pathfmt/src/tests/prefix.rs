//! What environments of one group share.

use std::cell::{Cell, RefCell};

use super::Environment;
use crate::{Extension, Failure, Namer, Options, Template};

/// A track whose album gives `album` and `year`, and the track itself everything else.
#[derive(Debug, Default)]
struct Track {
    album: Option<u64>,
    title: &'static str,
    is_own: Cell<bool>,
    asked: RefCell<Vec<String>>,
}

impl Environment for Track {
    fn symbol(&self, name: &str, out: &mut String) -> Result<bool, Failure> {
        self.asked.borrow_mut().push(name.to_owned());
        match (name, self.album) {
            ("album", Some(album)) => out.push_str(&album.to_string()),
            ("broken", _) => return Err(Failure::Message("broken".to_owned())),
            _ => {
                self.is_own.set(true);
                out.push_str(self.title);
            }
        }
        Ok(true)
    }

    fn group(&self) -> Option<u64> {
        self.album
    }

    fn is_shared(&self) -> bool {
        !self.is_own.get()
    }
}

/// Checks what a template gives for a track, and for which fields it asks.
#[track_caller]
fn check(
    namer: &mut Namer,
    template: &str,
    (album, title): (Option<u64>, &'static str),
    expected: &str,
    asked: &[&str],
) {
    let template = Template::parse(template).unwrap();
    let track = Track {
        album,
        title,
        ..Track::default()
    };
    let path = namer.destination(&template, &track, &Extension::default());
    assert_eq!(path.unwrap().as_bytes(), expected.as_bytes());
    assert_eq!(*track.asked.borrow(), asked);
}

#[test]
fn what_is_shared_is_asked_for_once_in_a_row() {
    const TEMPLATE: &str = "x$album/%upper{$album}/$title $album";
    let options = Options::default();
    let mut namer = Namer::new(&options);
    // The step that turns out not to be shared is evaluated again.
    let all = ["album", "album", "title", "title", "album"];
    check(&mut namer, TEMPLATE, (Some(1), "a"), "x1/1/a 1", &all);
    check(
        &mut namer,
        TEMPLATE,
        (Some(1), "b"),
        "x1/1/b 1",
        &["title", "album"],
    );
    check(&mut namer, TEMPLATE, (Some(2), "c"), "x2/2/c 2", &all);
    check(&mut namer, TEMPLATE, (Some(1), "d"), "x1/1/d 1", &all);
}

#[test]
fn nothing_is_remembered_for_another_template_or_without_a_group() {
    let options = Options::default();
    let mut namer = Namer::new(&options);
    check(&mut namer, "$album", (Some(1), "a"), "1", &["album"]);
    check(&mut namer, "$album", (Some(1), "a"), "1", &[]);
    check(&mut namer, "0$album", (Some(1), "a"), "01", &["album"]);
    check(&mut namer, "0$album", (None, "a"), "0a", &["album"]);
    check(&mut namer, "0$album", (None, "b"), "0b", &["album"]);
}

#[test]
fn a_failure_is_not_remembered() {
    let options = Options::default();
    let mut namer = Namer::new(&options);
    let template = Template::parse("$album/$broken").unwrap();
    for _ in 0..2 {
        let track = Track {
            album: Some(1),
            ..Track::default()
        };
        let path = namer.destination(&template, &track, &Extension::default());
        assert!(path.is_err());
        assert_eq!(*track.asked.borrow(), ["album", "broken"]);
    }
}
