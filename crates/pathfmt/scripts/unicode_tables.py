#!/usr/bin/env python3
"""Writes src/tables.rs: what Python's `str` knows about code points and Rust's `char` does not.

    python3.11 scripts/unicode_tables.py > src/tables.rs

Python 3.11 carries Unicode 14.0.0; another version of Python gives another version of the tables.
"""

import sys
import unicodedata


def ranges(holds):
    found, start = [], None
    for point in range(0x80, sys.maxunicode + 2):
        inside = point <= sys.maxunicode and holds(chr(point))
        if inside and start is None:
            start = point
        elif not inside and start is not None:
            found.append((start, point - 1))
            start = None
    return found


def rows(cells):
    line = "   "
    for cell in cells:
        if len(line) + len(cell) > 98:
            print(line)
            line = "   "
        line += " " + cell
    print(line)


def table(doc, name, kind, cells):
    print(f"\n/// {doc}")
    print("#[rustfmt::skip]")
    print(f"pub(crate) const {name}: &[{kind}] = &[")
    rows(cells)
    print("];")


def number(point):
    return f"0x{point:x}" if point <= 0xFFFFF else f"0x{point >> 16:04x}_{point & 0xFFFF:04x}"


def spans(pairs):
    return [f"({number(first)}, {number(last)})," for first, last in pairs]


def quoted(text):
    return '"' + "".join(f"\\u{{{ord(c):x}}}" for c in text) + '"'


every = [chr(p) for p in range(sys.maxunicode + 1) if not 0xD800 <= p <= 0xDFFF]
print("//! What Python's `str` knows about code points and Rust's `char` does not.")
print("//!")
print(f"//! Unicode {unicodedata.unidata_version}, written by `scripts/unicode_tables.py`. Ranges are closed and")
print("//! leave ASCII out.")
table("Letters and numbers (general categories L* and N*): with `_`, what `\\w` matches.",
      "WORD", "(u32, u32)", spans(ranges(lambda c: unicodedata.category(c)[0] in "LN")))
table("Code points that `repr` escapes.", "UNPRINTABLE", "(u32, u32)",
      spans(ranges(lambda c: not c.isprintable())))
table("The zero of each run of ten decimal digits.", "ZEROS", "u32",
      [f"0x{ord(c):x}," for c in every if ord(c) > 0x7F and unicodedata.decimal(c, None) == 0])
table("Digits that are not decimal, such as superscripts: `str.isdigit` holds.", "DIGITS", "(u32, u32)",
      spans(ranges(lambda c: c.isdigit() and not c.isdecimal())))
table("Characters whose titlecase differs from their uppercase.", "TITLE", "(char, &str)",
      [f"('\\u{{{ord(c):x}}}', {quoted(c.title())})," for c in every if c.title() != c.upper()])
