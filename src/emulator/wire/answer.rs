//! Answers, and the ways in which they can be delivered.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Bodies below this are not worth compressing.
const SMALLEST_COMPRESSED_BYTES: usize = 512;

/// An answer to a request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// Waited before anything is sent.
    pub(crate) delay: Duration,
    pub(crate) delivery: Delivery,
    /// Held until the answer is sent; its owner counts those that are not.
    pub(crate) running: Option<Arc<()>>,
}

/// How the body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    /// Half of it, then the connection is closed.
    Cut,
    /// Byte by byte, waiting between two.
    Drip(Duration),
    /// Over and over, until the other side has had enough.
    Endless,
    /// So much of it, then the connection is reset.
    Reset(Sent),
}

/// How far an answer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Nothing,
    HalfHead,
    Head,
}

impl Answer {
    /// A JSON body.
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::of_type(status, "application/json;charset=UTF-8", body)
    }

    /// A small HTML page that says `reason`.
    pub(crate) fn html(status: u16, reason: &str) -> Self {
        let page = format!("<html><head><title>{reason}</title></head><body><h1>{reason}</h1></body></html>");
        Self::of_type(status, "text/html; charset=UTF-8", page)
    }

    /// A body of any type.
    pub(crate) fn of_type(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: body.into(),
            delay: Duration::ZERO,
            delivery: Delivery::Whole,
            running: None,
        }
    }

    /// The same with one more header.
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Compresses the body, fast rather than well.
    pub(super) fn compress(&mut self) {
        let is_encoded = self.headers.iter().any(|(name, _)| *name == "Content-Encoding");
        if is_encoded || self.body.len() < SMALLEST_COMPRESSED_BYTES {
            return;
        }
        self.body = gzip(&self.body);
        self.headers.push(("Content-Encoding", "gzip".to_owned()));
    }

    /// Status line and headers.
    pub(super) fn head(&self, keep_alive: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.delivery != Delivery::Endless {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str(if keep_alive { "\r\n" } else { "Connection: close\r\n\r\n" });
        head.into_bytes()
    }
}

/// `bytes` as a gzip stream.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 8), Compression::fast());
    let written: io::Result<Vec<u8>> = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("memory takes every byte")
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        410 => "Gone",
        411 => "Length Required",
        413 => "Payload Too Large",
        414 => "URI Too Long",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Unnamed",
    }
}
