//! The filesystem as programs see it: tests mount one, but for those of `fs` and `gate`.

mod fs;
mod gate;
mod refuse;
mod serve;
mod session;
mod support;
