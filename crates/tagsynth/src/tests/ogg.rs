use std::fmt::Write as _;

use fixtures::{Ogg, OggPage};

use super::cover_file::jpeg;
use super::ogg_rendered::{Part, covered, parts, rendered};
use super::tags::{tags, text};
use crate::{Cover, Field, Rendering, TagSet, Value};

/// Compares a rendering with the snapshot `name`, which `proves` something: the annotated dump, and a
/// line for each page after it.
#[track_caller]
fn check(name: &str, proves: &str, origin: &[u8], tags: &TagSet<'_>) {
    let (rendering, bytes) = rendered(origin, tags);
    let dump = rendering.dump(origin, None).unwrap();
    compare(name, proves, dump, &rendering, &bytes);
}

/// Compares, likewise, the rendering with a cover.
#[track_caller]
fn check_covered(name: &str, proves: &str, origin: &[u8], picture: &[u8]) {
    let (rendering, bytes) = covered(origin, &title(), picture);
    let cover = Cover::new(&picture).unwrap();
    let dump = rendering.dump(origin, cover).unwrap();
    compare(name, proves, dump, &rendering, &bytes);
}

#[track_caller]
fn compare(name: &str, proves: &str, mut dump: String, rendering: &Rendering, bytes: &[u8]) {
    let header_len = usize::try_from(rendering.header_len).unwrap();
    for part in parts(&bytes[header_len..]) {
        let line = match part {
            Part::Page(page) => format!(
                "page number={} serial={:08x} granule={} flags={} len={}",
                page.number,
                page.serial,
                page.granule,
                page.flags,
                page.stored_len()
            ),
            Part::Junk(junk) => format!("no page len={}", junk.len()),
        };
        writeln!(dump, "then {line}").unwrap();
    }
    assert_dump!("ogg", name, proves, dump);
}

fn title() -> TagSet<'static> {
    tags([(Field::Title, text("Idioteque"))])
}

/// Tags that take about so many bytes.
fn lyrics(len: usize) -> TagSet<'static> {
    tags([(Field::Lyrics, text(&"la la\n".repeat(len / 6)))])
}

fn vorbis() -> Ogg {
    Ogg::vorbis()
        .n_pages(3)
        .comments("old", &["TITLE=old", "MOOD=kept"])
}

fn opus() -> Ogg {
    Ogg::opus()
        .n_pages(3)
        .comments("old", &["TITLE=old", "MOOD=kept"])
}

fn bytes(pages: &[OggPage]) -> Vec<u8> {
    pages.iter().flat_map(OggPage::to_bytes).collect()
}

#[test]
fn vorbis_in_one_page() {
    check(
        "vorbis",
        "comments are made anew and padded after the framing bit; header and numbers stay",
        &vorbis().rest(&[0; 200]).build(),
        &title(),
    );
}

#[test]
fn opus_in_one_page() {
    check(
        "opus",
        "comments are made anew and padded with zeros; R128 gains are whole numbers",
        &opus().rest(&[0; 200]).build(),
        &tags([
            (Field::Title, text("Idioteque")),
            (Field::R128TrackGain, Value::Float(-3.5)),
        ]),
    );
}

#[test]
fn grows_by_a_multiple() {
    check(
        "grows_by_a_multiple",
        "without padding the header grows by 4096 bytes, segment table included, on the same page",
        &vorbis().build(),
        &title(),
    );
}

#[test]
fn many_pages_of_header() {
    check(
        "many_pages_of_header",
        "a header on many small pages keeps them as they were while its packets are as long",
        &vorbis().rest(&[0; 1200]).page_segments(2).build(),
        &title(),
    );
}

#[test]
fn many_pages_grow() {
    check(
        "many_pages_grow",
        "more segments are spread evenly over as many pages; on pages where no packet ends the position is -1",
        &vorbis().rest(&[0; 300]).page_segments(1).build(),
        &lyrics(900),
    );
}

#[test]
fn setup_spans_pages() {
    check(
        "setup_spans_pages",
        "a setup packet that starts on the page of the comments goes on as it did; its long parts are copied",
        &vorbis()
            .setup_rest(&[7; 9000])
            .rest(&[0; 90])
            .page_segments(20)
            .build(),
        &lyrics(3000),
    );
}

#[test]
fn comments_of_whole_segments() {
    let len = vorbis().header_packets()[1].len();
    let file = vorbis().rest(&vec![0; 4 * 255 - len]);
    assert_eq!(file.header_packets()[1].len(), 4 * 255);
    check(
        "comments_of_whole_segments",
        "a packet of 255 times n bytes ends with an empty segment",
        &file.page_segments(4).build(),
        &title(),
    );
}

#[test]
fn full_pages() {
    check(
        "full_pages",
        "small pages become full ones before there are more of them, and then there is no padding",
        &vorbis().rest(&[0; 100]).page_segments(1).build(),
        &lyrics(2 * 65_025 - 600),
    );
}

#[test]
fn more_pages() {
    check(
        "more_pages",
        "what one page cannot hold takes a second one, and every later page of the stream another number",
        &vorbis().build(),
        &lyrics(70_000),
    );
}

#[test]
fn length_that_cannot_be_had() {
    // What a packet takes with its segments is never 255 more than a multiple of 256, as this one
    // would with the 27 bytes less that another page leaves it.
    let len = vorbis().header_packets()[1].len();
    let file = vorbis().rest(&vec![0; 281 - len]);
    check(
        "length_that_cannot_be_had",
        "where no packet makes the header longer by a multiple of 4096 there is a page more",
        &file.build(),
        &lyrics(70_000),
    );
}

#[test]
fn opus_with_something_behind() {
    check(
        "opus_with_something_behind",
        "what follows the comments and starts with a set bit is kept, without padding",
        &opus().rest(b"\x01binary suffix").build(),
        &title(),
    );
}

#[test]
fn opus_on_fewer_pages() {
    check(
        "opus_on_fewer_pages",
        "comments that cannot be padded may take fewer pages, and lower the numbers of the others",
        &opus()
            .comments("old", &["LYRICS=".to_owned() + &"la".repeat(500)])
            .rest(b"\x03")
            .page_segments(1)
            .build(),
        &title(),
    );
}

#[test]
fn opus_with_another_padding() {
    check(
        "opus_with_another_padding",
        "padding that does not start with a set bit becomes zeros, whatever it was",
        &opus().rest(&[2, 3, 255, 9]).build(),
        &tags([(Field::Title, text("new"))]),
    );
}

/// Two streams whose pages take turns, the first ones first.
fn side_by_side(a: &Ogg, b: &Ogg) -> Vec<OggPage> {
    let pages = |ogg: &Ogg| [ogg.header_pages(), ogg.audio_pages()].concat();
    let (a, b) = (pages(a), pages(b));
    let longest = a.len().max(b.len());
    (0..longest)
        .flat_map(|n| a.get(n).into_iter().chain(b.get(n)).cloned())
        .collect()
}

#[test]
fn streams_side_by_side() {
    let file = side_by_side(
        &vorbis().rest(&[0; 600]).page_segments(2),
        &opus().serial(7).rest(&[0; 700]).page_segments(1),
    );
    check(
        "streams_side_by_side",
        "pages of other streams stay between those of the header",
        &bytes(&file),
        &lyrics(3000),
    );
}

#[test]
fn streams_side_by_side_grow() {
    let file = side_by_side(
        &vorbis().rest(&[0; 600]).page_segments(2),
        &vorbis().serial(7).page_segments(1),
    );
    check(
        "streams_side_by_side_grow",
        "pages that come new follow the last one; only pages of this stream get other numbers",
        &bytes(&file),
        &lyrics(200_000),
    );
}

#[test]
fn chained() {
    check(
        "chained",
        "links of a chain stay as they are, also with the same serial: numbers change up to the end of the first",
        &[
            vorbis().build(),
            vorbis().build(),
            vorbis().serial(7).build(),
        ]
        .concat(),
        &lyrics(70_000),
    );
}

#[test]
fn missing_end() {
    check(
        "missing_end",
        "a stream whose last page is not marked goes on to the end of the file",
        &vorbis().unended().build(),
        &lyrics(70_000),
    );
}

#[test]
fn missing_end_in_a_chain() {
    check(
        "missing_end_in_a_chain",
        "a stream whose last page is not marked ends where another with its serial begins",
        &[vorbis().unended().build(), vorbis().build()].concat(),
        &lyrics(70_000),
    );
}

#[test]
fn junk_between_and_behind() {
    let audio = vorbis().audio_pages();
    let file = [
        vorbis().header(),
        b"OggS junk".to_vec(),
        audio[0].to_bytes(),
        vec![0; 99],
        bytes(&audio[1..]),
        [b"TAG".as_slice(), &[b' '; 125]].concat(),
    ];
    check(
        "junk_between_and_behind",
        "what is no page is copied, and pages after it get their numbers too",
        &file.concat(),
        &lyrics(70_000),
    );
}

#[test]
fn header_only() {
    let mut pages = vorbis().header_pages();
    pages.last_mut().unwrap().flags |= OggPage::LAST;
    check(
        "header_only",
        "a stream without audio ends with its header, on the last of its pages",
        &bytes(&pages),
        &lyrics(70_000),
    );
}

#[test]
fn odd_positions() {
    let mut pages = vorbis().page_segments(1).rest(&[0; 300]).header_pages();
    for page in &mut pages {
        page.granule = -1;
    }
    pages.extend(vorbis().page_segments(1).rest(&[0; 300]).audio_pages());
    check(
        "odd_positions",
        "positions of pages that keep their layout stay, right or wrong",
        &bytes(&pages),
        &title(),
    );
}

#[test]
fn large_numbers() {
    let mut pages = [vorbis().header_pages(), vorbis().audio_pages()].concat();
    for page in &mut pages {
        page.number = page.number.wrapping_sub(3);
    }
    check(
        "large_numbers",
        "numbers go on from whatever the header's are, and wrap around",
        &bytes(&pages),
        &lyrics(70_000),
    );
}

#[test]
fn kept_picture() {
    let picture = "METADATA_BLOCK_PICTURE=".to_owned() + &"AAAA".repeat(25_000);
    let file = vorbis().comments("old", &["TITLE=old", &picture, "MOOD=kept"]);
    let origin = file.build();
    check(
        "kept_picture",
        "a picture among the comments is kept, whatever pages it comes to lie in",
        &origin,
        &title(),
    );
    let (rendering, _) = rendered(&origin, &title());
    assert!(
        rendering.plan.generated_len() < 6000,
        "the picture is not held"
    );
}

#[test]
fn cover() {
    check_covered(
        "cover",
        "a cover is the text of a comment, streamed into pages, and takes the place of other pictures",
        &vorbis()
            .comments(
                "old",
                &["coverart=x", "METADATA_BLOCK_PICTURE=y", "MOOD=kept"],
            )
            .build(),
        &jpeg(100_000),
    );
    check_covered(
        "cover_of_opus",
        "likewise in Opus; one that fits the page changes no numbers",
        &opus().build(),
        &jpeg(30_000),
    );
}
