//! Accepting connections, a thread for each, and ending them.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::answer::Answer;
use super::connection::serve;
use super::request::Request;
use crate::base::Clock;

/// More connections at once than this are closed unanswered.
const MOST_CONNECTIONS: usize = 256;

/// A listening socket and the connections it accepted; all end when it is dropped.
pub(crate) struct Listener {
    address: SocketAddr,
    connections: Connections,
    stopping: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

type Connections = Arc<Mutex<HashMap<u64, TcpStream>>>;

impl Listener {
    /// Serves `listener`, answering every request with `answer`.
    ///
    /// # Errors
    /// When the operating system gives no address or no thread.
    pub(crate) fn start(
        listener: TcpListener,
        clock: Arc<dyn Clock>,
        answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let connections = Connections::default();
        let stopping = Arc::new(AtomicBool::new(false));
        let accepting = {
            let (connections, stopping) = (Arc::clone(&connections), Arc::clone(&stopping));
            let answer = Arc::new(answer);
            let mut count = 0;
            std::thread::Builder::new().name("emulator".to_owned()).spawn(move || {
                for stream in listener.incoming() {
                    if stopping.load(Ordering::SeqCst) {
                        break;
                    }
                    let Ok(stream) = stream else { continue };
                    count += 1;
                    let number = count;
                    if !remember(&connections, number, &stream) {
                        continue;
                    }
                    let (answer, clock) = (Arc::clone(&answer), Arc::clone(&clock));
                    let open = Arc::clone(&connections);
                    let spawned =
                        std::thread::Builder::new().name("emulator connection".to_owned()).spawn(move || {
                            // A connection that breaks is the other side's business.
                            let _ = serve(&stream, clock.as_ref(), |request| answer(request));
                            forget(&open, number);
                        });
                    if spawned.is_err() {
                        forget(&connections, number);
                    }
                }
            })?
        };
        Ok(Self { address, connections, stopping, accepting: Some(accepting) })
    }

    /// Ends the listener and every connection.
    pub(crate) fn stop(&mut self) {
        let Some(accepting) = self.accepting.take() else { return };
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which then sees that it is to stop.
        let _ = TcpStream::connect(self.address);
        let _ = accepting.join();
        for stream in self.connections.lock().unwrap_or_else(PoisonError::into_inner).values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}

fn remember(connections: &Connections, number: u64, stream: &TcpStream) -> bool {
    let mut connections = connections.lock().unwrap_or_else(PoisonError::into_inner);
    match stream.try_clone() {
        Ok(stream) if connections.len() < MOST_CONNECTIONS => {
            connections.insert(number, stream);
            true
        }
        _ => false,
    }
}

fn forget(connections: &Connections, number: u64) {
    connections.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
}
