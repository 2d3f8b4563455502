//! From the frames of one version to those of another.

use super::frame::{Frame, Part};
use super::genre;
use super::layout::Id;
use super::stamp::Stamp;
use super::tag::Tag;
use super::text::Encoding;

/// Makes the frames those of version 2.4, whatever they were.
///
/// Year, date and time become one timestamp; what has no counterpart goes (2.4 changes §4).
pub(crate) fn to_v24(tag: &mut Tag) {
    common(tag);
    let [years, dates, times] = [*b"TYER", *b"TDAT", *b"TIME"].map(|id| {
        let frame = tag.take(id);
        frame
            .and_then(|frame| frame.texts().cloned())
            .unwrap_or_default()
    });
    let stamps = stamps(&years, &dates, &times);
    if !stamps.is_empty() && tag.get(*b"TDRC").is_none() {
        tag.add(Frame::new(
            *b"TDRC",
            Encoding::Latin1,
            vec![Part::Stamps(stamps)],
        ));
    }
    if let Some(year) = tag.take(*b"TORY")
        && tag.get(*b"TDOR").is_none()
    {
        let text = year.texts().map_or(String::new(), |texts| texts.join("\0"));
        let stamps = text.split(',').map(Stamp::new).collect();
        tag.add(Frame::new(
            *b"TDOR",
            Encoding::Latin1,
            vec![Part::Stamps(stamps)],
        ));
    }
    if let Some(people) = tag.take(*b"IPLS")
        && tag.get(*b"TIPL").is_none()
    {
        tag.add(Frame {
            id: *b"TIPL",
            ..people
        });
    }
    for id in [b"RVAD", b"EQUA", b"TRDA", b"TSIZ", b"TDAT", b"TIME"] {
        tag.take(*id);
    }
    tag.frames_mut().filter_map(Frame::inner).for_each(to_v24);
}

/// Makes the frames those of version 2.3, from those of 2.4.
pub(crate) fn to_v23(tag: &mut Tag) {
    /// New in 2.4. Frames that a description qualifies are not found by these names, and stay.
    const NEW: [&Id; 18] = [
        b"ASPI", b"EQU2", b"RVA2", b"SEEK", b"SIGN", b"TDEN", b"TDOR", b"TDRC", b"TDRL", b"TDTG",
        b"TIPL", b"TMCL", b"TMOO", b"TPRO", b"TSOA", b"TSOP", b"TSOT", b"TSST",
    ];
    common(tag);
    people_to_v23(tag);
    if let Some((stamp, encoding)) = take_stamp(tag, *b"TDOR") {
        add_new(
            tag,
            *b"TORY",
            encoding,
            stamp.year().filter(|&year| year != 0).map(four),
        );
    }
    if let Some((stamp, encoding)) = take_stamp(tag, *b"TDRC") {
        let day_month = stamp
            .month_and_day()
            .map(|(month, day)| format!("{day:02}{month:02}"));
        let time = stamp
            .hour_and_minute()
            .map(|(hour, minute)| format!("{hour:02}{minute:02}"));
        add_new(
            tag,
            *b"TYER",
            encoding,
            stamp.year().filter(|&year| year != 0).map(four),
        );
        add_new(tag, *b"TDAT", encoding, day_month);
        add_new(tag, *b"TIME", encoding, time);
    }
    for id in NEW {
        tag.take(*id);
    }
    tag.frames_mut().filter_map(Frame::inner).for_each(to_v23);
}

/// Resolves genres and the media types of 2.2.
fn common(tag: &mut Tag) {
    for frame in tag.of_kind_mut(*b"TCON") {
        if let Some(Part::Texts(texts)) = frame.parts.last_mut() {
            *texts = genre::resolve(texts);
        }
    }
    let pictures: Vec<Frame> = tag.of_kind(*b"APIC").filter_map(with_media_type).collect();
    for picture in pictures {
        tag.add(picture);
    }
}

/// Returns a picture with a media type for its file extension, if that is what it has.
fn with_media_type(frame: &Frame) -> Option<Frame> {
    let Some(Part::Latin1(name)) = frame.parts.first() else {
        return None;
    };
    let media_type: &[u8] = match name.as_slice() {
        b"PNG" => b"image/png",
        b"JPG" => b"image/jpeg",
        _ => return None,
    };
    let mut picture = Frame {
        salt: 0,
        ..frame.clone()
    };
    picture.parts[0] = Part::Latin1(media_type.to_vec());
    Some(picture)
}

/// Joins years, dates (DDMM) and times (HHMM), value by value.
fn stamps(years: &[String], dates: &[String], times: &[String]) -> Vec<Stamp> {
    let len = years.len().max(dates.len()).max(times.len());
    let value = |values: &[String], index: usize| values.get(index).cloned().unwrap_or_default();
    let stamp = |index: usize| {
        let mut stamp = String::new();
        let (year, in_year) = split_year(years.get(index)?)?;
        stamp.push_str(year);
        let date = value(dates, index);
        let date = four_digits(&date).map(|(day, month)| format!("-{month}-{day}"));
        if let Some(date) = date.or(in_year.map(str::to_owned)) {
            stamp.push_str(&date);
            let time = value(times, index);
            if let Some((hour, minute)) = four_digits(&time) {
                stamp.extend(["T", hour, ":", minute, ":00"]);
            }
        }
        Some(Stamp::new(&stamp))
    };
    (0..len).filter_map(stamp).collect()
}

/// Splits `YYYY` or `YYYY-MM-DD` after the year.
fn split_year(text: &str) -> Option<(&str, Option<&str>)> {
    let (year, date) = text.split_at_checked(4)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let date = match date.as_bytes() {
        [] => None,
        [b'-', m1, m2, b'-', d1, d2] if [m1, m2, d1, d2].iter().all(|d| d.is_ascii_digit()) => {
            Some(date)
        }
        _ => return None,
    };
    digits(year).then_some((year, date))
}

fn four_digits(text: &str) -> Option<(&str, &str)> {
    let is_four = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_four.then(|| text.split_at(2))
}

/// Moves the people of TIPL and TMCL to IPLS.
fn people_to_v23(tag: &mut Tag) {
    let frames = [tag.take(*b"TIPL"), tag.take(*b"TMCL")];
    let encoding = frames
        .iter()
        .flatten()
        .next_back()
        .map(|frame| frame.encoding);
    let people = frames
        .iter()
        .flatten()
        .flat_map(Frame::pairs)
        .cloned()
        .collect();
    if let Some(encoding) = encoding
        && tag.get(*b"IPLS").is_none()
    {
        tag.add(Frame::new(*b"IPLS", encoding, vec![Part::Pairs(people)]));
    }
}

/// Takes out a frame; returns its first timestamp.
fn take_stamp(tag: &mut Tag, id: Id) -> Option<(Stamp, Encoding)> {
    let frame = tag.take(id)?;
    Some((*frame.stamps().first()?, frame.encoding))
}

fn add_new(tag: &mut Tag, id: Id, encoding: Encoding, text: Option<String>) {
    if let Some(text) = text
        && tag.get(id).is_none()
    {
        tag.add(Frame::text(id, encoding, vec![text]));
    }
}

fn four(year: i64) -> String {
    format!("{year:04}")
}
