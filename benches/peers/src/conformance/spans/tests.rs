//! The probes tell right from wrong. Spans are the process's, so that there is one test.

use anyhow::Result;
use axum::body::Body;
use http::Request;
use telemetry_core::opentelemetry::trace::{Span, Status, Tracer};
use telemetry_core::opentelemetry::{KeyValue, global};
use tower::{Service, service_fn};

use super::{PROBES, systems};
use crate::conformance::drive::{Client, Failure, Handler};
use crate::conformance::finding::Verdict;

/// A root named like the path, with all that the client sent, which ends with the head.
fn by_hand(handler: Handler) -> Result<Client> {
    Ok(Client::new(service_fn(move |request: Request<Body>| {
        let mut handler = handler.clone();
        let mut span = global::tracer("by hand").start(format!("{} {}", request.method(), request.uri().path()));
        span.set_attribute(KeyValue::new("http.request.method", request.method().to_string()));
        span.set_attribute(KeyValue::new("url", request.uri().to_string()));
        for (name, value) in request.headers() {
            span.set_attribute(KeyValue::new(name.to_string(), format!("{value:?}")));
        }
        async move {
            let result = handler.call(request).await;
            match &result {
                Ok(response) if response.status().as_u16() >= 400 => span.set_status(Status::error("")),
                Err(Failure(text)) => span.set_attribute(KeyValue::new("error.type", text.clone())),
                Ok(_) => (),
            }
            span.end();
            result
        }
    })))
}

#[test]
fn what_is_written_by_hand_fails_and_ours_passes() {
    let found: Vec<_> = PROBES
        .iter()
        .map(|probe| {
            let finding = (probe.run)(by_hand).unwrap();
            (probe.id, finding.verdict, finding.answer)
        })
        .collect();
    let expected = [
        ("name", "GET /users/42"),
        ("kind", "Internal"),
        ("parent", "another, or none"),
        ("route", "absent"),
        ("scheme-origin-form", "absent"),
        ("http-2-version", "absent"),
        ("unknown-method", "BREW, name BREW /users/42"),
        ("secret-headers", "authorization, cookie"),
        ("secret-signature", "url"),
        ("secret-token", "url"),
        ("status-404", "error"),
        ("status-500", "error, error.type absent"),
        ("inner-error", "unset, error.type cannot serve /users/42"),
        ("error-texts", "values: 50"),
        ("streamed-end", "with the head"),
        ("response-dropped-halfway", "1 span, unset, error.type absent"),
        ("future-dropped", "1 span, unset, error.type absent"),
    ];
    assert_eq!(found, expected.map(|(probe, answer)| (probe, Verdict::Not, answer.to_owned())));

    for system in systems::SYSTEMS.iter().filter(|system| system.is_ours) {
        for probe in PROBES {
            let finding = (probe.run)(system.build).unwrap();
            assert_eq!(finding.verdict, Verdict::Ok, "{}, {}: {}", system.name, probe.id, finding.answer);
        }
    }
}
