//! Futures and bodies of the layers go where those of the service inside can go.

use std::cell::Cell;
use std::future::Ready;
use std::marker::PhantomData;
use std::sync::MutexGuard;

use bytes::Bytes;
use http_body_util::Full;
use telemetry_http::{Measured, RequestBody, ResponseBody, ResponseFuture, Traced};

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}
fn is_unpin<T: Unpin>() {}

/// What can be sent, but not shared.
type Sent = Cell<u8>;

/// What can be shared, but not sent.
type Shared = PhantomData<MutexGuard<'static, u8>>;

#[test]
fn futures_and_bodies_can_be_sent_shared_and_moved_if_those_inside_can() {
    is_send::<ResponseFuture<Sent, Measured>>();
    is_send::<ResponseFuture<Sent, Traced>>();
    is_send::<ResponseBody<Sent, Measured>>();
    is_send::<ResponseBody<Sent, Traced>>();
    is_send::<RequestBody<Sent>>();

    is_sync::<ResponseFuture<Shared, Measured>>();
    is_sync::<ResponseFuture<Shared, Traced>>();
    is_sync::<ResponseBody<Shared, Measured>>();
    is_sync::<ResponseBody<Shared, Traced>>();
    is_sync::<RequestBody<Shared>>();

    is_unpin::<ResponseFuture<Ready<u8>, Measured>>();
    is_unpin::<ResponseFuture<Ready<u8>, Traced>>();
    is_unpin::<ResponseBody<Full<Bytes>, Measured>>();
    is_unpin::<ResponseBody<Full<Bytes>, Traced>>();
    is_unpin::<RequestBody<Full<Bytes>>>();
}
