//! The `musicfs` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    musicfs::cli::main()
}
