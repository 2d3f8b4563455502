mod compose;
mod plan;
mod read;
