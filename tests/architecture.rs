//! Holds the arrows between rooms.
