//! The secrets that a request carried, found again in an answer however it writes them.

use std::collections::{BTreeSet, HashSet};

use crate::base::Secret;

/// What stands where a secret stood.
const HIDDEN: &str = "[hidden]";

/// Shorter pieces would be found in ordinary words. Salesforce's tokens and signatures have about a hundred characters.
const SHORTEST_PIECE_CHARS: usize = 6;

/// So much of a longer secret is hidden too: an answer may be cut off in its middle. Longer than the organization id that
/// a token begins with.
const STRETCH_CHARS: usize = 16;

/// How often one form of writing may be put on another, as `%2521` is.
const MOST_LAYERS: usize = 3;

/// The longest written form of one character: `&#x00000021;`.
const LONGEST_ESCAPE_CHARS: usize = 12;

/// What must not be shown of an answer to the request at hand: whole, and each part that is worth something alone.
#[derive(Default)]
pub(super) struct KnownSecrets(Vec<Secret>);

/// A character of a text as it is meant, and the bytes that write it.
#[derive(Clone, Copy)]
struct Unit {
    character: u8,
    start: usize,
    end: usize,
}

impl KnownSecrets {
    /// An access token, and what follows its organization id.
    pub(super) fn of_token(token: &Secret) -> Self {
        let text = token.expose();
        Self::of(text, text.split_once('!').map(|(_, rest)| rest))
    }

    /// A signed assertion, and each of its parts.
    pub(super) fn of_assertion(assertion: &Secret) -> Self {
        let text = assertion.expose();
        Self::of(text, text.split('.'))
    }

    fn of<'a>(whole: &'a str, parts: impl IntoIterator<Item = &'a str>) -> Self {
        let pieces = std::iter::once(whole).chain(parts);
        Self(
            pieces
                .filter(|piece| piece.len() >= SHORTEST_PIECE_CHARS)
                .map(|piece| Secret::new(piece.to_owned()))
                .collect(),
        )
    }

    /// `text` with every secret and every longer stretch of one replaced by `[hidden]`: also percent-encoded, as an HTML
    /// entity or a JSON escape, one on top of the other, and with blanks, line ends and invisible characters inside.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut units: Vec<_> = text
            .char_indices()
            .filter(|(_, character)| character.is_ascii_graphic())
            .filter_map(|(at, character)| {
                Some(Unit { character: u8::try_from(character).ok()?, start: at, end: at + 1 })
            })
            .collect();
        let mut found = self.find(&units);
        for _ in 0..MOST_LAYERS {
            let decoded = decoded(&units);
            if decoded.len() == units.len() {
                break;
            }
            units = decoded;
            found.extend(self.find(&units));
        }
        found.sort_unstable();
        let mut shown = String::with_capacity(text.len());
        let mut at = 0;
        for (start, end) in found {
            if start >= at {
                shown.push_str(&text[at..start]);
                shown.push_str(HIDDEN);
            }
            at = at.max(end);
        }
        shown.push_str(&text[at..]);
        shown
    }

    /// Where the text has a secret or a stretch of one, in bytes.
    fn find(&self, units: &[Unit]) -> Vec<(usize, usize)> {
        let text: Vec<u8> = units.iter().map(|unit| unit.character).collect();
        let pieces = || self.0.iter().map(|secret| secret.expose().as_bytes());
        let lengths: BTreeSet<_> = pieces().map(|piece| piece.len().min(STRETCH_CHARS)).collect();
        let mut found = Vec::new();
        for length in lengths {
            let stretches: HashSet<&[u8]> = pieces()
                .filter(|piece| piece.len().min(STRETCH_CHARS) == length)
                .flat_map(|piece| piece.windows(length))
                .collect();
            found.extend(text.windows(length).zip(units.windows(length)).filter_map(|(window, place)| {
                let (first, last) = (place.first()?, place.last()?);
                stretches.contains(window).then_some((first.start, last.end))
            }));
        }
        found
    }
}

/// The same with one layer of escapes read as what they stand for, blanks and controls left out.
fn decoded(units: &[Unit]) -> Vec<Unit> {
    let mut decoded = Vec::with_capacity(units.len());
    let mut rest = units;
    while let [first, tail @ ..] = rest {
        let Some((character, length)) = escape(rest) else {
            decoded.push(*first);
            rest = tail;
            continue;
        };
        if character.is_ascii_graphic() {
            let end = rest.get(length - 1).map_or(first.end, |last| last.end);
            decoded.push(Unit { character, start: first.start, end });
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    decoded
}

/// The ASCII character that an escape at the start stands for, and the escape's length.
fn escape(units: &[Unit]) -> Option<(u8, usize)> {
    let start: String =
        units.iter().take(LONGEST_ESCAPE_CHARS).map(|unit| char::from(unit.character)).collect();
    let number = |digits: &str, radix| {
        digits.bytes().all(|digit| digit.is_ascii_alphanumeric()).then_some(())?;
        u8::from_str_radix(digits, radix).ok().filter(u8::is_ascii)
    };
    if start.starts_with('%') {
        return Some((number(start.get(1..3)?, 16)?, 3));
    }
    if let Some(entity) = start.strip_prefix('&') {
        let (name, _) = entity.split_once(';')?;
        let character = match name.strip_prefix('#') {
            Some(code) => match code.strip_prefix(['x', 'X']) {
                Some(digits) => number(digits, 16)?,
                None => number(code, 10)?,
            },
            None => match name {
                "excl" => b'!',
                "period" => b'.',
                "lowbar" => b'_',
                "amp" => b'&',
                _ => return None,
            },
        };
        return Some((character, name.len() + 2));
    }
    match start.strip_prefix('\\')?.chars().next()? {
        'u' => Some((number(start.get(2..6)?, 16)?, 6)),
        'x' => Some((number(start.get(2..4)?, 16)?, 4)),
        'n' | 'r' | 't' | 'f' | 'b' => Some((b' ', 2)),
        // In JSON a backslash may stand before a character that needs none.
        other => Some((u8::try_from(other).ok()?, 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "00Dxx0000001gPL!AR8AQJXg5.oj8_x";

    #[test]
    fn a_token_is_found_however_it_is_written() {
        let secrets = KnownSecrets::of_token(&Secret::new(TOKEN.to_owned()));
        let every_character: String = TOKEN.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for written in [
            TOKEN.to_owned(),
            TOKEN.replace('!', "%21"),
            TOKEN.replace('!', "%252521").replace('_', "%5F"),
            TOKEN.replace('!', "&#33;"),
            TOKEN.replace('!', "&#x0021;").replace('.', "&period;"),
            TOKEN.replace('!', "\\u0021"),
            TOKEN.replace('!', "\u{1}!\u{1}"),
            TOKEN.replace("AQ", "A\u{200b}Q\u{ad}\u{fe0f}"),
            TOKEN.replace("AQ", "A\r\n  Q"),
            TOKEN.replace("AQ", "A\\r\\nQ"),
            TOKEN.replace("AQ", "A%0D%0AQ"),
            every_character,
            format!("%22{}%22", TOKEN.replace('!', "%21")),
            format!("sid%3D{TOKEN}"),
            format!("\\n{TOKEN}"),
            format!("x{TOKEN}x"),
            "AR8AQJXg5.oj8_x".to_owned(),
            format!("{TOKEN}{TOKEN}"),
        ] {
            let shown = secrets.hide(&format!("Söhne: {written} end"));
            let kept = format!("{}{}", &shown[..8], &shown[shown.len() - 4..]);
            assert_eq!(kept, "Söhne:  end", "{written}");
            assert!(shown.contains(HIDDEN), "{written} shown as {shown}");
            for piece in ["AR8", "oj8", "JXg5", "%41"] {
                assert!(!shown.contains(piece), "{written} shown as {shown}");
            }
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let secrets = KnownSecrets::of_token(&Secret::new(TOKEN.to_owned()));
        for text in
            ["", "100 % of 00Dxx0000001gPL", "a %2 &#; &amp; \\ \\u12 %zz é", "AR8 AQ", "&", "%", "\\"]
        {
            assert_eq!(secrets.hide(text), text);
        }
        assert_eq!(KnownSecrets::of_token(&Secret::new("a!b".to_owned())).hide("a!b or b"), "a!b or b");
        assert_eq!(KnownSecrets::default().hide("text"), "text");
    }

    #[test]
    fn each_part_of_an_assertion_is_hidden() {
        let secrets = KnownSecrets::of_assertion(&Secret::new("eyJhbGci.eyJpc3Mi.c2ln-_9x".to_owned()));
        assert_eq!(secrets.hide("eyJhbGci.eyJpc3Mi.c2ln-_9x"), HIDDEN);
        assert_eq!(secrets.hide("cut eyJhbGci.eyJpc3Mi.c2 off"), "cut [hidden] off");
        assert_eq!(secrets.hide("c2ln-_9x and \\neyJpc3Mi%2E"), "[hidden] and \\n[hidden]%2E");
    }
}
