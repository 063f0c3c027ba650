//! One page of a query's answer, and the way to the next.
//!
//! Salesforce, "REST API Developer Guide", Query: `totalSize` is what the query found, `done` says whether this page
//! is the last, and `nextRecordsUrl` is a path on the same host to the next one.

use std::fmt;

use thiserror::Error;

use crate::catalogue::FieldType;
use crate::http::{PinError, pin};

use super::{Rows, decode};

/// What a path in an answer must stay under.
const DATA_PATH: &str = "/services/data/v";

/// A selected field: its path as the answer nests it, or the alias of an aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// For example `Id`, `Profile.UserLicenseId` or `expr0`. Each path is asked for once.
    pub path: String,
    /// What the values must be.
    pub field_type: FieldType,
}

/// One decoded page.
pub struct Page {
    /// The records, one value for each column.
    pub rows: Rows,
    /// How many records the query found over all pages; a promise, which the received rows are held against.
    pub total_size: u64,
    /// Where the next page is; `None` on the last.
    pub next: Option<NextPage>,
    /// The size of the answer after decompression.
    pub bytes: u64,
}

/// The checked path of a next page. Its text may be stored, to go on later: a cursor lives two days (Salesforce,
/// "API Query Cursor Limits").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextPage(String);

/// Why an answer is not the page it should be. Names the place, never the value.
#[derive(Debug, Error)]
pub enum PageError {
    /// No JSON, or not of this shape. The parser's own words are left out because they quote values.
    #[error("it is not the JSON expected ({problem} at line {line}, column {column})")]
    Json {
        /// What kind of problem.
        problem: &'static str,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// A value of another type.
    #[error("record {record} gives `{field}` as {found} where {expected} is expected")]
    Type {
        /// Counted from 1.
        record: usize,
        /// The column's path.
        field: String,
        /// What came.
        found: &'static str,
        /// What the column's type asks for.
        expected: &'static str,
    },
    /// A selected field that the record does not have.
    #[error("record {record} lacks the field `{field}`, which was asked for")]
    Absent {
        /// Counted from 1.
        record: usize,
        /// The column's path.
        field: String,
    },
    /// A field that the record has twice.
    #[error("record {record} has the field `{field}` twice")]
    Twice {
        /// Counted from 1.
        record: usize,
        /// The column's path.
        field: String,
    },
    /// `done` is false without a `nextRecordsUrl`.
    #[error("it says that there are more records and not where")]
    NoNextPage,
    /// A `nextRecordsUrl` that leaves the data API.
    #[error("its nextRecordsUrl is not followed")]
    NextPage(#[source] PinError),
}

impl Page {
    /// Decodes the body of a query's answer.
    ///
    /// # Errors
    /// [`PageError`] says where the body is not what `columns` ask for.
    pub fn decode(body: &[u8], columns: &[Column]) -> Result<Self, PageError> {
        Self::from_answer(decode::decode(body, columns, decode::AbsentField::IsAnError)?, body)
    }

    /// The same for the answer to a grouped query, where a field that a record lacks is an empty group key.
    pub(super) fn decode_grouped(body: &[u8], columns: &[Column]) -> Result<Self, PageError> {
        Self::from_answer(decode::decode(body, columns, decode::AbsentField::IsNull)?, body)
    }

    fn from_answer(answer: decode::Answer, body: &[u8]) -> Result<Self, PageError> {
        let next = match (answer.done, answer.next_records_url) {
            (Some(true), _) | (None, None) => None,
            (Some(false), None) => return Err(PageError::NoNextPage),
            (_, Some(path)) => Some(NextPage::parse(&path).map_err(PageError::NextPage)?),
        };
        Ok(Self { rows: answer.rows, total_size: answer.total_size, next, bytes: body.len() as u64 })
    }
}

impl NextPage {
    /// Takes a path from an answer or from where it was stored.
    ///
    /// # Errors
    /// When it is no plain path under `/services/data/v`.
    pub fn parse(path: &str) -> Result<Self, PinError> {
        pin::path(path, DATA_PATH).map(|path| Self(path.to_owned()))
    }

    /// The path, as it is sent and stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NextPage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::Value;

    fn columns(described: &[(&str, FieldType)]) -> Vec<Column> {
        described.iter().map(|&(path, field_type)| Column { path: path.to_owned(), field_type }).collect()
    }

    fn page(records: &str) -> String {
        format!(r#"{{"totalSize":1,"done":true,"records":[{records}]}}"#)
    }

    /// The one value of a one-column record, or the sentence of its refusal.
    fn check(field_type: FieldType, json: &str, expected: Result<Value<'_>, &str>) {
        let body = page(&format!(r#"{{"attributes":{{"type":"X"}},"Field":{json}}}"#));
        let decoded = Page::decode(body.as_bytes(), &columns(&[("Field", field_type)]));
        match (&decoded, expected) {
            (Ok(page), Ok(value)) => assert_eq!(page.rows.row(0).value(0), value, "{json}"),
            (Err(error), Err(sentence)) => assert_eq!(error.to_string(), sentence, "{json}"),
            (Ok(page), Err(_)) => panic!("{json} was taken as {:?}", page.rows.row(0).value(0)),
            (Err(error), Ok(_)) => panic!("{json}: {error}"),
        }
    }

    #[test]
    fn values_are_held_to_their_types() {
        use FieldType as T;
        use Value as V;
        let long = "1".repeat(400);
        for (field_type, json, expected) in [
            (T::Text, r#""Zo\u00eb \"x\"""#, Ok(V::Text("Zoë \"x\""))),
            (T::Text, r#""""#, Ok(V::Text(""))),
            (T::Text, "null", Ok(V::Null)),
            (T::Text, "5", Err("record 1 gives `Field` as a number where a text is expected")),
            (T::Text, r#"{"city":"x"}"#, Err("record 1 gives `Field` as an object where a text is expected")),
            (T::Text, "[1]", Err("record 1 gives `Field` as a list where a text is expected")),
            (T::Id, r#""005xx000001SwiU""#, Ok(V::Text("005xx000001SwiUAAS"))),
            (T::Id, r#""005xx000001SwiUAAS""#, Ok(V::Text("005xx000001SwiUAAS"))),
            (
                T::Id,
                r#""Anna""#,
                Err("record 1 gives `Field` as another text where a Salesforce id is expected"),
            ),
            (T::Integer, "400", Ok(V::Integer(400))),
            (T::Integer, "-1", Ok(V::Integer(-1))),
            (T::Integer, "300.0", Ok(V::Integer(300))),
            (T::Integer, r#""27""#, Ok(V::Integer(27))),
            (T::Integer, r#""9007199254740993""#, Ok(V::Integer(9_007_199_254_740_993))),
            (T::Integer, "9223372036854775807", Ok(V::Integer(i64::MAX))),
            (
                T::Integer,
                "300.5",
                Err("record 1 gives `Field` as a number with decimals where a whole number is expected"),
            ),
            (T::Integer, "1e300", Err("record 1 gives `Field` as a number where a whole number is expected")),
            (
                T::Integer,
                "18446744073709551615",
                Err("record 1 gives `Field` as a number where a whole number is expected"),
            ),
            (
                T::Integer,
                r#""many""#,
                Err("record 1 gives `Field` as another text where a whole number is expected"),
            ),
            (
                T::Integer,
                "true",
                Err("record 1 gives `Field` as true or false where a whole number is expected"),
            ),
            (T::Number, "12.5", Ok(V::Number(12.5))),
            (T::Number, "12", Ok(V::Number(12.0))),
            (T::Number, r#""1.5E2""#, Ok(V::Number(150.0))),
            (T::Number, r#""inf""#, Err("record 1 gives `Field` as another text where a number is expected")),
            (
                T::Number,
                &format!("\"{long}\""),
                Err("record 1 gives `Field` as another text where a number is expected"),
            ),
            (T::Boolean, "true", Ok(V::Boolean(true))),
            (T::Boolean, "1", Err("record 1 gives `Field` as a number where true or false is expected")),
            (T::DateTime, r#""2023-07-23T16:18:23.000+0000""#, Ok(V::Text("2023-07-23T16:18:23.000Z"))),
            (
                T::DateTime,
                r#""2023-07-23""#,
                Err("record 1 gives `Field` as another text where an instant is expected"),
            ),
            (
                T::DateTime,
                "1690128000000",
                Err("record 1 gives `Field` as a number where an instant is expected"),
            ),
            (T::Date, r#""2024-02-29""#, Ok(V::Text("2024-02-29"))),
            (
                T::Date,
                r#""2023-02-29""#,
                Err("record 1 gives `Field` as another text where a date is expected"),
            ),
        ] {
            check(field_type, json, expected);
        }
    }

    #[test]
    fn parents_nest_or_are_null() {
        let columns = columns(&[
            ("Id", FieldType::Id),
            ("Profile.Name", FieldType::Text),
            ("Profile.UserLicense.Name", FieldType::Text),
            ("IsActive", FieldType::Boolean),
            ("Manager.Name", FieldType::Text),
        ]);
        let body = page(
            r#"{"attributes":{"type":"User","url":"/x"},"Id":"005xx000001SwiU","Profile":{"attributes":{"type":"P"},
                "Name":"Standard","UserLicense":{"Name":"Salesforce","Extra":[1,{"a":2}]}},"IsActive":true,"Manager":null},
               {"IsActive":false,"Manager":{"Name":"Zoë"},"Profile":{"Name":"Guest","UserLicense":null},
                "Accounts":{"totalSize":0,"done":true,"records":[]},"id":"005xx000001SwiU"},
               {"Id":"005xx000001SwiU","Profile":null,"IsActive":true,"Manager":null}"#,
        );
        let page = Page::decode(body.as_bytes(), &columns).unwrap();
        let texts: Vec<Vec<Value<'_>>> =
            page.rows.iter().map(|row| (1..5).map(|column| row.value(column)).collect()).collect();
        let text = Value::Text;
        assert_eq!(
            texts,
            [
                [text("Standard"), text("Salesforce"), Value::Boolean(true), Value::Null],
                [text("Guest"), Value::Null, Value::Boolean(false), text("Zoë")],
                [Value::Null, Value::Null, Value::Boolean(true), Value::Null],
            ]
        );
        assert!(page.rows.iter().all(|row| row.value(0) == text("005xx000001SwiUAAS")));
    }

    #[test]
    fn records_have_each_asked_for_field_once() {
        let columns = columns(&[("Id", FieldType::Text), ("Profile.Name", FieldType::Text)]);
        let cases = [
            (r#"{"Id":"a"}"#, "record 1 lacks the field `Profile.Name`, which was asked for"),
            (r#"{"Id":"a","Profile":{}}"#, "record 1 lacks the field `Profile.Name`, which was asked for"),
            (r#"{"Id":"a","Profile":null},{}"#, "record 2 lacks the field `Id`, which was asked for"),
            (r#"{"Id":"a","Id":"b"}"#, "record 1 has the field `Id` twice"),
            (
                r#"{"Id":"a","Profile":{"Name":"b"},"Profile":null}"#,
                "record 1 has the field `Profile.Name` twice",
            ),
        ];
        for (records, sentence) in cases {
            let refused = Page::decode(page(records).as_bytes(), &columns).err().unwrap();
            assert_eq!(refused.to_string(), sentence);
        }
        let grouped = Page::decode_grouped(page(r#"{"Id":"a"}"#).as_bytes(), &columns).unwrap();
        assert_eq!(grouped.rows.row(0).value(1), Value::Null);
    }

    #[test]
    fn the_way_to_the_next_page_is_checked() {
        let next = "/services/data/v66.0/query/01gRO0000016PIAYA2-500";
        let cases = [
            (format!(r#""done":false,"nextRecordsUrl":"{next}""#), Ok(Some(next))),
            (format!(r#""done":true,"nextRecordsUrl":"{next}""#), Ok(None)),
            (format!(r#""nextRecordsUrl":"{next}""#), Ok(Some(next))),
            (r#""done":true,"nextRecordsUrl":null"#.to_owned(), Ok(None)),
            (r#""unknown":[{}]"#.to_owned(), Ok(None)),
            (r#""done":false"#.to_owned(), Err("it says that there are more records and not where")),
            (
                r#""done":false,"nextRecordsUrl":"https://evil.example/services/data/v66.0/query/01g""#
                    .to_owned(),
                Err("its nextRecordsUrl is not followed"),
            ),
        ];
        for (keys, expected) in cases {
            let body = format!(r#"{{"records":[],{keys},"totalSize":3222}}"#);
            let decoded = Page::decode(body.as_bytes(), &[]).map_err(|error| error.to_string());
            let found = decoded.map(|page| {
                assert_eq!((page.total_size, page.bytes), (3222, body.len() as u64));
                page.next.map(|next| next.to_string())
            });
            assert_eq!(found, expected.map(|next| next.map(str::to_owned)).map_err(str::to_owned), "{keys}");
        }
    }

    #[test]
    fn what_is_no_answer_is_refused_without_quoting_it() {
        let bodies = [
            "",
            "secret",
            "[]",
            "{}",
            r#"{"totalSize":1,"done":true,"records":[{"Id":"secret","Parent":null}"#,
            r#"{"totalSize":"secret","done":true,"records":[]}"#,
            r#"{"totalSize":1,"done":true,"records":["secret"]}"#,
            r#"{"totalSize":1,"done":true,"records":[{"Id":"a","Parent":"secret"}]}"#,
            r#"{"totalSize":1,"done":true,"records":[],"records":[]}"#,
            r#"{"totalSize":1,"done":true,"records":[]} secret"#,
            r#"{"totalSize":1,"done":true}"#,
        ];
        let columns = columns(&[("Id", FieldType::Text), ("Parent.Name", FieldType::Text)]);
        for body in bodies {
            let refused = Page::decode(body.as_bytes(), &columns).err().unwrap();
            assert!(matches!(refused, PageError::Json { .. }), "{body}: {refused:?}");
            assert!(!format!("{refused} {refused:?}").contains("secret"), "{refused:?}");
        }
    }
}
