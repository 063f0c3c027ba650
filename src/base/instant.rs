//! Text forms of instants and dates. One form leaves the program: `YYYY-MM-DDTHH:MM:SS.sssZ`, fixed width, so that
//! text order is time order.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// `YYYY-MM-DDTHH:MM:SS.sssZ`.
pub fn utc_text(instant: Timestamp) -> String {
    milliseconds_text(instant.as_millisecond()).unwrap_or_default()
}

/// The same for milliseconds since 1970; `None` outside the years 1 to 9999.
pub fn milliseconds_text(milliseconds: i64) -> Option<String> {
    let at = TimeZone::UTC.to_datetime(Timestamp::from_millisecond(milliseconds).ok()?);
    let year = u16::try_from(at.year()).ok().filter(|year| (1..=9999).contains(year))?;
    // Digit by digit, because a large report writes a million of these.
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let parts = [at.month(), at.day(), at.hour(), at.minute(), at.second()].map(|part| part.unsigned_abs());
    write_digits(year, &mut text[..4]);
    for (part, start) in parts.into_iter().zip([5, 8, 11, 14, 17]) {
        write_digits(part.into(), &mut text[start..start + 2]);
    }
    write_digits(at.millisecond().unsigned_abs(), &mut text[20..23]);
    Some(String::from_utf8_lossy(&text).into_owned())
}

fn write_digits(mut number: u16, places: &mut [u8]) {
    for place in places.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Reads an instant as people and Salesforce write it: RFC 3339, an offset without a colon
/// (`2023-07-23T16:18:23.000+0000`), or a plain date, which means its first instant in UTC.
pub fn parse_instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    if let Ok(instant) = Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text) {
        return Some(instant);
    }
    date_text(text)?;
    let date: Date = text.parse().ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Milliseconds since 1970 of an instant in [`utc_text`]'s form.
pub fn milliseconds_from_text(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// Turns a Salesforce date-time into [`utc_text`]'s form. The REST API always answers UTC with a `+0000` that is not
/// RFC 3339, so that form is taken without arithmetic; `None` when the text is no date-time.
pub fn datetime_from_salesforce(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.len() == 28 && text.ends_with("+0000") && bytes[10] == b'T' && bytes[19] == b'.' {
        let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
        let plain = date_text(&text[..10]).is_some()
            && [11..13, 14..16, 17..19, 20..23].into_iter().all(digits)
            && bytes[13] == b':'
            && bytes[16] == b':'
            && &text[11..13] < "24"
            && &text[14..16] < "60"
            && &text[17..19] < "60";
        if plain {
            return Some(format!("{}Z", &text[..23]));
        }
    }
    if !text.contains('T') {
        return None;
    }
    milliseconds_text(parse_instant(text)?.as_millisecond())
}

/// `text` itself when it is a calendar date `YYYY-MM-DD`.
pub fn date_text(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && [0..4, 5..7, 8..10].into_iter().all(|part| bytes[part].iter().all(u8::is_ascii_digit));
    if !shaped {
        return None;
    }
    let number = |part: &str| part.parse::<i16>().ok();
    let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..])?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().map(|_| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salesforce_datetimes_become_fixed_width_utc() {
        let cases = [
            ("2023-07-23T16:18:23.000+0000", Some("2023-07-23T16:18:23.000Z")),
            ("2023-07-23T16:18:23.5Z", Some("2023-07-23T16:18:23.500Z")),
            ("2023-07-23T16:18:23Z", Some("2023-07-23T16:18:23.000Z")),
            ("2023-07-23T18:18:23.000+0200", Some("2023-07-23T16:18:23.000Z")),
            ("2023-07-23T18:18:23+02:00", Some("2023-07-23T16:18:23.000Z")),
            ("2023-02-30T16:18:23.000+0000", None),
            ("2023-07-23T25:18:23.000+0000", None),
            ("2023-07-23", None),
            ("yesterday", None),
        ];
        for (text, expected) in cases {
            assert_eq!(datetime_from_salesforce(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn dates_are_checked_against_the_calendar() {
        assert_eq!(date_text("2024-02-29"), Some("2024-02-29"));
        for wrong in ["2023-02-29", "2023-2-1", "2023-13-01", "20230101", "2023-01-01T"] {
            assert_eq!(date_text(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn plain_dates_mean_their_first_instant() {
        assert_eq!(utc_text(parse_instant("2026-11-21").unwrap()), "2026-11-21T00:00:00.000Z");
        assert_eq!(parse_instant("2026-21-11"), None);
    }
}
