//! Text from outside as it may be shown to a person.

use std::borrow::Cow;

/// `text` with every character that could rewrite a terminal, or turn and hide what stands beside it, shown as
/// `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_disguise) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match is_disguise(character) {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Controls, line and paragraph separators, the explicit direction characters of Unicode Standard Annex 9 (section 2),
/// and invisible characters that make two texts look alike.
pub fn is_disguise(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_shown_and_all_else_stays() {
        for (text, shown) in [
            ("Zoë 渡辺 \u{1f600} محمد", "Zoë 渡辺 \u{1f600} محمد"),
            ("a\u{1b}[2J", "a\\u{1b}[2J"),
            ("a\r\nb\0", "a\\r\\nb\\u{0}"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("\u{85}\u{9b}", "\\u{85}\\u{9b}"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }
}
