//! Plan, run, resume, outcome and progress of a collection. Knows nothing of clap or indicatif.
