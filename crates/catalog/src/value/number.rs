//! Python's numbers: the syntax of `int()` and `float()`, rounding, and `repr`.

use std::fmt::Write;

use super::Value;

/// What `int()` refuses to read, however regular: `CPython`'s default limit.
const MAX_INT_DIGITS: usize = 4300;

/// The zeros of Unicode's decimal digits (14.0); nine more digits follow each.
const ZEROS: &[char] = &[
    '\u{30}',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// Reads an integer as `int(text)` does; `None` is its `ValueError`.
///
/// ```
/// # use catalog::{Value, parse_int};
/// assert_eq!(parse_int(" -1_0\n"), Some(Value::Int(-10)));
/// assert_eq!(parse_int("٣"), Some(Value::Int(3)));
/// assert_eq!(parse_int("1.0"), None);
/// ```
pub fn parse_int(text: &str) -> Option<Value> {
    let plain = plain(text)?;
    let (sign, digits) = match plain.strip_prefix(['+', '-']) {
        Some(rest) => (&plain[..1], rest),
        None => ("", plain.as_str()),
    };
    let regular = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !regular || digits.len() > MAX_INT_DIGITS {
        return None;
    }
    Some(match plain.parse() {
        Ok(int) => Value::Int(int),
        Err(_) => big(sign == "-", digits.trim_start_matches('0')),
    })
}

/// Reads a number as `float(text)` does; `None` is its `ValueError`.
///
/// ```
/// # use catalog::parse_float;
/// assert_eq!(parse_float(" 1_0.5e1 "), Some(105.0));
/// assert_eq!(parse_float("-Infinity"), Some(f64::NEG_INFINITY));
/// assert_eq!(parse_float("0x10"), None);
/// ```
pub fn parse_float(text: &str) -> Option<f64> {
    plain(text)?.parse().ok()
}

/// Returns `text` without surrounding white space and regular underscores, in ASCII digits.
fn plain(text: &str) -> Option<String> {
    // Unlike `str.isspace`, the separators U+001C to U+001F are not stripped here.
    let text = text.trim();
    let mut out = String::with_capacity(text.len());
    let mut after_digit = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '_' {
            // An underscore stands between two digits or is an error.
            let before_digit = chars.peek().is_some_and(|&next| digit(next).is_some());
            if !(after_digit && before_digit) {
                return None;
            }
            after_digit = false;
        } else if let Some(ascii) = digit(c) {
            out.push(ascii);
            after_digit = true;
        } else {
            out.push(c);
            after_digit = false;
        }
    }
    Some(out)
}

/// Tells whether Python's `str.isspace` is true of `c`.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Returns the ASCII form of a decimal digit of any script.
pub(super) fn digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let zero = ZEROS[..ZEROS.partition_point(|&zero| zero <= c)].last()?;
    char::from_digit(u32::from(c) - u32::from(*zero), 10)
}

/// Rounds to an integer, half to even; infinities and NaN have none.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(super) fn round(float: f64) -> Option<Value> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2^63: the first integer beyond i64
    let whole = float.round_ties_even();
    if !whole.is_finite() {
        None
    } else if (-LIMIT..LIMIT).contains(&whole) {
        Some(Value::Int(whole as i64))
    } else {
        Some(big(whole < 0.0, &format!("{:.0}", whole.abs())))
    }
}

/// Truncates to an integer; infinities and NaN have none.
pub(super) fn truncate(float: f64) -> Option<Value> {
    round(float.trunc())
}

/// Divides a decimal integer of any size, and returns the quotient rounded down and the rest.
pub(super) fn floor_div(integer: &str, by: u64) -> (String, u64) {
    let Some(digits) = integer.strip_prefix('-') else {
        return divide(integer, by, 0);
    };
    // Rounding away from zero is what remains of rounding down without the sign.
    let (quotient, rest) = divide(digits, by, by - 1);
    (format!("-{quotient}"), by - 1 - rest)
}

/// Divides `digits + extra`.
fn divide(digits: &str, by: u64, extra: u64) -> (String, u64) {
    let (mut carry, mut sum) = (extra, Vec::with_capacity(digits.len() + 1));
    for digit in digits.bytes().rev() {
        carry += u64::from(digit - b'0');
        sum.push(carry % 10);
        carry /= 10;
    }
    let (mut quotient, mut rest) = (String::with_capacity(digits.len()), carry);
    for digit in sum.into_iter().rev() {
        rest = rest * 10 + digit;
        quotient.push(char::from(b'0' + (rest / by % 10) as u8));
        rest %= by;
    }
    let zeros = quotient.len() - quotient.trim_start_matches('0').len();
    (quotient.split_off(zeros), rest)
}

fn big(negative: bool, digits: &str) -> Value {
    let sign = if negative { "-" } else { "" };
    Value::BigInt(format!("{sign}{digits}").into_boxed_str())
}

/// Appends `float` as Python's `repr` writes it: the shortest digits that read back the same.
///
/// ```
/// let mut out = String::new();
/// catalog::write_float(1e16, &mut out);
/// assert_eq!(out, "1e+16");
/// ```
pub fn write_float(float: f64, out: &mut String) {
    if float.is_nan() {
        return out.push_str("nan");
    }
    if float.is_infinite() {
        return out.push_str(if float > 0.0 { "inf" } else { "-inf" });
    }
    let magnitude = float.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        write_scientific(float, out);
    } else {
        append(out, format_args!("{float:?}"));
    }
}

fn append(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text)
        .expect("writing to a string cannot fail");
}

/// Writes the exponent with a sign and at least two digits, where Rust writes neither.
fn write_scientific(float: f64, out: &mut String) {
    let text = format!("{float:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    match exponent.strip_prefix('-') {
        Some(digits) => append(out, format_args!("{mantissa}e-{digits:0>2}")),
        None => append(out, format_args!("{mantissa}e+{exponent:0>2}")),
    }
}
