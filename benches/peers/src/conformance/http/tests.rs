//! The probes tell right from wrong: ours passes all of them, and what one writes by hand at first does not.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use axum::body::Body;
use http::Request;
use http::header::HOST;
use tower::{Service, service_fn};

use super::run::Subject;
use super::{PROBES, systems};
use crate::conformance::drive::{Client, Failure, Handler};
use crate::conformance::finding::Verdict;

#[derive(Default)]
struct Counts {
    active: i64,
    responses: BTreeMap<String, u64>,
}

/// Counts after the handler, without a guard, and with whatever the client sends as a label.
fn by_hand(handler: Handler) -> Result<Subject> {
    let counts = Arc::<Mutex<Counts>>::default();
    let shown = Arc::clone(&counts);
    let service = service_fn(move |request: Request<Body>| {
        let (mut handler, counts) = (handler.clone(), Arc::clone(&counts));
        counts.lock().unwrap().active += 1;
        async move {
            let host = request.headers()[HOST].to_str().unwrap().to_owned();
            let labels = format!(
                "http_request_method=\"{}\",http_route=\"{}\",host=\"{host}\"",
                request.method(),
                request.uri().path(),
            );
            let result = handler.call(request).await;
            let error = result.as_ref().err().map_or(String::new(), |Failure(text)| format!(",error_type=\"{text}\""));
            let mut counts = counts.lock().unwrap();
            counts.active -= 1;
            *counts.responses.entry(format!("{labels}{error}")).or_default() += 1;
            result
        }
    });
    Ok(Subject::new(Client::new(service), move || {
        let counts = shown.lock().unwrap();
        let mut page = format!("http_server_active_requests {}\n", counts.active);
        for (labels, count) in &counts.responses {
            writeln!(page, "http_server_request_duration_seconds_count{{{labels}}} {count}")?;
        }
        Ok(page)
    }))
}

#[test]
fn what_is_written_by_hand_fails() {
    let found: Vec<_> = PROBES
        .iter()
        .map(|probe| {
            let finding = (probe.run)(by_hand).unwrap();
            (probe.id, finding.verdict, finding.answer)
        })
        .collect();
    let expected = [
        ("plain-request", Verdict::Not, "1 recorded, /users/42, 0 active"),
        ("future-dropped-active", Verdict::Not, "1"),
        ("future-dropped-recorded", Verdict::Not, "0 recorded"),
        ("future-dropped-unpolled", Verdict::Not, "1"),
        ("inner-error-recorded", Verdict::Not, "1 recorded, route /users/42, error.type cannot serve /users/42"),
        ("error-texts", Verdict::Not, "50 series"),
        ("handler-panics", Verdict::Not, "1"),
        ("streamed-duration", Verdict::Not, "less than 20 ms: the head alone"),
        ("streamed-active", Verdict::Not, "0, then 0"),
        ("response-size-unknown", Verdict::None, "no such metric"),
        ("request-size-unknown", Verdict::None, "no such metric"),
        ("response-dropped-halfway", Verdict::Ok, "1 recorded, 0 active"),
        ("status-500-error-type", Verdict::Not, "absent"),
        ("unknown-methods", Verdict::Not, "200 and 0 series"),
        ("unmatched-paths", Verdict::Not, "500 and 0 series"),
        ("hosts", Verdict::Not, "300 and 0 series"),
        ("scheme-origin-form", Verdict::Not, "absent"),
        ("http-2-version", Verdict::Not, "absent"),
    ];
    assert_eq!(found, expected.map(|(probe, verdict, answer)| (probe, verdict, answer.to_owned())));
}

#[test]
fn ours_passes() {
    for probe in PROBES {
        let finding = (probe.run)(systems::ours).unwrap();
        assert_eq!(finding.verdict, Verdict::Ok, "{}: {}", probe.id, finding.answer);
    }
}

#[test]
fn a_system_that_records_nothing_cannot_be_asked() {
    let idle = |handler| Ok(Subject::new(Client::new(handler), || Ok(String::new())));
    for probe in PROBES {
        assert_eq!((probe.run)(idle).unwrap_err().to_string(), "a plain request is not on the page");
    }
}
