mod build;
mod inode;
mod model;
mod name;
