//! Unit tests, by topic.

mod date;
mod db;
mod digest;
mod edit;
mod pages;
mod scan;
mod synthetic;
mod texts;
mod value;
