mod build;
mod inode;
mod leaf_map;
mod model;
mod name;
