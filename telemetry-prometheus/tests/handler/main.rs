//! Scrapes over HTTP.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod failures;
mod filter;
mod flights;
mod kit;
mod memory;
mod places;
mod queue;
mod responses;
mod runtimes;
mod self_metrics;
mod shutdown;
mod sockets;
#[path = "../support/mod.rs"]
mod support;
mod timeouts;
