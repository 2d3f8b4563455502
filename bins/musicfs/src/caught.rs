//! Work that must not end a thread, whatever is wrong with it or with us.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Result, anyhow};

/// Does `work`; returns why it failed, also if it panicked, which is told by then.
///
/// What `work` changes in place must make sense wherever it stops.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T>) -> std::result::Result<T, String> {
    let done = catch_unwind(AssertUnwindSafe(work));
    let done = done.unwrap_or_else(|panic| {
        let told = panic.downcast_ref::<String>().map(String::as_str);
        let told = told.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(anyhow!(
            "musicfs is at fault: {}",
            told.unwrap_or("a panic")
        ))
    });
    done.map_err(|error| format!("{error:#}"))
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use anyhow::bail;

    use super::*;

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
}
