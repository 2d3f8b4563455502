mod flac;
mod flac_file;
mod flac_hostile;
mod geometry;
mod model;
mod probe;
mod spell;
mod tags;
