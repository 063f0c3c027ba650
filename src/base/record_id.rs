//! Salesforce record ids in their 18-character form.

use std::fmt;

use thiserror::Error;

/// A Salesforce record id, always the 18-character form: 15 case-sensitive characters and a checksum that keeps them
/// apart in case-insensitive stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 18]);

/// Why a text is no record id.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RecordIdError {
    /// Neither 15 nor 18 characters.
    #[error("a Salesforce id has 15 or 18 characters, not {0}")]
    Length(usize),
    /// Something other than ASCII letters and digits.
    #[error("a Salesforce id has only ASCII letters and digits")]
    Character,
    /// The three checksum characters do not belong to the first fifteen.
    #[error("the last three characters of the Salesforce id do not match the first fifteen")]
    Checksum,
}

impl RecordId {
    /// Reads 15 or 18 characters; the checksum of the longer form is verified without regard to case.
    ///
    /// # Errors
    /// [`RecordIdError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, RecordIdError> {
        let bytes = text.as_bytes();
        if bytes.len() != 15 && bytes.len() != 18 {
            return Err(RecordIdError::Length(text.chars().count()));
        }
        if !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return Err(RecordIdError::Character);
        }
        let mut id = [0; 18];
        id[..15].copy_from_slice(&bytes[..15]);
        let (case_sensitive, suffix) = id.split_at_mut(15);
        suffix.copy_from_slice(&checksum(case_sensitive));
        if bytes.len() == 18 && !bytes[15..].eq_ignore_ascii_case(suffix) {
            return Err(RecordIdError::Checksum);
        }
        Ok(Self(id))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// One character for each five: the bits say which of them are upper case, lowest first.
fn checksum(fifteen: &[u8]) -> [u8; 3] {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let mut suffix = [0; 3];
    for (chunk, character) in fifteen.chunks(5).zip(&mut suffix) {
        let bits = chunk
            .iter()
            .enumerate()
            .fold(0, |bits, (place, byte)| bits | usize::from(byte.is_ascii_uppercase()) << place);
        *character = ALPHABET[bits];
    }
    suffix
}

impl fmt::Display for RecordId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifteen_characters_get_their_checksum() {
        let cases = [
            ("000000000000000", "000000000000000AAA"),
            ("A00000000000000", "A00000000000000BAA"),
            ("00Dxx0000001gPL", "00Dxx0000001gPLEAY"),
            ("005xx000001SwiU", "005xx000001SwiUAAS"),
        ];
        for (fifteen, eighteen) in cases {
            assert_eq!(RecordId::parse(fifteen).unwrap().as_str(), eighteen);
            assert_eq!(RecordId::parse(eighteen).unwrap().as_str(), eighteen);
        }
    }

    #[test]
    fn wrong_texts_are_told_apart() {
        assert_eq!(RecordId::parse("001"), Err(RecordIdError::Length(3)));
        assert_eq!(RecordId::parse("00Dxx0000001gP'"), Err(RecordIdError::Character));
        assert_eq!(RecordId::parse("00Dxx0000001gPLEAX"), Err(RecordIdError::Checksum));
    }
}
