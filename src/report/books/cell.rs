//! Cells of a book: from text to values. What is wrong is told as the rest of a sentence that begins with line and
//! column, with what to write instead.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::base::{Currency, date_text, parse_instant};

/// Any text.
pub(super) fn text(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

/// A date `YYYY-MM-DD` of this or the neighboring centuries; others are slips of the hand.
pub(super) fn date(text: &str) -> Result<Date, String> {
    const YEARS: std::ops::RangeInclusive<i16> = 1990..=2199;
    let date = date_text(text).and_then(|text| text.parse::<Date>().ok());
    match date {
        Some(date) if YEARS.contains(&date.year()) => Ok(date),
        Some(_) => Err(format!("{} is far away; write a date from 1990 to 2199", shown(text))),
        None => Err(format!("{} is no date; write {}", shown(text), instead_of_date(text))),
    }
}

/// Day, month and year with dots are in no doubt; with slashes nobody can tell day from month.
fn instead_of_date(text: &str) -> String {
    let parts: Vec<_> = text.split('.').collect();
    if let [day, month, year] = parts.as_slice()
        && let (Ok(day), Ok(month), Ok(year)) = (day.parse(), month.parse(), year.parse())
        && let Ok(date) = Date::new(year, month, day)
    {
        return date.to_string();
    }
    "year, month and day, such as 2026-10-01".to_owned()
}

/// A date, which means its first instant in UTC, or an instant.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    parse_instant(text).ok_or_else(|| {
        format!(
            "{} is no time; write a date like 2026-10-01 or an instant like 2026-10-01T09:30:00Z",
            shown(text)
        )
    })
}

/// A number with a point and at most ten decimals, from `least` up to `most`.
pub(super) fn decimal(least: i64, most: i64) -> impl Fn(&str) -> Result<Decimal, String> {
    const MOST_DECIMALS: u32 = 10;
    move |text| {
        let is_plain = text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let number = if is_plain { text.parse::<Decimal>().ok() } else { None };
        match number {
            None => Err(format!("{} is no number; write {}", shown(text), instead_of_number(text))),
            Some(number) if number < least.into() || number > most.into() => {
                Err(format!("{} is out of range; write a number from {least} to {most}", shown(text)))
            }
            Some(number) if number.normalize().scale() > MOST_DECIMALS => {
                Err(format!("{} has more than {MOST_DECIMALS} decimals; round it", shown(text)))
            }
            Some(number) => Ok(number.normalize()),
        }
    }
}

/// A whole number from `least` up to `most`.
pub(super) fn whole(least: i64, most: i64) -> impl Fn(&str) -> Result<i64, String> {
    move |text| {
        text.parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            format!("{} is not a whole number from {least} to {most}; write it in digits only", shown(text))
        })
    }
}

/// `1.234,50` is `1234.50`, `1,234.50` too; `1,234` may be either and is left to the writer.
fn instead_of_number(text: &str) -> String {
    let digits = |text: &str| {
        text.chars().filter(|character| character.is_ascii_digit() || *character == '-').collect::<String>()
    };
    let general = "digits with a point before the decimals and nothing else, such as 1234.50".to_owned();
    let is_amount =
        text.chars().all(|character| character.is_ascii_digit() || " .,'-\u{a0}".contains(character));
    let Some(mark) = text.rfind(['.', ',']).filter(|_| is_amount) else { return general };
    let (whole, decimals) = (digits(&text[..mark]), &text[mark + 1..]);
    let has_decimals = !decimals.is_empty() && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !has_decimals || decimals.len() == 3 || whole.is_empty() {
        return general;
    }
    format!("{whole}.{decimals}")
}

/// `yes` or `no`, or the words that programs write for them.
pub(super) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(format!("{} is neither; write yes or no", shown(text))),
    }
}

/// One of these words.
pub(super) fn choice<Value: Copy>(
    words: &'static [(&'static str, Value)],
) -> impl Fn(&str) -> Result<Value, String> {
    move |text| {
        let lower = text.to_lowercase();
        let found = words.iter().find(|(word, _)| *word == lower);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let known = words.iter().map(|(word, _)| *word);
            one_of(text, known.clone(), &known.collect::<Vec<_>>().join(", "))
        })
    }
}

/// One of the orgs that are configured.
pub(super) fn org<Name: AsRef<str>>(orgs: &[Name]) -> impl Fn(&str) -> Result<String, String> {
    move |text| {
        let mut known = orgs.iter().map(AsRef::as_ref);
        if known.clone().any(|org| org == text) {
            return Ok(text.to_owned());
        }
        let list = known.clone().collect::<Vec<_>>().join(", ");
        Err(match known.next() {
            None => format!("{} is not configured; no org is", shown(text)),
            Some(_) => one_of(text, orgs.iter().map(AsRef::as_ref), &list),
        })
    }
}

/// An ISO 4217 code.
pub(super) fn currency(text: &str) -> Result<Currency, String> {
    text.parse().map_err(|_| {
        let upper = text.to_uppercase();
        let instead =
            if upper.parse::<Currency>().is_ok() { upper } else { "one such as EUR or USD".to_owned() };
        format!("{} is no ISO 4217 code of a currency; write {instead}", shown(text))
    })
}

fn one_of<'a>(text: &str, known: impl Iterator<Item = &'a str>, list: &str) -> String {
    let near = nearest(text, known).unwrap_or_default();
    format!("{} is not known; write `{near}`, or another of: {list}", shown(text))
}

/// The candidate that takes the fewest typing errors to become `name`.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates.min_by_key(|candidate| strsim::damerau_levenshtein(&name, &candidate.to_lowercase()))
}

/// A cell's text as a message shows it: in one line and not too long.
pub(super) fn shown(text: &str) -> String {
    const LONGEST_SHOWN: usize = 40;
    let text = text.trim();
    let cut: String = text.chars().take(LONGEST_SHOWN).collect();
    let more = if cut.len() < text.len() { "..." } else { "" };
    let visible: String = cut
        .chars()
        .flat_map(|character| {
            let hides = character.is_control() || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
            if hides { character.escape_unicode().collect::<Vec<_>>() } else { vec![character] }
        })
        .collect();
    format!("`{visible}{more}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_value_comes_with_what_to_write() {
        let date = |text: &str| date(text).unwrap_err();
        assert_eq!(date("01.10.2026"), "`01.10.2026` is no date; write 2026-10-01");
        assert_eq!(
            date("10/1/2026"),
            "`10/1/2026` is no date; write year, month and day, such as 2026-10-01"
        );
        assert_eq!(
            date("2026-02-30"),
            "`2026-02-30` is no date; write year, month and day, such as 2026-10-01"
        );
        assert_eq!(date("0206-10-01"), "`0206-10-01` is far away; write a date from 1990 to 2199");

        let number = |text: &str| decimal(0, 1000)(text).unwrap_err();
        let general = "write digits with a point before the decimals and nothing else, such as 1234.50";
        assert_eq!(number("1.234,50"), "`1.234,50` is no number; write 1234.50");
        assert_eq!(number("1,234.50"), "`1,234.50` is no number; write 1234.50");
        assert_eq!(number("165,00"), "`165,00` is no number; write 165.00");
        assert_eq!(number("1,234"), format!("`1,234` is no number; {general}"));
        assert_eq!(number("€ 5"), format!("`€ 5` is no number; {general}"));
        assert_eq!(number("1e3"), format!("`1e3` is no number; {general}"));
        assert_eq!(number("-1"), "`-1` is out of range; write a number from 0 to 1000");
        assert_eq!(number("0.12345678901"), "`0.12345678901` has more than 10 decimals; round it");
        assert_eq!(decimal(0, 1000)("165.50").unwrap().to_string(), "165.5");

        assert_eq!(
            whole(0, 9)("1.0").unwrap_err(),
            "`1.0` is not a whole number from 0 to 9; write it in digits only"
        );
        assert_eq!(yes_or_no("ja").unwrap_err(), "`ja` is neither; write yes or no");
        assert_eq!(yes_or_no("TRUE"), Ok(true), "as Excel writes it");
        assert_eq!(currency("eur").unwrap_err(), "`eur` is no ISO 4217 code of a currency; write EUR");
        assert_eq!(
            currency("€").unwrap_err(),
            "`€` is no ISO 4217 code of a currency; write one such as EUR or USD"
        );
        assert_eq!(
            org(&["acme", "labs"])("acne").unwrap_err(),
            "`acne` is not known; write `acme`, or another of: acme, labs"
        );
    }

    #[test]
    fn what_a_message_shows_of_a_cell_is_short_and_harmless() {
        assert_eq!(shown(" a\u{1b}[2J\u{202e}b "), "`a\\u{1b}[2J\\u{202e}b`");
        assert_eq!(shown(&"x".repeat(50)), format!("`{}...`", "x".repeat(40)));
    }
}
