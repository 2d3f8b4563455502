//! Dumps compared with snapshots.

/// Compares a dump with the snapshot `name` of a format; the snapshot says what it `proves`.
///
/// A macro, so that a snapshot names the file that asks for it.
macro_rules! assert_dump {
    ($format:literal, $name:expr, $proves:expr, $dump:expr) => {
        insta::with_settings!({
            description => $proves,
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(format!(concat!($format, "__{}"), $name), $dump) })
    };
}
