//! Lyrics with times, as beets' plugin `lyrics` keeps them in items and players read them from `.lrc` files.

/// Returns whether a text has a line with a time: `[mm:ss]`, `[mm:ss.xx]` or `[mm:ss:xx]`.
///
/// That is the LRC format; lyrics without such a line are of no use to players that look for them.
pub(crate) fn are_synced(text: &[u8]) -> bool {
    let mut lines = text.split(|&byte| byte == b'\n');
    lines.any(|line| has_time(line.trim_ascii_start()))
}

/// Returns the file that has these lyrics in it: UTF-8, with the end of the last line.
pub(crate) fn file(text: &str) -> Vec<u8> {
    let text = text.trim_end_matches(['\r', '\n']);
    [text.as_bytes(), b"\n"].concat()
}

fn has_time(line: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some(rest) = line.strip_prefix(b"[") else {
        return false;
    };
    let n_minutes = digits(rest);
    let Some(rest) = rest[n_minutes..].strip_prefix(b":") else {
        return false;
    };
    let (seconds, rest) = rest.split_at(digits(rest));
    let fraction = match rest.first() {
        Some(b'.' | b':') => 1 + digits(&rest[1..]),
        _ => 0,
    };
    (1..=3).contains(&n_minutes) && seconds.len() == 2 && rest[fraction..].starts_with(b"]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lyrics_are_synced_if_a_line_has_a_time() {
        for text in [
            "[00:12.00]Line",
            "[ti:Title]\r\n [1:02] x",
            "plain\n[100:59:3]",
            "[00:00.000]",
        ] {
            assert!(are_synced(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "plain",
            "[Chorus]",
            "[00:1]",
            "[00:12",
            "[:12.00]",
            "x [00:12.00]",
            "[00:12.x]",
        ] {
            assert!(!are_synced(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn the_file_ends_with_the_end_of_a_line() {
        assert_eq!(file("[00:01.00]a\n\n"), b"[00:01.00]a\n");
        assert_eq!(file("[00:01.00]a"), b"[00:01.00]a\n");
    }
}
