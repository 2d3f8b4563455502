mod build;
mod edit;
mod inode;
mod leaf_map;
mod model;
mod name;
mod parallel;
