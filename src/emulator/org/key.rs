//! Record ids: a key prefix that names the object and a number in base 62.

use std::cmp::Ordering;

use crate::base::RecordId;

/// The instance characters and the reserved zero between key prefix and number.
const INSTANCE: &[u8; 3] = b"Qy0";
/// In ASCII order, so that ids sort as their numbers do.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The id of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    prefix: [u8; 3],
    number: u64,
}

impl Key {
    /// The id of record `number` of the object with key prefix `prefix`.
    pub(crate) const fn new(prefix: &[u8; 3], number: u64) -> Self {
        Self { prefix: *prefix, number }
    }

    /// The record's number when it belongs to the object with key prefix `prefix`.
    pub(crate) fn number_in(self, prefix: &[u8; 3]) -> Option<u64> {
        (self.prefix == *prefix).then_some(self.number)
    }

    /// The case-sensitive form that comparisons use.
    pub(crate) fn fifteen(self) -> [u8; 15] {
        let mut text = [b'0'; 15];
        text[..3].copy_from_slice(&self.prefix);
        text[3..6].copy_from_slice(INSTANCE);
        let mut rest = self.number;
        for place in text[6..].iter_mut().rev() {
            *place = DIGITS[(rest % 62) as usize];
            rest /= 62;
        }
        text
    }

    /// The 18 characters that the REST API writes.
    pub(crate) fn record_id(self) -> RecordId {
        let fifteen = self.fifteen();
        RecordId::parse(std::str::from_utf8(&fifteen).unwrap_or_default())
            .expect("fifteen base-62 digits are an id")
    }

    /// Reads an id of this org in either form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fifteen = fifteen_of(text)?;
        match place_in(fifteen[..3].first_chunk()?, &fifteen) {
            Place::At(number) => Some(Self { prefix: *fifteen.first_chunk()?, number }),
            Place::Before | Place::After => None,
        }
    }
}

/// The first fifteen characters of any well-formed id, of this org or of another.
pub(crate) fn fifteen_of(text: &str) -> Option<[u8; 15]> {
    RecordId::parse(text).ok()?.as_str().as_bytes().first_chunk().copied()
}

/// Where an id stands among those of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before all of them.
    Before,
    /// It is, or would be, the one with this number.
    At(u64),
    /// After all of them.
    After,
}

/// Finds the place of `fifteen` among the ids that start with `prefix`.
pub(crate) fn place_in(prefix: &[u8; 3], fifteen: &[u8; 15]) -> Place {
    let mut head = [0; 6];
    head[..3].copy_from_slice(prefix);
    head[3..].copy_from_slice(INSTANCE);
    match fifteen[..6].cmp(&head[..]) {
        Ordering::Less => Place::Before,
        Ordering::Greater => Place::After,
        Ordering::Equal => Place::At(fifteen[6..].iter().fold(0, |number: u64, digit| {
            number * 62 + DIGITS.binary_search(digit).unwrap_or_default() as u64
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_sort_as_their_numbers() {
        let mut before = None;
        for number in [0, 1, 61, 62, 3843, 3844, 1 << 40, 1 << 52] {
            let key = Key::new(b"005", number);
            let text = key.record_id();
            assert_eq!(text.as_str().len(), 18);
            assert_eq!(Key::parse(text.as_str()), Some(key));
            assert_eq!(Key::parse(&text.as_str()[..15]), Some(key));
            assert!(before < Some(key.fifteen()), "{number}");
            before = Some(key.fifteen());
        }
    }

    #[test]
    fn foreign_ids_have_a_place_too() {
        let place = |text: &str| place_in(b"005", &fifteen_of(text).unwrap());
        assert_eq!(place("005000000000000"), Place::Before);
        assert_eq!(place("005zz0000000001"), Place::After);
        assert_eq!(place("005Qy0000000010"), Place::At(62));
        assert_eq!(Key::parse("005000000000000"), None);
        assert_eq!(fifteen_of("no id"), None);
    }
}
