//! Reading requests.

use std::io::{self, BufRead, Read};

use super::answer::Answer;

/// Longest request target (Salesforce, "Status Codes and Error Responses": 414).
const LONGEST_TARGET_BYTES: usize = 16_384;
/// Longest request line and headers together (the same page: 431).
const LONGEST_HEAD_BYTES: usize = 32_768;
/// An assertion is a thousandth of this.
const LONGEST_BODY_BYTES: usize = 1 << 20;
const MOST_HEADERS: usize = 100;
/// The size of a chunk, or a trailer.
const LONGEST_LINE_BYTES: u64 = 1024;
const BAD_REQUEST: &str = "Bad Request";
const URI_TOO_LONG: &str = "URI Too Long";
const HEADERS_TOO_LARGE: &str = "Request Header Fields Too Large";

/// A request.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, as sent.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) keep_alive: bool,
}

/// What came instead of a request.
pub(super) enum Unread {
    /// The other side closed the connection, or broke off.
    Closed,
    /// Something that deserves an answer before the connection is closed.
    Refused(Answer),
}

impl From<io::Error> for Unread {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

impl Request {
    /// Reads the next request of a connection.
    pub(super) fn read(stream: &mut impl BufRead) -> Result<Self, Unread> {
        let head = read_head(stream)?;
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(&head) {
            Ok(status) if status.is_complete() => {}
            Err(httparse::Error::TooManyHeaders) => return Err(refused(431, HEADERS_TOO_LARGE)),
            _ => return Err(refused(400, BAD_REQUEST)),
        }
        let headers: Vec<(String, String)> = parsed
            .headers
            .iter()
            .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
            .collect();
        let mut request = Self {
            method: parsed.method.unwrap_or_default().to_owned(),
            target: parsed.path.unwrap_or_default().to_owned(),
            headers,
            body: Vec::new(),
            keep_alive: parsed.version == Some(1),
        };
        if request.target.len() > LONGEST_TARGET_BYTES {
            return Err(refused(414, URI_TOO_LONG));
        }
        if let Some(connection) = request.header("Connection") {
            request.keep_alive = !connection.eq_ignore_ascii_case("close");
        }
        request.read_body(stream)?;
        Ok(request)
    }

    fn read_body(&mut self, stream: &mut impl BufRead) -> Result<(), Unread> {
        if let Some(coding) = self.header("Transfer-Encoding") {
            if !coding.eq_ignore_ascii_case("chunked") {
                return Err(refused(411, "Length Required"));
            }
            self.body = read_chunks(stream)?;
            return Ok(());
        }
        let Some(length) = self.header("Content-Length") else { return Ok(()) };
        let length = length.parse().map_err(|_| refused(400, BAD_REQUEST))?;
        read_exactly(stream, length, &mut self.body)
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The target up to its query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        form_value(self.target.split_once('?')?.1, name)
    }

    /// A parameter of a form in the body.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        form_value(std::str::from_utf8(&self.body).ok()?, name)
    }

    /// True when the answer may be compressed.
    pub(super) fn accepts_gzip(&self) -> bool {
        self.header("Accept-Encoding").is_some_and(|accepted| {
            accepted.split(',').any(|coding| {
                let mut parts = coding.split(';').map(str::trim);
                let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
                is_gzip && !parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0"))
            })
        })
    }
}

fn read_head(stream: &mut impl BufRead) -> Result<Vec<u8>, Unread> {
    let mut head = Vec::new();
    loop {
        let available = stream.fill_buf()?;
        if available.is_empty() {
            return Err(Unread::Closed);
        }
        let before = head.len();
        head.extend_from_slice(available);
        let searched_from = before.saturating_sub(3);
        let end = head[searched_from..].windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.map(|end| searched_from + end + 4);
        let taken = end.unwrap_or(head.len()) - before;
        stream.consume(taken);
        head.truncate(before + taken);
        if head.len() > LONGEST_HEAD_BYTES {
            let has_line = head.contains(&b'\n');
            return Err(if has_line { refused(431, HEADERS_TOO_LARGE) } else { refused(414, URI_TOO_LONG) });
        }
        if end.is_some() {
            return Ok(head);
        }
    }
}

/// Reads a body in chunks (RFC 9112, section 7.1).
fn read_chunks(stream: &mut impl BufRead) -> Result<Vec<u8>, Unread> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| refused(400, BAD_REQUEST))?;
        if size == 0 {
            // Trailers say nothing that matters here.
            while !read_line(stream)?.is_empty() {}
            return Ok(body);
        }
        read_exactly(stream, size, &mut body)?;
        read_line(stream)?;
    }
}

fn read_line(stream: &mut impl BufRead) -> Result<String, Unread> {
    let mut line = Vec::new();
    stream.take(LONGEST_LINE_BYTES).read_until(b'\n', &mut line)?;
    match line.strip_suffix(b"\r\n") {
        Some(line) => Ok(String::from_utf8_lossy(line).into_owned()),
        None => Err(refused(400, BAD_REQUEST)),
    }
}

/// Appends `length` bytes to a body that must stay small.
fn read_exactly(stream: &mut impl BufRead, length: usize, body: &mut Vec<u8>) -> Result<(), Unread> {
    let total = body.len().saturating_add(length);
    if total > LONGEST_BODY_BYTES {
        return Err(refused(413, "Payload Too Large"));
    }
    let before = body.len();
    body.resize(total, 0);
    stream.read_exact(&mut body[before..])?;
    Ok(())
}

fn refused(status: u16, reason: &str) -> Unread {
    // What stands in front of Salesforce's instances answers in HTML.
    Unread::Refused(Answer::html(status, reason))
}

/// The value of a parameter in `application/x-www-form-urlencoded` text.
fn form_value(form: &str, name: &str) -> Option<String> {
    form.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key) == name).then(|| decoded(value))
    })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let number =
                    std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.extend(number);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Request, u16> {
        Request::read(&mut text.as_bytes()).map_err(|unread| match unread {
            Unread::Closed => 0,
            Unread::Refused(answer) => answer.status,
        })
    }

    #[test]
    fn requests_are_read() {
        let request = read(
            "POST /token?q=SELECT+Id%2CName%20FROM+User HTTP/1.1\r\nContent-Length: 7\r\nAccept-Encoding: br, \
             gzip;q=0.5\r\n\r\na=1&b=2rest",
        )
        .ok()
        .unwrap();
        assert_eq!((request.method.as_str(), request.path()), ("POST", "/token"));
        assert_eq!(request.parameter("q").as_deref(), Some("SELECT Id,Name FROM User"));
        assert_eq!(request.form("b").as_deref(), Some("2"));
        assert!(request.keep_alive && request.accepts_gzip());
    }

    #[test]
    fn bodies_in_chunks_are_read() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let request = read(&format!("{head}3;x=y\r\na=1\r\n4\r\n&b=2\r\n0\r\nTrailer: x\r\n\r\nrest"));
        assert_eq!(request.ok().unwrap().body, b"a=1&b=2");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let long = "x".repeat(LONGEST_TARGET_BYTES);
        let cases = [
            (String::new(), 0),
            ("GET / HTTP/1.1\r\n".to_owned(), 0),
            ("nonsense\r\n\r\n".to_owned(), 400),
            (format!("GET /{long} HTTP/1.1\r\n\r\n"), 414),
            (format!("GET / HTTP/1.1\r\nX: {long}{long}\r\n\r\n"), 431),
            (format!("GET / HTTP/1.1\r\n{}\r\n", "X: 1\r\n".repeat(101)), 431),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(), 411),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n".to_owned(), 400),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffff1\r\n".to_owned(), 413),
            ("POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n".to_owned(), 413),
            ("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nshort".to_owned(), 0),
        ];
        for (text, status) in cases {
            assert_eq!(read(&text).err(), Some(status), "{}", &text[..text.len().min(60)]);
        }
    }
}
