//! Signatures of webhooks by the Standard Webhooks specification 1.0.0
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use std::path::Path;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Error;
use crate::base::{World, read_private};

/// The sizes of secrets that the specification allows.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A shared secret. It has no `Debug`.
pub struct WebhookSecret(hmac::Key);

impl WebhookSecret {
    /// Reads `whsec_` and base64 of 24 to 64 bytes; `None` when it is not that.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = zeroize::Zeroizing::new(STANDARD.decode(text.trim().strip_prefix("whsec_")?).ok()?);
        SECRET_BYTES.contains(&bytes.len()).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// Reads the secrets in a file that only its owner can read, one a line: two while one takes over from the other.
    ///
    /// # Errors
    /// A broken rule for private files, no secret, or a line that is none.
    pub fn load(path: &Path, world: &World) -> Result<Vec<Self>, Error> {
        let text = read_private(path, world)?;
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let secrets: Option<Vec<_>> =
            lines.map(|line| std::str::from_utf8(line).ok().and_then(Self::parse)).collect();
        secrets.filter(|secrets| !secrets.is_empty()).ok_or_else(|| Error::NotUsable {
            what: path.display().to_string(),
            problem: "holds no webhook secrets; write each as whsec_ and base64 of 24 to 64 bytes on a line of its own",
        })
    }
}

/// The header `webhook-signature`: one signature by each secret.
pub(super) fn signatures(secrets: &[WebhookSecret], id: &str, timestamp: i64, body: &str) -> String {
    let content = format!("{id}.{timestamp}.{body}");
    let sign =
        |secret: &WebhookSecret| format!("v1,{}", STANDARD.encode(hmac::sign(&secret.0, content.as_bytes())));
    secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_public_test_suites() {
        let cases = [
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                "{\"test\": 2432232314}",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                "{\"email\":\"test@example.com\",\"username\":\"test_user\"}",
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
        ];
        let mut secrets = Vec::new();
        for (secret, id, timestamp, body, expected) in cases {
            let secret = WebhookSecret::parse(secret).unwrap();
            assert_eq!(signatures(std::slice::from_ref(&secret), id, timestamp, body), expected);
            secrets.push(secret);
        }
        let (_, id, timestamp, body, expected) = cases[0];
        let both = signatures(&secrets, id, timestamp, body);
        assert!(both.starts_with(&format!("{expected} v1,")), "{both}");
    }

    #[test]
    fn secrets_have_a_form_and_a_size() {
        for bytes in [24, 32, 64] {
            assert!(WebhookSecret::parse(&format!("whsec_{}\n", STANDARD.encode(vec![1; bytes]))).is_some());
        }
        let short = format!("whsec_{}", STANDARD.encode([1; 23]));
        let long = format!("whsec_{}", STANDARD.encode([1; 65]));
        for wrong in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!", &short, &long] {
            assert!(WebhookSecret::parse(wrong).is_none(), "{wrong}");
        }
    }
}
