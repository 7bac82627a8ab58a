//! The variables of `docs/environment.md`, each by what it does.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used)] // Helpers of tests may fail them.

mod batches;
mod child;
mod exporters;
mod general;
mod limits;
mod metrics;
mod otlp;
mod precedence;
mod probe;
mod propagation;
mod receiver;
mod resource;
mod row;
mod subscriber;
mod table;
#[cfg(unix)]
mod terminal;
mod tls;
mod traces;
