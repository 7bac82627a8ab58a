//! Clients that keep their connections for a while, and ask for what comes to their mind.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use futures_util::FutureExt;
use hyper::Method;

use super::{ERRORS, pace};
use crate::stage::client::{Call, Client, Upload};
use crate::stage::wire::Wire;

const EVERY: Duration = Duration::from_millis(40);
/// So many requests go over a connection.
const KEPT: usize = 60;
const LARGEST: usize = 50_000;

/// One for each version of HTTP.
pub(super) fn clients(wire: &Wire) -> [super::Client; 2] {
    [1, 2].map(|version| {
        let wire = wire.clone();
        async move {
            let mut pace = pace(EVERY);
            loop {
                let mut client = match version {
                    1 => Client::http1(&wire).await?,
                    _ => Client::http2(&wire).await?,
                };
                for _ in 0..KEPT {
                    pace.tick().await;
                    client.sender.call(&any()).await?;
                }
                client.close().await.context("the end of a connection")?;
            }
        }
        .boxed()
    })
}

/// One of the exchanges, as often as each of them has to come.
fn any() -> Call {
    let id = fastrand::u32(..1000);
    match fastrand::u32(..100) {
        place if place < ERRORS => one_of([500, 503]),
        5..13 => Call::get(format!("/slow?ms={}", fastrand::u32(10..300)), "/slow"),
        13..21 => Call::get("/stream?chunks=3&delay_ms=30&bytes=500", "/stream"),
        21..29 => one_of([204, 304, 404, 418]),
        29..33 => Call::new(Method::GET, format!("/nowhere/{id}"), None, 404),
        33..38 => Call::new(Method::GET, "/log?text=one%20of%20many", Some("/log"), 204),
        38..48 => echo(),
        48..52 => Call::get(format!("/relay?path=/users/{id}"), "/relay"),
        52..54 => Call::new(Method::HEAD, "/", Some("/"), 200),
        54..70 => Call::get("/", "/"),
        _ => Call::get(format!("/users/{id}"), "/users/{id}"),
    }
}

fn one_of<const N: usize>(statuses: [u16; N]) -> Call {
    let status = statuses[fastrand::usize(..N)];
    Call::new(Method::GET, format!("/status/{status}"), Some("/status/{code}"), status)
}

fn echo() -> Call {
    let piece = || Bytes::from(vec![b'x'; fastrand::usize(1..LARGEST)]);
    let upload = if fastrand::bool() { Upload::Sized(piece()) } else { Upload::Streamed(vec![piece(), piece()]) };
    Call::new(Method::POST, "/echo", Some("/echo"), 200).upload(upload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_errors_is_what_is_said() {
        let calls = 20_000;
        let errors = (0..calls).filter(|_| any().status >= 500).count();
        let share = 100.0 * errors as f64 / f64::from(calls);
        assert!((share - f64::from(ERRORS)).abs() < 1.5, "{share} %");
    }
}
