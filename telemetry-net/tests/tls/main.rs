//! TLS of real handshakes, over loopback.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod bytes;
mod certificates;
mod client;
mod endings;
mod failures;
mod handshakes;
mod later;
mod listener;
#[cfg(feature = "hyper-util")]
mod pooled;
mod rig;
#[cfg(feature = "axum")]
mod served;
