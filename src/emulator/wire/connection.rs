//! One connection: requests read and answered until either side has had enough.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::answer::{Answer, Delivery, Sent};
use super::request::{Request, Unread};
use crate::base::Clock;

/// A connection that is silent for this long is closed.
const IDLE_LIMIT: Duration = Duration::from_secs(120);

/// How long, and how much, is read from a connection whose request was refused.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);
const MOST_DRAINED_BYTES: u64 = 1 << 20;

/// Serves a connection until it ends.
pub(super) fn serve(
    stream: &TcpStream,
    clock: &dyn Clock,
    answer: impl Fn(&Request) -> Answer,
) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE_LIMIT))?;
    stream.set_write_timeout(Some(IDLE_LIMIT))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        match Request::read(&mut reader) {
            Ok(request) => {
                let mut answer = answer(&request);
                if request.accepts_gzip() {
                    answer.compress();
                }
                let keep_alive = request.keep_alive && answer.delivery == Delivery::Whole;
                deliver(stream, clock, &mut answer, keep_alive)?;
                match answer.delivery {
                    Delivery::Reset(_) => return Ok(()),
                    _ if keep_alive => {}
                    _ => return stream.shutdown(Shutdown::Both),
                }
            }
            Err(Unread::Refused(mut answer)) => {
                deliver(stream, clock, &mut answer, false)?;
                return drain(stream, &mut reader);
            }
            Err(Unread::Closed) => return Ok(()),
        }
    }
}

fn deliver(
    mut stream: &TcpStream,
    clock: &dyn Clock,
    answer: &mut Answer,
    keep_alive: bool,
) -> io::Result<()> {
    if !answer.delay.is_zero() {
        clock.sleep(answer.delay);
    }
    answer.running = None;
    let mut bytes = answer.head(keep_alive);
    match answer.delivery {
        Delivery::Reset(sent) => {
            let length = match sent {
                Sent::Nothing => 0,
                Sent::HalfHead => bytes.len() / 2,
                Sent::Head => bytes.len(),
            };
            stream.write_all(&bytes[..length])?;
            reset(stream)
        }
        Delivery::Whole => {
            bytes.extend_from_slice(&answer.body);
            stream.write_all(&bytes)
        }
        Delivery::Cut => {
            bytes.extend_from_slice(&answer.body[..answer.body.len() / 2]);
            stream.write_all(&bytes)
        }
        Delivery::Drip(pause) => {
            stream.write_all(&bytes)?;
            for byte in &answer.body {
                stream.write_all(&[*byte])?;
                clock.sleep(pause);
            }
            Ok(())
        }
        Delivery::Endless => {
            stream.write_all(&bytes)?;
            loop {
                stream.write_all(&answer.body)?;
            }
        }
    }
}

/// Reads on for a moment: closing with unread input would take the answer away from the other side.
fn drain(stream: &TcpStream, reader: &mut impl Read) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(DRAIN_LIMIT))?;
    io::copy(&mut reader.take(MOST_DRAINED_BYTES), &mut io::sink())?;
    Ok(())
}

/// Closes so that the other side sees a reset, not an end.
fn reset(stream: &TcpStream) -> io::Result<()> {
    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
    Ok(())
}
