mod plan;
mod read;
