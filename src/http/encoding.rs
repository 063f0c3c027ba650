//! Percent-encoding of query and form values.

/// Appends `text` to `out` with everything but RFC 3986's unreserved characters percent-encoded, so that the result is
/// safe in a query string and in a form body: `+` becomes `%2B`, a space `%20`.
pub fn percent_encode(text: &str, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::percent_encode;

    #[test]
    fn only_unreserved_characters_stay() {
        let cases = [
            ("abc-._~XYZ09", "abc-._~XYZ09"),
            ("a b+c", "a%20b%2Bc"),
            ("urn:ietf:params", "urn%3Aietf%3Aparams"),
            ("O'Brien & Söhne", "O%27Brien%20%26%20S%C3%B6hne"),
        ];
        for (text, expected) in cases {
            let mut encoded = String::new();
            percent_encode(text, &mut encoded);
            assert_eq!(encoded, expected);
        }
    }
}
