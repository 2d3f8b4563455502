//! Parts: settings (a byte of flags), pattern, replacement, text.

use catalog::Regex;

use crate::Parts;

pub fn check(data: &[u8]) {
    let mut parts = Parts::new(data);
    let flags = parts.choice();
    let (pattern, template, text) = (parts.text(), parts.text(), parts.text());
    let compiled = if flags & 1 == 0 {
        Regex::new(&pattern)
    } else {
        Regex::ignoring_case(&pattern)
    };
    let regex = match compiled {
        Ok(regex) => regex,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let found = regex.search(&text);
    let first = regex.find(&text);
    if let (Ok(found), Ok(first)) = (&found, &first) {
        assert_eq!(*found, first.is_some());
    }
    let (start, full) = (regex.match_start(&text), regex.full_match(&text));
    if let (Ok(found), Ok(start), Ok(full)) = (&found, &start, &full) {
        assert!(*found || !start, "a match at the start is a match");
        assert!(*start || !full, "a match of everything starts at the start");
    }
    if regex.check_template(&template).is_ok()
        && let Ok(replaced) = regex.sub(&text, &template)
    {
        // At most a match before every byte and at the end, each with a whole text for each byte
        // of the template.
        let each = template.len().max(1) * text.len().max(4);
        let most = text.len() + (text.len() + 1) * each;
        assert!(replaced.len() <= most, "{} bytes", replaced.len());
        assert!(found != Ok(false) || replaced == text);
    }
}
