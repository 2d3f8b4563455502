//! `%time`.

use std::collections::HashMap;

use crate::{Options, Template};

/// Checks the reformatting of a time that is given in `format`.
#[track_caller]
fn check(format: &str, text: &str, wanted: &str, expected: &str) {
    let options = Options {
        time_format: format.to_owned(),
        ..Options::default()
    };
    let values = HashMap::from([("text", text), ("wanted", wanted)]);
    let template = Template::parse("%time{$text,$wanted}").unwrap();
    assert_eq!(
        template.evaluate(&values, &options).unwrap(),
        expected,
        "{format} {text} {wanted}"
    );
}

const ISO: &str = "%Y-%m-%d %H:%M:%S";
const NOW: &str = "2024-07-03 04:05:06";

#[test]
fn plain_directives() {
    check(
        ISO,
        NOW,
        "%a %A %b %B %h %d %e %m %y %Y %C",
        "Wed Wednesday Jul July Jul 03  3 07 24 2024 20",
    );
    check(
        ISO,
        NOW,
        "%H %I %k %l %M %S %p %P %j",
        "04 04  4  4 05 06 AM am 185",
    );
    check(
        ISO,
        NOW,
        "%U %W %V %G %g %u %w %s",
        "26 27 27 2024 24 3 3 1719979506",
    );
    check(
        ISO,
        NOW,
        "%c|%x|%X|%D|%F|%T|%R|%r",
        "Wed Jul  3 04:05:06 2024|07_03_24|04:05:06|07_03_24|2024-07-03|04:05:06|04:05|04:05:06 AM"
            .replace('_', "/")
            .as_str(),
    );
    check(ISO, NOW, "%n%t%%%Z%z", "\n\t%");
}

#[test]
fn flags_and_widths() {
    check(
        ISO,
        NOW,
        "%-d|%_d|%^a|%#a|%#p|%5d|%_5d|%-5d|%05k",
        "3| 3|WED|WED|am|00003|    3|    3|00004",
    );
    check(
        ISO,
        NOW,
        "%10Y|%^10B|%010B|%12F|%^5c",
        "0000002024|      JULY|000000July|  2024-07-03|WED JUL  3 04:05:06 2024",
    );
    check(
        ISO,
        NOW,
        "%20s|%020s|%5%|%3t",
        "          1719979506|00000000001719979506|    %|  \t",
    );
}

#[test]
fn unknown_directives_stay() {
    check(
        ISO,
        NOW,
        "%f %Q %E %Ed %Of %+5d %é %",
        "%f %Q %E %Ed %Of %+5d %é %",
    );
    check(ISO, NOW, "%10", "       %10");
    check(ISO, NOW, "%Ey %Od %O% %EB %OY", "24 03 % %EB %OY");
}

#[test]
fn results_too_long_for_pythons_buffer_are_empty() {
    check(ISO, NOW, "%1100d", &format!("{:0>1100}", 3));
    check(ISO, NOW, "x%99999d", "");
    check(ISO, NOW, "%99999999999999999999999d", "");
    check(ISO, NOW, "", "");
    check(ISO, NOW, "a\0b", "<embedded null character>");
}

#[test]
fn formats_are_matched_like_pythons_expressions() {
    check("%d %B %Y", "3 sEPTEMBER 2024", "%F", "2024-09-03");
    check("%Y%m%d", "2024111", "%F", "2024-11-01");
    check("%m %d", "2  29", "%m-%d", "02-29");
    check("%I:%M %p", "12:30 am", "%H:%M", "00:30");
    check("%y", "68", "%Y", "2068");
    check("%y", "٦٩", "%Y", "1969");
    check("%j %Y", "366 2024", "%F", "2024-12-31");
    check("%Y %U %w", "2024 05 1", "%F", "2024-02-05");
    check("%Y %W %a", "2024 0 sun", "%F", "2024-01-07");
    check("%G-W%V-%u", "2020-W05-5", "%F", "2020-01-31");
    check("%H:%M%z", "10:30+01:30", "%H%M", "1030");
    check("%Y %Z %z", "2024 utc -0130", "%Z %z", "utc -0130");
}

#[test]
fn failures_are_pythons_messages() {
    check(
        ISO,
        "",
        "%Y",
        "<time data '' does not match format '%Y-%m-%d %H:%M:%S'>",
    );
    check(
        ISO,
        "2024-07-03 04:05:06x",
        "%Y",
        "<unconverted data remains: x>",
    );
    check(
        "%Y-%m-%d",
        "2023-02-29",
        "%Y",
        "<day is out of range for month>",
    );
    check("%Y", "0000", "%Y", "<year 0 is out of range>");
    check("%Y", "2024", "%Y", "2024");
    check("%Q", "x", "%Y", "<'Q' is a bad directive in format '%Q'>");
    check("% Y", "x", "%Y", "<'%' is a bad directive in format '% Y'>");
    check("a%", "a", "%Y", "<stray % in format 'a%'>");
    check(
        "%Y%Y",
        "2024",
        "%Y",
        "<redefinition of group name 'Y' as group 2; was group 1 at position 19>",
    );
    check(
        "%G %V",
        "2024 5",
        "%Y",
        "<ISO year directive '%G' must be used with the ISO week directive '%V' and a weekday directive ('%A', '%a', '%w', or '%u').>",
    );
    check(
        "%G-W%V-%u",
        "9998-W53-6",
        "%Y",
        "<day of year out of range>",
    );
}

#[test]
fn a_sanitised_value_cannot_be_read_with_a_slash_in_the_format() {
    check(
        "%Y/%m",
        "2024/07",
        "%Y",
        "<time data '2024_07' does not match format '%Y/%m'>",
    );
}
