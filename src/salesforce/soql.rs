//! Texts of SOQL: escaped literals, lists that fit into a URL, and the query around them.
//!
//! Rules from Salesforce, "SOQL and SOSL Reference": Quoted String Escape Sequences, Date Formats, and the limits of
//! "REST API Developer Guide", Status Codes (a URI over 16,384 bytes is refused with 414).

use jiff::Timestamp;

use crate::base::utc_text;
use crate::http::percent_encode;

/// The longest URI that Salesforce takes.
const LONGEST_URI_BYTES: usize = 16_384;

/// What host, path and the rest of a query may need beside the list that is split.
const RESERVED_BYTES: usize = 4_096;

/// `text` as a quoted literal: `O'Brien` becomes `'O\'Brien'`.
pub fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        match character {
            '\'' => quoted.push_str("\\'"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// `instant` as SOQL writes it: without quotes, in UTC.
pub fn datetime(instant: Timestamp) -> String {
    utc_text(instant)
}

/// Conditions `field IN ('…','…')` that together cover `values`, each short enough for one request. No values give no
/// condition.
pub fn in_lists<'a>(field: &str, values: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let budget = LONGEST_URI_BYTES - RESERVED_BYTES;
    let mut conditions = Vec::new();
    let mut list = String::new();
    let mut encoded_bytes = 0;
    for value in values {
        let literal = literal(value);
        let mut encoded = String::new();
        percent_encode(&literal, &mut encoded);
        // Three for the comma.
        let bytes = encoded.len() + 3;
        if !list.is_empty() && encoded_bytes + bytes > budget {
            conditions.push(format!("{field} IN ({list})"));
            list.clear();
            encoded_bytes = 0;
        }
        if !list.is_empty() {
            list.push(',');
        }
        list.push_str(&literal);
        encoded_bytes += bytes;
    }
    if !list.is_empty() {
        conditions.push(format!("{field} IN ({list})"));
    }
    conditions
}

/// `SELECT fields FROM object`, with the conditions joined by AND and, if given, an order.
pub fn select(fields: &[&str], object: &str, conditions: &[&str], order_by: Option<&str>) -> String {
    let mut soql = format!("SELECT {} FROM {object}", fields.join(", "));
    for (place, condition) in conditions.iter().enumerate() {
        soql.push_str(if place == 0 { " WHERE " } else { " AND " });
        soql.push_str(condition);
    }
    if let Some(order) = order_by {
        soql.push_str(" ORDER BY ");
        soql.push_str(order);
    }
    soql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_cannot_be_left() {
        let cases = [
            ("Acme GmbH", "'Acme GmbH'"),
            ("O'Brien & Söhne", "'O\\'Brien & Söhne'"),
            ("C:\\new", "'C:\\\\new'"),
            ("\\' OR Name != '", "'\\\\\\' OR Name != \\''"),
            ("a\nb\r\tc\u{8}\u{c}", "'a\\nb\\r\\tc\\b\\f'"),
            ("", "''"),
        ];
        for (text, expected) in cases {
            assert_eq!(literal(text), expected);
        }
    }

    #[test]
    fn datetimes_need_no_plus() {
        assert_eq!(datetime("2026-11-21T10:00:00+02:00".parse().unwrap()), "2026-11-21T08:00:00.000Z");
    }

    #[test]
    fn lists_split_below_the_longest_uri_and_lose_nothing() {
        let names: Vec<String> = (0..2_000).map(|number| format!("Ünïcode & Söhne {number}")).collect();
        let conditions = in_lists("CompanyName", names.iter().map(String::as_str));
        assert!(conditions.len() > 1);
        let mut literals = 0;
        for condition in &conditions {
            let mut encoded = String::new();
            percent_encode(condition, &mut encoded);
            assert!(encoded.len() <= LONGEST_URI_BYTES - RESERVED_BYTES + 64, "{}", encoded.len());
            literals += condition.matches(" & ").count();
        }
        assert_eq!(literals, names.len());
        assert!(in_lists("Id", []).is_empty());
        assert_eq!(in_lists("Id", ["a", "b"]), ["Id IN ('a','b')"]);
    }

    #[test]
    fn queries_join_their_parts() {
        assert_eq!(select(&["Id", "Name"], "User", &[], None), "SELECT Id, Name FROM User");
        assert_eq!(
            select(&["Id"], "User", &["IsActive = true", "Id > '005'"], Some("Id")),
            "SELECT Id FROM User WHERE IsActive = true AND Id > '005' ORDER BY Id"
        );
    }
}
