use super::ogg::Counted;
use super::ogg_file::{OggFile, noise, page, renumbered};
use crate::ReadAt;
use crate::ogg::Renumbered;

/// Reads the second half of a file at once, as one that seeks does, and returns how much was read.
#[track_caller]
fn check(file: &OggFile) -> usize {
    let expected = renumbered(file.bytes.clone(), 0, 1, 9);
    let counted = Counted::new(file.bytes.clone());
    let pages = Renumbered::new(0..counted.len(), 1, 9);
    let half = expected.len() / 2;
    let mut buf = vec![0; expected.len() - half];
    pages.read_at(&counted, &mut buf, half as u64).unwrap();
    let (_, bytes) = counted.take();
    let differs = buf.iter().zip(&expected[half..]).position(|(a, b)| a != b);
    assert_eq!(differs, None);
    bytes - buf.len()
}

/// A link of a chain, from its first page to its last.
fn link(file: OggFile, serial: u32, n_pages: u32, len: usize) -> OggFile {
    let first = page(0, noise(0, 30)).serial(serial).flags(2);
    let last = page(n_pages - 1, noise(1, 50)).serial(serial).flags(4);
    let file = file.page(&first).pages(serial, 1..n_pages - 1, len);
    file.page(&last)
}

/// The rest of a link, after its header.
fn rest(serial: u32, n_pages: u32, len: usize) -> OggFile {
    let last = page(n_pages - 1, noise(1, 50)).serial(serial).flags(4);
    let file = OggFile::default().pages(serial, 3..n_pages - 1, len);
    file.page(&last)
}

#[test]
fn one_stream_costs_a_few_looks() {
    let bytes = check(&rest(1, 2000, 4300));
    assert!(bytes < 5 << 18, "{bytes} bytes");
}

#[test]
fn pages_of_all_sizes_are_still_one_stream() {
    let mut file = OggFile::default();
    for (n, number) in (3..1500).enumerate() {
        file = file.page(&page(number, noise(number, 300 + n * 7919 % 5000)));
    }
    let bytes = check(&file);
    assert!(bytes < 3 << 19, "{bytes} bytes");
}

#[test]
fn a_quiet_end_costs_more_looks() {
    let file = OggFile::default().pages(1, 3..1000, 4300);
    let file = file.pages(1, 1000..1800, 200);
    check(&file);
}

#[test]
fn links_with_serials_of_their_own() {
    check(&link(rest(1, 200, 4300), 2, 900, 4300));
    check(&link(rest(1, 900, 4300), 2, 200, 4300));
}

#[test]
fn links_that_share_a_serial() {
    for (first, second) in [(900, 900), (50, 2000), (2000, 50), (400, 700), (10, 1500)] {
        check(&link(rest(1, first, 4300), 1, second, 4300));
    }
}

#[test]
fn links_that_share_a_serial_but_not_a_size() {
    for (a, b) in [(4300, 1000), (1000, 4300), (16_000, 4000), (4000, 60_000)] {
        check(&link(rest(1, 300, a), 1, 300, b));
        check(&link(rest(1, 100, a), 1, 700, b));
    }
}

#[test]
fn many_links_that_share_a_serial() {
    let mut file = rest(1, 60, 4300);
    for n_pages in [300, 20, 700, 90] {
        file = link(file, 1, n_pages, 4300);
    }
    check(&file);
}

#[test]
fn a_link_that_was_cut_off() {
    // The first link has no last page, the second has its first.
    let file = OggFile::default().pages(1, 3..500, 4300);
    check(&link(file, 1, 600, 4300));
}

#[test]
fn a_stream_without_a_last_page() {
    let bytes = check(&OggFile::default().pages(1, 3..1500, 4300));
    assert!(bytes < 1 << 20, "{bytes} bytes");
}

#[test]
fn streams_side_by_side() {
    let mut file = OggFile::default();
    for number in 3..700 {
        file = file
            .pages(1, number..number + 1, 4300)
            .pages(2, number..number + 1, 6000);
    }
    let bytes = check(&file);
    assert!(bytes < 3 << 20, "{bytes} bytes");
}

#[test]
fn what_a_read_learned_is_shared() {
    let file = Counted::new(rest(1, 2000, 4300).bytes);
    let pages = Renumbered::new(0..file.len(), 1, 9);
    let mut buf = [0; 9000];
    pages.read_at(&file, &mut buf, 4_000_000).unwrap();
    let (reads, _) = file.take();
    assert!(reads > 8);
    let again = pages.clone();
    assert_eq!(again, pages);
    assert_eq!(format!("{again:?}"), format!("{pages:?}"));
    again.read_at(&file, &mut buf, 1_000_000).unwrap();
    let (reads, _) = file.take();
    assert!(reads <= 3, "{reads} reads");
}

#[test]
fn what_comes_after_the_stream_costs_nothing() {
    let file = Counted::new(link(rest(1, 200, 4300), 2, 900, 4300).bytes);
    let pages = Renumbered::new(0..file.len(), 1, 9);
    let mut buf = [0; 9000];
    pages.read_at(&file, &mut buf, 3_000_000).unwrap();
    file.take();
    for at in [1_000_000, 4_000_000, 2_000_000] {
        pages.read_at(&file, &mut buf, at).unwrap();
        assert_eq!(file.take(), (1, 9000));
    }
}

/// A file with a hole after its start, longer than anybody can wait for.
struct Holey {
    start: Vec<u8>,
    end: Vec<u8>,
}

impl ReadAt for Holey {
    fn len(&self) -> u64 {
        1 << 40
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let n = usize::try_from(self.len() - offset).map_or(buf.len(), |left| left.min(buf.len()));
        buf[..n].fill(0);
        let n_start = self.start.read_at(buf, offset)?;
        let end_at = self.len() - self.end.len() as u64;
        let skip = end_at.saturating_sub(offset).min(n as u64);
        let into = &mut buf[usize::try_from(skip).unwrap()..n];
        self.end.read_at(into, offset.saturating_sub(end_at))?;
        Ok(n.max(n_start))
    }
}

#[test]
fn a_hole_ends_a_stream_before_anybody_tires() {
    let start = rest(1, 100, 4300).bytes;
    let expected = renumbered(start.clone(), 0, 1, 9);
    for end in [Vec::new(), rest(2, 90, 4300).bytes] {
        let holey = Holey {
            start: start.clone(),
            end: end.clone(),
        };
        let file = Counted::new(holey);
        let pages = Renumbered::new(0..file.len(), 1, 9);
        let mut buf = vec![0; 9000];
        pages.read_at(&file, &mut buf, 200_000).unwrap();
        assert!(buf == expected[200_000..209_000]);
        let at = file.len() - 200_000;
        pages.read_at(&file, &mut buf, at).unwrap();
        let (_, bytes) = file.take();
        assert!(bytes < 100 << 20, "{bytes} bytes");
    }
}

#[test]
fn a_hole_before_what_cannot_be_told_is_an_error() {
    // Numbers that leave room for any hole, and headers in pages as long as those around them.
    let mut end = Vec::new();
    for number in 0..200 {
        let number = 4_000_000_000 + number;
        let mut body = noise(number, 65_025);
        let inner = page(number, noise(1, 65_025)).bytes();
        body[2000..2282].copy_from_slice(&inner[..282]);
        end.extend(page(number, body).bytes());
    }
    let tail = OggFile::default()
        .pages(1, 4_000_000_300..4_000_000_330, 65_000)
        .bytes;
    end.extend(tail);
    let start = OggFile::default().pages(1, 3..100, 4300).bytes;
    let file = Counted::new(Holey { start, end });
    let pages = Renumbered::new(0..file.len(), 1, 9);
    let mut buf = vec![0; 9000];
    let error = pages.read_at(&file, &mut buf, file.len() - 8_000_000);
    assert_eq!(error.unwrap_err().kind(), std::io::ErrorKind::InvalidData);
    let (_, bytes) = file.take();
    assert!(bytes < 100 << 20, "{bytes} bytes");
}
