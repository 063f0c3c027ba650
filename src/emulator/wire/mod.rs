//! HTTP/1.1 on a loopback port: requests in, answers out, well-behaved or, when a fault asks for it, not.
//!
//! Knows nothing of Salesforce. Start reading at [`Listener`].

mod answer;
mod connection;
mod listener;
mod request;

pub(crate) use answer::{Answer, Delivery, Sent, gzip};
pub(crate) use listener::Listener;
pub(crate) use request::Request;
