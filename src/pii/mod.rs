//! Finds personal numbers in text: rules, spans in the original text, and a verdict per kind.
//!
//! Knows nothing of where the text came from or where it goes, and never keeps what it found longer than its caller
//! does. Start reading at [`scan()`]. Text is folded first: full-width and other digits, invisible
//! characters and odd blanks are seen through. What no scan of one text can catch: a number split over two texts,
//! and one that is still encoded (base64, percent or `\u` escapes), so callers decode before they ask.

mod account;
mod address;
mod card;
mod detectors;
mod filter;
mod folded;
mod identity_number;
mod kind;
mod scan;

pub use filter::Filter;
pub use kind::{Action, Kind, Rules};
pub use scan::{Count, Finding, LARGEST_INPUT_BYTES, Scan, TooLong, scan, scan_arguments};
