//! The handshakes of a listener.
