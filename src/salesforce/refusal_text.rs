//! What a refusal says, whatever form it has: a JSON list, a JSON object, XML, a plain word, a web page, or nothing.
//!
//! The data API answers a list of errors; the token endpoint and some newer resources answer one object; gateways in
//! front of Salesforce answer web pages. A refusal without a code of its own is called `ERROR_HTTP_503` after its
//! status, as jsforce does.

use serde::Deserialize;

use crate::base::is_disguise;
use crate::http::redact;
use crate::pii::{Filter, Rules};

use super::known_secrets::KnownSecrets;

/// Longer messages are cut: they are for people, and a SOQL error quotes the whole query.
const LONGEST_MESSAGE_CHARS: usize = 600;

/// What stands further behind is not read. So far behind what may be shown, that a secret cut here is never shown in part,
/// whatever is left out before it.
const LONGEST_READ_CHARS: usize = 256 * 1024;

/// Code and message of a refusal, safe to show.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RefusalText {
    pub(super) code: String,
    pub(super) message: String,
    /// Whether the service itself named the code, rather than a gateway before it.
    pub(super) has_own_code: bool,
}

/// Code and message of an answer that was refused with `status`: one bounded line each, safe to show.
pub fn read_refusal(status: u16, body: &[u8]) -> (String, String) {
    let RefusalText { code, message, .. } = read(status, body, &KnownSecrets::default());
    (code, message)
}

/// Reads the body of an answer that was refused with `status`, to a request that carried `secrets`.
pub(super) fn read(status: u16, body: &[u8], secrets: &KnownSecrets) -> RefusalText {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    let own = from_json(text).or_else(|| from_xml(text)).or_else(|| from_plain_word(text));
    let own = own.map(|(code, message)| (presentable(&code, secrets), presentable(&message, secrets)));
    match own.filter(|(code, _)| !code.is_empty()) {
        Some((code, message)) => RefusalText { code, message, has_own_code: true },
        None => RefusalText {
            code: format!("ERROR_HTTP_{status}"),
            message: presentable(&describe_page(text), secrets),
            has_own_code: false,
        },
    }
}

/// Whether a body may be the JSON that a successful answer must be.
pub(super) fn looks_like_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

#[derive(Deserialize)]
struct Entry {
    #[serde(alias = "errorCode", alias = "error")]
    code: Option<String>,
    #[serde(alias = "error_description")]
    message: Option<String>,
}

fn from_json(text: &str) -> Option<(String, String)> {
    let entry = if text.starts_with('[') {
        serde_json::from_str::<Vec<Entry>>(text).ok()?.into_iter().next()?
    } else {
        serde_json::from_str::<Entry>(text).ok()?
    };
    Some((entry.code?, entry.message.unwrap_or_default()))
}

fn from_xml(text: &str) -> Option<(String, String)> {
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner.trim().to_owned())
    };
    Some((element("errorCode")?, element("message").unwrap_or_default()))
}

/// The userinfo and identity services answer an expired token with one plain word and status 403.
fn from_plain_word(text: &str) -> Option<(String, String)> {
    ["Bad_OAuth_Token", "Missing_OAuth_Token"]
        .into_iter()
        .find(|word| text.starts_with(word))
        .map(|word| (word.to_owned(), String::new()))
}

fn describe_page(text: &str) -> String {
    if text.is_empty() {
        return "an empty answer".to_owned();
    }
    if !text.starts_with('<') {
        return text.to_owned();
    }
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").and_then(|start| {
        let start = start + "<title>".len();
        lower[start..].find("</title>").map(|length| text[start..start + length].trim())
    });
    match title {
        Some(title) if !title.is_empty() => format!("a web page titled \"{title}\""),
        _ => "a web page".to_owned(),
    }
}

/// One line without credentials and personal numbers, of bounded length. What the request carried is looked for first, and
/// patterns find what else looks like a credential; both see the text as people will, so that nothing left out later puts
/// a secret together.
fn presentable(text: &str, secrets: &KnownSecrets) -> String {
    let hidden = secrets.hide(&one_line(text));
    let redacted = redact(&hidden);
    let mut line = match Filter::new(Rules::RESULT).changed("message", &redacted) {
        Some(changed) => changed,
        None => redacted.into_owned(),
    };
    if let Some((cut, _)) = line.char_indices().nth(LONGEST_MESSAGE_CHARS) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

/// Words with one blank between them, without control and invisible characters.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut is_between = false;
    for character in text.chars() {
        if character.is_whitespace() {
            is_between = true;
        } else if !is_disguise(character) {
            if is_between && length > 0 {
                line.push(' ');
            }
            is_between = false;
            line.push(character);
            length += 1;
            if length == LONGEST_READ_CHARS {
                break;
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_refusal_gives_a_code_and_a_sentence() {
        let cases = [
            (
                400,
                r#"[{"message":"No such column","errorCode":"INVALID_FIELD"}]"#,
                "INVALID_FIELD",
                "No such column",
            ),
            (400, "\u{feff} [{\"errorCode\":\"A\",\"message\":\"x\\n  ^\\ny\"}]", "A", "x ^ y"),
            (400, r#"{"errorCode":"ITEM_NOT_FOUND","message":"gone"}"#, "ITEM_NOT_FOUND", "gone"),
            (400, r#"{"error":"invalid_grant","error_description":"expired"}"#, "invalid_grant", "expired"),
            (400, r#"{"error":"invalid_request"}"#, "invalid_request", ""),
            (
                503,
                "<?xml version=\"1.0\"?><Errors><Error><errorCode>SERVER_UNAVAILABLE</errorCode>\
                 <message>busy</message></Error></Errors>",
                "SERVER_UNAVAILABLE",
                "busy",
            ),
            (403, "Bad_OAuth_Token", "Bad_OAuth_Token", ""),
            (503, "", "ERROR_HTTP_503", "an empty answer"),
            (
                502,
                "<html><head><TITLE> Down </TITLE></head></html>",
                "ERROR_HTTP_502",
                "a web page titled \"Down\"",
            ),
            (502, "<html><body>Maintenance</body></html>", "ERROR_HTTP_502", "a web page"),
            (502, "upstream gone", "ERROR_HTTP_502", "upstream gone"),
            (500, "[]", "ERROR_HTTP_500", "[]"),
            (500, r#"{"errorCode":"\u0007"}"#, "ERROR_HTTP_500", r#"{"errorCode":"\u0007"}"#),
            (500, "<errorCode></errorCode>", "ERROR_HTTP_500", "a web page"),
            (500, "[{\"message\":\"half", "ERROR_HTTP_500", "[{\"message\":\"half"),
            (500, r#"[{"message":"no code"}]"#, "ERROR_HTTP_500", r#"[{"message":"no code"}]"#),
            (400, "\u{ff}\u{fe}", "ERROR_HTTP_400", "\u{ff}\u{fe}"),
        ];
        for (status, body, code, message) in cases {
            let read = read(status, body.as_bytes(), &KnownSecrets::default());
            assert_eq!((read.code.as_str(), read.message.as_str()), (code, message), "{body}");
            assert_eq!(read.has_own_code, !code.starts_with("ERROR_HTTP_"), "{body}");
        }
    }

    #[test]
    fn messages_are_redacted_and_bounded() {
        let body = r#"[{"errorCode":"X","message":"token 00Dxx0000001gPL!AQ4AQ is wrong"}]"#;
        assert_eq!(read(400, body.as_bytes(), &KnownSecrets::default()).message, "token [hidden] is wrong");
        let long = read(500, "é".repeat(5_000).as_bytes(), &KnownSecrets::default()).message;
        assert_eq!(long.chars().count(), LONGEST_MESSAGE_CHARS + 1);
    }

    #[test]
    fn only_objects_and_lists_look_like_answers() {
        for (body, expected) in
            [("{}", true), (" \n[1]", true), ("<html>", false), ("", false), ("ok", false)]
        {
            assert_eq!(looks_like_json(body.as_bytes()), expected, "{body}");
        }
    }
}
