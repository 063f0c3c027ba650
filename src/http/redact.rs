//! The one funnel for text from outside that people will see: whatever looks like a credential is hidden.

use std::borrow::Cow;

/// What stands where a credential stood.
const HIDDEN: &str = "[hidden]";

/// Finds a credential at the start of a text: how many bytes may be shown, and how many behind them may not.
type Rule = fn(&str) -> Option<(usize, usize)>;

const RULES: &[Rule] =
    &[pem_block, authorization, bearer, parameter, json_web_token, session_id, webhook_secret];

/// `text` with credentials replaced by `[hidden]`: Authorization values, JWT-shaped texts, Salesforce session ids,
/// webhook secrets, PEM blocks, and the values of `access_token`, `refresh_token`, `assertion` and `client_secret`.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut copied = 0;
    let mut at = 0;
    let mut in_word = false;
    while let Some(character) = text[at..].chars().next() {
        let found = (!in_word).then(|| RULES.iter().find_map(|rule| rule(&text[at..]))).flatten();
        if let Some((keep, hide)) = found {
            shown.push_str(&text[copied..at + keep]);
            shown.push_str(HIDDEN);
            at += keep + hide;
            copied = at;
            in_word = false;
        } else if let Some(escape) = escape(&text[at..]) {
            in_word = false;
            at += escape;
        } else {
            in_word = character.is_ascii_alphanumeric();
            at += character.len_utf8();
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[copied..]);
    Cow::Owned(shown)
}

/// The length of a percent-encoded character or of a backslash and its letter, which end no word with their letters.
fn escape(text: &str) -> Option<usize> {
    if text.starts_with('%') {
        let mut length = 1;
        // Encoded once more, it is `%2522`.
        while text[length..].starts_with("25") {
            length += 2;
        }
        let digits = text.get(length..length + 2)?;
        return digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(length + 2);
    }
    let letter = text.strip_prefix('\\')?;
    match letter.chars().next()? {
        'n' | 'r' | 't' | 'f' | 'b' => Some(2),
        'u' => text.get(..6).map(str::len),
        _ => None,
    }
}

/// The length of one of `wanted` at the start, as it is or percent-encoded.
fn plain_or_encoded(text: &str, wanted: &str) -> Option<usize> {
    if text.starts_with(|character| wanted.contains(character)) {
        return Some(1);
    }
    let length = escape(text).filter(|_| text.starts_with('%'))?;
    let code = u8::from_str_radix(&text[length - 2..length], 16).ok()?;
    wanted.contains(char::from(code)).then_some(length)
}

/// `-----BEGIN …` up to the end line, or all that follows when there is none. A begin line that no key follows, as in
/// advice about one, is shown.
fn pem_block(text: &str) -> Option<(usize, usize)> {
    let inside = text.strip_prefix("-----BEGIN ")?;
    let label = run(inside, |c| !"-`\r\n".contains(c));
    let body = inside[label..].trim_start_matches('-');
    // In a variable or in JSON, line ends are often the two characters `\n`.
    let body = body.trim_start_matches(|c: char| c.is_whitespace() || c == '\\');
    if !body.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/') {
        return None;
    }
    let end = inside.find("-----END ").and_then(|end| {
        let behind = &inside[end + "-----END ".len()..];
        behind.find("-----").map(|close| text.len() - behind.len() + close + "-----".len())
    });
    Some((0, end.unwrap_or(text.len())))
}

/// `Authorization: …` to the end of the line or of the quoted text.
fn authorization(text: &str) -> Option<(usize, usize)> {
    let keep = named(text, "authorization")?;
    let value = &text[keep..];
    nonempty(keep, value.find(['\r', '\n', '"', '\'', '<']).unwrap_or(value.len()))
}

/// `Bearer …` on its own.
fn bearer(text: &str) -> Option<(usize, usize)> {
    const NAME: &str = "bearer ";
    let keep = text.get(..NAME.len()).filter(|start| start.eq_ignore_ascii_case(NAME)).map(str::len)?;
    let hide = run(&text[keep..], |c| c.is_ascii_graphic() && !"\"'<,;".contains(c));
    // "bearer token" is a phrase; a credential is longer than any word in one.
    (hide >= 16).then_some((keep, hide))
}

/// `name=value` in a URL or form, `"name":"value"` in JSON.
fn parameter(text: &str) -> Option<(usize, usize)> {
    let keep = ["access_token", "refresh_token", "assertion", "client_secret"]
        .iter()
        .find_map(|name| named(text, name))?;
    let hide = run(&text[keep..], |c| !c.is_ascii_whitespace() && !"&\"'<>,}".contains(c));
    nonempty(keep, hide)
}

/// Three base64url parts, the first of which is a JSON object (`eyJ` is `{"`).
fn json_web_token(text: &str) -> Option<(usize, usize)> {
    let base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !text.starts_with("eyJ") {
        return None;
    }
    let header = run(text, base64url);
    let claims_at = header + plain_or_encoded(&text[header..], ".")?;
    let signed = claims_at + run(&text[claims_at..], base64url);
    let signature_at = signed + plain_or_encoded(&text[signed..], ".")?;
    Some((0, signature_at + run(&text[signature_at..], base64url)))
}

/// A Salesforce session id: organization id, `!` (or its percent-encoding), and the rest.
fn session_id(text: &str) -> Option<(usize, usize)> {
    if !text.starts_with("00D") {
        return None;
    }
    let organization = run(text, |c| c.is_ascii_alphanumeric());
    let rest = &text[organization..];
    let mark = ["&#33;", "&#x21;", "&excl;", "\\u0021"]
        .iter()
        .find_map(|entity| rest.starts_with(entity).then_some(entity.len()))
        .or_else(|| plain_or_encoded(rest, "!"))?;
    let secret = run(&rest[mark..], |c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
    (15..=18).contains(&organization).then_some((0, organization + mark + secret))
}

fn webhook_secret(text: &str) -> Option<(usize, usize)> {
    let secret = text.strip_prefix("whsec_")?;
    Some((0, text.len() - secret.len() + run(secret, |c| c.is_ascii_graphic() && !"\"'<,;".contains(c))))
}

/// The length of `name`, an optional quote, `=` or `:`, and the blanks and quote before the value.
fn named(text: &str, name: &str) -> Option<usize> {
    text.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name))?;
    let mut at = name.len();
    let skip = |mut at: usize| {
        while let Some(length) = plain_or_encoded(&text[at..], "\"' ") {
            at += length;
        }
        at
    };
    at = skip(at);
    at += plain_or_encoded(&text[at..], ":=")?;
    Some(skip(at))
}

/// The length of the characters at the start that satisfy `wanted`.
fn run(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.find(|c| !wanted(c)).unwrap_or(text.len())
}

fn nonempty(keep: usize, hide: usize) -> Option<(usize, usize)> {
    (hide > 0).then_some((keep, hide))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_hidden_and_the_rest_is_kept() {
        let cases = [
            ("Session expired or invalid", "Session expired or invalid"),
            ("Authorization: Bearer 00Dxx!abc\r\nHost: x", "Authorization: [hidden]\r\nHost: x"),
            ("proxy-authorization: Basic dXNlcjpwdw==", "proxy-authorization: [hidden]"),
            ("{\"Authorization\": \"Bearer abc\"}", "{\"Authorization\": \"[hidden]\"}"),
            ("sent bearer 0123456789abcdef0123 there", "sent bearer [hidden] there"),
            ("a bearer token is missing", "a bearer token is missing"),
            ("got eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln-_9, refused", "got [hidden], refused"),
            ("eyJhbGciOiJSUzI1NiJ9", "eyJhbGciOiJSUzI1NiJ9"),
            ("id 00Dxx0000001gPL!AR8AQJXg5.oj8_x end", "id [hidden] end"),
            ("id 00Dxx0000001gPLEAY%21AR8AQ end", "id [hidden] end"),
            ("org 00Dxx0000001gPLEAY is open", "org 00Dxx0000001gPLEAY is open"),
            ("secret whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD!", "secret [hidden]"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- tail", "[hidden] tail"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE", "[hidden]"),
            ("-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n", "[hidden]"),
            ("-----BEGIN RSA PRIVATE KEY----- MIIE", "[hidden]"),
            ("-----BEGIN PRIVATE\nMIIE", "[hidden]"),
            ("starts with `-----BEGIN PRIVATE KEY-----`", "starts with `-----BEGIN PRIVATE KEY-----`"),
            ("from `-----BEGIN` to the end", "from `-----BEGIN` to the end"),
            ("?access_token=abc&x=1", "?access_token=[hidden]&x=1"),
            ("grant_type=jwt&assertion=a.b.c", "grant_type=jwt&assertion=[hidden]"),
            ("{\"refresh_token\":\"5Aep\",\"a\":1}", "{\"refresh_token\":\"[hidden]\",\"a\":1}"),
            ("client_secret = hunter2 was wrong", "client_secret = [hidden] was wrong"),
            ("access_token=geheimö&x", "access_token=[hidden]&x"),
            ("access%5Ftoken or access_token%3Dabc%26", "access%5Ftoken or access_token%3D[hidden]"),
            ("%2200Dxx0000001gPL%21AR8AQ%22", "%22[hidden]%22"),
            ("sid%3D00Dxx0000001gPL!AR8AQ", "sid%3D[hidden]"),
            ("sid%253D00Dxx0000001gPL%2521AR8AQ", "sid%253D[hidden]"),
            ("\\n00Dxx0000001gPL!AR8AQ", "\\n[hidden]"),
            ("00Dxx0000001gPL&#33;AR8AQ", "[hidden]"),
            ("\\neyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln", "\\n[hidden]"),
            ("%22eyJhbGciOiJSUzI1NiJ9%2EeyJpc3MiOiJ4In0%2Ec2ln%22", "%22[hidden]%22"),
            ("assertion%3DeyJhbGci", "assertion%3D[hidden]"),
            ("100 %2 of \\u00", "100 %2 of \\u00"),
            ("invalid assertion", "invalid assertion"),
            ("assertion: ", "assertion: "),
        ];
        for (text, expected) in cases {
            assert_eq!(redact(text), expected, "{text}");
        }
    }
}
