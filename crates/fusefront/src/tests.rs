//! The filesystem as programs see it: tests mount one, but for those of `errno`, `fs`, `gate` and `saves`.

mod announce;
mod errno;
mod fs;
mod gate;
mod passthrough;
mod publish;
mod refuse;
mod saves;
mod serve;
mod session;
mod slow_server;
mod support;
mod writing;
mod xattr;

pub(crate) use support::Hook;
