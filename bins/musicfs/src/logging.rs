//! Where log events go: standard error, filtered by `MUSICFS_LOG`.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

use tracing_subscriber::EnvFilter;

/// What is logged unless `MUSICFS_LOG` says otherwise.
const DEFAULT: &str = "info,fuser=warn";

/// Tells the user something on standard error. That nobody reads it is no failure.
pub(crate) fn tell(message: impl Display) {
    let _ = writeln!(io::stderr(), "musicfs: {message}");
}

/// Starts logging for this process. A second call changes nothing.
pub(crate) fn init() {
    let wanted = env::var("MUSICFS_LOG").unwrap_or_default();
    let wanted = if wanted.trim().is_empty() {
        DEFAULT
    } else {
        &wanted
    };
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|error| {
        tell(format_args!(
            "MUSICFS_LOG={wanted}: {error}; logging as without it"
        ));
        EnvFilter::new(DEFAULT)
    });
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        // Whoever read the log may be gone; saying so on standard error would panic.
        .log_internal_errors(false)
        .with_target(false);
    if subscriber.try_init().is_err() {
        tracing::debug!("logging was already set up");
    }
}
