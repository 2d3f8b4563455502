//! Unit tests, by topic.

mod date;
mod db;
mod pages;
mod scan;
mod synthetic;
mod value;
