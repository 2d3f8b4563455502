mod geometry;
mod probe;
