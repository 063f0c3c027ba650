//! The `seatledger` program: builds the ambient world once and hands it to the command line.

fn main() {}
