//! What a span says of a request before it runs: the conventions' attributes, as far as they are known.

mod client;
mod rest;
mod server;

use std::borrow::Cow;

use http::request::Parts;
use telemetry_core::Address;
use telemetry_core::opentelemetry::{KeyValue, StringValue, Value};

use super::recent;
use super::value::bounded;

pub(super) use client::ClientRequest;
pub(super) use rest::ServerRest;
pub(super) use server::ServerRequest;

/// All that a request can have, and what its end adds: an exporter's list is not to grow.
const ROOM: usize = 17;

/// A list of attributes that most spans have.
struct Attributes(Vec<KeyValue>);

impl Attributes {
    #[inline]
    fn new() -> Self {
        Self(Vec::with_capacity(ROOM))
    }

    #[inline]
    fn show(&mut self, name: &'static str, value: impl Into<Value>) {
        self.0.push(KeyValue::new(name, value));
    }

    #[inline]
    fn show_if<V: Into<Value>>(&mut self, name: &'static str, value: Option<V>) {
        if let Some(value) = value {
            self.show(name, value);
        }
    }
}

/// The request's method as it was sent, if it is called otherwise.
#[inline]
fn original<'a>(parts: &'a Parts, method: &StringValue) -> Option<Cow<'a, str>> {
    let sent = parts.method.as_str();
    if sent == method.as_str() { None } else { Some(bounded(sent.into())) }
}

/// An IP address without its port, or the path of a socket.
#[inline]
pub(super) fn address(address: &Address) -> StringValue {
    match address {
        Address::Path(path) => recent::text(path.as_os_str().as_encoded_bytes()),
        // An address that maps IPv4 into IPv6 is one of IPv4.
        other => other.ip().map_or_else(|| StringValue::from(""), recent::address),
    }
}

pub(super) fn port(address: &Address) -> Option<i64> {
    match address {
        Address::Socket(socket) => Some(socket.port().into()),
        _ => None,
    }
}
