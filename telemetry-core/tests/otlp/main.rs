//! Export by OTLP, against receivers that behave well and badly.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod child;
mod counts;
mod failures;
mod log;
mod mode;
mod quiet;
mod receiver;
mod retries;
mod rig;
mod serve;
mod shutdown;
mod threads;
mod tls;
mod wire;

/// What no line of the log may hold.
const SECRET: &str = "s3cr3t";
