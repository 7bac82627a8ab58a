//! Export by OTLP, against receivers that behave well and badly.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod counts;
mod failures;
mod log;
mod mode;
mod receiver;
mod rig;
mod serve;

/// What no line of the log may hold.
const SECRET: &str = "s3cr3t";
