//! File, environment and flags to settings; every value knows its origin.
