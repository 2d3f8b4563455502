mod compose;
mod ogg;
mod ogg_end;
mod ogg_file;
mod plan;
mod pool;
mod read;
