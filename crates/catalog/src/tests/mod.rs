//! Unit tests, by topic.

mod db;
mod scan;
mod synthetic;
mod value;
