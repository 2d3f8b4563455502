//! Reads a beets library: database, configuration and queries.
