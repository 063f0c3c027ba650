//! Cuts a query into tokens.

use super::problem::Problem;

/// A token and its place in the query, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) at: usize,
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Word,
    Text(String),
    Number(f64),
    Date,
    DateTime,
    Symbol,
    End,
}

/// Operators and punctuation, longer ones first.
const SYMBOLS: &[&str] = &["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", "."];

/// All tokens of `query`; the last is [`TokenKind::End`].
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(character) = query[at..].chars().next() {
        let rest = &query[at..];
        let (kind, length) = match character {
            _ if character.is_whitespace() => {
                at += character.len_utf8();
                continue;
            }
            '\'' => quoted(rest, at)?,
            '-' | '0'..='9' => number_or_date(rest, at)?,
            _ if character.is_ascii_alphabetic() => (TokenKind::Word, word_length(rest)),
            _ => {
                let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
                let symbol = symbol.ok_or_else(|| Problem::unexpected(at, &character.to_string()))?;
                (TokenKind::Symbol, symbol.len())
            }
        };
        tokens.push(Token { kind, at, end: at + length });
        at += length;
    }
    tokens.push(Token { kind: TokenKind::End, at: query.len(), end: query.len() });
    Ok(tokens)
}

fn word_length(rest: &str) -> usize {
    rest.find(|character: char| !character.is_ascii_alphanumeric() && character != '_').unwrap_or(rest.len())
}

/// A string literal. `\n`, `\r`, `\t`, `\b`, `\f`, `\"`, `\'`, `\\`, `\_` and `\%` are escapes (SOQL Reference, "Quoted
/// String Escape Sequences"); the last two stay escaped, because only LIKE gives them a meaning.
fn quoted(rest: &str, at: usize) -> Result<(TokenKind, usize), Problem> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((place, character)) = characters.next() {
        match character {
            '\'' => return Ok((TokenKind::Text(text), place + 1)),
            '\\' => match characters.next() {
                Some((_, 'n' | 'N')) => text.push('\n'),
                Some((_, 'r' | 'R')) => text.push('\r'),
                Some((_, 't' | 'T')) => text.push('\t'),
                Some((_, 'b' | 'B')) => text.push('\u{8}'),
                Some((_, 'f' | 'F')) => text.push('\u{c}'),
                Some((_, same @ ('"' | '\''))) => text.push(same),
                // Kept escaped until it is known whether LIKE reads them.
                Some((_, same @ ('\\' | '_' | '%'))) => text.extend(['\\', same]),
                Some((place, other)) => {
                    let message = format!("invalid string literal: illegal escape sequence '\\{other}'");
                    return Err(Problem::at(at + place - 1, "MALFORMED_QUERY", message));
                }
                None => break,
            },
            _ => text.push(character),
        }
    }
    Err(Problem::at(at, "MALFORMED_QUERY", "unexpected token: '<EOF>' (unterminated string literal)"))
}

fn number_or_date(rest: &str, at: usize) -> Result<(TokenKind, usize), Problem> {
    let bytes = rest.as_bytes();
    let looks_like_date = bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-';
    let belongs = |character: char| {
        character.is_ascii_alphanumeric() || character == '.' || looks_like_date && ":+-".contains(character)
    };
    let end = rest[1..].find(|character| !belongs(character)).map_or(rest.len(), |end| end + 1);
    let text = &rest[..end];
    if looks_like_date {
        let kind = if text.len() == 10 { TokenKind::Date } else { TokenKind::DateTime };
        return Ok((kind, end));
    }
    match text.parse() {
        Ok(number) => Ok((TokenKind::Number(number), end)),
        Err(_) => Err(Problem::unexpected(at, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_told_apart() {
        let kinds =
            |query: &str| tokens(query).unwrap().into_iter().map(|token| token.kind).collect::<Vec<_>>();
        assert_eq!(
            kinds("'O\\'Brien & Söhne' 2026-01-31 2026-01-31T00:00:00.000+00:00 -1.5 Name"),
            [
                TokenKind::Text("O'Brien & Söhne".to_owned()),
                TokenKind::Date,
                TokenKind::DateTime,
                TokenKind::Number(-1.5),
                TokenKind::Word,
                TokenKind::End
            ]
        );
        for wrong in ["'open", "'\\q'", "1x", "#", "Name = ;"] {
            assert_eq!(tokens(wrong).unwrap_err().code, "MALFORMED_QUERY", "{wrong}");
        }
    }
}
