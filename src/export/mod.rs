//! One file per output format, and the feed folder. Knows nothing of how a number was made.
