//! iTunes' Sound Check: gain and peak as ten hexadecimal numbers in a comment named `iTunNORM`.
//!
//! ```text
//! " 000003E8 000003E8 000009C4 000009C4 00000000 00000000 00008000 00008000 00000000 00000000"
//!   gain, base 1000    gain, base 2500    unused            peak               unused
//! ```
//!
//! The first of each pair is the left channel, the second the right one.

/// The largest gain word that is written.
const MAX_GAIN: f64 = 65534.0;

/// Returns gain in dB and peak relative to full scale; zeros where the text is something else.
pub(crate) fn decode(text: &str) -> (f64, f64) {
    let Some(words) = words(text) else {
        return (0.0, 0.0);
    };
    let loudest = words[0].max(words[1]);
    let gain = if loudest > 0 {
        (f64::from(loudest) / 1000.0).log10() * -10.0
    } else {
        0.0
    };
    let peak = f64::from(words[6].max(words[7])) / 32768.0;
    (rounded(gain, 2), rounded(peak, 6))
}

/// Returns the text for a gain and a peak, unless they are beyond all numbers.
pub(crate) fn encode(gain: f64, peak: f64) -> Option<String> {
    let ratio = 10_f64.powf(gain / -10.0);
    let peak = peak * 32768.0;
    if !ratio.is_finite() || !peak.is_finite() {
        return None;
    }
    let word = |base: f64| match (ratio * base).round_ties_even().min(MAX_GAIN) {
        0.0 => 1.0,
        word => word,
    };
    let (first, second) = (word(1000.0), word(2500.0));
    let words = [first, first, second, second, 0.0, 0.0, peak, peak, 0.0, 0.0];
    Some(words.map(|word| " ".to_owned() + &hex(word)).concat())
}

/// Returns a number, cut to an integer, as at least eight hexadecimal digits, sign included.
fn hex(number: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "cut towards zero, as the format wants"
    )]
    let number = number as i128;
    if number < 0 {
        format!("-{:07X}", number.unsigned_abs())
    } else {
        format!("{number:08X}")
    }
}

fn words(text: &str) -> Option<[i32; 10]> {
    let digits: Vec<u8> = text.bytes().filter(|&byte| byte != b' ').collect();
    if digits.len() != 80 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut words = [0; 10];
    for (word, digits) in words.iter_mut().zip(digits.chunks_exact(8)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *word = u32::from_str_radix(digits, 16).ok()?.cast_signed();
    }
    Some(words)
}

/// Rounds to so many decimal places, as decimal notation would.
fn rounded(number: f64, places: usize) -> f64 {
    format!("{number:.places$}").parse().unwrap_or(number)
}
