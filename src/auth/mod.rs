//! Key, certificate and assertion: proves who the collector is. Knows nothing of sockets.
