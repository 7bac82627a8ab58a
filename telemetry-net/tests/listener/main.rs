//! The listener: what it accepts, what it turns away, and what fails.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

#[path = "../common/mod.rs"]
mod common;

mod addresses;
mod age;
mod allocations;
mod errors;
mod limits;
mod script;

const ERRORS: &str = "transport.server.accept.errors";
const REJECTED: &str = "transport.server.rejected_connections";
const AGE: &str = "transport.server.accept.age";
