//! From value to text, as templates show fields.

use std::fmt::Write;

use super::number::{floor_div, truncate};
use super::{Formats, Value, date, display_path, push_valid, write_float};
use crate::schema::Type;

pub(super) fn show(formats: &Formats, ty: Type, value: &Value, out: &mut String) {
    let written = match ty {
        Type::Int => plain(or_zero(value), out),
        Type::Padded(digits) => padded(value, digits, out),
        Type::Scaled { unit, suffix } => scaled(value, unit, suffix, out),
        Type::Float(decimals) => fixed(value, decimals, out),
        Type::NullFloat => fixed(value, 1, out),
        Type::Date => return date::show(formats, value, out),
        Type::Duration if !formats.raw_length => duration(value, out),
        Type::Bool => truth(value.is_truthy(), out),
        Type::Path | Type::NullPath => return path(value, out),
        Type::Untyped | Type::Text | Type::Id | Type::Key | Type::List { .. } | Type::Duration => {
            plain(value, out)
        }
    };
    written.expect("writing to a string cannot fail");
}

/// Appends Python's `str()` of the value; nothing for null.
fn plain(value: &Value, out: &mut String) -> std::fmt::Result {
    match value {
        Value::Null => {}
        Value::Bool(value) => truth(*value, out)?,
        Value::Int(int) => write!(out, "{int}")?,
        Value::BigInt(digits) => out.push_str(digits),
        Value::Float(float) => write_float(*float, out),
        Value::Text(text) => out.push_str(text),
        Value::Bytes(bytes) => push_valid(bytes, out),
        Value::List(values) => joined(values, out),
    }
    Ok(())
}

fn joined(values: &[String], out: &mut String) {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push_str("; ");
        }
        out.push_str(value);
    }
}

fn truth(value: bool, out: &mut String) -> std::fmt::Result {
    out.write_str(if value { "True" } else { "False" })
}

fn or_zero(value: &Value) -> &Value {
    if *value == Value::Null {
        &Value::Int(0)
    } else {
        value
    }
}

fn padded(value: &Value, digits: u8, out: &mut String) -> std::fmt::Result {
    match or_zero(value) {
        // The sign counts, in Rust as in Python.
        Value::Int(int) => write!(out, "{int:0width$}", width = usize::from(digits)),
        // Beyond 64 bits no padding is ever needed.
        other => plain(other, out),
    }
}

fn scaled(value: &Value, unit: i64, suffix: &str, out: &mut String) -> std::fmt::Result {
    match or_zero(value) {
        Value::Int(int) => write!(out, "{}", int.div_euclid(unit))?,
        Value::BigInt(digits) => out.push_str(&floor_div(digits, unit.unsigned_abs()).0),
        other => plain(other, out)?,
    }
    out.write_str(suffix)
}

/// Appends the number with so many decimals, rounding the exact binary value half to even.
fn fixed(value: &Value, decimals: u8, out: &mut String) -> std::fmt::Result {
    // Negative zero is false, and so becomes plain zero.
    let float = value.as_f64().filter(|float| *float != 0.0).unwrap_or(0.0);
    if float.is_nan() {
        return out.write_str("nan");
    }
    write!(out, "{float:.width$}", width = usize::from(decimals))
}

fn duration(value: &Value, out: &mut String) -> std::fmt::Result {
    let whole = match value {
        Value::Float(float) => truncate(*float),
        other => Some(other.clone()),
    };
    match whole {
        Some(Value::Int(int)) => write!(out, "{}:{:02}", int.div_euclid(60), int.rem_euclid(60)),
        Some(Value::BigInt(digits)) => {
            let (minutes, seconds) = floor_div(&digits, 60);
            write!(out, "{minutes}:{seconds:02}")
        }
        _ => out.write_str("0:00"),
    }
}

fn path(value: &Value, out: &mut String) {
    if let Value::Bytes(path) = value {
        display_path(path, out);
    }
}
