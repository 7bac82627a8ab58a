//! A span for each request.

mod answer;
mod begin;
mod builder;
#[cfg(feature = "client")]
mod client;
mod description;
mod exception;
mod fields;
mod header;
mod more;
mod name;
mod observer;
mod options;
mod recent;
mod redact;
mod resend;
mod server;
mod service;
mod shared;
mod span;
mod value;

#[cfg(feature = "client")]
pub use client::ClientTraceLayer;
pub use observer::Traced;
pub use resend::Resends;
pub use server::RequestTraceLayer;
#[cfg(feature = "client")]
pub use service::ClientTraceService;
pub use service::RequestTraceService;
