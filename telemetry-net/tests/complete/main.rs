//! A run in which everything happens that is metered, held against the documentation.
#![cfg(all(feature = "tcp-info", feature = "udp", target_os = "linux"))]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

#[allow(dead_code)] // Shared with the tests of TLS, and a part of it is used here.
#[path = "../tls/certificates.rs"]
mod certificates;
mod collected;
mod documented;
mod hostile;
mod hostile_tls;
mod run;
#[allow(dead_code)] // Shared with the tests of listeners.
#[path = "../listener/script.rs"]
mod script;
mod silent;
mod sockets;
mod table;
mod tls;
