//! Unit tests, by topic.

mod value;
