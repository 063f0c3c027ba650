//! Values of fields, and how the REST API writes them.

use std::borrow::Cow;
use std::io::Write;

use super::key::Key;

/// Milliseconds in a day.
pub(crate) const DAY_MILLISECONDS: i64 = 86_400_000;

/// A field's value in one record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Text(Cow<'static, str>),
    Id(Key),
    /// Milliseconds since 1970, UTC.
    Instant(i64),
    /// Days since 1970.
    Day(i64),
}

impl Value {
    /// Text that the program holds anyway.
    pub(crate) const fn text(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// `Null` for `None`.
    pub(crate) fn from_option<T>(option: Option<T>, value: impl FnOnce(T) -> Self) -> Self {
        option.map_or(Self::Null, value)
    }

    /// Appends the JSON form, as the REST API writes it: instants in UTC with a `+0000` that RFC 3339 does not know.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Boolean(true) => out.extend_from_slice(b"true"),
            Self::Boolean(false) => out.extend_from_slice(b"false"),
            Self::Integer(number) => write_infallibly(out, format_args!("{number}")),
            Self::Double(number) => write_infallibly(out, format_args!("{number:?}")),
            Self::Text(text) => write_string(text, out),
            Self::Id(key) => {
                out.push(b'"');
                out.extend_from_slice(key.record_id().as_str().as_bytes());
                out.push(b'"');
            }
            Self::Instant(milliseconds) => {
                out.push(b'"');
                write_day(milliseconds.div_euclid(DAY_MILLISECONDS), out);
                write_time_of_day(milliseconds.rem_euclid(DAY_MILLISECONDS), out);
                out.extend_from_slice(b"+0000\"");
            }
            Self::Day(day) => {
                out.push(b'"');
                write_day(*day, out);
                out.push(b'"');
            }
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut written = 0;
    for (place, byte) in text.bytes().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..=0x1f => b"",
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[written..place]);
        if escape.is_empty() {
            write_infallibly(out, format_args!("\\u{byte:04x}"));
        } else {
            out.extend_from_slice(escape);
        }
        written = place + 1;
    }
    out.extend_from_slice(&text.as_bytes()[written..]);
    out.push(b'"');
}

/// Formats into memory.
pub(crate) fn write_infallibly(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("memory takes every byte");
}

fn write_day(day: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil(day);
    push_digits(year, 4, out);
    out.push(b'-');
    push_digits(month, 2, out);
    out.push(b'-');
    push_digits(day, 2, out);
}

fn write_time_of_day(milliseconds: i64, out: &mut Vec<u8>) {
    for (separator, number, width) in [
        (b'T', milliseconds / 3_600_000, 2),
        (b':', milliseconds / 60_000 % 60, 2),
        (b':', milliseconds / 1000 % 60, 2),
        (b'.', milliseconds % 1000, 3),
    ] {
        out.push(separator);
        push_digits(number, width, out);
    }
}

fn push_digits(number: i64, width: u32, out: &mut Vec<u8>) {
    for place in (0..width).rev() {
        out.push(b'0' + (number / 10_i64.pow(place) % 10) as u8);
    }
}

/// Year, month and day of a day since 1970, by Howard Hinnant's `civil_from_days`: formatting through a calendar
/// library takes ten times as long, and a page holds ten thousand instants.
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &Value) -> String {
        let mut out = Vec::new();
        value.write_json(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_written_as_the_rest_api_writes_them() {
        let cases = [
            (Value::Instant(1_690_129_103_000), r#""2023-07-23T16:18:23.000+0000""#),
            (Value::Instant(-1), r#""1969-12-31T23:59:59.999+0000""#),
            (Value::Day(19_782), r#""2024-02-29""#),
            (Value::Double(300.0), "300.0"),
            (Value::Integer(-1), "-1"),
            (Value::text("a\"b\\c\n\u{1}ü"), r#""a\"b\\c\n\u0001ü""#),
            (Value::Null, "null"),
        ];
        for (value, expected) in cases {
            assert_eq!(json(&value), expected);
        }
    }

    #[test]
    fn every_day_of_eight_centuries_matches_the_calendar() {
        let mut date = jiff::civil::date(1900, 1, 1);
        let epoch = jiff::civil::date(1970, 1, 1);
        while date.year() < 2700 {
            let day = i64::from((date - epoch).get_days());
            let expected = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
            assert_eq!(civil(day), expected);
            date = date.checked_add(jiff::Span::new().days(37)).unwrap();
        }
    }
}
