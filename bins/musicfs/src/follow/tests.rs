use std::panic::panic_any;

use anyhow::bail;

use super::caught;

#[test]
fn a_panic_is_an_error() {
    assert_eq!(caught(|| Ok(1)), Ok(1));
    let failed = caught::<()>(|| bail!("no library"));
    assert_eq!(failed.unwrap_err(), "no library");
    let (number, none) = (1, [0; 0]);
    for (panicked, told) in [
        (caught(|| Ok(none[number])), "index out of bounds"),
        (caught(|| panic!("no thread")), "no thread"),
        (caught(|| panic_any(number)), "a panic"),
    ] {
        let error = panicked.unwrap_err();
        assert!(
            error.contains("at fault") && error.contains(told),
            "{error}"
        );
    }
}
