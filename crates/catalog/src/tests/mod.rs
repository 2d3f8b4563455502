//! Unit tests, by topic.

mod date;
mod db;
mod scan;
mod synthetic;
mod value;
