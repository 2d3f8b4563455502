//! How long a rendered header is.

/// Extents can be shared between files, and are cached, in pages of this size.
const PAGE: u64 = 4096;

/// Returns the length of a header with `content` bytes that stands in for one of `origin` bytes.
///
/// It is exactly the origin's where the content fits, and otherwise the next length that differs
/// from it by a multiple of 4096, so that audio keeps its offset within a page. What the content
/// leaves free is padding: none, or at least `least_padding` bytes (what its own header takes).
///
/// ```text
/// content     least_padding   origin 1000
///  600        4               1000  (400 of padding)
/// 1000        4               1000  (none)
///  998        4               5096  (2 would hold no padding block)
/// 1001        4               5096
/// ```
///
/// Lengths that no file can have saturate; the plan then refuses them.
pub(crate) fn fit(origin: u64, content: u64, least_padding: u64) -> u64 {
    let fits = |len: u64| len == content || len >= content.saturating_add(least_padding);
    let pages = content.saturating_sub(origin).div_ceil(PAGE);
    let len = origin.saturating_add(pages.saturating_mul(PAGE));
    if fits(len) {
        len
    } else {
        len.saturating_add(least_padding.div_ceil(PAGE).saturating_mul(PAGE))
    }
}
